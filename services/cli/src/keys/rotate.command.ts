import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { DataFolder } from '../start/data-folder.js';
import { embeddedDatabase } from '../start/database-url.js';

interface RotateOptions {
  readonly status?: true;
  readonly add?: true;
  readonly json?: true;
}

/** Longer than running processes take to notice that the file has changed. */
const NOTICED_MS = 3_000;
/** Passes over the keys that some process wrapped by the old master key meanwhile; it is kept from it when they are through. */
const MAX_PASSES = 20;

/** `fairlead keys rotate` */
export function rotateCommand(): Command {
  return new Command('rotate')
    .description('replaces the master key, which protects the keys of leads, while everything runs')
    .option('--status', 'only tells how many keys of leads are protected by which master key')
    .option('--add', 'only adds the new master key to the file, which is then copied to wherever services run')
    .option('--json', 'print { newest, older, leadKeys, rewrapped?, retired? }')
    .addHelpText(
      'after',
      `
A new master key is added to the file, the keys of all leads are wrapped by it, and the old one is taken out of the file when
nothing is wrapped by it. No event changes. Killed at any point, it goes on where it was when it is run again.

It is run where the file is (FAIRLEAD_MASTER_KEY_FILE, else that of the data folder) and with the key database
(KEYS_DATABASE_URL or DATABASE_URL, else the embedded one, which must be running). Where services on other machines have
copies of the file: run it with --add, copy the file to each, and run it without.`,
    )
    .action(async ({ status, add, json }: RotateOptions) => {
      await runCommand(
        async () => {
          const { MasterKeyUnusable, openMasterKeyRotation } = await import('@fairlead/personal-data');
          const settings = rotationSettings(process.env);
          const opened = await openMasterKeyRotation(settings).catch((error: unknown) => {
            if (error instanceof MasterKeyUnusable) throw new CommandFailed(error.message);
            const { code = 'unknown' } = error as NodeJS.ErrnoException;
            throw new CommandFailed(`The key database cannot be opened (${code}). Is it running?`);
          });
          const { rotation } = opened;
          try {
            if (status) return tell(await rotation.status(), json);
            try {
              rotation.begin();
            } catch (error) {
              const { code } = error as NodeJS.ErrnoException;
              if (code === undefined) throw error;
              throw new CommandFailed(
                `${settings.masterKeyFile} cannot be changed (${code}): run this where it can be.`,
              );
            }
            if (add) return tell(await rotation.status(), json);
            await pause(NOTICED_MS);
            let rewrapped = 0;
            let retired: number[] | undefined;
            for (let pass = 0; !retired && pass < MAX_PASSES; pass += 1) {
              rewrapped += await rotation.rewrap((count) => showProgress(rewrapped + count));
              retired = await rotation.retire();
            }
            if (process.stderr.isTTY) process.stderr.write('\n');
            if (!retired)
              throw new CommandFailed(
                'Some process goes on with the old master key, which stays. Copy the file to wherever services run, and run this again.',
              );
            tell({ ...(await rotation.status()), rewrapped, retired }, json);
          } finally {
            await opened.close();
          }
        },
        { json },
      );
    });
}

interface Outcome {
  readonly newest: number;
  readonly older: readonly number[];
  readonly leadKeys: Readonly<Record<number, number>>;
  readonly rewrapped?: number;
  readonly retired?: readonly number[];
}

function tell(outcome: Outcome, json: true | undefined): void {
  if (json) return printJson(outcome);
  const { newest, older, leadKeys, rewrapped, retired } = outcome;
  if (rewrapped !== undefined) printLine(`${rewrapped} keys of leads were wrapped anew.`);
  if (retired?.length) printLine(`The master key ${retired.join(', ')} is out of the file: delete its copies, too.`);
  printLine(`Master key ${newest} is in force.`);
  for (const version of older)
    printLine(`Master key ${version} protects ${leadKeys[version] ?? 0} keys of leads still.`);
}

function showProgress(rewrapped: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r  ${rewrapped} keys`);
}

/** What the services are given, or what `fairlead start` keeps in its data folder. */
function rotationSettings(environment: NodeJS.ProcessEnv) {
  const folder = new DataFolder(environment);
  const masterKeyFile = environment['FAIRLEAD_MASTER_KEY_FILE'] || folder.in('master-key');
  if (!existsSync(masterKeyFile))
    throw new CommandFailed(`There is no master key file (${masterKeyFile}): set FAIRLEAD_MASTER_KEY_FILE.`);
  const databaseUrl = environment['DATABASE_URL'] ?? '';
  const keysDatabaseUrl =
    environment['KEYS_DATABASE_URL'] || (databaseUrl === '' ? embeddedDatabase(folder, 'fairlead_keys') : undefined);
  if (databaseUrl === '' && keysDatabaseUrl === undefined)
    throw new CommandFailed(
      'There is no key database: set KEYS_DATABASE_URL, or run this where `fairlead start` keeps its data.',
    );
  return { databaseUrl, keysDatabaseUrl, masterKeyFile };
}
