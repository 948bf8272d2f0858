import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';

/** How a body reaches the handler: parsed, as bytes (for signatures), or as the stream that comes in (for large imports). */
export type BodyKind = 'json' | 'bytes' | 'stream';

export interface Accepted {
  readonly types: Readonly<Record<string, BodyKind>>;
  readonly limitBytes: number;
  /** What a body of a type looks like, as JSON Schema, where it is another than what `@ApiBody` says. */
  readonly schemas?: Readonly<Record<string, object>>;
}

/** Ids are at most 64 characters long; e-mail addresses and the like never stand in a path. */
export const MAX_PARAMETER_LENGTH = 128;

/** A megabyte holds the largest document of ours (a policy or roster entry) a hundred times over. */
export const DEFAULT_BODY_LIMIT_BYTES = 1024 * 1024;

export const DEFAULT_ACCEPTED: Accepted = {
  types: { 'application/json': 'json' },
  limitBytes: DEFAULT_BODY_LIMIT_BYTES,
};

/**
 * The content types that a route takes and how large a body may be; without it, a route takes `application/json`. The
 * type alone decides how a body is read, and a type that is not listed is refused: nothing is guessed from the content.
 * A stream's limit is for the route to enforce: the size of an import is bounded by its rows and not by its bytes.
 * @example `@Accepts({ 'application/json': 'json', 'text/csv': 'stream' })`
 */
export const Accepts = (
  types: Readonly<Record<string, BodyKind>>,
  { limitBytes = DEFAULT_BODY_LIMIT_BYTES, schemas = {} }: Partial<Omit<Accepted, 'types'>> = {},
) => RouteConfig({ accepted: { types, limitBytes, schemas } satisfies Accepted });

/** What a route accepts. */
export function acceptedOf(handler: object): Accepted {
  const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as { accepted?: Accepted } | undefined;
  return config?.accepted ?? DEFAULT_ACCEPTED;
}
