import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

// Running them all takes minutes. That each still fits the code takes none, and is how they would rot.
test('every bug that can be planted still fits the code', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('planted-bugs.mjs', import.meta.url)), '--check']);
});
