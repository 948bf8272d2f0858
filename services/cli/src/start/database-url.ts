import { readFileSync } from 'node:fs';
import { CommandFailed } from '../api/command-failed.js';
import { DataFolder } from './data-folder.js';

/**
 * The database that the services work with: DATABASE_URL, else the embedded one of the data folder, as it was started last.
 * @throws CommandFailed where there is neither
 */
export function databaseUrl(environment: NodeJS.ProcessEnv): string {
  const folder = new DataFolder(environment);
  const url = environment['DATABASE_URL'] || embeddedDatabase(folder, 'fairlead');
  if (url !== undefined) return url;
  throw new CommandFailed(
    `No database is known here: set DATABASE_URL, or run this where \`fairlead start\` keeps its data (${folder.path} has none).`,
  );
}

/** A database that `fairlead start` has made in the data folder; undefined where it has made none. */
export function embeddedDatabase(folder: DataFolder, name: 'fairlead' | 'fairlead_keys'): string | undefined {
  try {
    const port = readFileSync(folder.in('postgres', 'port'), 'utf8').trim();
    const password = readFileSync(folder.in('postgres', `password-${name}`), 'utf8').trim();
    return `postgres://${name}:${password}@127.0.0.1:${port}/${name}`;
  } catch {
    return undefined;
  }
}
