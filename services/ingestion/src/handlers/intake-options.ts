import { type Mapping, parseMapping } from '@fairlead/decisions';
import { type Caller, type FieldError, invalidInput, notFound } from '@fairlead/platform';
import type { FastifyRequest } from 'fastify';
import { isSourceId } from '../intake/prepare-rows.js';
import type { Source, SourcesStore } from '../store/sources.store.js';

/** What a request says about its leads as a whole. */
export interface IntakeOptions {
  readonly contentType: string;
  /** Undefined: each lead names its own. */
  readonly source: Source | undefined;
  /** The request's own; `none`: its rows are in our fields already, whatever the source's mapping says. */
  readonly mapping: Mapping | 'none' | undefined;
  readonly strict: boolean;
}

const PARAMETERS: ReadonlySet<string> = new Set(['source', 'mapping', 'strict']);

/** @throws Problem 400 that names the parameter, 404 for a source that is not there or not the caller's */
export async function readIntakeOptions(
  { query, headers }: FastifyRequest,
  caller: Caller,
  sources: SourcesStore,
): Promise<IntakeOptions> {
  const parameters = query as Record<string, unknown>;
  const errors: FieldError[] = Object.entries(parameters).flatMap(([field, value]) => {
    if (!PARAMETERS.has(field)) return [{ field: field.slice(0, 64), detail: 'This parameter is not known here.' }];
    return typeof value === 'string' ? [] : [{ field, detail: 'It may be there once.' }];
  });
  if (errors.length > 0) throw invalidInput(errors);
  const { source: asked, mapping: document, strict = 'false' } = parameters as Record<string, string | undefined>;
  if (strict !== 'true' && strict !== 'false')
    throw invalidInput([{ field: 'strict', detail: 'It is true or false.' }]);

  return {
    contentType: (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
    source: await sourceOf(caller, asked, sources),
    mapping: document === undefined ? undefined : readMapping(document),
    strict: strict === 'true',
  };
}

async function sourceOf(
  { role, sourceId }: Caller,
  asked: string | undefined,
  sources: SourcesStore,
): Promise<Source | undefined> {
  const id = role === 'source' ? sourceId : asked;
  if (id === undefined && role !== 'source') return undefined;
  // Somebody else's source looks exactly like none.
  const isOwn = role !== 'source' || asked === undefined || asked === sourceId;
  const source = isOwn && id !== undefined && isSourceId(id) ? await sources.find(id) : undefined;
  if (!source) throw notFound('source');
  return source;
}

function readMapping(text: string): Mapping | 'none' {
  if (text === 'none') return text;
  let document: unknown;
  try {
    document = JSON.parse(text) as unknown;
  } catch {
    throw invalidInput([{ field: 'mapping', detail: 'It is neither valid JSON nor none.' }]);
  }
  const result = parseMapping(document);
  if (!result.ok) throw invalidInput(result.errors);
  return result.mapping;
}
