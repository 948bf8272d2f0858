import { SegmentedControl, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { DumbbellChart, type FromNaiveToAlike } from '../charts/dumbbell-chart.js';
import { Figure } from '../charts/figure.js';
import { GapChart } from '../charts/gap-chart.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { percent, points } from '../words/numbers.js';
import { PeriodFilter, TrustAsOf } from './period.js';
import { type Trust, useTrust } from './trust.js';
import { YouAlone } from './you-alone.js';

const route = getRouteApi('/like-for-like');

type Conversion = 'won' | 'qualified';

/** From the naive figure to the one with the same leads for all, and what of the gap is leads and what is work. */
export function LikeForLike() {
  const period = route.useSearch();
  const trust = useTrust(period);
  const [what, setWhat] = useState<Conversion>('won');
  return (
    <Stack gap="lg">
      <PeriodFilter period={period} at="/like-for-like" />
      <SegmentedControl
        className="no-print"
        aria-label="Which conversion"
        value={what}
        onChange={(value) => setWhat(value as Conversion)}
        data={[
          { value: 'won', label: 'Won' },
          { value: 'qualified', label: 'Opportunity' },
        ]}
      />
      <Loaded query={trust} height={420}>
        {(figures) => (
          <>
            <Compared figures={figures} what={what} />
            <TrustAsOf figures={figures} period={period} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Compared({ figures, what }: { figures: Trust; what: Conversion }) {
  const { partner } = useSession();
  const parties = partiesOf(figures, what);
  const { apart } = figures.gap[what];
  if (parties.length === 0)
    return (
      <EmptyNote>Nobody has accepted a lead in this period. Conversion is counted from the leads that were.</EmptyNote>
    );
  return (
    <>
      {partner === null ? null : <YouAlone />}
      <Figure
        title={what === 'won' ? 'Leads won, of those accepted' : 'Opportunities, of leads accepted'}
        finding={
          partner === null
            ? alikeIn(parties)
            : 'What a plain report says of you, and what it would be with the leads of you and direct sales together.'
        }
        table={{
          columns: ['Party', 'Accepted', 'As a plain report has it', 'With the same leads', 'Low', 'High'],
          rows: parties.map(({ name, n, naive, alike, low, high }) => [
            name,
            n,
            percent(naive),
            percent(alike),
            percent(low),
            percent(high),
          ]),
        }}
        note={`Hollow: as a plain report has it. Filled, with its 95 % interval: with the mix of ${partner === null ? 'all leads' : 'your leads and those of direct sales'} together, by ${figures.mix}. A long line says that the plain figure was the mix.`}
      >
        <DumbbellChart parties={parties} label="Conversion by party, naive and with the same leads" />
      </Figure>
      {apart ? (
        <Figure
          title="Better leads, or better work"
          finding={verdictOf(apart, partner === null ? 'its partners' : 'you')}
          table={{
            columns: ['Part', 'Points', 'Low', 'High'],
            rows: (['gap', 'betterLeads', 'betterWork'] as const).map((part) => [
              NAMES[part],
              points(apart[part].value),
              points(apart[part].low),
              points(apart[part].high),
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

function alikeIn(parties: readonly FromNaiveToAlike[]): string {
  const direct = parties.find(({ side }) => side === 'direct');
  if (!direct)
    return 'Each party beside itself: what a plain report says, and what it would be with everybody’s leads.';
  const apart = parties.filter(({ side, low, high }) => side === 'channel' && (low > direct.high || high < direct.low));
  return apart.length === 0
    ? 'With the same leads, no partner can be told from direct sales.'
    : `With the same leads, ${apart.map(({ name }) => name).join(', ')} can be told from direct sales; the others cannot.`;
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
