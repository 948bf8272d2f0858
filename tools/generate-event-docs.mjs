// Writes what libs/events says to the outside: JSON Schemas and the AsyncAPI document.
//   node --conditions=@fairlead/source --import ./tools/swc-hook.mjs tools/generate-event-docs.mjs
// It does not write a schema that breaks a published one: that is a new version of the event, with an upcast.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptFiles } from '../libs/events/src/published/documents.ts';
import { incompatibilities } from '../libs/events/src/published/incompatibilities.ts';

let refused = 0;
for (const { path, text } of keptFiles()) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (kept === text) continue;
  const breaches = kept && path.endsWith('.json') ? incompatibilities(JSON.parse(kept), JSON.parse(text)) : [];
  if (breaches.length > 0) {
    refused++;
    console.error(`not written: ${path}\n${breaches.map((breach) => `  ${breach}`).join('\n')}`);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`written: ${path}`);
}
if (refused > 0) {
  console.error('A published version never changes: define the next version, with an upcast from this one.');
  process.exitCode = 1;
}
