import { readFileSync } from 'node:fs';
import { CommandFailed } from '../api/command-failed.js';
import { DataFolder } from './data-folder.js';

/**
 * The database that the services work with: DATABASE_URL, else the embedded one of the data folder, as it was started last.
 * @throws CommandFailed where there is neither
 */
export function databaseUrl(environment: NodeJS.ProcessEnv): string {
  const given = environment['DATABASE_URL'];
  if (given) return given;
  const folder = new DataFolder(environment);
  try {
    const port = readFileSync(folder.in('postgres', 'port'), 'utf8').trim();
    const password = readFileSync(folder.in('postgres', 'password-fairlead'), 'utf8').trim();
    return `postgres://fairlead:${password}@127.0.0.1:${port}/fairlead`;
  } catch {
    throw new CommandFailed(
      `No database is known here: set DATABASE_URL, or run this where \`fairlead start\` keeps its data (${folder.path} has none).`,
    );
  }
}
