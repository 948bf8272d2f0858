import { whole } from '../report-page/written.js';

export interface Rate {
  readonly value: number | null;
  readonly successes: number;
  readonly trials: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface Beside {
  readonly own: Rate;
  readonly partners: Rate | null;
  readonly direct: Rate;
}

interface Compared {
  readonly own: { readonly standardised: Rate | null };
  readonly partners: { readonly standardised: Rate | null };
  readonly direct: { readonly standardised: Rate | null };
}

type ByGrade = Readonly<Record<string, Rate>>;

/** As the API answers it. */
export interface Scorecard {
  readonly partner: string;
  readonly pool: string | null;
  readonly leftOut: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly asOf: { readonly at: string; readonly events: readonly number[] | null; readonly total: number | null };
  readonly together: 'whole' | 'protected' | 'none';
  readonly party: Readonly<Record<(typeof partyMeasures)[number][0], Beside>> & {
    readonly likeForLike: Readonly<Record<'qualified' | 'won', Compared>>;
  };
  readonly vendor: {
    readonly promise: Readonly<
      Record<
        string,
        {
          readonly promised: { readonly direct: number; readonly channel: number } | null;
          readonly received: { readonly direct: Rate; readonly channel: Rate; readonly own: Rate };
        }
      >
    >;
    readonly outside: Readonly<Record<(typeof outsideMeasures)[number][0], Beside>>;
    readonly mix: { readonly own: ByGrade; readonly partners: ByGrade; readonly direct: ByGrade };
    readonly incomplete: Beside;
    readonly delivered: Beside;
    readonly returns: { readonly byReason: Readonly<Record<string, number>>; readonly honoured: Rate };
  };
}

const partyMeasures = [
  ['answeredInTime', 'answered in time'],
  ['accepted', 'accepted'],
  ['contacted', 'contacted'],
  ['qualified', 'qualified'],
  ['won', 'won'],
  ['lost', 'lost'],
  ['returned', 'returned'],
] as const;

const outsideMeasures = [
  ['namedAccount', 'for named accounts'],
  ['protectedAccount', 'for protected accounts'],
  ['fallback', 'as fallback'],
  ['override', 'by override'],
  ['noConsent', 'for want of consent'],
] as const;

const WITHHELD = 'withheld';

/** What the party kept: a row for each figure, with its own, that of all partners, and that of direct. */
export function partyRows({ party, together }: Scorecard): string[][] {
  const orWithheld = (rate: Rate | null) => (rate === null && together !== 'whole' ? WITHHELD : shareOf(rate));
  const alike = (name: 'qualified' | 'won') => {
    const { own, partners, direct } = party.likeForLike[name];
    return [`${name}, like for like`, ...[own, partners, direct].map(({ standardised }) => orWithheld(standardised))];
  };
  return [
    ...partyMeasures.map(([measure, words]) => besideRow(words, party[measure])),
    ...[alike('qualified'), alike('won')],
  ];
}

/** What the vendor kept, likewise. */
export function vendorRows({ vendor }: Scorecard): string[][] {
  const grades = [...new Set([vendor.mix.own, vendor.mix.partners, vendor.mix.direct].flatMap(Object.keys))].sort();
  return [
    ...grades.map((grade) => [
      `grade ${grade}`,
      ...[vendor.mix.own, vendor.mix.partners, vendor.mix.direct].map((mix) => (mix[grade] ? inWords(mix[grade]) : '')),
    ]),
    besideRow('incomplete', vendor.incomplete),
    ...outsideMeasures.map(([measure, words]) => besideRow(words, vendor.outside[measure])),
    besideRow('delivery confirmed', vendor.delivered),
  ];
}

export const promiseHeadings = ['GRADE', 'PROMISED TO CHANNEL', 'CHANNEL', 'DIRECT', 'OF IT THIS PARTY'];

export function promiseRows({ vendor }: Scorecard): string[][] {
  return Object.entries(vendor.promise).map(([grade, { promised, received }]) => [
    ...[grade, promised === null ? '–' : `${promised.channel.toFixed(1)} %`],
    ...[received.channel, received.direct, received.own].map(inWords),
  ]);
}

/** `spam 2, no-budget 1; 2 of 3 never offered to it again` */
export function returnsInWords({ vendor: { returns } }: Scorecard): string {
  const reasons = Object.entries(returns.byReason).map(([reason, leads]) => `${reason} ${whole(leads)}`);
  if (reasons.length === 0) return 'none';
  return `${reasons.join(', ')}; ${whole(returns.honoured.successes)} of ${whole(returns.honoured.trials)} never offered to it again`;
}

/** Why some figures of all partners are not there; undefined where all are. */
export function whyWithheld({ together }: Scorecard): string | undefined {
  switch (together) {
    case 'whole':
      return undefined;
    case 'protected':
      return 'Figures of all partners are withheld where they would tell what another partner did.';
    case 'none':
      return 'Figures of all partners are told for one whole quarter and all pools: leave out --pool, and --from and --to or name a quarter’s days.';
  }
}

function besideRow(words: string, { own, partners, direct }: Beside): string[] {
  return [words, inWords(own), partners === null ? WITHHELD : inWords(partners), inWords(direct)];
}

/** `3 of 10, 30.0 % (10.8–60.3)`; a dash where there was nothing to be a share of. */
function inWords(rate: Rate): string {
  return rate.trials === 0 ? '–' : `${whole(rate.successes)} of ${whole(rate.trials)}, ${shareOf(rate)}`;
}

/** Without its counts, which a standardised rate is not the quotient of. */
function shareOf(rate: Rate | null): string {
  if (rate === null || rate.value === null || rate.low === null || rate.high === null) return '–';
  const percent = (share: number) => (share * 100).toFixed(1);
  return `${percent(rate.value)} % (${percent(rate.low)}–${percent(rate.high)})`;
}
