import { type ChannelGap, DIRECT, type Estimated, likeForLike, type Rate, rate } from '@fairlead/decisions';
import { type Count, type Kind, kinds, type PlayedQuarter } from './play.js';

/** What one side was given, and made of it. */
export interface SideFigures {
  readonly given: number;
  /** Of the leads given, those that somebody called: the follow-up, as it was. */
  readonly worked: Rate;
  /** Of the leads given, those that became opportunities … */
  readonly opportunities: Rate;
  /** … and of those, the ones that were won. */
  readonly wonOfOpportunities: Rate;
  /** Of the leads that were worked, those that became opportunities: what the party finds its leads to be worth. */
  readonly opportunitiesOfWorked: Rate;
  readonly won: number;
  /** Whole euros. */
  readonly revenue: number;
}

/** Of the leads of a kind, who was given them. */
export interface Shared {
  readonly leads: number;
  readonly direct: number;
  readonly channel: number;
  readonly nobody: number;
  /** Of direct's, those that the list of named accounts took. */
  readonly named: number;
}

export interface Figures {
  readonly leads: number;
  readonly kinds: Readonly<Record<Kind, Shared>>;
  readonly direct: SideFigures;
  readonly channel: SideFigures;
  /**
   * What a plain report compares (`gap`), and what is behind it: the difference of the leads (`betterLeads`), and what is left with the same grades
   * (`betterWork`, the gap like for like). Of leads that became opportunities, and of leads won. Null while one side has no leads.
   */
  readonly apart: Readonly<Record<'opportunities' | 'won', ChannelGap['apart']>>;
  readonly revenue: number;
}

export interface QuarterFigures extends Figures {
  /** From 1. */
  readonly quarter: number;
  readonly list: PlayedQuarter['list'];
  /** As the quarter began; of partners the mean, each counted once. */
  readonly attitude: Readonly<Record<'direct' | 'channel', Attitude>>;
}

export interface Attitude {
  /** The chance that a lead is worked. */
  readonly followUp: number;
  /** Until the first call, on average. */
  readonly hours: number;
  /** What share of worked leads the party believes to become opportunities. */
  readonly experience: number;
}

export function quarterFigures({ counts, list, parties }: PlayedQuarter, index: number): QuarterFigures {
  const attitudeOf = (isDirect: boolean): Attitude => {
    const side = parties.filter(({ party }) => (party === DIRECT) === isDirect);
    const mean = (name: keyof Attitude) => side.reduce((sum, each) => sum + each[name], 0) / side.length;
    return { followUp: mean('followUp'), hours: mean('hours'), experience: mean('experience') };
  };
  return {
    quarter: index + 1,
    ...figuresOf(counts),
    list,
    attitude: { direct: attitudeOf(true), channel: attitudeOf(false) },
  };
}

/** Figures of any number of quarters, from their counts alone, by the functions that `GET /v1/trust` is answered with. */
export function figuresOf(counts: readonly Count[]): Figures {
  const givenTo = (isDirect: boolean) =>
    counts.filter(({ party }) => party !== null && (party === DIRECT) === isDirect);
  const [direct, channel] = [sideFigures(givenTo(true)), sideFigures(givenTo(false))];
  const { gap } = likeForLike(
    counts.flatMap(({ party, kind, given, qualified, won }) => {
      if (party === null) return [];
      const tally = { accepted: given, kept: given, qualified, won, lost: given - won, open: 0 };
      return [{ party, grade: kind, tally }];
    }),
  );
  return {
    leads: sum(counts, 'given'),
    kinds: Object.fromEntries(
      kinds.map((kind) => [kind, sharedOf(counts.filter((each) => each.kind === kind))]),
    ) as Record<Kind, Shared>,
    direct,
    channel,
    apart: { opportunities: gap.qualified.apart, won: gap.won.apart },
    revenue: direct.revenue + channel.revenue,
  };
}

function sideFigures(counts: readonly Count[]): SideFigures {
  const [given, worked, qualified, won] = (['given', 'worked', 'qualified', 'won'] as const).map((name) =>
    sum(counts, name),
  ) as [number, number, number, number];
  return {
    given,
    worked: rate(worked, given),
    opportunities: rate(qualified, given),
    wonOfOpportunities: rate(won, qualified),
    opportunitiesOfWorked: rate(qualified, worked),
    won,
    revenue: sum(counts, 'revenue'),
  };
}

function sharedOf(counts: readonly Count[]): Shared {
  const givenTo = (is: (party: string | null) => boolean) =>
    sum(
      counts.filter(({ party }) => is(party)),
      'given',
    );
  return {
    leads: sum(counts, 'given'),
    direct: givenTo((party) => party === DIRECT),
    channel: givenTo((party) => party !== null && party !== DIRECT),
    nobody: givenTo((party) => party === null),
    named: sum(counts, 'named'),
  };
}

function sum(counts: readonly Count[], name: 'given' | 'named' | 'worked' | 'qualified' | 'won' | 'revenue'): number {
  let total = 0;
  for (const count of counts) total += count[name];
  return total;
}

/** Whether chance alone could have made it. */
export function canBeChance({ low, high }: Estimated): boolean {
  return low <= 0 && high >= 0;
}
