import type { Rate, Scorecard } from './scorecard-in-words.js';

/** A row for each figure, of the party itself, of all partners together and of direct; what is withheld is empty. */
export function scorecardCsv(card: Scorecard): {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const { partner, pool, from, to, party, vendor, asOf } = card;
  const { likeForLike, ...kept } = party;
  const rows: string[][] = [];
  const add = (side: 'party' | 'vendor', figure: string, whose: string, rate: Rate | null | undefined): void => {
    if (rate === undefined) return;
    const { successes = '', trials = '', value, low, high } = rate ?? {};
    rows.push([
      ...[partner, side, figure, whose, successes, trials, value ?? '', low ?? '', high ?? ''].map(String),
      ...[pool ?? '*', from, to, asOf.at, asOf.events?.join(' ') ?? ''],
    ]);
  };
  const addAll = (
    side: 'party' | 'vendor',
    figure: string,
    rates: Readonly<Record<string, Rate | null | undefined>>,
  ): void => {
    for (const [whose, rate] of Object.entries(rates)) add(side, figure, whose, rate);
  };
  for (const [figure, { own, partners, direct }] of Object.entries(kept))
    addAll('party', figure, { own, partners, direct });
  for (const [figure, { own, partners, direct }] of Object.entries(likeForLike))
    addAll('party', `${figure} like for like`, {
      ...{ own: own.standardised, partners: partners.standardised, direct: direct.standardised },
    });
  for (const [grade, { received }] of Object.entries(vendor.promise))
    addAll('vendor', `received of ${grade}`, { own: received.own, channel: received.channel, direct: received.direct });
  for (const whose of ['own', 'partners', 'direct'] as const)
    for (const [grade, rate] of Object.entries(vendor.mix[whose])) add('vendor', `grade ${grade}`, whose, rate);
  for (const [figure, { own, partners, direct }] of Object.entries(vendor.outside))
    addAll('vendor', `outside: ${figure}`, { own, partners, direct });
  for (const figure of ['incomplete', 'delivered'] as const) {
    const { own, partners, direct } = vendor[figure];
    addAll('vendor', figure, { own, partners, direct });
  }
  add('vendor', 'returns honoured', 'own', vendor.returns.honoured);
  return {
    headings: [
      ...['partner', 'side', 'figure', 'of', 'successes', 'trials', 'rate', 'low', 'high'],
      ...['pool', 'from', 'to', 'as_of', 'as_of_events'],
    ],
    rows,
  };
}
