import { type Cell, currentOffer, measures, type Offer, type Standing, type Tally } from '@fairlead/decisions/replay';
import { copyText, type CopyValue, readCopyText } from '@fairlead/persistence/scratch';
import { withoutGrade } from '../store/counts.store.js';
import { type LeadDetails, type TrackedLead, unseen } from '../store/leads.store.js';
import type { Format } from './spilled-map.js';

type Row = readonly CopyValue[];

/** The columns of each table that follow from the log: all but `pending`. */
export const columnsOf = {
  leads: [
    ...['lead_id', 'state', 'received_at', 'grade', 'score', 'touches', 'events', 'party', 'offer', 'accept_by'],
    ...[
      'source_id',
      'external_id',
      'facts',
      'reachable',
      'reasons',
      'contact',
      'contact_event',
      'further_contacts',
      'missing',
    ],
  ],
  offers: [
    ...['lead_id', 'number', 'party', 'pool', 'policy', 'grade', 'kind', 'reveal', 'offered_at', 'accept_by', 'stage'],
    ...['delivered_at', 'accepted_at', 'contacted_at', 'qualified_at', 'closed_at', 'reason', 'amount', 'currency'],
  ],
  offer_counts: ['pool', 'day', 'party', 'grade', 'kind', 'policy', ...measures],
  promises: ['policy', 'pool', 'grade', 'direct_percent'],
} as const;

const date = (at: number | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));

/** The columns of a lead's details, as they are copied into the table; and the details again. */
export const detailsFormat: Format<LeadDetails> = {
  write: ({ sourceId, externalId, facts, reachable, missing, reasons, contact, contactEvent, furtherContacts }) =>
    // A list would be written as an array of PostgreSQL's, which `missing` is.
    copyText([
      ...[sourceId, externalId, facts, reachable, JSON.stringify(reasons), contact, contactEvent],
      ...[furtherContacts.length > 0 ? JSON.stringify(furtherContacts) : null, missing],
    ]),
  read: (text) => {
    const [sourceId, externalId, facts, reachable, reasons, contact, contactEvent, further, missing] =
      readCopyText(text);
    const json = <T>(column: string | null | undefined): T => JSON.parse(column ?? 'null') as T;
    return {
      ...{ sourceId: sourceId ?? null, externalId: externalId ?? null, contactEvent: contactEvent ?? null },
      ...{ facts: json(facts), reachable: json(reachable), reasons: json(reasons), contact: json(contact) },
      furtherContacts: json<LeadDetails['furtherContacts'] | null>(further) ?? [],
      // Names of fields, which need no escaping: the elements are as JSON writes them.
      missing: json(`[${missing?.slice(1, -1) ?? ''}]`),
    };
  },
};

/** A lead while a log is folded: without its details, which are large and change seldom, and for which others stand. */
export interface FollowedLead extends TrackedLead {
  /** Whether its rows are in the tables as they are. */
  readonly isWritten: boolean;
}

/** Before its first event. */
export function unfollowed(id: string, at: number): FollowedLead {
  return { ...unseen(id, at), isWritten: false };
}

/**
 * A lead as it is copied into the tables: the columns of its row, with its details when it is written and else without, and
 * after it a line for each of its offers. Before all of that stands whether it is written.
 */
export const leadFormat: Format<FollowedLead> = {
  write: (lead) => leadText(lead),
  read: (text) => {
    const [row = '', ...offers] = text.slice(1).split('\n');
    const [id, state, receivedAt, grade, score, touches, events] = readCopyText(row);
    return {
      ...unfollowed(id as string, instant(receivedAt) as number),
      touches: Number(touches),
      events: number(events),
      standing: {
        state: state as Standing['state'],
        grade: grade as Standing['grade'],
        score: number(score),
        offers: offers.map(readOffer),
      },
      isWritten: isWritten(text),
    };
  },
};

/** @param details  as `detailsFormat` writes them; given for a lead that is written, and for no other */
export function leadText(lead: FollowedLead, details?: string): string {
  let lines = `${lead.isWritten ? WRITTEN : UNWRITTEN}${copyText(leadRow(lead))}`;
  if (details !== undefined) lines += `\t${details}`;
  for (const offer of lead.standing.offers) lines += `\n${copyText(offerRow(lead.id, offer))}`;
  return lines;
}

const WRITTEN = '+';
const UNWRITTEN = '-';

/** @param text  of a lead */
export function isWritten(text: string): boolean {
  return text.startsWith(WRITTEN);
}

/** @param text  of a lead; `offers` has a line for each of them, and may be empty */
export function linesOf(text: string): { lead: string; offers: string } {
  const end = text.indexOf('\n');
  return end < 0 ? { lead: text.slice(1), offers: '' } : { lead: text.slice(1, end), offers: text.slice(end + 1) };
}

/** @param text  of a lead that is written; as `detailsFormat` wrote them */
export function detailsIn(text: string): string {
  return linesOf(text).lead.split('\t').slice(COLUMNS_BEFORE_DETAILS).join('\t');
}

const COLUMNS_BEFORE_DETAILS = 10;

function leadRow({ id, receivedAt, touches, events, standing }: FollowedLead): Row {
  const offer = currentOffer(standing);
  return [
    ...[id, standing.state, date(receivedAt), standing.grade, standing.score, touches, events],
    ...[offer?.party ?? null, offer?.number ?? null, date(offer?.acceptBy)],
  ];
}

function offerRow(leadId: string, offer: Offer): Row {
  const { number, party, pool, policy, grade, kind, reveal, offeredAt, acceptBy, stage, reason, amount } = offer;
  const { deliveredAt, acceptedAt, contactedAt, qualifiedAt, closedAt } = offer;
  return [
    ...[leadId, number, party, pool, policy, grade, kind, reveal, date(offeredAt), date(acceptBy), stage],
    ...[date(deliveredAt), date(acceptedAt), date(contactedAt), date(qualifiedAt), date(closedAt)],
    ...[reason, amount?.value ?? null, amount?.currency ?? null],
  ];
}

function readOffer(line: string): Offer {
  const columns = readCopyText(line);
  const [, at, party, pool, policy, grade, kind, reveal, offeredAt, acceptBy, stage] = columns;
  const [deliveredAt, acceptedAt, contactedAt, qualifiedAt, closedAt, reason, amount, currency] = columns.slice(11);
  return {
    number: Number(at),
    party: party as string,
    pool: pool as string,
    policy: policy as string,
    grade: grade as Offer['grade'],
    kind: kind as Offer['kind'],
    reveal: reveal as Offer['reveal'],
    offeredAt: instant(offeredAt) as number,
    acceptBy: instant(acceptBy) as number,
    stage: stage as Offer['stage'],
    deliveredAt: instant(deliveredAt),
    acceptedAt: instant(acceptedAt),
    contactedAt: instant(contactedAt),
    qualifiedAt: instant(qualifiedAt),
    closedAt: instant(closedAt),
    reason: reason ?? null,
    amount: amount === null || currency === null ? null : { value: Number(amount), currency: currency as string },
  };
}

type Column = string | null | undefined;
const number = (column: Column): number | null => (column === null ? null : Number(column));
const instant = (column: Column): number | null => (column === null ? null : Date.parse(column as string));

const dayMs = 86_400_000;

export function countRow({ pool, day, party, grade, kind, policy }: Cell, tally: Tally): Row {
  const on = new Date(day * dayMs).toISOString().slice(0, 10);
  return [pool, on, party, grade ?? withoutGrade, kind, policy, ...measures.map((measure) => tally[measure])];
}
