import { type CohortCount, currentOffer, type KindCellCount, type Offer, timedSteps } from '@fairlead/decisions/fold';
import { copyJson, copyText, type CopyValue, readCopyText, WrittenJson } from '@fairlead/persistence/scratch';
import type { LeadDetails, TrackedLead } from '../store/leads.store.js';
import { packCounts, packTallies, tallyColumns } from '../store/packed-counts.js';
import type { ReturnedCount } from '../trust/returns-of-lead.js';
import type { TimedCount, TimedDay, TimedMonth } from '../store/times-by-period.js';

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
      'consent',
      ...['held', 'sent_again', 'probability'],
      'missing',
      'absorbed_into',
    ],
  ],
  offers: [
    ...['lead_id', 'number', 'party', 'pool', 'policy', 'grade', 'kind', 'reveal', 'offered_at', 'accept_by', 'stage'],
    ...['delivered_at', 'accepted_at', 'contacted_at', 'qualified_at', 'closed_at', 'reason', 'amount', 'currency'],
    'traits',
    'corrections',
  ],
  cohort_counts: [
    ...(['dimension', 'value', 'month', 'pool', 'party', 'grade', 'kind', 'policy'] as const),
    ...tallyColumns,
  ],
  kind_counts: [...(['attribute', 'source', 'kind', 'month', 'pool', 'party'] as const), ...tallyColumns],
  timed_counts: ['step', 'day', 'pool', 'party', 'hours', 'leads'],
  timed_months: ['step', 'month', 'pool', 'party', 'block', 'leads'],
  timed_days: ['day', 'pool', 'party', 'offered', 'accepted', 'contacted', 'qualified', 'won', 'closed'],
  returned_counts: ['party', 'day', 'pool', 'reason', 'leads', 'honoured'],
  folded: ['partition', 'events'],
  promises: ['policy', 'pool', 'grade', 'direct_percent'],
} as const;

const date = (at: number | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));

/** The columns of a lead's details, as they are copied into the table. */
export function detailsText(details: LeadDetails): string {
  const { sourceId, externalId, facts, reachable, missing, reasons, contact, contactEvent, furtherContacts } = details;
  const { consent, held, sentAgain, probability, absorbedInto } = details;
  // A list would be written as an array of PostgreSQL's, which `missing` is.
  const further = furtherContacts.length > 0 ? furtherContacts : null;
  return (
    `${copyText([sourceId, externalId])}\t${document(facts)}\t${document(reachable)}\t${document(reasons)}\t${document(contact)}` +
    `\t${copyText([contactEvent])}\t${document(further)}\t${document(consent)}\t${copyText([held, sentAgain, probability, missing, absorbedInto])}`
  );
}

function document(value: unknown): string {
  if (value === null) return NULL;
  return copyJson(value instanceof WrittenJson ? value.json : JSON.stringify(value));
}

/**
 * The details again, in which documents are as they are written: good for being folded into and written, and for nothing else.
 * @param text  as `detailsText` writes it
 */
export function detailsIn(text: string): LeadDetails {
  const columns = text.split('\t');
  const written = <T>(at: number): T =>
    (columns[at] === NULL ? null : WrittenJson.inColumn(columns[at] as string)) as T;
  const [sourceId, externalId] = readCopyText(`${columns[0]}\t${columns[1]}`);
  const [contactEvent, further, consent, ...others] = readCopyText(columns.slice(6).join('\t'));
  const [held, sentAgain, probability, missing, absorbedInto] = others;
  return {
    ...{ sourceId: sourceId ?? null, externalId: externalId ?? null, contactEvent: contactEvent ?? null },
    ...{ facts: written(2), reachable: written(3), reasons: written(4), contact: written(5) },
    furtherContacts: (JSON.parse(further ?? 'null') as LeadDetails['furtherContacts'] | null) ?? [],
    consent: JSON.parse(consent ?? 'null') as LeadDetails['consent'],
    ...{ held: held === null ? null : held === 'true', sentAgain: number(sentAgain), probability: number(probability) },
    absorbedInto: absorbedInto ?? null,
    // Names of fields, which need no escaping: the elements are as JSON writes them.
    missing: JSON.parse(`[${missing?.slice(1, -1) ?? ''}]`) as string[],
  };
}

const NULL = copyText([null]);

function number(column: string | null | undefined): number | null {
  return column === null ? null : Number(column);
}

/** A lead's row as it is copied into the table, up to where its details follow. */
export function leadText({ id, receivedAt, touches, events, standing }: TrackedLead): string {
  const offer = currentOffer(standing);
  const row = copyText([
    ...[id, standing.state, date(receivedAt), standing.grade, standing.score, touches, events],
    ...[offer?.party ?? null, offer?.number ?? null, date(offer?.acceptBy)],
  ]);
  return `${row}\t`;
}

/** The rows of a lead's offers, a line for each; empty when it has none. */
export function offersText({ id, standing }: TrackedLead): string {
  return standing.offers
    .map(
      (offer) =>
        `${copyText(offerRow(id, offer))}\t${document(offer.corrections.length === 0 ? null : offer.corrections)}`,
    )
    .join('\n');
}

function offerRow(leadId: string, offer: Offer): Row {
  const { number, party, pool, policy, grade, kind, reveal, offeredAt, acceptBy, stage, reason, amount } = offer;
  const { deliveredAt, acceptedAt, contactedAt, qualifiedAt, closedAt } = offer;
  return [
    ...[leadId, number, party, pool, policy, grade, kind, reveal, date(offeredAt), date(acceptBy), stage],
    ...[date(deliveredAt), date(acceptedAt), date(contactedAt), date(qualifiedAt), date(closedAt)],
    ...[reason, amount?.value ?? null, amount?.currency ?? null, offer.traits],
  ];
}

const dayMs = 86_400_000;

export function cohortRow({ cell, tallies }: CohortCount): Row {
  const { dimension, value, month, pool, party, grade, kind, policy } = cell;
  return [dimension, value, month, pool, party, grade, kind, policy, ...packTallies(tallies)];
}

export function kindRow({ cell, tallies }: KindCellCount): Row {
  const { attribute, source, kind, month, pool, party } = cell;
  return [attribute, source, kind, month, pool, party, ...packTallies(tallies)];
}

export function timedRow({ step, day, pool, party, hours, leads }: TimedCount): Row {
  return [step, dateOf(day), pool, party, hours, leads];
}

export function timedMonthRow({ step, month, pool, party, block, leads }: TimedMonth): Row {
  return [step, month, pool, party, block, packCounts(leads)];
}

export function timedDayRow({ day, pool, party, leads }: TimedDay): Row {
  return [dateOf(day), pool, party, ...timedSteps.map((step) => leads[step])];
}

export function returnedRow({ party, day, pool, reason, leads, honoured }: ReturnedCount): Row {
  return [party, dateOf(day), pool, reason, leads, honoured];
}

/** A few years of days; more are forgotten, and made again. */
const MOST_DATES = 2_048;
const dates = new Map<number, string>();

/** Rows that are written together have few different days. */
function dateOf(day: number): string {
  let date = dates.get(day);
  if (date === undefined) {
    if (dates.size >= MOST_DATES) dates.clear();
    dates.set(day, (date = new Date(day * dayMs).toISOString().slice(0, 10)));
  }
  return date;
}
