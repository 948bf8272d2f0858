import type { Reading } from '@fairlead/decisions';
import { invalidInput } from '@fairlead/platform';

/** Documents come as JSON or as YAML; YAML reaches the handler as bytes, and is told its errors by line. */
export const DOCUMENT_TYPES = { 'application/json': 'json', 'application/yaml': 'bytes' } as const;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Problem 400 that names everything that is wrong with the document, where it is wrong */
export function readBody<T>(body: unknown, read: (source: unknown) => Reading<T>): T {
  const reading = read(Buffer.isBuffer(body) ? textOf(body) : body);
  if (reading.ok) return reading.document;
  throw invalidInput(
    reading.problems.map(({ path, line, detail }) => ({
      field: pointer(path),
      detail: line === undefined ? detail : `line ${line}: ${detail}`,
    })),
  );
}

/** Text that is JSON must have been sent as JSON, whose parser is the stricter one. */
function textOf(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw invalidInput([{ field: '', detail: 'is not UTF-8' }]);
  }
}

/** `pools[0].match` as `/pools/0/match`. */
function pointer(path: string): string {
  return path === '' ? '' : `/${path.replace(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}
