// What is published: JavaScript with its types in dist/, and the licence, which npm takes from the package's own folder. Unlike
// the other packages, which run from source, this one is compiled by TypeScript itself: its declarations are half of its use.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
copyFileSync('../../LICENSE', 'LICENSE');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
process.exit(spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' }).status ?? 1);
