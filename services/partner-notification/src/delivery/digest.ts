import { DIGEST_EVENT, TEST_EVENT } from './webhook-events.js';
import type { DueDelivery } from './webhook.js';

/** One event in a digest: where it stands among its party's, and which it is. */
export interface DigestRow {
  readonly position: string;
  readonly leadId: string;
  readonly eventId: string;
  readonly eventType: string;
}

/** What is stored of a digest: which events it holds, and nothing of what they tell. That is looked up when it is sent. */
interface StoredDigest {
  readonly source: string;
  readonly time: string;
  readonly data: { readonly party: string; readonly rows: readonly (readonly [string, string, string, string])[] };
}

export function storedDigest(party: string, rows: readonly DigestRow[], time: number): StoredDigest {
  return {
    source: '/partner-notification',
    time: new Date(time).toISOString(),
    data: {
      party,
      rows: rows.map(({ position, leadId, eventId, eventType }) => [position, leadId, eventId, eventType]),
    },
  };
}

export function rowsOf(event: string): DigestRow[] {
  const { data } = JSON.parse(event) as StoredDigest;
  return data.rows.map(([position, leadId, eventId, eventType]) => ({ position, leadId, eventId, eventType }));
}

/** An event that a delivery has told. */
export interface ToldEvent {
  readonly leadId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** Which of several, of a delivery that tells more than one. */
  readonly among: readonly string[];
}

/** A test is no event of a lead, so neither is what becomes of it; of a digest, each event is told by it. */
export function eventsIn(delivery: Pick<DueDelivery, 'leadId' | 'eventId' | 'eventType' | 'event'>): ToldEvent[] {
  if (delivery.eventType === TEST_EVENT) return [];
  if (delivery.eventType !== DIGEST_EVENT) return [{ ...delivery, among: [] }];
  return rowsOf(delivery.event).map((row) => ({ ...row, among: [row.eventId] }));
}
