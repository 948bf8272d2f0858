// Rebuilds the read models from the entries of a log, on a thread of its own.
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ReadModels } from '@fairlead/outcome-tracking/read-models';
import { ScratchDatabase } from '@fairlead/persistence/scratch';
import { receiveEntries } from './entry-slots.js';
import { type Skim, skimEvent, upTo } from './skim-event.js';
import { toldByMain, workOnThread } from './thread.js';
import { readEntry } from './verify-folder.js';

/** Told besides: the URL of a PostgreSQL database that is empty. Entries are read while it starts. */
export interface ReadModelsWork {
  /** For what does not fit into memory. */
  readonly folder: string;
  readonly shared: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What takes time and is good for nothing where rows are written once, hashed, and thrown away. */
const ONLY_WRITTEN = [
  // No log of what is written, nobody who clears up behind it, and no index to find a row by.
  'ALTER TABLE leads DROP CONSTRAINT leads_pkey',
  'ALTER TABLE offers DROP CONSTRAINT offers_pkey',
  'ALTER TABLE leads SET UNLOGGED',
  'ALTER TABLE offers SET UNLOGGED',
  'ALTER TABLE leads SET (autovacuum_enabled = off, fillfactor = 100, toast_tuple_target = 8160)',
  'ALTER TABLE offers SET (autovacuum_enabled = off, fillfactor = 100)',
];

/** What is not folded into anything: what was scored, which the lead's own events have told, and who was considered. */
const FOLDED: Skim = new Map([
  ['lead.scored', upTo('sourceId')],
  ['lead.routed', upTo('considered')],
  ['lead.unroutable', upTo('considered')],
]);

const { folder, shared, port } = workerData as ReadModelsWork;

workOnThread(async (): Promise<ReadModels> => {
  const { dropSecondaryIndexes, readModelMigrations, ReadModelsLoad, readModelsOf } =
    await import('@fairlead/outcome-tracking/read-models');
  const load = new ReadModelsLoad(folder);
  const opening = open();
  // Whoever waits for it is told.
  opening.catch(() => undefined);
  try {
    await receiveEntries(shared, port, (entry, index) =>
      readEntry(entry, index, (each) => load.read(skimEvent(each, each.toString('utf8'), FOLDED))),
    );
    const database = await opening;
    await load.end(database.query, database.copyInto);
    return await readModelsOf(database.query, { atOnce: true });
  } finally {
    await load.close();
    await opening.then((database) => database.close()).catch(() => undefined);
  }

  async function open(): Promise<ScratchDatabase> {
    const database = await ScratchDatabase.open(await toldByMain(), 'fairlead-replay', [readModelMigrations]);
    await dropSecondaryIndexes(database.query);
    for (const statement of ONLY_WRITTEN) await database.query(statement);
    await load.writeInto(database.copyInto);
    return database;
  }
});
