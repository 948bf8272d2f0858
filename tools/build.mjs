// Compiles src/**/*.ts of the current package to dist/ with swc; `tsc` checks the types in the typecheck target.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

const { $schema: _, ...swcrc } = JSON.parse(readFileSync(new URL('../.swcrc', import.meta.url), 'utf8'));
rmSync('dist', { recursive: true, force: true });
for (const file of globSync('src/**/*.ts')) {
  if (file.endsWith('.spec.ts')) continue;
  const out = join('dist', file.slice('src/'.length).replace(/\.ts$/, '.js'));
  const options = { ...swcrc, swcrc: false, configFile: false, filename: join(process.cwd(), file), sourceMaps: true };
  const { code, map } = transformSync(readFileSync(file, 'utf8'), options);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${code}\n//# sourceMappingURL=${basename(out)}.map\n`);
  writeFileSync(`${out}.map`, map);
}
