import { type Cell, currentOffer, measures, type Offer, type Tally } from '@fairlead/decisions/replay';
import { copyText, type CopyValue, readCopyText } from '@fairlead/persistence';
import { withoutGrade } from '../store/counts.store.js';
import type { LeadDetails, TrackedLead } from '../store/leads.store.js';
import type { Format } from './spilled-map.js';

type Row = readonly CopyValue[];

/** The columns of each table that follow from the log: all but `pending`. */
export const columnsOf = {
  leads: [
    ...['lead_id', 'state', 'received_at', 'grade', 'score', 'touches', 'events', 'party', 'offer', 'accept_by'],
    ...['source_id', 'external_id', 'facts', 'reachable', 'reasons', 'contact', 'contact_event', 'missing'],
  ],
  offers: [
    ...['lead_id', 'number', 'party', 'pool', 'policy', 'grade', 'kind', 'reveal', 'offered_at', 'accept_by', 'stage'],
    ...['delivered_at', 'accepted_at', 'contacted_at', 'qualified_at', 'closed_at', 'reason', 'amount', 'currency'],
  ],
  offer_counts: ['pool', 'day', 'party', 'grade', 'kind', 'policy', ...measures],
  promises: ['policy', 'pool', 'grade', 'direct_percent'],
} as const;

const date = (at: number | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));

/** The columns of a lead but for its details. */
export function leadRow({ id, receivedAt, touches, events, standing }: Omit<TrackedLead, 'details'>): Row {
  const offer = currentOffer(standing);
  return [
    ...[id, standing.state, date(receivedAt), standing.grade, standing.score, touches, events],
    ...[offer?.party ?? null, offer?.number ?? null, date(offer?.acceptBy)],
  ];
}

/** The columns of a lead's details, as they are copied into the table; and the details again. */
export const detailsFormat: Format<LeadDetails> = {
  write: ({ sourceId, externalId, facts, reachable, missing, reasons, contact, contactEvent }) =>
    // A list would be written as an array of PostgreSQL's, which `missing` is.
    copyText([sourceId, externalId, facts, reachable, JSON.stringify(reasons), contact, contactEvent, missing]),
  read: (text) => {
    const [sourceId, externalId, facts, reachable, reasons, contact, contactEvent, missing] = readCopyText(text);
    const json = <T>(column: string | null | undefined): T => JSON.parse(column ?? 'null') as T;
    return {
      ...{ sourceId: sourceId ?? null, externalId: externalId ?? null, contactEvent: contactEvent ?? null },
      ...{ facts: json(facts), reachable: json(reachable), reasons: json(reasons), contact: json(contact) },
      // Names of fields, which need no escaping: the elements are as JSON writes them.
      missing: json(`[${missing?.slice(1, -1) ?? ''}]`),
    };
  },
};

export function offerRow(leadId: string, offer: Offer): Row {
  const { number, party, pool, policy, grade, kind, reveal, offeredAt, acceptBy, stage, reason, amount } = offer;
  const { deliveredAt, acceptedAt, contactedAt, qualifiedAt, closedAt } = offer;
  return [
    ...[leadId, number, party, pool, policy, grade, kind, reveal, date(offeredAt), date(acceptBy), stage],
    ...[date(deliveredAt), date(acceptedAt), date(contactedAt), date(qualifiedAt), date(closedAt)],
    ...[reason, amount?.value ?? null, amount?.currency ?? null],
  ];
}

const dayMs = 86_400_000;

export function countRow({ pool, day, party, grade, kind, policy }: Cell, tally: Tally): Row {
  const on = new Date(day * dayMs).toISOString().slice(0, 10);
  return [pool, on, party, grade ?? withoutGrade, kind, policy, ...measures.map((measure) => tally[measure])];
}
