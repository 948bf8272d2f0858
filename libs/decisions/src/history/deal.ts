import type { Amount, DataOf, Facts, Grade, LeadImported, Reason } from '@fairlead/events';
import { contentHash } from '../document/content-hash.js';
import type { FieldError } from '../normalise/field-error.js';
import type { DealOutcome } from './deal-input.js';
import { LEGACY, LEGACY_POLICY } from './legacy.js';

/** What one row tells of a deal; a field that is not there was not said. Times are milliseconds since the epoch. */
export interface ToldDeal {
  readonly sourceId: string;
  readonly externalId: string;
  readonly facts: Facts;
  readonly party?: string;
  readonly grade?: Grade;
  readonly occurredAt?: number;
  readonly outcome?: DealOutcome;
  readonly outcomeAt?: number;
  readonly contactedAt?: number;
  readonly qualifiedAt?: number;
  readonly reason?: Reason;
  readonly amount?: Amount;
}

/** A deal as it is known by all that was told of it. Plain data: it is kept as JSON. */
export type Deal = Omit<ToldDeal, 'sourceId' | 'externalId' | 'party' | 'occurredAt' | 'outcome'> & {
  readonly party: string;
  readonly occurredAt: number;
  readonly outcome: DealOutcome;
};

/** A deal as it is known now, and how often it was told otherwise. */
export interface KnownDeal {
  readonly deal: Deal;
  /** Counts what was told otherwise, from 1. */
  readonly revision: number;
}

export type DealVerdict =
  /** Nothing that is not known; `known` where something is to be kept that does not show yet, as what an open deal may bring. */
  | { readonly outcome: 'known'; readonly known?: KnownDeal }
  | { readonly outcome: 'imported' | 'changed'; readonly known: KnownDeal }
  | { readonly outcome: 'rejected'; readonly errors: readonly FieldError[] };

const DAY_MS = 86_400_000;
/**
 * Deals are noted after they happened, by several people: an outcome of up to a week before the first contact counts as on that
 * contact. What is further apart is two deals, or another century.
 */
export const EARLIEST_OUTCOME_MS = 7 * DAY_MS;
/**
 * Each revision is in the log for good. A deal that changes every night for years stays below this; one of which two rows or two exports
 * say different things, and take turns with every import, does not.
 */
export const MOST_REVISIONS = 1_000;

/**
 * What a row makes of a deal. What it says replaces what was known; what it leaves out stays. A row tells nothing when it says what is
 * known now, so one that is told twice counts once. One that was told before and contradicted since tells something: the last word
 * counts, or nobody could mend what was imported by mistake.
 * @param known  undefined for a deal that is new
 */
export function tellDeal(known: KnownDeal | undefined, told: ToldDeal): DealVerdict {
  const deal = completed(known?.deal, told);
  const errors = [...missing(deal), ...impossible(deal)];
  if (errors.length > 0) return { outcome: 'rejected', errors };
  const after = { deal: deal as Deal, revision: known?.revision ?? 1 };
  if (!known) return { outcome: 'imported', known: after };
  // What is kept beside what is told, as the time of an outcome that is yet to come, changes nothing.
  if (isToldAlike(after, known))
    return contentHash(deal) === contentHash(known.deal) ? { outcome: 'known' } : { outcome: 'known', known: after };
  if (known.revision >= MOST_REVISIONS) {
    const detail = `This deal changed ${MOST_REVISIONS} times, and no more is taken: do several rows or exports contradict each other about it?`;
    return { outcome: 'rejected', errors: [{ field: 'externalId', rule: 'too-often', detail }] };
  }
  return { outcome: 'changed', known: { ...after, revision: known.revision + 1 } };
}

/** Whether both come to the same for whoever is told, whichever revision they are. */
export function isToldAlike(one: Pick<KnownDeal, 'deal'>, other: Pick<KnownDeal, 'deal'>): boolean {
  const hashOf = ({ deal }: Pick<KnownDeal, 'deal'>) =>
    contentHash(toldAs({ sourceId: '', externalId: '' }, { deal, revision: 1 }));
  return hashOf(one) === hashOf(other);
}

type Unfinished = Omit<Deal, 'party' | 'occurredAt'> & { readonly party?: string; readonly occurredAt?: number };

function completed(known: Deal | undefined, { sourceId, externalId, ...told }: ToldDeal): Unfinished {
  const facts: Facts = {
    ...known?.facts,
    ...told.facts,
    engagement: { ...known?.facts.engagement, ...told.facts.engagement },
    attributes: { ...known?.facts.attributes, ...told.facts.attributes },
  };
  return { ...reached(known, told.outcome), ...told, outcome: told.outcome ?? known?.outcome ?? 'open', facts };
}

/** How far a deal had come stays known when it is closed; told to be open, or only contacted, it had not come that far. */
function reached(known: Deal | undefined, outcome: DealOutcome | undefined): Partial<Deal> {
  if (!known || outcome === undefined || outcome === known.outcome) return known ?? {};
  const { contactedAt, qualifiedAt, outcomeAt, ...others } = known;
  const contacted = known.outcome === 'contacted' ? outcomeAt : contactedAt;
  const qualified = known.outcome === 'qualified' ? outcomeAt : qualifiedAt;
  return {
    ...others,
    ...(outcome !== 'open' && contacted !== undefined && { contactedAt: contacted }),
    ...(outcome !== 'open' && outcome !== 'contacted' && qualified !== undefined && { qualifiedAt: qualified }),
  };
}

function missing({ party, occurredAt }: Unfinished): FieldError[] {
  const required = (field: string, detail: string): FieldError => ({ field, rule: 'required', detail });
  return [
    ...(party === undefined
      ? [required('channel', 'Whose deal it was must be said: direct, channel, or a partner’s id.')]
      : []),
    ...(occurredAt === undefined
      ? [required('occurredAt', 'When the deal began must be said; a mapping’s constants may say it for all.')]
      : []),
  ];
}

function impossible(deal: Unfinished): FieldError[] {
  const { occurredAt } = deal;
  if (occurredAt === undefined) return [];
  return (['contactedAt', 'qualifiedAt', 'outcomeAt'] as const).flatMap((field) => {
    const at = field === 'outcomeAt' && deal.outcome === 'open' ? undefined : deal[field];
    if (at === undefined || at >= occurredAt - EARLIEST_OUTCOME_MS) return [];
    const detail = `Is more than ${EARLIEST_OUTCOME_MS / DAY_MS} days before the deal began (occurredAt).`;
    return [{ field, rule: 'before-contact', detail }];
  });
}

/** What `lead.imported` tells of a deal. Nothing in it is earlier than the contact that it came from. */
export function toldAs(
  { sourceId, externalId }: Pick<ToldDeal, 'sourceId' | 'externalId'>,
  { deal, revision }: Pick<KnownDeal, 'deal' | 'revision'>,
): DataOf<typeof LeadImported> {
  const { facts, party, grade, occurredAt, outcome, reason, amount } = deal;
  const moment = (at: number | undefined) => (at === undefined ? undefined : Math.max(at, occurredAt));
  const outcomeAt = moment(deal.outcomeAt);
  const contactedAt = outcome === 'contacted' ? outcomeAt : moment(deal.contactedAt);
  const qualifiedAt = outcome === 'qualified' ? outcomeAt : moment(deal.qualifiedAt);
  const isClosed = outcome === 'won' || outcome === 'lost' || outcome === 'returned';
  return {
    ...{ sourceId, externalId, revision, facts, party, pool: LEGACY, policy: LEGACY_POLICY },
    ...{ grade: grade ?? null, occurredAt, outcome },
    ...(contactedAt !== undefined && { contactedAt }),
    ...(qualifiedAt !== undefined && { qualifiedAt }),
    ...(isClosed && outcomeAt !== undefined && { closedAt: outcomeAt }),
    ...((outcome === 'lost' || outcome === 'returned') && reason !== undefined && { reason }),
    // Pipelines put a value on every deal; only a win brings it.
    ...(outcome === 'won' && amount !== undefined && { amount }),
  };
}
