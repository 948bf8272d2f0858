import type { Mapping } from '@fairlead/decisions';
import type { Source } from '../store/sources.store.js';

/** A source's mapping is about its own format; one that comes with the request is about the request. */
export function mappingFor(
  { mapping, source }: { readonly mapping: Mapping | 'none' | undefined; readonly source: Source | undefined },
  ...formats: readonly string[]
): Mapping | undefined {
  if (mapping) return mapping === 'none' ? undefined : mapping;
  return source && formats.includes(source.format) ? source.mapping : undefined;
}
