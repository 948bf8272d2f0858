// `engine`: the content hash of everything that decides. It goes into every decision, so that a replay can tell whether
// it runs the very functions that ran live. `engine-hash.mjs` prints it, `engine-hash.mjs --write` writes it into the
// library; a unit test there holds the one against the other.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const library = new URL('../libs/decisions/', import.meta.url);
const engineFile = new URL('src/engine.ts', library);

/**
 * SHA-256, in hexadecimal, over the library's sources in the order of their paths, each as `path NUL length NUL bytes`,
 * and then over the exact versions of the packages that they import, because those decide too.
 */
export function engineHash() {
  const sum = createHash('sha256');
  const packages = new Set();
  for (const path of sources()) {
    const bytes = readFileSync(new URL(path, library));
    sum.update(`${path}\0${bytes.length}\0`).update(bytes);
    for (const name of packagesIn(bytes.toString())) packages.add(name);
  }
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  for (const name of [...packages].sort()) {
    if (name.startsWith('@fairlead/')) continue;
    if (!dependencies[name]) throw new Error(`libs/decisions imports ${name}, which package.json does not pin`);
    sum.update(`${name}\0${dependencies[name]}\0`);
  }
  return sum.digest('hex');
}

/** Forward slashes and code-unit order, so that every machine hashes the same. */
function sources() {
  const found = globSync('src/**/*.{ts,json}', { cwd: fileURLToPath(library) }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  return found.filter((path) => !path.endsWith('.spec.ts') && path !== 'src/engine.ts').sort();
}

function packagesIn(source) {
  const specifiers = [...source.matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm)].map(
    ([, name]) => name,
  );
  const bare = specifiers.filter((name) => !name.startsWith('.'));
  return bare.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const hash = engineHash();
  if (process.argv.includes('--write')) {
    const text = [
      '// Written by tools/engine-hash.mjs --write; see there what it is computed from.',
      '',
      '/** Content hash of everything that decides: it goes into every decision. */',
      `export const engine = '${hash}';`,
      '',
    ];
    writeFileSync(engineFile, text.join('\n'));
  } else console.log(hash);
}
