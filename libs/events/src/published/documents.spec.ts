import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asyncapiSpecs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { allEvents } from '../catalogue.js';
import { withEarlierVersions } from '../decode-event.js';
import { topicName, topics } from '../topics.js';
import { asyncapiPath, keptFiles, nameOf, schemaPath } from './documents.js';
import { incompatibilities, type Schema } from './incompatibilities.js';

const GENERATE = 'node --conditions=@fairlead/source --import ./tools/swc-hook.mjs tools/generate-event-docs.mjs';
const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const kept = (path: string): string | undefined =>
  existsSync(fromRoot(path)) ? readFileSync(fromRoot(path), 'utf8') : undefined;

/** Every version that was ever published must still be there, so the schema files are the list, not the code. */
const published = allEvents.flatMap(withEarlierVersions);

describe('what is published of the events', () => {
  it.each(published.map((definition) => [nameOf(definition), definition] as const))(
    '%s keeps what it promised',
    (name, definition) => {
      const path = schemaPath(definition);
      const before = kept(path);
      const now = keptFiles().find((file) => file.path === path)!.text;
      if (before === undefined) throw new Error(`${path} is missing. A new event or version? Run: ${GENERATE}`);
      const breaches = incompatibilities(JSON.parse(before) as Schema, JSON.parse(now) as Schema);
      if (breaches.length > 0) {
        throw new Error(
          `${name} is published, and this breaks it:\n${breaches.map((breach) => `  ${breach}`).join('\n')}\n` +
            `Leave version ${definition.version} as it was; define version ${definition.version + 1} with an upcast from it.`,
        );
      }
      if (before !== now) throw new Error(`${path} is out of date, though compatible. Run: ${GENERATE}`);
    },
  );

  it('has no schema of an event or version that the code no longer reads', () => {
    const folder = fromRoot('libs/events/schemas');
    const known = published.map((definition) => `${nameOf(definition)}.json`);
    expect(listed(folder)).toEqual([...known].sort());
  });

  it('is described by an AsyncAPI document that is up to date', () => {
    const now = keptFiles().find((file) => file.path === asyncapiPath)!.text;
    if (kept(asyncapiPath) !== now) throw new Error(`${asyncapiPath} is out of date. Run: ${GENERATE}`);
  });

  it('is described by a valid AsyncAPI 3 document', () => {
    const validate = asyncapiValidator();
    const document = parse(kept(asyncapiPath)!) as unknown;
    expect({ valid: validate(document), errors: validate.errors }).toEqual({ valid: true, errors: null });
    expect(unresolved(document)).toEqual([]);
  });

  it('would notice an AsyncAPI document that is not valid, and a reference that leads nowhere', () => {
    const validate = asyncapiValidator();
    const document = parse(kept(asyncapiPath)!) as { channels: Record<string, Record<string, unknown>> };
    document.channels['lifecycle']!['adress'] = 'fairlead.lifecycle';
    expect(validate(document)).toBe(false);
    expect(unresolved({ $ref: '#/components/nowhere' })).toEqual(['#/components/nowhere']);
  });

  it('says of each channel what the topic is', () => {
    const { channels } = parse(kept(asyncapiPath)!) as { channels: Record<string, unknown> };
    expect(channels).toMatchObject({
      lifecycle: { address: topicName('lifecycle'), bindings: { kafka: { partitions: topics.lifecycle.partitions } } },
      control: { address: topicName('control'), bindings: { kafka: { partitions: topics.control.partitions } } },
    });
  });
});

function listed(folder: string): string[] {
  return readdirSync(folder).sort();
}

function asyncapiValidator() {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return ajv.compile(asyncapiSpecs.schemasWithoutId['3.0.0'] as object);
}

function unresolved(document: unknown): string[] {
  const found: string[] = [];
  const resolve = (ref: string): unknown =>
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && resolve(value as string) === undefined) found.push(value as string);
      walk(value);
    }
  };
  walk(document);
  return found;
}
