import { type Policy, type PolicyDocument, engine } from '@fairlead/decisions';
import { type Figures, figuresOf, type QuarterFigures, quarterFigures } from './figures.js';
import { type MarketLead, marketQuarter, model } from './market.js';
import type { Parameters } from './parameters.js';
import { type Count, Play, rosterOf } from './play.js';
import { builtIn, type PlayedPolicy } from './policies.js';

/** What is played. The same comes to the same, to the last bit. */
export interface Setting {
  readonly seed: number;
  readonly quarters: number;
  /** Of each quarter. */
  readonly leads: number;
  readonly partners: number;
  readonly parameters: Parameters;
}

export interface Simulation extends Setting {
  readonly engine: string;
  readonly model: { readonly name: string; readonly version: number; readonly hash: string };
  readonly roster: string;
  readonly policies: readonly PolicyOutcome[];
  /** Legacy beside fair under other assumptions; null where it was not asked for. */
  readonly sensitivity: Sensitivity | null;
}

export interface PolicyOutcome {
  readonly name: string;
  readonly hash: string;
  readonly document: PolicyDocument;
  readonly dumpsNotQualified: boolean;
  readonly quarters: readonly QuarterFigures[];
  /** Of all quarters … */
  readonly total: Figures;
  /** … and of the last four, or fewer where there were fewer: what the reports say in the end. */
  readonly lastYear: Figures;
}

/** How much more revenue fair brings than legacy, as a share of legacy’s. Null where legacy brought nothing. */
export interface Sensitivity {
  readonly leads: number;
  readonly partners: number;
  readonly quarters: number;
  readonly elasticities: readonly number[];
  /** Direct’s skill as a multiple of the partners’. */
  readonly skills: readonly number[];
  /** By elasticity, then by skill. */
  readonly byElasticityAndSkill: readonly (readonly (number | null)[])[];
  readonly byExpected: readonly { readonly expected: number; readonly more: number | null }[];
}

export type OnProgress = (leadsDone: number, of: number) => void;

/** Four quarters are a year. */
const LAST_YEAR = 4;
/** In the tables of other assumptions, leads of a quarter: enough to tell a few percent, few enough not to be waited for. */
export const SENSITIVITY_LEADS = 1_000;
const elasticities = [0, 1, 2];
const skills = [0.75, 1, 1.25, 1.5];
const expectations = [0.1, 0.15, 0.2, 0.25];

/** Plays the same market under each of the policies. */
export function simulate(
  setting: Setting,
  policies: readonly PlayedPolicy[],
  {
    withSensitivity = false,
    onProgress = () => undefined,
  }: { withSensitivity?: boolean; onProgress?: OnProgress } = {},
): Simulation {
  const { seed, quarters, leads, partners, parameters } = setting;
  const roster = rosterOf(partners);
  const plays = policies.map((policy) => ({
    policy,
    play: new Play(policy, roster, parameters),
    played: [] as Played[],
  }));
  const sample: MarketLead[][] = [];
  const cells = withSensitivity ? 2 * (elasticities.length * skills.length + expectations.length) : 0;
  const of = quarters * (leads * (1 + policies.length) + Math.min(leads, SENSITIVITY_LEADS) * cells);
  let done = 0;
  const progress = (more: number): void => onProgress((done += more), of);

  for (let quarter = 0; quarter < quarters; quarter += 1) {
    const market = marketQuarter(seed, quarter, leads, parameters);
    progress(leads);
    if (withSensitivity) sample.push(market.slice(0, SENSITIVITY_LEADS));
    for (const { play, played } of plays) {
      const result = play.playQuarter(market);
      played.push({ counts: result.counts, figures: quarterFigures(result, quarter) });
      progress(leads);
    }
  }
  return {
    ...setting,
    engine,
    model: { name: model.document.name, version: model.version, hash: model.hash },
    roster: roster.hash,
    policies: plays.map(({ policy, played }) => outcomeOf(policy, played)),
    sensitivity: withSensitivity ? sensitivityOf(sample, setting, progress) : null,
  };
}

interface Played {
  readonly counts: readonly Count[];
  readonly figures: QuarterFigures;
}

function outcomeOf({ policy, document, dumpsNotQualified }: PlayedPolicy, played: readonly Played[]): PolicyOutcome {
  const { name, hash }: Policy = policy;
  return {
    ...{ name, hash, document, dumpsNotQualified },
    quarters: played.map(({ figures }) => figures),
    total: figuresOf(played.flatMap(({ counts }) => counts)),
    lastYear: figuresOf(played.slice(-LAST_YEAR).flatMap(({ counts }) => counts)),
  };
}

function sensitivityOf(
  sample: readonly (readonly MarketLead[])[],
  { leads: ofMarket, partners, parameters, quarters }: Setting,
  progress: (leads: number) => void,
): Sensitivity {
  const leads = sample[0]?.length ?? 0;
  // As many leads for each of them as in the whole market: with fewer, chance alone would make some of them give up.
  const fewer = Math.max(1, Math.round((partners * leads) / ofMarket));
  const roster = rosterOf(fewer);
  const revenueUnder = (policy: PlayedPolicy, otherwise: Parameters): number => {
    const play = new Play(policy, roster, otherwise);
    let revenue = 0;
    for (const market of sample) {
      for (const count of play.playQuarter(market).counts) revenue += count.revenue;
      progress(market.length);
    }
    return revenue;
  };
  const moreUnderFair = (otherwise: Partial<Parameters>): number | null => {
    const [legacy, fair] = [builtIn.legacy, builtIn.fair].map((policy) =>
      revenueUnder(policy, { ...parameters, ...otherwise }),
    ) as [number, number];
    return legacy === 0 ? null : fair / legacy - 1;
  };
  const { skillPartners } = parameters;
  return {
    ...{ leads, partners: fewer, quarters, elasticities, skills },
    byElasticityAndSkill: elasticities.map((elasticity) =>
      skills.map((times) => moreUnderFair({ elasticity, skillDirect: skillPartners * times })),
    ),
    byExpected: expectations.map((expected) => ({ expected, more: moreUnderFair({ expected }) })),
  };
}
