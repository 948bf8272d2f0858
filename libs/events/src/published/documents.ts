import { readFileSync } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { stringify } from 'yaml';
import { allEvents } from '../catalogue.js';
import { withEarlierVersions } from '../decode-event.js';
import type { EventDefinition } from '../define-event.js';
import { Envelope } from '../envelope.js';
import { CONTENT_TYPE, CONTENT_TYPE_HEADER, type Topic, topicName, topics, TYPE_HEADER } from '../topics.js';
import type { Schema } from './incompatibilities.js';

/** A file that is generated, kept in the repository, and held against the code by a test. */
export interface KeptFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const publishedEvents = allEvents.flatMap(withEarlierVersions);

export const schemaPath = (definition: EventDefinition): string => `libs/events/schemas/${nameOf(definition)}.json`;
export const asyncapiPath = 'docs/api/asyncapi.yaml';

/** Every file that says to the outside what the code says here. */
export function keptFiles(): KeptFile[] {
  return [
    ...publishedEvents.map((definition) => ({
      path: schemaPath(definition),
      text: `${JSON.stringify(jsonSchema(definition), null, 2)}\n`,
    })),
    { path: asyncapiPath, text: asyncapi() },
  ];
}

/** The schema of an event's `data`, under the name that `dataschema` gives it in every event. */
export function jsonSchema(definition: EventDefinition): Schema {
  const { description: _, ...schema } = plain(definition.schema);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: definition.dataschema,
    title: `${definition.type}, version ${definition.version}`,
    description: summaryOf(definition),
    ...schema,
  };
}

/** AsyncAPI 3: topics are channels, events are messages. */
export function asyncapi(): string {
  const messages = Object.fromEntries(publishedEvents.map((definition) => [nameOf(definition), message(definition)]));
  const schemas = publishedEvents.map((definition) => {
    const { $schema: _, $id: __, ...schema } = jsonSchema(definition);
    return [nameOf(definition), schema] as const;
  });
  const used = topicsInUse();
  const inbound = {
    ...channel('inbound'),
    messages: Object.fromEntries(
      Object.keys(inboundMessages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
  };
  const parked = { ...channel('parked'), messages: { parked: { $ref: '#/components/messages/parked' } } };
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Fairlead events',
      version: '1.0.0',
      description:
        'What happens to a lead, as CloudEvents 1.0 in structured JSON on Kafka. A published version of an event never ' +
        'changes; a new shape is a new version. Instants in `data` are milliseconds since the epoch, UTC. The same event ' +
        'may arrive more than once: drop an `id` that was seen.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: CONTENT_TYPE,
    servers: {
      kafka: {
        host: '{broker}',
        protocol: 'kafka',
        description: 'One of KAFKA_BROKERS.',
        variables: { broker: { default: '127.0.0.1:9092' } },
      },
    },
    channels: { ...Object.fromEntries(used.map((topic) => [topic, channel(topic)])), inbound, parked },
    operations: Object.fromEntries<Schema>([
      ...[...used, 'parked' as const].map((topic): [string, Schema] => [
        `${topic}.said`,
        { action: 'send', channel: { $ref: `#/channels/${topic}` }, summary: topics[topic].description },
      ]),
      [
        'inbound.read',
        { action: 'receive', channel: { $ref: '#/channels/inbound' }, summary: topics.inbound.description },
      ],
    ]),
    components: {
      messages: { ...messages, ...inboundMessages, parked: parkedMessage },
      schemas: { envelope: plain(Envelope), ...Object.fromEntries(schemas) },
    },
  };
  const heading = '# Generated from libs/events by tools/generate-event-docs.mjs; a test holds it against the code.\n';
  return heading + stringify(document, { lineWidth: 120, aliasDuplicateObjects: false });
}

function channel(topic: Topic): Schema {
  const { partitions, retentionMs, maxBatchBytes, key, description } = topics[topic];
  const events = publishedEvents.filter((definition) => definition.topic === topic).map(nameOf);
  return {
    address: topicName(topic),
    description: `${description} Record key: ${key}.`,
    messages: Object.fromEntries(events.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        partitions,
        topicConfiguration: { 'retention.ms': retentionMs, 'max.message.bytes': maxBatchBytes },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function message(definition: EventDefinition): Schema {
  return {
    name: nameOf(definition),
    title: definition.type,
    summary: summaryOf(definition),
    contentType: CONTENT_TYPE,
    headers: {
      type: 'object',
      required: [TYPE_HEADER, CONTENT_TYPE_HEADER],
      properties: {
        [TYPE_HEADER]: { type: 'string', const: definition.type },
        [CONTENT_TYPE_HEADER]: { type: 'string', const: CONTENT_TYPE },
      },
    },
    payload: {
      allOf: [
        { $ref: '#/components/schemas/envelope' },
        {
          type: 'object',
          properties: {
            type: { const: definition.type },
            dataschema: { const: definition.dataschema },
            data: { $ref: `#/components/schemas/${nameOf(definition)}` },
          },
        },
      ],
    },
    bindings: {
      kafka: { key: { type: 'string', description: topics[definition.topic].key }, bindingVersion: '0.5.0' },
    },
  };
}

/** Of somebody else: what ingestion reads from the public entrance. Its data are described by ingestion's OpenAPI document. */
const inboundMessages: Readonly<Record<string, Schema>> = {
  'inbound.event': inboundMessage({
    title: 'a lead or an activity, as a CloudEvent 1.0',
    summary:
      'Structured, or binary with ce_ headers. Its data are a lead as POST /v1/leads takes it, or in the words of the source’s mapping; ' +
      'of a type with “activity” in it, what somebody did: { who: { externalId, email, phone }, activity, adds, sets }. The last ' +
      'part of its source is the id of the source. The same event sent again within a day has no effect.',
    contentType: CONTENT_TYPE,
    payload: {
      type: 'object',
      required: ['specversion', 'id', 'source', 'type'],
      properties: {
        specversion: { const: '1.0' },
        ...Object.fromEntries(
          ['id', 'source', 'type', 'subject', 'time', 'traceparent'].map((name) => [name, { type: 'string' }]),
        ),
        data: { type: 'object' },
      },
    },
  }),
  'inbound.lead': inboundMessage({
    title: 'a lead, as JSON',
    summary:
      'As POST /v1/leads takes it, or in the words of the source’s mapping; its source by header, or as `source`.',
    contentType: 'application/json',
    payload: { type: 'object' },
  }),
};

function inboundMessage(described: Schema): Schema {
  return {
    ...described,
    headers: {
      type: 'object',
      properties: {
        'fairlead-source': {
          type: 'string',
          description: 'id of the source, where the record does not name it itself',
        },
        traceparent: { type: 'string', description: 'W3C Trace Context' },
      },
    },
    bindings: { kafka: { key: { type: 'string', description: topics.inbound.key }, bindingVersion: '0.5.0' } },
  };
}

/** Not an event: bytes that could not be processed, as they came, whatever they are. */
const parkedMessage: Schema = {
  name: 'parked',
  title: 'a record that was parked',
  summary: 'The original bytes. That they were parked is also told on the lifecycle topic, by event.parked.',
  contentType: 'application/octet-stream',
  headers: {
    type: 'object',
    required: ['consumer', 'error-class', 'address', TYPE_HEADER],
    properties: {
      consumer: { type: 'string', description: 'the service that could not process it' },
      'error-class': { type: 'string', description: 'kind of the error, without its text' },
      address: { type: 'string', description: 'where it was read: topic/partition@offset' },
      [TYPE_HEADER]: { type: 'string', description: 'what it said that it was' },
    },
  },
  bindings: { kafka: { key: { type: 'string', description: topics.parked.key }, bindingVersion: '0.5.0' } },
};

function topicsInUse(): Topic[] {
  return (Object.keys(topics) as Topic[]).filter((topic) => publishedEvents.some((event) => event.topic === topic));
}

/** `lead.scored.v1` */
export function nameOf({ type, version }: EventDefinition): string {
  return `${type}.v${version}`;
}

/** The comment above the event's definition: said once, in the code. */
function summaryOf(definition: EventDefinition): string {
  const file = new URL(`../${definition.type.replace('.', '-')}.ts`, import.meta.url);
  const definedAt = new RegExp(`defineEvent\\(\\s*'${definition.type.replace('.', '[.]')}',\\s*${definition.version},`);
  const before = readFileSync(file, 'utf8').split(definedAt)[0];
  const comments = before?.match(/\/\*\*[^]*?\*\//g)?.at(-1);
  if (!comments) throw new Error(`${file.pathname}: no comment above ${definition.type} version ${definition.version}`);
  return comments
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/\s*\n\s*\* ?/g, ' ')
    .trim();
}

/** Without TypeBox's symbols. */
function plain(schema: TSchema): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
