import { headersOf, type ReceivedRecord } from '@fairlead/messaging';
import { parseJson } from '@fairlead/platform';
import { isUtf8 } from 'node:buffer';
import { MAX_ROW_BYTES } from '../intake/read-body.js';
import { cloudevents } from '../sources/cloudevents.js';
import { readRow } from '../sources/json.js';
import { isObject } from '../sources/json-value.js';
import type { Arrival, ReaderOptions } from '../sources/source-format.js';

/** Header by which a producer names the source, whatever its records look like. */
export const SOURCE_HEADER = 'fairlead-source';

/** A record of the public entrance, as far as it can be understood before it is known what its source says. */
export interface InboundRecord {
  /** Where it says that it comes from. */
  readonly sourceId: string | undefined;
  readonly traceparent: string | undefined;
  readonly read: (options: ReaderOptions) => readonly Arrival[];
}

/** Kind of what is wrong with it, never a part of it: it is told where contact data must not be. */
export type Unreadable = 'inbound-empty' | 'inbound-too-large' | 'inbound-not-json' | 'inbound-not-one-object';

/** Understands one record: a CloudEvent 1.0, structured or binary as its Kafka binding has them, or a lead as JSON. */
export function readInboundRecord(record: Pick<ReceivedRecord, 'value' | 'headers'>): InboundRecord | Unreadable {
  const { value } = record;
  if (value === null || value.length === 0) return 'inbound-empty';
  if (value.length > MAX_ROW_BYTES) return 'inbound-too-large';
  if (!isUtf8(value)) return 'inbound-not-json';
  let body: unknown;
  try {
    // As a webhook is read: ids of twenty digits stay what they are.
    body = parseJson(withoutMark(value), { exactIntegers: true });
  } catch {
    return 'inbound-not-json';
  }
  if (!isObject(body)) return 'inbound-not-one-object';

  const headers = headersOf(record);
  const contentType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isStructured = contentType === 'application/cloudevents+json' || body['specversion'] !== undefined;
  const isEvent = isStructured || headers['ce_specversion'] !== undefined;
  const delivery = {
    ...{ method: '', url: '', body: value, receivedAt: 0 },
    contentType: isStructured ? 'application/cloudevents+json' : contentType,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.replace(/^ce_/, 'ce-'), text])),
  };
  const told = isStructured ? body['source'] : isEvent ? headers['ce_source'] : body['source'];
  return {
    sourceId: headers[SOURCE_HEADER] ?? (isEvent ? lastPartOf(told) : textOf(told)),
    traceparent:
      headers['traceparent'] ?? headers['ce_traceparent'] ?? (isStructured ? textOf(body['traceparent']) : undefined),
    read: (options) => (isEvent ? cloudevents.read(body, delivery, options) : [readRow(body, options)]),
  };
}

/** Some write a byte order mark before UTF-8 too. */
function withoutMark(bytes: Buffer): Buffer {
  const mark = Buffer.from('\ufeff');
  return bytes.subarray(0, mark.length).equals(mark) ? bytes.subarray(mark.length) : bytes;
}

/** A CloudEvent's source is a URI or a part of one: `https://shop.example/sources/website` is the source `website`. */
function lastPartOf(source: unknown): string | undefined {
  return textOf(source)
    ?.split(/[/:]/)
    .findLast((part) => part !== '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
