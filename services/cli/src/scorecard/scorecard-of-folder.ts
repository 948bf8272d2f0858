import type { ScorecardAnswer } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { askedFor, foldFolder } from '../trust/fold-folder.js';
import type { ReadAsOf } from '../trust/read-as-of.js';
import type { Asked } from '../trust/trust-book.js';

export interface OfFolder {
  /** Of an export. */
  readonly folder: string;
  /** The position that it is to be of; else the end of the export. */
  readonly asOf: ReadAsOf | undefined;
  /** Without what the partner itself is not told of all partners together. */
  readonly asPartner: boolean;
  readonly onProgress: (done: number, of: number) => void;
}

/**
 * A scorecard from an exported log alone: what the API answers as of the same position, to the last byte.
 * @param asked  what the API is asked for, by name
 * @throws CommandFailed
 */
export async function scorecardOfFolder(
  party: string,
  asked: Asked,
  { folder, asOf, asPartner, onProgress }: OfFolder,
): Promise<ScorecardAnswer> {
  const { hasScorecard, readScorecardQuery, toldToPartner } = await import('@fairlead/outcome-tracking/trust');
  if (!hasScorecard(party)) throw new CommandFailed(`${party} is neither the id of a partner nor direct.`);
  if (asPartner && party === 'direct') throw new CommandFailed('--as-partner is for a partner, and direct is none.');
  // Before a long log is read: what is asked for must be something.
  askedFor(readScorecardQuery(party, asked, 0));
  return foldFolder(folder, asOf, onProgress, ({ fold, now }) => {
    const query = askedFor(readScorecardQuery(party, asked, now));
    return fold.scorecard(query, asPartner ? toldToPartner(query) : 'whole');
  });
}
