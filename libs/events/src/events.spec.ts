import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { type DataOf, defineEvent, type EventDefinition } from './define-event.js';
import { decodeEvent, decoderFor } from './decode-event.js';
import { causedBy, encodeEvent, MAX_EVENT_BYTES } from './encode-event.js';
import { InvalidEvent } from './invalid-event.js';
import { LeadHeld } from './lead-held.js';
import { LeadReceived } from './lead-received.js';
import { LeadScored } from './lead-scored.js';
import { PolicyActivated } from './policy-activated.js';

const NOW = Date.UTC(2025, 10, 24, 16);
const LEAD = '4b1f0c52-7a7e-8d5e-9c61-0d3b6a7f2e10';
const ID = '7ec9458d-cbb0-860d-b6db-ec51b09f4ffd';
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const received: DataOf<typeof LeadReceived> = {
  sourceId: 'website',
  state: 'complete',
  missing: [],
  reachable: { email: true, phone: false },
  facts: { company: 'Müller & Söhne', country: 'DE', engagement: { visits: 5 }, attributes: {} },
  occurredAt: NOW,
};

const write = <D extends EventDefinition>(definition: D, data: DataOf<D>) =>
  encodeEvent(definition, { id: ID, source: '/ingestion', subject: LEAD, time: NOW, data });

/** A well-formed lead.received with some of its text replaced, as somebody else might have written it. */
const tampered = (from: string | RegExp, to: string): Buffer => {
  const before = write(LeadReceived, received).bytes.toString();
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing to replace: ${from}`);
  return Buffer.from(after);
};

const refusal = (work: () => unknown): Pick<InvalidEvent, 'why' | 'detail'> => {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidEvent) return { why: error.why, detail: error.detail };
    throw error;
  }
  throw new Error('was not refused');
};

describe('writing an event', () => {
  it('is a CloudEvent in structured JSON, with what Kafka needs beside it', () => {
    const event = encodeEvent(LeadHeld, {
      id: ID,
      source: '/ingestion',
      subject: LEAD,
      time: NOW,
      traceparent: TRACE,
      data: { missing: ['country'], until: NOW + 1 },
    });
    expect({ ...event, bytes: JSON.parse(event.bytes.toString()) as unknown }).toEqual({
      id: ID,
      type: 'lead.held',
      subject: LEAD,
      key: LEAD,
      topic: 'lifecycle',
      traceparent: TRACE,
      bytes: {
        specversion: '1.0',
        id: ID,
        source: '/ingestion',
        type: 'lead.held',
        subject: LEAD,
        time: '2025-11-24T16:00:00.000Z',
        datacontenttype: 'application/json',
        dataschema: 'urn:fairlead:lead.held:1',
        partitionkey: LEAD,
        traceparent: TRACE,
        data: { missing: ['country'], until: NOW + 1 },
      },
    });
  });

  it('leaves out a trace that is broken, and keeps the event', () => {
    const event = encodeEvent(LeadHeld, {
      id: ID,
      source: '/ingestion',
      subject: LEAD,
      time: NOW,
      traceparent: '00-nonsense',
      data: { missing: [], until: NOW },
    });
    expect(decodeEvent(event.bytes)).not.toHaveProperty('traceparent');
  });

  it.each<[string, object, string]>([
    ['a field too many', { nickname: 'x' }, 'lead.received: /: additionalProperties'],
    ['a field too few', { sourceId: undefined }, 'lead.received: /: required sourceId'],
    ['a wrong type', { occurredAt: '2025-11-24' }, 'lead.received: /occurredAt: type integer'],
    ['a fraction for an integer', { occurredAt: 1.5 }, 'lead.received: /occurredAt: type integer'],
    ['an unknown word', { state: 'lost' }, 'lead.received: /state: enum ["complete","held"]'],
    [
      'a country by name',
      { facts: { ...received.facts, country: 'Germany' } },
      'lead.received: /facts/country: pattern',
    ],
  ])('refuses %s, naming the place and the rule', (_what, change, detail) => {
    expect(refusal(() => write(LeadReceived, { ...received, ...change }))).toEqual({ why: 'invalid-data', detail });
  });

  it.each<[string, unknown, string]>([
    ['a number that is not finite', Infinity, 'a number that is not finite'],
    ['not a number', NaN, 'a number that is not finite'],
    ['a number beyond 2^53 − 1', 2 ** 53, 'a number beyond 2^53 − 1'],
    ['a negative one', -(2 ** 53), 'a number beyond 2^53 − 1'],
    ['half a character', 'a\ud800', 'text that is not well-formed Unicode'],
    ['a NUL character', 'a\0b', 'text with a NUL character'],
    ['__proto__ as a key', JSON.parse('{"__proto__":{"admin":true}}'), 'a forbidden key'],
    ['constructor as a key', { constructor: 1 }, 'a forbidden key'],
    ['prototype as a key', { prototype: 1 }, 'a forbidden key'],
    ['half a character in a key', { 'a\ud800': 1 }, 'text that is not well-formed Unicode'],
    ['a function', { run: () => 1 }, 'a function'],
    ['a big integer', { n: 1n }, 'a bigint'],
    ['a date', new Date(NOW), 'an object that writes itself'],
    ['a hole in a list', [undefined], 'a hole in a list'],
    ['a bottomless pit', nested(40), 'more than 32 levels'],
  ])('refuses %s anywhere, also inside a document', (_what, value, problem) => {
    const data = { name: 'emea', version: 1, hash: 'a'.repeat(64), policy: { pools: [{ value }] }, actor: 'key:admin' };
    expect(refusal(() => write(PolicyActivated, data))).toEqual({
      why: 'invalid-data',
      detail: `policy.activated: ${problem}`,
    });
  });

  it.each(['__proto__', 'constructor', 'prototype', '', 'x'.repeat(65), 'a\nb'])(
    'refuses %j as an attribute',
    (name) => {
      const attributes = JSON.parse(`{${JSON.stringify(name)}:1}`) as Record<string, number>;
      const { detail } = refusal(() => write(LeadReceived, { ...received, facts: { ...received.facts, attributes } }));
      expect(detail).toBe('lead.received: /facts/attributes: additionalProperties');
    },
  );

  it('does not name the attributes of a source in what it refuses', () => {
    const attributes = { 'Anna Beispiel': null as unknown as string };
    const { detail } = refusal(() => write(LeadReceived, { ...received, facts: { ...received.facts, attributes } }));
    expect(detail).toBe('lead.received: /facts/attributes/*: type number,string,boolean');
  });

  it('fits a log entry, to the byte', () => {
    const policyOf = (length: number) => ({
      name: 'emea',
      version: 1,
      hash: 'a'.repeat(64),
      policy: { note: 'x'.repeat(length) },
      actor: 'key:admin',
    });
    const room = MAX_EVENT_BYTES - write(PolicyActivated, policyOf(0)).bytes.length;
    expect(write(PolicyActivated, policyOf(room)).bytes).toHaveLength(65_535);
    expect(refusal(() => write(PolicyActivated, policyOf(room + 1)))).toEqual({
      why: 'too-large',
      detail: 'policy.activated: 65536 bytes, and a log entry holds 65535',
    });
  });

  it.each([1.5, NaN, -1, Date.UTC(10_000, 0)])('refuses %d as a time', (time) => {
    const held = { id: ID, source: '/ingestion', subject: LEAD, data: { missing: [], until: NOW } };
    expect(refusal(() => encodeEvent(LeadHeld, { ...held, time })).why).toBe('invalid-data');
  });

  it.each<[string, object]>([
    ['an id that is not a UUID', { id: '1' }],
    ['a source that is not a service', { source: 'https://example.org' }],
    ['an empty subject', { subject: '' }],
    ['a key that is too long', { key: 'k'.repeat(256) }],
  ])('refuses %s', (_what, change) => {
    const held = { id: ID, source: '/ingestion', subject: LEAD, time: NOW, data: { missing: [], until: NOW } };
    expect(refusal(() => encodeEvent(LeadHeld, { ...held, ...change })).why).toBe('invalid-data');
  });
});

describe('an event that follows from another', () => {
  const cause = decodeEvent(
    encodeEvent(LeadReceived, {
      id: ID,
      source: '/ingestion',
      subject: LEAD,
      time: NOW,
      traceparent: TRACE,
      data: received,
    }).bytes,
  );
  const held = { source: '/ingestion', time: NOW + 5, data: { missing: [], until: NOW } };

  it('has the subject, the key and the trace of its cause, and an id of its own', () => {
    const event = causedBy(cause, LeadHeld, held);
    expect(event).toMatchObject({ subject: LEAD, key: LEAD, traceparent: TRACE });
    expect(event.id).not.toBe(ID);
  });

  it('is the same to the byte when its cause is processed again', () => {
    expect(causedBy(cause, LeadHeld, held)).toEqual(causedBy(cause, LeadHeld, held));
  });

  it('is another one for each discriminator', () => {
    const ids = [undefined, 'a', 'b'].map((discriminator) => causedBy(cause, LeadHeld, { ...held, discriminator }).id);
    expect(new Set(ids).size).toBe(3);
  });

  it('is about something else if that is said, and keyed by it', () => {
    expect(causedBy(cause, LeadHeld, { ...held, subject: 'emea' })).toMatchObject({ subject: 'emea', key: 'emea' });
  });
});

describe('reading an event', () => {
  it('gives back what was written', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/\p{Cc}/u.test(text));
    const value = fc.oneof(
      name,
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 }),
    );
    const named = fc.dictionary(
      name.filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
      value.map((each) => (each === 0 ? 0 : each)), // −0 is written as 0, as JSON.stringify does
      { maxKeys: 64, noNullPrototype: true },
    );
    fc.assert(
      fc.property(named, named, (engagement, attributes) => {
        const data = { ...received, facts: { ...received.facts, engagement, attributes } };
        expect(decodeEvent(write(LeadReceived, data).bytes).data).toEqual(data);
      }),
    );
  });

  it('ignores attributes that somebody on the way has added', () => {
    const event = decodeEvent(tampered('"specversion"', '"sampledrate":30,"specversion"'));
    expect(event).toEqual(decodeEvent(write(LeadReceived, received).bytes));
  });

  it.each<[string, () => Buffer, string, string]>([
    ['no JSON', () => Buffer.from('{"a":'), 'not-json', 'the bytes are not JSON in UTF-8'],
    ['nothing', () => Buffer.alloc(0), 'not-json', 'the bytes are not JSON in UTF-8'],
    ['invalid UTF-8', () => invalidUtf8(), 'not-json', 'the bytes are not JSON in UTF-8'],
    ['a byte order mark', () => Buffer.from('\ufeff{}'), 'not-json', 'the bytes are not JSON in UTF-8'],
    ['a list', () => Buffer.from('[]'), 'not-an-event', '/: type object'],
    ['null', () => Buffer.from('null'), 'not-an-event', '/: type object'],
    ['another specification', () => tampered('"1.0"', '"0.3"'), 'not-an-event', '/specversion: const'],
    ['a missing id', () => tampered(/"id":"[^"]*",/, ''), 'not-an-event', '/: required id'],
    ['data in base64', () => tampered(/"data":.*/, '"data_base64":"e30="}'), 'not-an-event', '/: required data'],
    ['data that is a list', () => tampered(/"data":.*/, '"data":[]}'), 'not-an-event', '/data: type object'],
    ['a type nobody knows', () => tampered('lead.received"', 'lead.sold"'), 'unknown-type', 'no event has this type'],
    [
      'a version yet to come',
      () => tampered('received:1', 'received:2'),
      'unsupported-version',
      'lead.received: versions up to 1 are known',
    ],
    [
      'the schema of another event',
      () => tampered('urn:fairlead:lead.received:1', 'urn:fairlead:lead.held:1'),
      'unsupported-version',
      'lead.received: versions up to 1 are known',
    ],
    [
      'data that breaks its schema',
      () => tampered('"complete"', '1'),
      'invalid-data',
      'lead.received: /state: type string',
    ],
    [
      'a number beyond 2^53',
      () => tampered('"visits":5', '"visits":9007199254740993'),
      'invalid-data',
      'a number beyond 2^53 − 1',
    ],
    [
      'a number beyond all bounds',
      () => tampered('"visits":5', '"visits":1e999'),
      'invalid-data',
      'a number that is not finite',
    ],
    ['half a character', () => tampered('Müller', '\\ud800'), 'invalid-data', 'text that is not well-formed Unicode'],
    ['a forbidden key', () => tampered('"visits"', '"__proto__"'), 'invalid-data', 'a forbidden key'],
    ['a forbidden key in disguise', () => tampered('"visits"', '"\\u005f_proto__"'), 'invalid-data', 'a forbidden key'],
    [
      'more than a log entry',
      () => Buffer.alloc(65_536, 0x20),
      'too-large',
      '65536 bytes, and an event has at most 65535',
    ],
  ])('refuses %s', (_what, bytes, why, detail) => {
    expect(refusal(() => decodeEvent(bytes()))).toEqual({ why, detail });
  });

  it('never quotes what it refuses, neither in the message nor in a cause', () => {
    const secret = 'anna@example.org';
    for (const bytes of [
      Buffer.from(`{"${secret}`),
      tampered('"complete"', `"${secret}"`),
      tampered('"visits":5', `"${secret}":null`),
      tampered('lead.received"', `${secret}"`),
      tampered('received:1', secret),
      tampered('"data":{', `"data":{"${secret}":1,`),
    ]) {
      const thrown = (() => {
        try {
          decodeEvent(bytes);
          return undefined;
        } catch (error) {
          return error as InvalidEvent;
        }
      })();
      expect(thrown).toBeInstanceOf(InvalidEvent);
      expect(`${thrown!.message}${thrown!.stack}${String(thrown!.cause)}`).not.toContain(secret);
    }
  });
});

describe('an event whose shape has changed', () => {
  const TestedV1 = defineEvent('lead.tested', 1, Type.Object({ name: Type.String() }));
  const TestedV2 = defineEvent('lead.tested', 2, Type.Object({ first: Type.String(), last: Type.String() }), {
    upcast: {
      from: TestedV1,
      with: ({ name }) => ({ first: name.split(' ')[0] ?? '', last: name.split(' ')[1] ?? '' }),
    },
  });
  const TestedV3 = defineEvent('lead.tested', 3, Type.Object({ last: Type.String(), length: Type.Integer() }), {
    upcast: { from: TestedV2, with: ({ last }) => ({ last, length: last.length }) },
  });
  const decode = decoderFor([TestedV3]);

  it('is read as the newest, whichever version was written', () => {
    const events = [
      write(TestedV1, { name: 'Anna Beispiel' }),
      write(TestedV2, { first: 'Anna', last: 'Beispiel' }),
      write(TestedV3, { last: 'Beispiel', length: 8 }),
    ].map(({ bytes }) => decode(bytes));
    for (const { dataschema, data } of events) {
      expect({ dataschema, data }).toEqual({
        dataschema: 'urn:fairlead:lead.tested:3',
        data: { last: 'Beispiel', length: 8 },
      });
    }
  });

  it('is checked against the version that was written, not the one that it becomes', () => {
    const bytes = Buffer.from(write(TestedV1, { name: 'x' }).bytes.toString().replace('"name"', '"last"'));
    expect(refusal(() => decode(bytes))).toEqual({ why: 'invalid-data', detail: 'lead.tested: /: required name' });
  });

  it('needs an upcast from the version just before', () => {
    expect(() => defineEvent('lead.tested', 2, Type.Object({}))).toThrow('version n+1 needs an upcast from version n');
    expect(() =>
      defineEvent('lead.tested', 3, Type.Object({}), { upcast: { from: TestedV1, with: () => ({}) } }),
    ).toThrow('expected 2');
    expect(() =>
      defineEvent('lead.other', 2, Type.Object({}), { upcast: { from: TestedV1, with: () => ({}) } }),
    ).toThrow('cannot be upcast from lead.tested');
  });
});

describe('what other people’s tests of CloudEvents say', () => {
  const vectors = fileURLToPath(new URL('../../../../shared/vectors/', import.meta.url));
  const file = `${vectors}cloudevents_v1.yaml`;
  const present = existsSync(file);
  const given = present ? it : it.skip;

  given(
    `holds for the structured event of cloudevents_v1.yaml${present ? '' : ' (skipped: no ../shared/vectors here)'}`,
    () => {
      const [, structured] = parseAllDocuments(readFileSync(file, 'utf8')).map(
        (document) => document.toJS() as { ContextAttributes: Record<string, unknown> },
      );
      const { Extensions, ...attributes } = structured!.ContextAttributes;
      const theirs = { ...(Extensions as object), ...attributes, specversion: '1.0' };
      // It is a CloudEvent, and not one of ours: refused for its own reason and not mistaken for broken JSON.
      expect(refusal(() => decodeEvent(Buffer.from(JSON.stringify(theirs)))).why).toBe('not-an-event');
      // Ours with their extension attributes is read as before.
      const ours = {
        ...(JSON.parse(write(LeadReceived, received).bytes.toString()) as object),
        ...(Extensions as object),
      };
      expect(decodeEvent(Buffer.from(JSON.stringify(ours))).data).toEqual(received);
    },
  );
});

function invalidUtf8(): Buffer {
  const bytes = write(LeadScored, scored).bytes;
  bytes[bytes.indexOf('website')] = 0xff;
  return bytes;
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { inside: nested(levels - 1) };
}

const scored: DataOf<typeof LeadScored> = {
  state: 'graded',
  grade: 'A',
  score: 90,
  fit: 50,
  engagement: 40,
  contributions: [],
  missing: [],
  model: { name: 'default', version: 1, hash: 'b'.repeat(64) },
  engine: 'e'.repeat(64),
  now: NOW,
  sourceId: 'website',
  facts: received.facts,
  reachable: received.reachable,
  consentGiven: true,
  receivedAt: NOW,
  cause: 'received',
};
