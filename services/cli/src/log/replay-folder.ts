import type { Comparison, ReadModels } from '@fairlead/outcome-tracking/read-models';
import type { VerifiedLog } from '@fairlead/transparency-log';
import { DecisionsThread } from './decisions-thread.js';
import { readExportedReadModels } from './exported-read-models.js';
import { RebuiltReadModels } from './rebuilt-read-models.js';
import { readEvent, type ReplayResult, undecisive } from './replay-log.js';
import { type JudgedBy, readEntry, verifyFolder } from './verify-folder.js';

export interface Replayed {
  readonly log: VerifiedLog;
  readonly decisions: ReplayResult;
  /** What the log's read models come to; undefined where they were not to be rebuilt. */
  readonly rebuilt: ReadModels | undefined;
  /** How they compare with those of the system that the log was taken from; undefined where the export has none. */
  readonly compared: Comparison | undefined;
}

/**
 * Verifies an exported log, takes its decisions once more, and rebuilds the read models from it. Nobody is told anything: what
 * it starts is a PostgreSQL of its own.
 */
export async function replayFolder(
  folder: string,
  judgedBy: JudgedBy,
  { readModels, onProgress }: { readModels: boolean; onProgress: (done: number, of: number) => void },
): Promise<Replayed> {
  const thread = new DecisionsThread();
  const models = readModels ? await RebuiltReadModels.begin() : undefined;
  try {
    const log = await verifyFolder(folder, judgedBy, {
      onEntries: async (entries, first) => {
        for (const [at, entry] of entries.entries()) {
          const event = readEntry(entry, first + at, (each) => {
            const read = readEvent(each);
            models?.read(read);
            return read;
          });
          const full = undecisive.has(event.type) ? undefined : thread.read(entry, first + at);
          if (full) await full;
        }
      },
      onProgress,
    });
    const [decisions, rebuilt] = await Promise.all([thread.end(), models?.end()]);
    const live = rebuilt && (await readExportedReadModels(folder));
    const { compareReadModels } = await import('@fairlead/outcome-tracking/read-models');
    return {
      log,
      decisions,
      rebuilt,
      compared: rebuilt && live && compareReadModels(live, rebuilt),
    };
  } finally {
    await thread.close();
    await models?.close();
  }
}
