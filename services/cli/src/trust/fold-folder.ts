import type { TrustFold } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { FOLDED } from '../log/folded.js';
import { skimEvent } from '../log/skim-event.js';
import { readEntry } from '../log/verify-folder.js';
import { withScratch } from '../log/with-scratch.js';
import { entriesOf } from './entries-of.js';
import type { ReadAsOf } from './read-as-of.js';

export interface FoldedLog {
  readonly fold: TrustFold;
  /** As of when figures are, in milliseconds since the epoch: as was asked for, else when the last event happened. */
  readonly now: number;
}

/**
 * Folds an exported log into what figures are made of. It is read as it is: whether it is sound says `fairlead verify`.
 * @param asOf  the position to stop at; else the end of the export
 * @param work  with the fold, which is gone afterwards
 * @throws CommandFailed
 */
export async function foldFolder<Figures>(
  folder: string,
  asOf: ReadAsOf | undefined,
  onProgress: (done: number, of: number) => void,
  work: (folded: FoldedLog) => Figures,
): Promise<Figures> {
  const trust = await import('@fairlead/outcome-tracking/trust');
  return withScratch('fairlead-trust-', async (scratch) => {
    const fold = new trust.TrustFold(scratch, asOf?.events);
    try {
      for await (const { entries, first, size } of entriesOf(folder)) {
        for (const [at, entry] of entries.entries())
          readEntry(entry, first + at, (each) => fold.read(skimEvent(each, each.toString('utf8'), FOLDED)));
        onProgress(first + entries.length, size);
        if (asOf && fold.missing === 0) break;
      }
      if (fold.missing > 0)
        throw new CommandFailed(
          `${folder} ends before that position: ${fold.missing.toLocaleString('en')} events are not in it. Export the log again.`,
        );
      return work({ fold, now: asOf?.at ?? fold.lastAt });
    } finally {
      fold.close();
    }
  });
}

/** What is asked for, once it is read. @throws CommandFailed where it is nothing that can be */
export function askedFor<Query>(
  read:
    { readonly query: Query } | { readonly complaints: readonly { readonly field: string; readonly detail: string }[] },
): Query {
  if ('query' in read) return read.query;
  const [first] = read.complaints;
  throw new CommandFailed(`--${first?.field} ${first?.detail}.`, { complaints: read.complaints });
}
