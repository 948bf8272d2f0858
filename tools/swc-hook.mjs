// Runs TypeScript with decorator metadata straight from source:
//   node --conditions=@fairlead/source --import ./tools/swc-hook.mjs services/cli/src/main.ts
// Node's own type stripping drops the metadata that Nest's injection needs; swc keeps it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

process.setSourceMapsEnabled(true);
const swcrcText = readFileSync(new URL('../.swcrc', import.meta.url), 'utf8');
const { $schema: _, ...swcrc } = JSON.parse(swcrcText);
const cache = fileURLToPath(new URL('../node_modules/.cache/fairlead-swc/', import.meta.url));
mkdirSync(cache, { recursive: true });
let transformSync;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.slice(0, -3) + '.ts', context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const filename = fileURLToPath(url);
    return { format: 'module', source: compiled(filename, readFileSync(filename, 'utf8')), shortCircuit: true };
  },
});

/** Compiled output is kept by content, so a warm start never loads the compiler. */
function compiled(filename, source) {
  const kept = cache + createHash('sha256').update(swcrcText).update(filename).update(source).digest('hex') + '.js';
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  transformSync ??= process.getBuiltinModule('module').createRequire(import.meta.url)('@swc/core').transformSync;
  const options = { ...swcrc, swcrc: false, configFile: false, filename, sourceMaps: 'inline' };
  const { code } = transformSync(source, options);
  // Threads of one process may compile the same file at the same time.
  const half = `${kept}.${process.pid}-${threadId}`;
  writeFileSync(half, code);
  renameSync(half, kept);
  return code;
}
