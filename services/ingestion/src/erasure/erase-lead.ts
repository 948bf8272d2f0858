import { Injectable, Logger } from '@nestjs/common';
import { derivedId, encodeEvent, LeadErased } from '@fairlead/events';
import { crashPoint, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { leadsErased } from '../metrics.js';
import { type Erasure, ErasuresStore } from '../store/erasures.store.js';

/**
 * Erases the personal data of a lead, in three steps: what leads to the person here, and the intention, in one transaction;
 * then the lead's key, in its own database; then that it is done, with what `lead.erased` says. In this order, since the
 * log must not say erased while a key is left. Whatever dies in between, the intention is there, and `ErasureTimer` goes on.
 */
@Injectable()
export class EraseLead {
  readonly #log = new Logger('erasure');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly personalData: PersonalData,
    private readonly erasures: ErasuresStore,
  ) {}

  /**
   * Erases it with all leads that are one with it, by somebody's decision: they are one person's, and what each of them knows the others
   * were told.
   * @returns each of them, its own first; none when there is no such lead; the same as before for those that are erased
   */
  async erase(request: Pick<Erasure, 'leadId' | 'reason' | 'requestedBy'>): Promise<Erasure[]> {
    const begun = await this.units.run((unit) => this.erasures.begin(unit, request));
    if (begun.some(({ erasedAt }) => erasedAt === null)) crashPoint('erasure.begun');
    const erased: Erasure[] = [];
    for (const each of begun) erased.push(each.erasedAt === null ? ((await this.finish(each.leadId)) ?? each) : each);
    return erased;
  }

  /** May be done several times, also at once: the key is deleted once, and the event is said once. */
  async finish(leadId: string): Promise<Erasure | undefined> {
    await this.personalData.erase([leadId]);
    crashPoint('erasure.key-deleted');
    const finished = await this.units.run(async (unit) => {
      const erasure = await this.erasures.finish(unit, leadId);
      if (!erasure) return undefined;
      const { reason, requestedBy } = erasure;
      const id = derivedId(leadId, LeadErased.type);
      const data = { reason, requestedBy };
      unit.say([encodeEvent(LeadErased, { id, source: '/ingestion', subject: leadId, time: unit.now, data })]);
      unit.afterCommit(() => {
        leadsErased.inc({ reason });
        this.#log.log({ event: 'lead.erased', lead: leadId, reason, actor: requestedBy });
      });
      return erasure;
    });
    return finished ?? this.erasures.find(this.units.query, leadId);
  }
}
