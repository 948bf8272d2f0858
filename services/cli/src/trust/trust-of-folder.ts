import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { FOLDED } from '../log/folded.js';
import { skimEvent } from '../log/skim-event.js';
import { readEntry } from '../log/verify-folder.js';
import { entriesOf } from './entries-of.js';
import type { ReadAsOf } from './read-as-of.js';
import { type Asked, type Figures, poolsApart } from './trust-book.js';

/** Loaded when it is needed, as all of the services. */
type Trust = typeof import('@fairlead/outcome-tracking/trust');

/**
 * The figures of trust from an exported log alone. It is read as it is: whether it is sound says `fairlead verify`.
 * @param asked  what `GET /v1/trust` is asked for, by name
 * @param byPool  whether each pool is told of by itself as well
 * @param asOf  the position that they are to be of; else the end of the export
 * @throws CommandFailed
 */
export async function trustOfFolder(
  folder: string,
  asked: Asked,
  asOf: ReadAsOf | undefined,
  onProgress: (done: number, of: number) => void,
  { byPool = false }: { readonly byPool?: boolean } = {},
): Promise<Figures> {
  const trust = await import('@fairlead/outcome-tracking/trust');
  // Before a long log is read: what is asked for must be something.
  queryOf(trust, asked, 0);
  const scratch = await mkdtemp(join(tmpdir(), 'fairlead-trust-'));
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
    const now = asOf?.at ?? fold.lastAt;
    const answerTo = (of: Asked): TrustAnswer => {
      const answer = fold.answer(queryOf(trust, of, now));
      if (!('tooManyKinds' in answer)) return answer;
      throw new CommandFailed(
        `${asked['mix']} has ${answer.tooManyKinds} kinds in this period; leads are compared by at most ${trust.MOST_KINDS}.`,
      );
    };
    const whole = answerTo(asked);
    return { whole, pools: byPool ? poolsApart(whole).map((pool) => answerTo({ ...asked, pool })) : [] };
  } finally {
    fold.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function queryOf({ readTrustQuery }: Trust, asked: Asked, now: number) {
  const read = readTrustQuery(asked, now);
  if ('query' in read) return read.query;
  const [first] = read.complaints;
  throw new CommandFailed(`--${first?.field} ${first?.detail}.`, { complaints: read.complaints });
}
