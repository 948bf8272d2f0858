import { Injectable } from '@nestjs/common';
import { derivedId, encodeEvent, LeadSplit } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { HeldLeadsStore } from '../store/held-leads.store.js';
import { LeadsStore, type StoredLead } from '../store/leads.store.js';
import { MergesStore } from '../store/merges.store.js';
import { toldOf } from './touches.js';

/**
 * Why two leads stay one:
 * - `not-merged`: it is one with no other, or was split from it before;
 * - `not-kept`: they were made one before it was kept what that changed;
 * - `erased`: one of the two was, and with it what the other one would get back;
 * - `merged-further`: the survivor is one with a third lead by now, or took in another since: that one is to be split first;
 * - `touched-since`: the survivor was sent again, did something, or was told about since. Nobody can say of which of the two.
 */
export type WhyOne = 'not-merged' | 'not-kept' | 'erased' | 'merged-further' | 'touched-since';

export type Splitting =
  | { readonly outcome: 'split'; readonly survivor: string; readonly absorbed: string }
  | { readonly outcome: 'refused'; readonly why: WhyOne };

/** Makes two leads of one that a person had made of them. */
@Injectable()
export class SplitLeads {
  constructor(
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
    private readonly merges: MergesStore,
  ) {}

  /**
   * Each has what it had before they were made one: by what it is found, what is known of it, how often it was sent, its contact. One
   * that was held is held again. What routing did with either meanwhile stays as it is; the survivor is judged again.
   * @param leadId  either of the two; undone is the last merge that it was in
   */
  async split(
    unit: UnitOfWork,
    leadId: string,
    decision: { readonly reason: string; readonly by: string },
  ): Promise<Splitting> {
    const seen = await this.merges.lastOf(unit, leadId);
    if (!seen) return refused((await this.leads.isAbsorbed(unit, leadId)) ? 'not-kept' : 'not-merged');
    // The survivor first, as everybody does who locks leads that are one; then it is looked at again, as it is now.
    const survivor = (await this.leads.lock(unit, [seen.into])).get(seen.into);
    const absorbed = (await this.leads.lock(unit, [seen.absorbed])).get(seen.absorbed);
    if (!survivor || !absorbed) return refused('erased');
    const merge = await this.merges.lastOf(unit, leadId);
    if (merge?.mergeEvent !== seen.mergeEvent) return refused('not-merged');
    if (!merge.before) return refused('erased');
    const latest = await this.merges.lastOf(unit, survivor.id);
    if (survivor.absorbedBy != null || latest?.mergeEvent !== merge.mergeEvent) return refused('merged-further');
    if (!merge.isUntouched) return refused('touched-since');

    if (!(await this.merges.undo(unit, merge, decision))) return refused('touched-since');
    const holds = new Set((await this.held.lock(unit, [survivor.id])).map((each) => each.leadId));
    if (merge.held) this.held.add(unit, [merge.held]);
    const before: StoredLead = { ...survivor, ...merge.before };
    const say = (part: 'survivor' | 'absorbed', lead: StoredLead, other: string, isHeld: boolean) => {
      const known = toldOf(lead, isHeld ? 'held' : 'complete');
      return encodeEvent(LeadSplit, {
        ...{
          id: derivedId(merge.mergeEvent, LeadSplit.type, part),
          source: '/ingestion',
          subject: lead.id,
          time: unit.now,
        },
        data: {
          ...{
            part,
            other,
            merge: merge.mergeEvent,
            actor: decision.by,
            reason: decision.reason,
            touches: lead.touches,
          },
          changed: part === 'survivor' ? [...merge.changed] : [],
          ...(known && { known }),
        },
      });
    };
    unit.say([
      say('survivor', before, absorbed.id, holds.has(survivor.id)),
      say('absorbed', absorbed, survivor.id, merge.held !== null),
    ]);
    return { outcome: 'split', survivor: survivor.id, absorbed: absorbed.id };
  }
}

function refused(why: WhyOne): Splitting {
  return { outcome: 'refused', why };
}
