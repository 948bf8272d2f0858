import { setFlagsFromString } from 'node:v8';
import type { Comparison, ReadModels } from '@fairlead/outcome-tracking/read-models';
import type { DecisionsDone, DecisionsWork } from './decisions.worker.js';
import { exportedReadModels, readExported } from './exported-read-models.js';
import { ReadModelsThread } from './read-models-thread.js';
import { Thread } from './thread.js';
import type { JudgedBy } from './verify-folder.js';
import { withScratch } from './with-scratch.js';

/**
 * By how much the heap of each thread may grow before what is not used any more is looked for, in percent of what is used. Left to
 * itself V8 lets it grow to four times that, which for a large log is 150 MB.
 */
const HEAP_GROWTH_PERCENT = 25;

export interface Replayed extends DecisionsDone {
  /** What the log's read models come to; undefined where they were not to be rebuilt. */
  readonly rebuilt: ReadModels | undefined;
  /** How they compare with those of the system that the log was taken from; undefined where the export has none. */
  readonly compared: Comparison | undefined;
  /** Whether it has some, and none of them could be compared. */
  readonly comparedNothing: boolean;
}

interface How {
  readonly readModels: boolean;
  readonly onProgress: (done: number, of: number) => void;
}

/**
 * Verifies an exported log, takes its decisions once more, and rebuilds the read models from it, each on a thread of its own.
 * Nobody is told anything: what it starts is a PostgreSQL of its own.
 * @throws CommandFailed
 */
export async function replayFolder(folder: string, judgedBy: JudgedBy, how: How): Promise<Replayed> {
  // Before the long work: it would be in vain.
  const exported = how.readModels ? readExported(folder) : undefined;
  return withScratch('fairlead-replay-', (scratch) => replayInto(scratch, folder, exported, judgedBy, how));
}

async function replayInto(
  scratch: string,
  folder: string,
  exported: string | undefined,
  judgedBy: JudgedBy,
  { readModels, onProgress }: How,
): Promise<Replayed> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  // Clearing up the young is a millisecond's work: to share it among threads, with both processors busy, takes longer than to do it.
  setFlagsFromString('--no-parallel-scavenge');
  const models = readModels ? ReadModelsThread.begin(scratch) : undefined;
  const work: DecisionsWork = { folder, scratch, judgedBy, also: models?.entrance };
  const transfer = models ? [models.entrance.port] : [];
  const decisions = new Thread<DecisionsDone>(new URL('./decisions.worker.ts', import.meta.url), work, {
    transfer,
    onProgress,
  });
  try {
    const live = exported === undefined ? undefined : await exportedReadModels(folder, exported);
    const [done, rebuilt] = await Promise.all([decisions.result, models?.result]);
    if (!live || !rebuilt) return { ...done, rebuilt, compared: undefined, comparedNothing: false };
    const { compareReadModels, comparedNothing } = await import('@fairlead/outcome-tracking/read-models');
    const compared = compareReadModels(live, rebuilt);
    return { ...done, rebuilt, compared, comparedNothing: comparedNothing(compared) };
  } finally {
    await decisions.close();
    await models?.close();
  }
}
