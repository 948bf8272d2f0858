import type { Figures, Rate } from '@fairlead/decisions';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import type { TrustBook } from './trust-book.js';

const counts = [
  ...(['offered', 'delivered', 'accepted', 'declined', 'expired', 'withdrawn', 'open', 'kept', 'contacted'] as const),
  ...(['qualified', 'won', 'lost', 'returned'] as const),
];
const rates = ['accepted', 'contacted', 'qualified', 'won', 'lost', 'returned'] as const;

interface Column {
  readonly heading: string;
  readonly of: (row: Row) => string | number | null | undefined;
}

/** A party, or a channel as a whole, with its leads of one grade, or of all. */
interface Row {
  readonly answer: TrustAnswer;
  readonly party: string;
  readonly side: 'direct' | 'channel';
  readonly isWhole: boolean;
  readonly grade: string;
  readonly figures: Figures;
  readonly again: string;
}

const ofRate = (name: string, rateOf: (row: Row) => Rate | null | undefined): Column[] => [
  { heading: `${name}_rate`, of: (row) => rateOf(row)?.value },
  { heading: `${name}_low`, of: (row) => rateOf(row)?.low },
  { heading: `${name}_high`, of: (row) => rateOf(row)?.high },
];

/** Like for like is told of all grades together alone: that is what it is. */
const alike =
  (name: 'qualified' | 'won') =>
  ({ answer, party, side, isWhole, grade }: Row): Rate | null | undefined => {
    if (grade !== 'all') return undefined;
    if (isWhole) return answer.gap[name][side].standardised;
    const own = answer.likeForLike[party];
    return (name === 'won' ? own : own?.qualified)?.standardised;
  };

/** No pool is called so. */
const ALL_POOLS = '*';

const columns: readonly Column[] = [
  { heading: 'pool', of: ({ answer }) => answer.pool ?? ALL_POOLS },
  { heading: 'party', of: ({ party }) => party },
  { heading: 'side', of: ({ side }) => side },
  { heading: 'grade', of: ({ grade }) => grade },
  ...counts.map((name): Column => ({ heading: name, of: ({ figures }) => figures.counts[name] })),
  ...rates.flatMap((name) => ofRate(name, ({ figures }) => figures.rates[name])),
  ...ofRate('qualified_like_for_like', alike('qualified')),
  ...ofRate('won_like_for_like', alike('won')),
  ...ofRate('no_word', ({ answer: { noWord }, party, side, isWhole, grade }) =>
    grade !== 'all' ? undefined : isWhole ? noWord[side] : noWord.parties[party],
  ),
  {
    heading: 'promised_percent',
    of: ({ answer, side, isWhole, grade }) => (isWhole ? answer.promise[grade]?.promised?.[side] : undefined),
  },
  ...ofRate('received', ({ answer, side, isWhole, grade }) =>
    isWhole ? answer.promise[grade]?.received[side] : undefined,
  ),
  ...(['from', 'to', 'source', 'campaign', 'age', 'mix'] as const).map((name): Column => {
    return { heading: name, of: ({ answer }) => answer[name] };
  }),
  { heading: 'left_out', of: ({ answer }) => answer.leftOut.join(' ') },
  { heading: 'as_of', of: ({ answer }) => answer.asOf.at },
  { heading: 'as_of_events', of: ({ answer }) => answer.asOf.events?.join(' ') },
  { heading: 'recompute', of: ({ again }) => again },
];

/**
 * A row for each pool, party and grade, and for both channels as wholes: counts, rates from 0 to 1 with their 95 % intervals, and with each row the position in the
 * log and how to come to the same, so that a row that is cut out still says what it is.
 */
export function trustCsv({ whole, pools, again }: TrustBook): {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const rows = [whole, ...pools].flatMap((answer) => rowsOf(answer, again.join(' && ')));
  return {
    headings: columns.map(({ heading }) => heading),
    rows: rows.map((row) => columns.map(({ of }) => String(of(row) ?? ''))),
  };
}

/** In a partner's own table the channel is the partner: its rows are under its name, and nobody's are under that of all partners. */
function rowsOf(answer: TrustAnswer, again: string): Row[] {
  const { channels, parties, partner } = answer;
  const names = { direct: 'all direct', channel: partner ?? 'all partners' };
  const sides = (['direct', 'channel'] as const).flatMap((side) =>
    Object.entries(channels[side]).map(([grade, figures]): Row => {
      return { answer, party: names[side], side, isWhole: true, grade, figures, again };
    }),
  );
  if (partner !== null) return sides;
  const each = Object.entries(parties).flatMap(([party, byGrade]) =>
    Object.entries(byGrade).map(([grade, figures]): Row => {
      const side = party === 'direct' ? 'direct' : 'channel';
      return { answer, party, side, isWhole: false, grade, figures, again };
    }),
  );
  return [...sides, ...each];
}
