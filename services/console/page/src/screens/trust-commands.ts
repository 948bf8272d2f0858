import type { Schemas } from '../api/schemas.js';
import { quoted } from '../words/quoted.js';

/**
 * The lines by which whoever has the log comes to the same figures. Where the server says which events they stand on, that is in the line: an
 * export made later has more.
 * @param period  what figures were asked for, by the names of the command's options
 * @param partner  whose own view they are; null where all parties are seen
 */
export function trustCommands(period: object, { at, events }: Schemas['AsOfView'], partner: string | null): string[] {
  const asked = { ...period, ...(partner !== null && { partner }) };
  const options = Object.entries(asked).map(
    ([name, value]: [string, unknown]) => ` --${name} ${quoted(String(value))}`,
  );
  const trust = `fairlead trust DIR${options.join('')}`;
  return [
    'fairlead export --out DIR',
    events === null ? trust : `echo ${quoted(JSON.stringify({ at, events }))} | ${trust} --as-of -`,
  ];
}
