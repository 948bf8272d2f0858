import { Injectable } from '@nestjs/common';
import { type FieldError, type LeadInput, type NormalisedLead, normaliseLead } from '@fairlead/decisions';
import { encodeEvent, LeadConsentChanged } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { HeldLeadsStore } from '../store/held-leads.store.js';
import { LeadsStore, type StoredLead } from '../store/leads.store.js';
import { learnConsent, toldOf, touchId } from './touches.js';

export type ChangedConsent =
  | { readonly outcome: 'consent-changed' }
  | { readonly outcome: 'invalid'; readonly errors: readonly FieldError[] }
  /** What was said of it was never kept, so there is nothing that could be told as known. */
  | { readonly outcome: 'not-kept' }
  | { readonly outcome: 'erased' };

/** What somebody said of a person's consent, and when they said it. */
type Word = Pick<NormalisedLead, 'consent' | 'occurredAt'>;

/** Notes that the person behind a lead agrees, or agrees no more. */
@Injectable()
export class ChangeConsent {
  constructor(
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
  ) {}

  /**
   * Of a lead that goes its way already. By when it was said, the last word counts; an older one is in the log and changes nothing.
   * @param by  the caller's key, and the source it speaks for, if for one
   */
  async change(
    unit: UnitOfWork,
    leadId: string,
    said: NonNullable<LeadInput['consent']>,
    by: { readonly actor: string; readonly sourceId: string | undefined },
  ): Promise<ChangedConsent> {
    // By the reader of leads, so that a consent means here what it means there; nothing else of this lead is used.
    const read = normaliseLead(
      { externalId: leadId, consent: said },
      { sourceId: by.sourceId ?? 'api', now: unit.now },
    );
    if (!read.ok) return { outcome: 'invalid', errors: read.errors };
    if (!read.lead.consent) return { outcome: 'invalid', errors: [UNSAID] };
    const lead = await this.leads.lockOne(unit, leadId);
    if (!lead) return { outcome: 'erased' };
    if (!lead.known?.knowledge) return { outcome: 'not-kept' };
    await this.#tell(unit, [lead, ...(await this.leads.lockAbsorbed(unit, [lead.id]))], read.lead, by);
    return { outcome: 'consent-changed' };
  }

  /** Leads whose person has told another lead of theirs: those that are one with it hear of it too, since each goes its own way. */
  async pass(unit: UnitOfWork, words: ReadonlyMap<string, Word>): Promise<void> {
    const absorbed = await this.leads.lockAbsorbed(unit, [...words.keys()]);
    for (const [into, leads] of Map.groupBy(absorbed, ({ root }) => root))
      await this.#tell(unit, leads, words.get(into) as Word, { actor: 'ingestion', sourceId: undefined });
  }

  async #tell(
    unit: UnitOfWork,
    leads: readonly StoredLead[],
    { consent, occurredAt }: Word,
    { actor, sourceId }: { readonly actor: string; readonly sourceId: string | undefined },
  ): Promise<void> {
    if (!consent) return;
    const holds = new Set(
      (
        await this.held.lock(
          unit,
          leads.map(({ id }) => id),
        )
      ).map(({ leadId }) => leadId),
    );
    for (const lead of leads) {
      const { knowledge: known, contact = {} } = lead.known ?? {};
      if (!known) continue;
      const { changed, knowledge } = learnConsent(known, lead.sourceId, { consent, occurredAt });
      const touch = lead.touches + 1;
      const after = { ...lead, touches: touch, known: { knowledge, contact } };
      this.leads.put(unit, [after]);
      const told = toldOf(after, holds.has(lead.id) ? 'held' : 'complete');
      if (!told) continue;
      unit.say([
        encodeEvent(LeadConsentChanged, {
          ...{ id: touchId(LeadConsentChanged.type, lead.id, touch, lead.splits), source: '/ingestion' },
          ...{ subject: lead.id, time: unit.now },
          data: {
            ...(sourceId !== undefined && { sourceId }),
            ...{ actor, consent, occurredAt, touch, changed: [...changed], known: told },
          },
        }),
      ]);
    }
  }
}

const UNSAID: FieldError = { field: 'consent', rule: 'required', detail: 'consent is missing.' };
