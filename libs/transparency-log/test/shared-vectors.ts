import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../shared/vectors/tlog/', import.meta.url));

/** Test vectors that lie beside the checkout; undefined where they do not, and the test is skipped. */
export function sharedVectors(
  pattern: string,
): readonly { readonly file: string; readonly text: string }[] | undefined {
  if (!existsSync(folder)) return undefined;
  return globSync(pattern, { cwd: folder })
    .sort()
    .map((file) => ({ file, text: readFileSync(folder + file, 'utf8') }));
}
