import type { Static, TSchema } from '@sinclair/typebox';
import type { Topic } from './topics.js';

/** One version of one event: what happened, and the shape in which it is told. Published versions never change. */
export interface EventDefinition<T extends string = string, S extends TSchema = TSchema> {
  readonly type: T;
  readonly version: number;
  readonly topic: Topic;
  readonly schema: S;
  /** `urn:fairlead:lead.scored:1` */
  readonly dataschema: string;
  /** What reads the version before this one; versions are followed down to 1 through it. */
  readonly upcast?: Upcast;
}

/** `with` is pure: it is applied on every read, and the same old bytes must mean the same for ever. */
export interface Upcast {
  readonly from: EventDefinition;
  readonly with: (data: never) => unknown;
}

/** The data that a definition's events carry. */
export type DataOf<D extends EventDefinition> = Static<D['schema']>;

/** An event of this definition, as handlers receive it. */
export type EventOf<D extends EventDefinition> = FairleadEvent<D['type'], DataOf<D>>;

/** A CloudEvent 1.0 as it is read. `data` and `dataschema` are of the newest version, whatever version was written. */
export interface FairleadEvent<T extends string = string, D = unknown> {
  readonly id: string;
  readonly source: string;
  readonly specversion: '1.0';
  readonly type: T;
  /** The lead's id; for control events the document's name or id. */
  readonly subject: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly partitionkey: string;
  readonly traceparent?: string;
  readonly data: D;
}

export interface EventOptions<S extends TSchema, Previous extends EventDefinition> {
  readonly topic?: Topic;
  readonly upcast?: { readonly from: Previous; readonly with: (data: DataOf<Previous>) => Static<S> };
}

/**
 * Defines one version of an event. A new shape is a new version with an upcast from the one before:
 *
 *     const LeadHeldV1 = defineEvent('lead.held', 1, …);
 *     export const LeadHeld = defineEvent('lead.held', 2, …, { upcast: { from: LeadHeldV1, with: (v1) => ({ … }) } });
 */
export function defineEvent<const T extends string, S extends TSchema, Previous extends EventDefinition = never>(
  type: T,
  version: number,
  schema: S,
  { topic = 'lifecycle', upcast }: EventOptions<S, Previous> = {},
): EventDefinition<T, S> {
  if (!/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/.test(type)) throw new TypeError(`not an event type: ${type}`);
  const expected = upcast ? upcast.from.version + 1 : 1;
  if (version !== expected) {
    throw new TypeError(`${type} version ${version}: expected ${expected}; version n+1 needs an upcast from version n`);
  }
  if (upcast && upcast.from.type !== type) throw new TypeError(`${type} cannot be upcast from ${upcast.from.type}`);
  const dataschema = `urn:fairlead:${type}:${version}`;
  return { type, version, topic, schema, dataschema, ...(upcast && { upcast }) };
}
