import { writeFileSync } from 'node:fs';
import { sourceHash } from './source-hash.mjs';

writeFileSync(new URL('../static/built-from', import.meta.url), `${sourceHash()}\n`);
