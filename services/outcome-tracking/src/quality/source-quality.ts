import { type Rate, rate } from '@fairlead/decisions';

/** Leads of a source that have all of this in common, and what became of them. */
export interface QualityCount {
  /** Value of the attribute that is asked for; null where a lead has none. */
  readonly campaign: string | null;
  readonly grade: 'A' | 'B' | 'C' | 'D' | null;
  /** Tenth of the score, 0 to 9; null for a lead that has none. */
  readonly scoreTenth: number | null;
  /** Tenth of the predicted probability; null where the model predicts none. */
  readonly chanceTenth: number | null;
  readonly leads: number;
  readonly held: number;
  /** How often somebody known was sent again. */
  readonly duplicates: number;
  readonly scored: number;
  readonly notQualified: number;
  readonly routed: number;
  readonly accepted: number;
  readonly returned: number;
  readonly qualified: number;
  readonly won: number;
  /** Of those accepted that have a predicted probability: its sum, in parts per million. */
  readonly predicted: number;
}

/** How many leads of a campaign were returned, or declined, for a reason. */
export interface ReasonCount {
  readonly campaign: string | null;
  readonly how: 'declined' | 'returned';
  readonly reason: string;
  readonly leads: number;
}

export interface QualityCounts {
  readonly received: number;
  readonly duplicates: number;
  readonly held: number;
  readonly scored: Readonly<Record<'A' | 'B' | 'C' | 'D' | 'none', number>>;
  readonly notQualified: number;
  readonly routed: number;
  readonly accepted: number;
  readonly declined: Readonly<Record<string, number>>;
  readonly returned: Readonly<Record<string, number>>;
  readonly qualified: number;
  readonly won: number;
}

/** What was expected of leads that are alike, and what became of those of them that somebody accepted. */
export interface Calibration {
  readonly leads: number;
  readonly accepted: number;
  readonly qualified: Rate;
  readonly won: Rate;
}

export interface BandCalibration extends Calibration {
  /** From this on; below `to`, which the last band includes. */
  readonly from: number;
  readonly to: number;
}

export interface ChanceCalibration extends BandCalibration {
  /** Mean of what was predicted for those that were accepted, to hold against `won`; null where none was. */
  readonly predicted: number | null;
}

export interface Quality {
  readonly counts: QualityCounts;
  readonly rates: {
    /** Of the leads received, as the next two. */
    readonly held: Rate;
    readonly routed: Rate;
    readonly notQualified: Rate;
    /** Of those routed. */
    readonly accepted: Rate;
    /** Of those accepted, as the next two. */
    readonly returned: Rate;
    readonly qualified: Rate;
    readonly won: Rate;
  };
  readonly calibration: {
    readonly byGrade: Readonly<Partial<Record<'A' | 'B' | 'C' | 'D', Calibration>>>;
    readonly byScore: readonly BandCalibration[];
    readonly byChance: readonly ChanceCalibration[];
  };
}

export interface SourceQuality extends Quality {
  /** The campaigns with most leads, those first; without those leads that name none. */
  readonly campaigns: readonly ({ readonly campaign: string } & Quality)[];
  /** How many campaigns are left out. */
  readonly furtherCampaigns: number;
}

/** As many as a person reads; each has some kilobytes. */
export const MOST_CAMPAIGNS = 50;
const GRADES = ['A', 'B', 'C', 'D'] as const;
const MILLION = 1_000_000;

/** The figures of a source, all of it and campaign by campaign. */
export function sourceQuality(counts: readonly QualityCount[], reasons: readonly ReasonCount[]): SourceQuality {
  const leadsOf = new Map<string, number>();
  for (const { campaign, leads } of counts)
    if (campaign !== null) leadsOf.set(campaign, (leadsOf.get(campaign) ?? 0) + leads);
  const campaigns = [...leadsOf].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  const countsBy = Map.groupBy(counts, ({ campaign }) => campaign);
  const reasonsBy = Map.groupBy(reasons, ({ campaign }) => campaign);
  return {
    ...qualityOf(counts, reasons),
    campaigns: campaigns
      .slice(0, MOST_CAMPAIGNS)
      .map(([campaign]) => ({ campaign, ...qualityOf(countsBy.get(campaign) ?? [], reasonsBy.get(campaign) ?? []) })),
    furtherCampaigns: Math.max(0, campaigns.length - MOST_CAMPAIGNS),
  };
}

function qualityOf(counts: readonly QualityCount[], reasons: readonly ReasonCount[]): Quality {
  const all = sumOf(counts);
  const ofGrade = (grade: QualityCount['grade']) => counts.filter((count) => count.grade === grade);
  const scored = (grade: QualityCount['grade']) => sumOf(ofGrade(grade)).scored;
  const [A, B, C, D, none] = [...GRADES, null].map(scored) as [number, number, number, number, number];
  return {
    counts: {
      ...{ received: all.leads, duplicates: all.duplicates, held: all.held, scored: { A, B, C, D, none } },
      ...{ notQualified: all.notQualified, routed: all.routed, accepted: all.accepted },
      ...{ declined: byReason(reasons, 'declined'), returned: byReason(reasons, 'returned') },
      ...{ qualified: all.qualified, won: all.won },
    },
    rates: {
      ...{ held: rate(all.held, all.leads), routed: rate(all.routed, all.leads) },
      notQualified: rate(all.notQualified, all.leads),
      accepted: rate(all.accepted, all.routed),
      returned: rate(all.returned, all.accepted),
      ...{ qualified: rate(all.qualified, all.accepted), won: rate(all.won, all.accepted) },
    },
    calibration: {
      byGrade: Object.fromEntries(
        GRADES.filter((grade) => scored(grade) > 0).map((grade) => [grade, calibrationOf(sumOf(ofGrade(grade)))]),
      ),
      byScore: bandsOf(counts, 'scoreTenth').map(({ tenth, sum }) => ({
        ...{ from: tenth * 10, to: (tenth + 1) * 10, ...calibrationOf(sum) },
      })),
      byChance: bandsOf(counts, 'chanceTenth').map(({ tenth, sum }) => ({
        ...{ from: tenth / 10, to: (tenth + 1) / 10, ...calibrationOf(sum) },
        predicted: sum.accepted === 0 ? null : sum.predicted / sum.accepted / MILLION,
      })),
    },
  };
}

type Sum = Omit<QualityCount, 'campaign' | 'grade' | 'scoreTenth' | 'chanceTenth'>;

const nothing: Sum = {
  ...{ leads: 0, held: 0, duplicates: 0, scored: 0, notQualified: 0, routed: 0, accepted: 0 },
  ...{ returned: 0, qualified: 0, won: 0, predicted: 0 },
};

function sumOf(counts: readonly Sum[]): Sum {
  return Object.fromEntries(
    (Object.keys(nothing) as (keyof Sum)[]).map((measure) => [
      measure,
      counts.reduce((sum, count) => sum + count[measure], 0),
    ]),
  ) as unknown as Sum;
}

function bandsOf(counts: readonly QualityCount[], by: 'scoreTenth' | 'chanceTenth'): { tenth: number; sum: Sum }[] {
  return [...Map.groupBy(counts, (count) => count[by])]
    .flatMap(([tenth, alike]) => (tenth === null ? [] : [{ tenth, sum: sumOf(alike) }]))
    .toSorted((one, other) => one.tenth - other.tenth);
}

/** A lead that nobody took says nothing about its score. */
function calibrationOf({ leads, accepted, qualified, won }: Sum): Calibration {
  return { leads, accepted, qualified: rate(qualified, accepted), won: rate(won, accepted) };
}

function byReason(reasons: readonly ReasonCount[], wanted: ReasonCount['how']): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { how, reason, leads } of reasons)
    if (how === wanted) counts.set(reason, (counts.get(reason) ?? 0) + leads);
  return Object.fromEntries([...counts].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)));
}
