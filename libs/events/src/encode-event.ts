import type { DataOf, EventDefinition, FairleadEvent } from './define-event.js';
import { derivedId } from './derived-id.js';
import { InvalidEvent } from './invalid-event.js';
import { problemIn } from './plain-json.js';
import { envelopeViolation } from './envelope.js';
import type { Topic } from './topics.js';
import { violation } from './validator.js';

/** What fits into a log entry, whose length is written in two bytes. */
export const MAX_EVENT_BYTES = 65_535;

/** An event as bytes, ready for the outbox. These bytes are published, logged and hashed; nobody writes them anew. */
export interface EncodedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly key: string;
  readonly topic: Topic;
  readonly bytes: Buffer;
  readonly traceparent?: string;
}

export interface EventToEncode<D extends EventDefinition> {
  readonly id: string;
  /** The service that says it: `/routing`. */
  readonly source: string;
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The subject, if not given. */
  readonly key?: string;
  readonly traceparent?: string;
  readonly data: DataOf<D>;
}

/**
 * Writes an event as a CloudEvent 1.0 in structured JSON. The same arguments give the same bytes.
 * @throws InvalidEvent when it does not keep its own contract, or is larger than a log entry
 */
export function encodeEvent<D extends EventDefinition>(definition: D, event: EventToEncode<D>): EncodedEvent {
  const { id, source, subject, time, key = subject, data } = event;
  const traceparent = usable(event.traceparent);
  const envelope = {
    specversion: '1.0',
    id,
    source,
    type: definition.type,
    subject,
    time: rfc3339(definition, time),
    datacontenttype: 'application/json',
    dataschema: definition.dataschema,
    partitionkey: key,
    ...(traceparent !== undefined && { traceparent }),
    data,
  };
  const wrong = envelopeViolation(envelope) ?? violation(definition, data) ?? problemIn(envelope);
  if (wrong !== undefined) throw new InvalidEvent('invalid-data', `${definition.type}: ${wrong}`);

  const bytes = Buffer.from(JSON.stringify(envelope));
  if (bytes.length > MAX_EVENT_BYTES) {
    const detail = `${definition.type}: ${bytes.length} bytes, and a log entry holds ${MAX_EVENT_BYTES}`;
    throw new InvalidEvent('too-large', detail);
  }
  return {
    id,
    type: definition.type,
    subject,
    key,
    topic: definition.topic,
    bytes,
    ...(traceparent !== undefined && { traceparent }),
  };
}

export interface Consequence<D extends EventDefinition> {
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly data: DataOf<D>;
  /** Tells apart several events of one type with one cause. */
  readonly discriminator?: string;
  /** The cause's, if not given. */
  readonly subject?: string;
  /** The subject's, if that is given; else the cause's. */
  readonly key?: string;
}

/** Writes an event that follows from another: its id is derived, its subject, key and trace are the cause's. */
export function causedBy<D extends EventDefinition>(
  cause: FairleadEvent,
  definition: D,
  { source, time, data, discriminator, subject, key }: Consequence<D>,
): EncodedEvent {
  return encodeEvent(definition, {
    id: derivedId(cause.id, definition.type, discriminator),
    source,
    subject: subject ?? cause.subject,
    time,
    key: key ?? subject ?? cause.partitionkey,
    ...(cause.traceparent !== undefined && { traceparent: cause.traceparent }),
    data,
  });
}

function rfc3339({ type }: EventDefinition, time: number): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  // Beyond these years JavaScript writes six digits and a sign, which RFC 3339 does not know.
  if (!Number.isInteger(time) || !(year >= 1970 && year <= 9999)) {
    throw new InvalidEvent('invalid-data', `${type}: time is not whole milliseconds between 1970 and 9999`);
  }
  return date.toISOString();
}

/** A trace is an aid: a broken one that some client sent is left out and never costs the event. */
function usable(traceparent: string | undefined): string | undefined {
  return traceparent !== undefined && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? traceparent
    : undefined;
}
