import { existsSync, readFileSync } from 'node:fs';

/** Test data that lies beside the checkout (`../shared/data`); undefined where it does not, and the test is skipped. */
export function sharedData(name: string): string | undefined {
  const file = new URL(`../../../../shared/data/${name}`, import.meta.url);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
