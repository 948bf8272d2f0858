import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Test data that lies beside the checkout (`../shared/data`); undefined where it does not, and the test is skipped. */
export function sharedData(name: string): string | undefined {
  const file = new URL(`../../../../shared/data/${name}`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}
