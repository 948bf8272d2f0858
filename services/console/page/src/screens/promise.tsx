import { Alert, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Figure } from '../charts/figure.js';
import { shareOf } from '../charts/figure-table.js';
import { PromiseChart, type ReceivedShare } from '../charts/promise-chart.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { count, percent } from '../words/numbers.js';
import { ofWhat } from './of-what.js';
import { type Period, PeriodFilter, readPeriod, TrustAsOf } from './period.js';
import { promiseInWords } from './promise-words.js';
import { type Trust, useTrust } from './trust.js';
import { YouAlone } from './you-alone.js';

const route = getRouteApi('/promise');

/** Per grade and side: the share that was received, its interval, and a tick for the share that was promised. */
export function PromiseAndReality() {
  const period = readPeriod({ ...route.useSearch() });
  const trust = useTrust(period);
  return (
    <Stack gap="lg">
      <PeriodFilter period={period} at="/promise" />
      <Loaded query={trust} height={360}>
        {(figures) => (
          <>
            <PromiseOf figures={figures} period={period} />
            <TrustAsOf figures={figures} period={period} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function PromiseOf({ figures, period }: { figures: Trust; period: Period }) {
  const { partner } = useSession();
  const grades = Object.entries(figures.promise).map(
    ([grade, each]) => [grade === 'incomplete' ? 'no grade' : grade, each] as const,
  );
  const shares = grades
    .flatMap(([grade, each]) => sharesOf(grade, each))
    // It was promised to all partners together: beside the share of one it would look broken.
    .map((share) => (partner === null ? share : { ...share, promised: null }));
  if (shares.length === 0)
    return (
      <EmptyNote title="Nothing in this period">
        No lead was given out in this period. Once leads are routed, each side’s share shows here.
      </EmptyNote>
    );
  const outside = grades.map(([grade, { outside: each, received }]) => ({
    grade,
    each,
    all: received.direct.trials + Object.values(each).reduce((sum, one) => sum + one, 0),
  }));
  return (
    <>
      {partner === null ? null : <YouAlone />}
      <Figure
        name="shares"
        ofWhat={ofWhat(period, figures.asOf)}
        title={partner === null ? 'Shares received, beside those promised' : 'Shares received, beside direct sales'}
        finding={
          partner === null
            ? promiseInWords(shares)
            : 'Of what you and direct sales received of each grade, who had how much. What was promised, was promised to all partners together.'
        }
        table={{
          columns: ['Grade and side', 'Received', 'Low', 'High', 'Promised', 'Leads of the grade'],
          rows: shares.map(({ name, side, value, low, high, promised, n }) => [
            `${name} ${side}`,
            shareOf(value),
            shareOf(low),
            shareOf(high),
            shareOf(promised),
            n,
          ]),
        }}
        note={`Bar: share received, with its 95 % interval. ${partner === null ? 'Tick: what the policy promised when the leads were routed. ' : ''}Leads that were declined, ran out or came back are made up for, and count for nobody.`}
      >
        <PromiseChart
          shares={shares}
          label={`Share received by grade and side${partner === null ? ', with a tick for the promise' : ''}`}
        />
      </Figure>
      <Figure
        name="outside"
        ofWhat={ofWhat(period, figures.asOf)}
        title="Outside the promise"
        finding={outsideIn(outside)}
        table={{
          columns: [
            'Grade',
            'Named accounts',
            'Protected accounts',
            'Overrides',
            'Fallback',
            'No consent',
            'All leads',
          ],
          rows: outside.map(({ grade, each, all }) => [
            grade,
            each.namedAccount,
            each.protectedAccount,
            each.override,
            each.fallback,
            each.noConsent,
            all,
          ]),
        }}
      >
        <PromiseStrips strips={outside} />
      </Figure>
    </>
  );
}

function sharesOf(grade: string, { promised, received }: Trust['promise'][string]): ReceivedShare[] {
  return (['direct', 'channel'] as const).flatMap((side) => {
    const { value, low, high, trials } = received[side];
    if (value === null || low === null || high === null) return [];
    return [{ name: grade, side, n: trials, value, low, high, promised: promised ? promised[side] / 100 : null }];
  });
}

interface Strip {
  readonly grade: string;
  readonly each: Trust['promise'][string]['outside'];
  readonly all: number;
}

function outsideIn(strips: readonly Strip[]): string {
  const named = strips.reduce((sum, { each }) => sum + each.namedAccount, 0);
  const overrides = strips.reduce((sum, { each }) => sum + each.override, 0);
  const all = strips.reduce((sum, one) => sum + one.all, 0);
  return `Of ${count(all)} leads ${count(named)} (${percent(all ? named / all : null)}) went to direct as named accounts, and ${count(overrides)} ${overrides === 1 ? 'was' : 'were'} moved by hand.`;
}

function PromiseStrips({ strips }: { strips: readonly Strip[] }) {
  const shares = strips
    .filter(({ all }) => all > 0)
    .flatMap(({ grade, each, all }): ReceivedShare[] => [
      { name: `${grade} named`, side: 'direct', n: all, ...exactly(each.namedAccount / all), promised: null },
      { name: `${grade} moved by hand`, side: 'neutral', n: all, ...exactly(each.override / all), promised: null },
    ])
    .filter(({ value }) => value > 0);
  if (shares.length === 0) return <Alert color="gray">None.</Alert>;
  return <PromiseChart shares={shares} label="Share of each grade that named accounts and overrides took" />;
}

/** Of leads that were counted, not sampled: the share is what it is. */
function exactly(value: number) {
  return { value, low: value, high: value };
}
