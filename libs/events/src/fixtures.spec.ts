import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { allEvents } from './catalogue.js';
import { decodeEvent, withEarlierVersions } from './decode-event.js';
import type { EventDefinition } from './define-event.js';
import { encodeEvent, type EventToEncode } from './encode-event.js';
import { violation } from './validator.js';

const folder = new URL('../fixtures/', import.meta.url);
const fixtureOf = ({ type, version }: EventDefinition): string => `${type}.v${version}.json`;
const bytesOf = (fixture: string): Buffer => readFileSync(new URL(fixture, folder));
const newestOf = (type: string): EventDefinition => allEvents.find((definition) => definition.type === type)!;

/** What was given to `encodeEvent` when the fixture was written. */
function inputOf(bytes: Buffer): EventToEncode<EventDefinition> {
  const { id, source, subject, time, partitionkey, traceparent, data } = JSON.parse(bytes.toString()) as {
    [attribute in 'id' | 'source' | 'subject' | 'time' | 'partitionkey' | 'traceparent']: string;
  } & { data: unknown };
  return { id, source, subject, time: Date.parse(time), key: partitionkey, traceparent, data };
}

const everyVersion = allEvents.flatMap(withEarlierVersions);

describe('golden events', () => {
  it('are there for every version of every event, and for nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(everyVersion.map(fixtureOf).sort());
  });

  it.each(everyVersion.map((definition) => [fixtureOf(definition), definition] as const))(
    '%s is written as these bytes, for good',
    (fixture, definition) => {
      const golden = bytesOf(fixture);
      expect(encodeEvent(definition, inputOf(golden)).bytes.toString()).toBe(golden.toString());
    },
  );

  it.each(everyVersion.map((definition) => [fixtureOf(definition), definition] as const))(
    '%s is read, as the newest version',
    (fixture, { type }) => {
      const golden = bytesOf(fixture);
      const event = decodeEvent(golden);
      const newest = newestOf(type);
      expect(event).toMatchObject({ ...attributesOf(golden), dataschema: newest.dataschema });
      expect(violation(newest, event.data)).toBeUndefined();
    },
  );

  it.each(everyVersion.map(fixtureOf))('%s is valid by the schema that is published of it', (fixture) => {
    const schema = JSON.parse(readFileSync(new URL(`../schemas/${fixture}`, import.meta.url), 'utf8')) as object;
    const { data } = JSON.parse(bytesOf(fixture).toString()) as { data: unknown };
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    expect({ valid: validate(data), errors: validate.errors }).toEqual({ valid: true, errors: null });
  });

  it.each(everyVersion.map((definition) => [fixtureOf(definition), definition] as const))(
    '%s shows every field that the event may have',
    (fixture, { schema }) => {
      const { data } = JSON.parse(bytesOf(fixture).toString()) as { data: object };
      const unshown = Object.keys((schema as unknown as { properties: object }).properties).filter(
        (name) => !(name in data),
      );
      expect(unshown.filter((name) => !usuallyAbsent.has(name))).toEqual([]);
    },
  );
});

/** Optional in every outcome, and shown where it is usual: `lead.won` has an amount, `lead.lost` a reason. */
const usuallyAbsent = new Set(['amount', 'note', 'reason']);

function attributesOf(bytes: Buffer): object {
  const { data: _, dataschema: __, ...attributes } = JSON.parse(bytes.toString()) as Record<string, unknown>;
  return attributes;
}
