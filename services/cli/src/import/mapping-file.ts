import { readFile } from 'node:fs/promises';
import { type Mapping, parseMapping } from '@fairlead/decisions';
import { parse } from 'yaml';
import { CommandFailed } from '../api/command-failed.js';

/** Reads a mapping: `{ columns, values?, constants? }` as YAML or JSON. */
export async function readMapping(path: string): Promise<Mapping> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new CommandFailed(`${path} is neither YAML nor JSON: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  const parsed = parseMapping(document);
  if (parsed.ok) return parsed.mapping;
  const sentences = parsed.errors.map(({ detail }) => `\n  ${detail}`).join('');
  throw new CommandFailed(`${path} is not a mapping.${sentences}`);
}
