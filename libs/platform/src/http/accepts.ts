import { RouteConfig } from '@nestjs/platform-fastify';

/** How a body reaches the handler: parsed, as bytes (for signatures), or as the stream that comes in (for large imports). */
export type BodyKind = 'json' | 'bytes' | 'stream';

export interface Accepted {
  readonly types: Readonly<Record<string, BodyKind>>;
  readonly limitBytes: number;
}

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
export const Accepts = (types: Readonly<Record<string, BodyKind>>, options: { readonly limitBytes?: number } = {}) =>
  RouteConfig({ accepted: { types, limitBytes: options.limitBytes ?? DEFAULT_BODY_LIMIT_BYTES } satisfies Accepted });
