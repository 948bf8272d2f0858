// Runs TypeScript with decorator metadata straight from source:
//   node --conditions=@fairlead/source --import ./tools/swc-hook.mjs services/cli/src/main.ts
// Node's own type stripping drops the metadata that Nest's injection needs; swc keeps it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

process.setSourceMapsEnabled(true);
const { $schema: _, ...swcrc } = JSON.parse(readFileSync(new URL('../.swcrc', import.meta.url), 'utf8'));
// Node keeps every map that it meets. The sources, which are in the files anyway, would be most of that: 12 MB of a process that has all services.
const options = { ...swcrc, swcrc: false, configFile: false, sourceMaps: 'inline', inlineSourcesContent: false };
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
  const hash = createHash('sha256').update(JSON.stringify(options)).update(filename).update(source);
  const kept = `${cache}${hash.digest('hex')}.js`;
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  transformSync ??= process.getBuiltinModule('module').createRequire(import.meta.url)('@swc/core').transformSync;
  const { code } = transformSync(source, { ...options, filename });
  // Threads of one process may compile the same file at the same time.
  const half = `${kept}.${process.pid}-${threadId}`;
  writeFileSync(half, code);
  renameSync(half, kept);
  return code;
}
