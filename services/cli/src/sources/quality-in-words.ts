interface Rate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

interface Calibration {
  readonly leads: number;
  readonly accepted: number;
  readonly qualified: Rate;
  readonly won: Rate;
}

interface Band extends Calibration {
  readonly from: number;
  readonly to: number;
}

/** As the API answers them. */
export interface Figures {
  readonly counts: {
    readonly received: number;
    readonly duplicates: number;
    readonly held: number;
    readonly scored: Readonly<Record<'A' | 'B' | 'C' | 'D' | 'none', number>>;
    readonly routed: number;
    readonly accepted: number;
    readonly declined: Readonly<Record<string, number>>;
    readonly returned: Readonly<Record<string, number>>;
    readonly qualified: number;
    readonly won: number;
  };
  readonly rates: Readonly<Record<'returned' | 'qualified' | 'won', Rate>>;
  readonly calibration: {
    readonly byGrade: Readonly<Record<string, Calibration>>;
    readonly byScore: readonly Band[];
    readonly byChance: readonly (Band & { readonly predicted: number | null })[];
  };
}

export const countHeadings = [
  ...['CAMPAIGN', 'LEADS', 'AGAIN', 'HELD', 'A', 'B', 'C', 'D', 'NO GRADE', 'ROUTED', 'ACCEPTED'],
  ...['RETURNED', 'QUALIFIED', 'WON'],
];

export function countRow(name: string, { counts, rates }: Figures): string[] {
  const { received, duplicates, held, scored, routed, accepted } = counts;
  const { A, B, C, D, none } = scored;
  return [
    name,
    ...[received, duplicates, held, A, B, C, D, none, routed, accepted].map(String),
    ...[rates.returned, rates.qualified, rates.won].map(inPercent),
  ];
}

/** `spam 3, no-budget 1` */
export function reasonsInWords(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons)
    .map(([reason, leads]) => `${reason} ${leads}`)
    .join(', ');
}

export function calibrationRows({ byGrade, byScore, byChance }: Figures['calibration']): string[][] {
  const row = (name: string, { leads, accepted, qualified, won }: Calibration, predicted = '') => [
    ...[name, String(leads), String(accepted), inPercent(qualified), inPercent(won), predicted],
  ];
  return [
    ...Object.entries(byGrade).map(([grade, figures]) => row(`grade ${grade}`, figures)),
    ...byScore.map((band) => row(`score ${band.from} to ${band.to}`, band)),
    ...byChance.map((band) => {
      const name = `chance ${Math.round(band.from * 100)} to ${Math.round(band.to * 100)} %`;
      return row(name, band, band.predicted === null ? '' : `${(band.predicted * 100).toFixed(1)} %`);
    }),
  ];
}

/** `50.0 % (9.5–90.5)`; a dash where there was nothing to be a share of. */
export function inPercent({ value, low, high }: Rate): string {
  if (value === null || low === null || high === null) return '–';
  const percent = (share: number) => (share * 100).toFixed(1);
  return `${percent(value)} % (${percent(low)}–${percent(high)})`;
}
