import { sign } from '@fairlead/platform/outgoing';
import type { KeyObject } from 'node:crypto';
import type { SealedContact } from './contacts.js';
import { describesLead, TEST_EVENT } from './webhook-events.js';

/** A delivery that is due, with what its webhook tells. The texts are JSON that is passed on as it came, unparsed. */
export interface DueDelivery {
  /** The webhook-id. */
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly leadId: string;
  readonly traceparent: string | null;
  /** `{ source, time, data }`: the party's part of the event. */
  readonly event: string;
  readonly leadState: string | null;
  readonly grade: string | null;
  readonly score: number | null;
  readonly facts: string | null;
  readonly contributions: string | null;
  readonly contact: SealedContact | null;
  readonly contactEvent: string | null;
  readonly furtherContacts: readonly { readonly event: string; readonly sealed: SealedContact }[] | null;
  /** `{ given, at?, text? }`: what the person agreed to. */
  readonly consent: string | null;
}

/**
 * The body of a webhook: a CloudEvent with the event's own id. It is built when it is sent and stored nowhere, so that
 * contact data lies in no queue, and a lead that is erased between two attempts is erased for the second one too.
 * @param contact opened; null when the lead was erased, undefined when the party may not see it (yet)
 * @param publicUrl where the party reaches the API
 */
export function webhookBody(due: DueDelivery, contact: unknown, publicUrl: string): Buffer {
  const { source, time, data } = toldBy(due.event);
  const isTest = due.eventType === TEST_EVENT;
  const subject = isTest ? '' : `"subject":"${due.leadId}",`;
  const trace = due.traceparent === null ? '' : `,"traceparent":${JSON.stringify(due.traceparent)}`;
  const envelope =
    `{"specversion":"1.0","id":"${due.eventId}","source":${source},"type":"${due.eventType}",${subject}"time":${time},` +
    `"datacontenttype":"application/json"${trace}`;
  if (isTest) return Buffer.from(`${envelope},"data":${data}}`);
  const parts = describesLead.has(due.eventType) ? describe(due, contact) : `"lead":{"id":"${due.leadId}"}`;
  return Buffer.from(`${envelope},"data":${open(data)},${parts},${linksOf(due.leadId, publicUrl)}}}`);
}

/** As it is written when a delivery is made, with nothing in the first two that JSON escapes. */
const TOLD = /^\{"source":("[^"\\]*"),"time":("[^"\\]*"),"data":(\{.*\})\}$/s;

/** The parts of `{ source, time, data }`, each as JSON; taken apart as text, because all of it is only written again. */
function toldBy(event: string): { readonly source: string; readonly time: string; readonly data: string } {
  const [, source, time, data] = TOLD.exec(event) ?? [];
  if (source !== undefined && time !== undefined && data !== undefined) return { source, time, data };
  const told = JSON.parse(event) as { source: string; time: string; data: object };
  return { source: JSON.stringify(told.source), time: JSON.stringify(told.time), data: JSON.stringify(told.data) };
}

/** Facts and reasons were written as JSON by ourselves; to parse them only to write them again is a third of the work. */
function describe(due: DueDelivery, contact: unknown): string {
  const { leadId, leadState, grade, score, facts, contributions, consent } = due;
  // Whoever has a person's details has the proof of what they agreed to, and nobody else.
  const proof = contact == null || consent === null ? '' : `,"consent":${consent}`;
  const shown = contact === undefined ? '' : `,"contact":${JSON.stringify(contact)}${proof}`;
  return (
    `"lead":{"id":"${leadId}","facts":${facts ?? 'null'}${shown}},"state":${JSON.stringify(leadState)},` +
    `"grade":${JSON.stringify(grade)},"score":${score ?? 'null'},"reasons":${contributions ?? '[]'}`
  );
}

function linksOf(leadId: string, publicUrl: string): string {
  const lead = JSON.stringify(`${publicUrl}/v1/leads/${leadId}`).slice(1, -1);
  return (
    `"answers":{"accept":"${lead}/accept","decline":"${lead}/decline","outcomes":"${lead}/outcomes"},` +
    `"receipt":"${lead}/receipt"`
  );
}

/** A JSON object without its closing brace, to be continued. Never called with an empty one. */
function open(json: string): string {
  return json.slice(0, -1);
}

/**
 * The headers of one attempt: the id is the same for all of them, time and signature are its own.
 * @param custom the party's own; checked when they were set, and never stronger than ours
 */
export function webhookHeaders(
  id: string,
  body: Buffer,
  keys: readonly KeyObject[],
  now: number,
  custom?: Readonly<Record<string, string>>,
): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  return {
    ...custom,
    // Not application/cloudevents+json, which frameworks do not parse unless they are told to.
    'content-type': 'application/json',
    'user-agent': 'Fairlead-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(keys, id, timestamp, body),
  };
}
