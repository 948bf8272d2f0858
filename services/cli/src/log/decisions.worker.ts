// Verifies a log and takes its decisions once more, on a thread of its own.
import { join } from 'node:path';
import { type MessagePort, workerData } from 'node:worker_threads';
import { SpillFile } from '@fairlead/persistence/spill-file';
import { EntrySender } from './entry-slots.js';
import { LogReplay, type ReplayResult } from './replay-log.js';
import { workOnThread } from './thread.js';
import { type JudgedBy, readEntry, verifyFolder } from './verify-folder.js';

export interface DecisionsWork {
  readonly folder: string;
  /** For what does not fit into memory. */
  readonly scratch: string;
  readonly judgedBy: JudgedBy;
  /** Who else is to have the entries, when they are verified and are events. */
  readonly also?: { readonly shared: SharedArrayBuffer; readonly port: MessagePort } | undefined;
}

export interface DecisionsDone {
  /** Of the log. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly decisions: ReplayResult;
}

const { folder, scratch, judgedBy, also } = workerData as DecisionsWork;

workOnThread(async (onProgress): Promise<DecisionsDone> => {
  const leads = new SpillFile(join(scratch, 'leads'));
  const replay = new LogReplay({ readElsewhere: also !== undefined, leads });
  const readDecisions = (entry: Buffer): void => replay.read(entry);
  const sender = also && new EntrySender(also.shared, also.port);
  const { checkpoint } = await verifyFolder(folder, judgedBy, {
    onEntries: async (entries, first) => {
      for (let at = 0; at < entries.length; at++) readEntry(entries[at] as Buffer, first + at, readDecisions);
      await sender?.send(entries, first);
    },
    onProgress,
  });
  sender?.end();
  leads.close();
  return { size: checkpoint.size, root: checkpoint.root.toString('base64'), decisions: replay.end() };
});
