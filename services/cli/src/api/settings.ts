import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed } from './command-failed.js';

export interface ApiSettings {
  readonly url: string;
  readonly key: string;
}

/** Where `fairlead start` keeps the key that it made at its first start. */
export function adminKeyFile(environment: NodeJS.ProcessEnv): string {
  return join(environment['FAIRLEAD_DATA_DIR'] || '.fairlead', 'admin-key');
}

/**
 * The system that a command talks to, and as whom: FAIRLEAD_URL, else this machine's FAIRLEAD_PORT; FAIRLEAD_API_KEY,
 * else the administrator's key in the data folder.
 */
export function apiSettings(environment: NodeJS.ProcessEnv): ApiSettings {
  const url = environment['FAIRLEAD_URL'] ?? `http://127.0.0.1:${environment['FAIRLEAD_PORT'] || '8080'}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CommandFailed('FAIRLEAD_URL is not an http or https address, such as https://fairlead.example.com.');
  }
  return { url: url.replace(/\/+$/, ''), key: environment['FAIRLEAD_API_KEY'] || adminKey(environment) };
}

function adminKey(environment: NodeJS.ProcessEnv): string {
  if (environment['FAIRLEAD_ADMIN_KEY']) return environment['FAIRLEAD_ADMIN_KEY'];
  const file = adminKeyFile(environment);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new CommandFailed(
      `There is no API key: set FAIRLEAD_API_KEY, or run this where \`fairlead start\` keeps its data (no ${file} here).`,
    );
  }
}
