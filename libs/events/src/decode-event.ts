import { allEvents } from './catalogue.js';
import type { EventDefinition, FairleadEvent } from './define-event.js';
import { MAX_EVENT_BYTES } from './encode-event.js';
import { envelopeViolation } from './envelope.js';
import { InvalidEvent } from './invalid-event.js';
import { problemIn } from './plain-json.js';
import { violation } from './validator.js';

/**
 * Reads an event, whatever version of it was written: `data` comes out as the newest.
 * @throws InvalidEvent when the bytes are not an event that we know
 */
export const decodeEvent = decoderFor(allEvents);

/** A reader of these events and of all their earlier versions. */
export function decoderFor(definitions: readonly EventDefinition[]): (bytes: Buffer) => FairleadEvent {
  const versions = new Map(definitions.flatMap(withEarlierVersions).map((known) => [known.dataschema, known]));
  const newest = new Map(definitions.map((definition) => [definition.type, definition]));

  return (bytes) => {
    const event = parse(bytes);
    const target = newest.get(event.type);
    if (!target) throw new InvalidEvent('unknown-type', 'no event has this type');
    const written = versions.get(event.dataschema);
    if (written?.type !== event.type) {
      throw new InvalidEvent('unsupported-version', `${event.type}: versions up to ${target.version} are known`);
    }
    const wrong = violation(written, event.data);
    if (wrong !== undefined) throw new InvalidEvent('invalid-data', `${event.type}: ${wrong}`);
    const { id, source, subject, time, partitionkey, traceparent } = event;
    return {
      id,
      source,
      specversion: '1.0',
      type: event.type,
      subject,
      time,
      datacontenttype: 'application/json',
      dataschema: target.dataschema,
      partitionkey,
      ...(traceparent !== undefined && { traceparent }),
      data: written === target ? event.data : upcast(target, written, event.data),
    };
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as an envelope whose values are harmless; the data has not been looked at yet. */
function parse(bytes: Buffer): FairleadEvent {
  if (bytes.length > MAX_EVENT_BYTES) {
    throw new InvalidEvent('too-large', `${bytes.length} bytes, and an event has at most ${MAX_EVENT_BYTES}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(utf8.decode(bytes));
  } catch {
    // The cause is left out: its message quotes the input.
    throw new InvalidEvent('not-json', 'the bytes are not JSON in UTF-8');
  }
  const wrong = envelopeViolation(parsed);
  if (wrong !== undefined) throw new InvalidEvent('not-an-event', wrong);
  const problem = problemIn(parsed);
  if (problem !== undefined) throw new InvalidEvent('invalid-data', problem);
  return parsed as FairleadEvent;
}

/** The definition and every version before it, newest first. */
export function withEarlierVersions(definition: EventDefinition): EventDefinition[] {
  return definition.upcast ? [definition, ...withEarlierVersions(definition.upcast.from)] : [definition];
}

function upcast(target: EventDefinition, written: EventDefinition, data: unknown): unknown {
  if (target === written || !target.upcast) return data;
  return target.upcast.with(upcast(target.upcast.from, written, data) as never);
}
