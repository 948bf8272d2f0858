import { DIRECT } from '../route/party.js';
import { comparedMeasures } from './cohorts.js';
import { decomposeGap, type Gap } from './decompose-gap.js';
import { type Rate, rate } from './rate.js';
import { standardise } from './standardise.js';
import { NO_KIND } from './traits.js';
import { inOrder, type Stratum, together } from './stratum.js';

/** What is compared: which of the accepted leads became an opportunity, and which were won. */
type Conversion = 'qualified' | 'won';

/** Of a party's offers, in whatever groups they were counted. Whole numbers. */
export interface ComparedCounts {
  readonly party: string;
  readonly grade: string | null;
  readonly tally: Readonly<Record<(typeof comparedMeasures)[number] | 'lost' | 'kept' | 'open', number>>;
}

/** Of a party's leads of one kind, those that it accepted; in whatever groups. */
export interface KindCount {
  readonly party: string;
  readonly kind: string;
  readonly tally: Readonly<Record<(typeof comparedMeasures)[number], number>>;
}

export interface Compared {
  /** As a plain report has it. */
  readonly crude: Rate;
  /** With the leads of all parties together. `value` is not `successes` divided by `trials`, which are those seen. */
  readonly standardised: Rate;
}

/** From a lead that was accepted to one that was won; under `qualified`, to an opportunity. */
export interface PartyLikeForLike extends Compared {
  readonly qualified: Compared;
  /** The share of the common mix that the party has accepted leads of; for the rest it is taken to do as all do. */
  readonly covered: number;
  /** Accepted leads in hand that were neither won nor lost so far. They count as not won, as in every plain report. */
  readonly unfinished: number;
}

/** Direct beside all partners together. */
export interface ChannelGap {
  readonly direct: Compared;
  readonly channel: Compared;
  /** Direct less channel; null while one of them has accepted nothing. */
  readonly apart: Gap | null;
}

export interface LikeForLike {
  /** By what leads are alike: `grade`, or an attribute. */
  readonly mix: string;
  /** The common mix: what share of all accepted leads each grade, or kind, is. */
  readonly commonMix: Readonly<Record<string, number>>;
  readonly likeForLike: Readonly<Record<string, PartyLikeForLike>>;
  readonly gap: Readonly<Record<Conversion, ChannelGap>>;
}

/**
 * What each party made of its leads, as if all had had the same grades. The common mix is that of all accepted leads in
 * these counts; those without a grade are a kind of their own, `incomplete`.
 *
 * A lead counts once for each party that accepted it, as in `figures`: whoever hands it back has had its chance with it, and cannot
 * make its rate better by that. The totals of the parties are those of their channels. From whole numbers, in an order of
 * its own: the same counts give the same bits, in whatever order and groups they come.
 */
export function likeForLike(counted: readonly ComparedCounts[]): LikeForLike {
  return compare(
    'grade',
    counted.map(({ party, grade, tally }) => ({ party, kind: grade ?? 'incomplete', tally })),
    counted,
  );
}

/**
 * The same with leads that are alike in an attribute, whatever their grades. Those without it, and those whose value is no kind, are a kind of
 * their own, `none`: all that was counted and is of no other. So the crude rates are the same, by whatever leads are compared.
 * @param kinds  how often each party accepted each kind, all of it among what was `counted`
 */
export function likeForLikeBy(
  mix: string,
  counted: readonly ComparedCounts[],
  kinds: readonly KindCount[],
): LikeForLike {
  const rest = (sign: 1 | -1, { party, tally }: Pick<KindCount, 'party' | 'tally'>): KindCount => ({
    ...{ party, kind: NO_KIND },
    tally: Object.fromEntries(
      comparedMeasures.map((measure) => [measure, sign * tally[measure]]),
    ) as KindCount['tally'],
  });
  const none = [...counted.map((each) => rest(1, each)), ...kinds.map((each) => rest(-1, each))];
  return compare(mix, [...kinds, ...none], counted);
}

/** @param offers  the same, whatever they are of: what is unfinished is so of all kinds together */
function compare(mix: string, counted: readonly KindCount[], offers: readonly ComparedCounts[]): LikeForLike {
  const all = { qualified: strataOf(counted, 'qualified'), won: strataOf(counted, 'won') };
  const { trials } = together(all.won);
  const byParty = Map.groupBy(counted, ({ party }) => party);
  const unfinished = new Map<string, number>();
  for (const { party, tally } of offers)
    unfinished.set(party, (unfinished.get(party) ?? 0) + tally.kept - tally.open - tally.won - tally.lost);
  return {
    mix,
    commonMix: Object.fromEntries(all.won.map(({ name, trials: ofGrade }) => [name, ofGrade / trials])),
    likeForLike: Object.fromEntries(
      [...byParty.keys()]
        .sort()
        .map((party) => [party, partyLikeForLike(byParty.get(party) ?? [], all, unfinished.get(party) ?? 0)]),
    ),
    gap: { qualified: channelGap(counted, 'qualified', all), won: channelGap(counted, 'won', all) },
  };
}

type Everybody = Readonly<Record<Conversion, readonly Stratum[]>>;

function partyLikeForLike(counted: readonly KindCount[], all: Everybody, unfinished: number): PartyLikeForLike {
  const won = strataOf(counted, 'won');
  return {
    ...compared(won, all.won),
    qualified: compared(strataOf(counted, 'qualified'), all.qualified),
    covered: standardise(won, all.won).covered,
    unfinished,
  };
}

function channelGap(counted: readonly KindCount[], conversion: Conversion, all: Everybody): ChannelGap {
  const [direct, channel] = [true, false].map((isDirect) =>
    strataOf(
      counted.filter(({ party }) => (party === DIRECT) === isDirect),
      conversion,
    ),
  ) as [Stratum[], Stratum[]];
  return {
    direct: compared(direct, all[conversion]),
    channel: compared(channel, all[conversion]),
    apart: decomposeGap(direct, channel) ?? null,
  };
}

function compared(strata: readonly Stratum[], all: readonly Stratum[]): Compared {
  const { successes, trials } = together(strata);
  return { crude: rate(successes, trials), standardised: standardise(strata, all).rate };
}

function strataOf(counted: readonly KindCount[], conversion: Conversion): Stratum[] {
  return inOrder(
    counted.map(({ kind, tally }) => ({
      name: kind,
      successes: tally[conversion],
      trials: tally.accepted,
    })),
  );
}
