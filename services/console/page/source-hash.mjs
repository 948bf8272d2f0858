// What the built page was built from, as one number: `npm run build` notes it beside what it built, and a test compares. So nobody can
// change the page, or what it takes of our libraries, and forget to build it.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = [
  'services/console/page/{index.html,verify.html,package-lock.json,vite.config.ts,build-verify.mjs}',
  'services/console/page/src/**/*.*',
  // Of everything that decides, and of the packages that it uses: the hash in there is of all of it.
  'libs/decisions/src/engine.ts',
  'libs/events/src/{tell-event,plain-json,shapes}.ts',
  'libs/transparency-log/src/{verify,checkpoint,hashing,hash-tile,layout,proofs,receipt,signed-note,tree}.ts',
];

/** @returns SHA-256, hexadecimal, of all sources and their names */
export function sourceHash() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root })).sort())
    hash.update(`${file}\n`).update(readFileSync(`${root}${file}`));
  return hash.digest('hex');
}
