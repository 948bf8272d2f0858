import { SegmentedControl, Stack } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { DumbbellChart } from '../charts/dumbbell-chart.js';
import { Figure } from '../charts/figure.js';
import { pointsOf, shareOf } from '../charts/figure-table.js';
import type { FromNaiveToAlike } from '../charts/from-naive-to-alike.js';
import { GapChart } from '../charts/gap-chart.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { points } from '../words/numbers.js';
import { type Conversion, readLikeForLikeChoice } from './like-for-like-choice.js';
import { alikeInWords } from './like-for-like-words.js';
import { ofWhat } from './of-what.js';
import { type Period, PeriodFilter, readPeriod, TrustAsOf } from './period.js';
import { type Trust, useTrust } from './trust.js';
import { YouAlone } from './you-alone.js';

const route = getRouteApi('/like-for-like');

/** From the naive figure to the one with the same leads for all, and what of the gap is leads and what is work. */
export function LikeForLike() {
  const choice = route.useSearch();
  const period = readPeriod({ ...choice });
  const trust = useTrust(period);
  const navigate = useNavigate();
  const what = choice.what ?? 'won';
  return (
    <Stack gap="lg">
      <PeriodFilter period={period} at="/like-for-like" />
      <SegmentedControl
        className="no-print"
        aria-label="Which conversion"
        value={what}
        onChange={(value) =>
          void navigate({
            to: '/like-for-like',
            search: readLikeForLikeChoice({ ...choice, what: value }),
            replace: true,
          })
        }
        data={[
          { value: 'won', label: 'Won' },
          { value: 'qualified', label: 'Opportunity' },
        ]}
      />
      <Loaded query={trust} height={420}>
        {(figures) => (
          <>
            <Compared figures={figures} what={what} period={period} />
            <TrustAsOf figures={figures} period={period} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Compared({ figures, what, period }: { figures: Trust; what: Conversion; period: Period }) {
  const { partner } = useSession();
  const parties = partiesOf(figures, what);
  const { apart } = figures.gap[what];
  if (parties.length === 0)
    return (
      <EmptyNote title="Nothing in this period">
        Nobody has accepted a lead in this period. Conversion is counted from the leads that were.
      </EmptyNote>
    );
  return (
    <>
      {partner === null ? null : <YouAlone />}
      <Figure
        name="alike"
        ofWhat={ofWhat({ ...period, of: what }, figures.asOf)}
        title={what === 'won' ? 'Leads won, of those accepted' : 'Opportunities, of leads accepted'}
        finding={
          partner === null
            ? alikeInWords(parties)
            : 'What a plain report says of you, and what it would be with the leads of you and direct sales together.'
        }
        table={{
          columns: ['Party', 'Accepted', 'As a plain report has it', 'With the same leads', 'Low', 'High'],
          rows: parties.map(({ name, n, naive, alike, low, high }) => [
            name,
            n,
            shareOf(naive),
            shareOf(alike),
            shareOf(low),
            shareOf(high),
          ]),
        }}
        note={`Hollow: as a plain report has it. Filled, with its 95 % interval: with the mix of ${partner === null ? 'all leads' : 'your leads and those of direct sales'} together, by ${figures.mix}. A long line says that the plain figure was the mix.`}
      >
        <DumbbellChart parties={parties} label="Conversion by party, naive and with the same leads" />
      </Figure>
      {apart ? (
        <Figure
          name="gap"
          ofWhat={ofWhat({ ...period, of: what }, figures.asOf)}
          title="Better leads, or better work"
          finding={verdictOf(apart, partner === null ? 'its partners' : 'you')}
          table={{
            columns: ['Part', 'Points', 'Low', 'High'],
            rows: (['gap', 'betterLeads', 'betterWork'] as const).map((part) => [
              NAMES[part],
              pointsOf(apart[part].value),
              pointsOf(apart[part].low),
              pointsOf(apart[part].high),
            ]),
          }}
          note={`Direct less ${partner === null ? 'partners' : 'you'}, in points of a percent (Kitagawa 1955). Where the interval of the work holds 0, no difference in the work can be told from chance.`}
        >
          <GapChart
            label={`The gap between direct and ${partner === null ? 'partners' : 'you'}, split into leads and work`}
            parts={(['gap', 'betterLeads', 'betterWork'] as const).map((part) => ({
              name: NAMES[part],
              tone: TONES[part],
              ...apart[part],
            }))}
          />
        </Figure>
      ) : null}
    </>
  );
}

const NAMES = { gap: 'Gap', betterLeads: 'Better leads', betterWork: 'Better work' } as const;
const TONES = { gap: 'neutral', betterLeads: 'channel', betterWork: 'good' } as const;

function partiesOf(figures: Trust, what: Conversion): FromNaiveToAlike[] {
  return Object.entries(figures.likeForLike).flatMap(([party, each]) => {
    const { crude, standardised } = what === 'won' ? each : each.qualified;
    const { value, low, high } = standardised;
    if (crude.value === null || value === null || low === null || high === null) return [];
    const side = party === 'direct' ? 'direct' : 'channel';
    return [{ name: party, side, n: crude.trials, naive: crude.value, alike: value, low, high } as const];
  });
}

function verdictOf(
  { gap, betterLeads, betterWork }: NonNullable<Trust['gap']['won']['apart']>,
  whom: 'its partners' | 'you',
): string {
  const verdict =
    betterWork.low > 0
      ? 'direct works its leads better'
      : betterWork.high < 0
        ? `${whom === 'you' ? 'you work your' : 'partners work their'} leads better`
        : 'no difference in the work can be told from chance';
  const distance = points(Math.abs(gap.value)).replace('+', '');
  return `Direct is ${distance} points ${gap.value < 0 ? 'behind' : 'ahead of'} ${whom}: ${points(betterLeads.value)} by better leads, ${points(betterWork.value)} by better work. So ${verdict}.`;
}
