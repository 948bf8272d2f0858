import type { CohortTally } from './cohorts.js';
import { byPartyAndGrade, type Counted, type Promised, type TrustFigures, trustFigures } from './figures.js';
import { type KindCount, type LikeForLike, likeForLike, likeForLikeBy } from './like-for-like.js';
import { type Rate, rate } from './rate.js';
import { isShownTo } from './suppress.js';

/** What a report is made of; in any order and any groups. */
export interface TrustCounts {
  readonly counted: readonly Counted[];
  /** Of the leads that were accepted, by kind of the attribute that leads are compared by; undefined: they are by grade. */
  readonly kinds?: readonly KindCount[];
  /** Of leads that have had so many days, in these. */
  readonly silent: readonly { readonly party: string; readonly tally: Pick<CohortTally, 'accepted' | 'reported'> }[];
}

/** Accepted leads about which their party said nothing. */
export interface NoWord {
  /** In so many days from the offer, of leads that have had them. */
  readonly days: number;
  readonly direct: Rate;
  readonly channel: Rate;
  readonly parties: Readonly<Record<string, Rate>>;
}

export type TrustReport = TrustFigures & LikeForLike & { readonly noWord: NoWord };

/** What a partner's report is made of: its own, and direct's. The channel is itself alone. */
export function countsShownTo(partner: string, { counted, kinds, silent }: TrustCounts): TrustCounts {
  const shown = <Count extends { readonly party: string }>(counts: readonly Count[]): readonly Count[] =>
    counts.filter(({ party }) => isShownTo(partner, party));
  return { counted: shown(counted), ...(kinds && { kinds: shown(kinds) }), silent: shown(silent) };
}

/** @param silence  days, of `silent` */
export function trustReport(
  { counted, kinds, silent }: TrustCounts,
  promises: readonly Promised[],
  { mix, silence }: { readonly mix: string; readonly silence: number },
): TrustReport {
  const merged = byPartyAndGrade(counted);
  return {
    ...trustFigures(counted, promises),
    ...(kinds ? likeForLikeBy(mix, merged, kinds) : likeForLike(merged)),
    noWord: noWordOf(silent, silence),
  };
}

function noWordOf(silent: TrustCounts['silent'], days: number): NoWord {
  const of = (which: (party: string) => boolean): Rate => {
    let [accepted, reported] = [0, 0];
    for (const { party, tally } of silent) {
      if (!which(party)) continue;
      accepted += tally.accepted;
      reported += tally.reported;
    }
    return rate(accepted - reported, accepted);
  };
  const parties = [...new Set(silent.map(({ party }) => party))].sort();
  return {
    days,
    direct: of((party) => party === 'direct'),
    channel: of((party) => party !== 'direct'),
    parties: Object.fromEntries(parties.map((party) => [party, of((each) => each === party)])),
  };
}
