import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { askedFor, foldFolder } from './fold-folder.js';
import type { ReadAsOf } from './read-as-of.js';
import { type Asked, type Figures, poolsApart } from './trust-book.js';

/**
 * The figures of trust from an exported log alone.
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
  const { readTrustQuery, MOST_KINDS } = await import('@fairlead/outcome-tracking/trust');
  // Before a long log is read: what is asked for must be something.
  askedFor(readTrustQuery(asked, 0));
  return foldFolder(folder, asOf, onProgress, ({ fold, now }) => {
    const answerTo = (of: Asked): TrustAnswer => {
      const answer = fold.answer(askedFor(readTrustQuery(of, now)));
      if (!('tooManyKinds' in answer)) return answer;
      throw new CommandFailed(
        `${asked['mix']} has ${answer.tooManyKinds} kinds in this period; leads are compared by at most ${MOST_KINDS}.`,
      );
    };
    const whole = answerTo(asked);
    return { whole, pools: byPool ? poolsApart(whole).map((pool) => answerTo({ ...asked, pool })) : [] };
  });
}
