// Rebuilds the read models from the entries of a log, on a thread of its own.
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ReadModels } from '@fairlead/outcome-tracking/read-models';
import { ScratchDatabase } from '@fairlead/persistence/scratch';
import { receiveEntries } from './entry-slots.js';
import { FOLDED } from './folded.js';
import { skimEvent } from './skim-event.js';
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
  'ALTER TABLE cohort_counts DROP CONSTRAINT cohort_counts_pkey',
  'ALTER TABLE kind_counts DROP CONSTRAINT kind_counts_pkey',
  'ALTER TABLE timed_counts DROP CONSTRAINT timed_counts_pkey',
  'ALTER TABLE timed_months DROP CONSTRAINT timed_months_pkey',
  'ALTER TABLE timed_days DROP CONSTRAINT timed_days_pkey',
  'ALTER TABLE cohort_counts SET UNLOGGED',
  'ALTER TABLE kind_counts SET UNLOGGED',
  'ALTER TABLE timed_counts SET UNLOGGED',
  // Made of `traits`, for reports to find offers by: it would be read once for each of them.
  'ALTER TABLE offers DROP COLUMN source, DROP COLUMN campaign, DROP COLUMN kinds',
  'ALTER TABLE leads SET UNLOGGED',
  'ALTER TABLE offers SET UNLOGGED',
  'ALTER TABLE leads SET (autovacuum_enabled = off, fillfactor = 100, toast_tuple_target = 8160)',
  'ALTER TABLE offers SET (autovacuum_enabled = off, fillfactor = 100)',
];

const { folder, shared, port } = workerData as ReadModelsWork;

workOnThread(async (): Promise<ReadModels> => {
  const { dropSecondaryIndexes, readModelMigrations, ReadModelsLoad, readModelsOf } =
    await import('@fairlead/outcome-tracking/read-models');
  const load = new ReadModelsLoad(folder);
  const opening = open();
  // Whoever waits for it is told.
  opening.catch(() => undefined);
  // After a failure nothing is cleared up here: whoever has started the thread ends it, its PostgreSQL and its folder.
  await receiveEntries(shared, port, (entry, index) =>
    readEntry(entry, index, (each) => load.read(skimEvent(each, each.toString('utf8'), FOLDED))),
  );
  const database = await opening;
  await load.endLeads(database.query, database.copyInto);
  const counted = load.endCounts(database.query, database.copyInto);
  const models = await readModelsOf(database.query, { atOnce: true, counted });
  await load.close();
  await database.close();
  return models;

  async function open(): Promise<ScratchDatabase> {
    const database = await ScratchDatabase.open(await toldByMain(), 'fairlead-replay', [readModelMigrations]);
    await dropSecondaryIndexes(database.query);
    for (const statement of ONLY_WRITTEN) await database.query(statement);
    await load.writeInto(database.copyInto);
    return database;
  }
});
