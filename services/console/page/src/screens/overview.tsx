import { Anchor, Badge, Button, Card, Group, List, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { api, dataOf } from '../api/client.js';
import { ErrorNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { count } from '../words/numbers.js';
import { ANY_PARKED, mayRedrive, OVERVIEW_MINUTES } from './first-questions.js';
import { type Flow, type HowLive, useFlow } from './flow.js';
import { readOverviewChoice, WINDOWS } from './overview-choice.js';
import { States } from './states.js';

const route = getRouteApi('/');

const NAMES = { 15: '15 min', 60: '1 hour', 1440: '1 day', 10080: '1 week' };

/** What came in of late and where it is; and what waits for somebody. */
export function Overview() {
  const { minutes = OVERVIEW_MINUTES } = readOverviewChoice({ ...route.useSearch() });
  const navigate = useNavigate();
  const [isPaused, setPaused] = useState(false);
  const { query, how } = useFlow(minutes, isPaused);
  const later = useDeferredValue(query.data);
  return (
    <Stack gap="lg">
      <Group justify="space-between" gap="sm" className="no-print">
        <SegmentedControl
          aria-label="How far back"
          data={WINDOWS.map((each) => ({ value: String(each), label: NAMES[each] }))}
          value={String(minutes)}
          onChange={(value) =>
            void navigate({ to: '/', search: readOverviewChoice({ minutes: value }), replace: true })
          }
        />
        <Group gap="sm">
          <How how={how} />
          <Button variant="default" size="compact-md" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
        </Group>
      </Group>
      <Loaded query={query} height={320}>
        {(flow) => (
          <>
            <Attention flow={flow} />
            <States flow={later ?? flow} came="came in, and are by now" none={NOTHING_YET} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

const NOTHING_YET = (
  <>
    No lead came in during this time. A lead that is sent to <code>POST /v1/leads</code> shows here within a second or
    two.
  </>
);

function How({ how }: { how: HowLive }) {
  const said = { live: 'live', 'asked for': 'every 5 s', paused: 'paused' }[how];
  return (
    <Badge variant="light" color={how === 'live' ? 'good' : how === 'paused' ? 'warn' : 'sea'} className="state">
      {said}
    </Badge>
  );
}

function Attention({ flow }: { flow: Flow }) {
  const { role } = useSession();
  const parked = useQuery({
    queryKey: ['parked', 'any'],
    queryFn: () => dataOf(api.GET('/v1/parked', { params: { query: ANY_PARKED as never } })),
    enabled: mayRedrive(role),
    refetchInterval: 30_000,
  });
  const { held, unroutable, endingSoon } = flow.waiting;
  const atMost = (number: number) => (number >= 1_000 ? '1,000 or more' : count(number));
  const things: ReactNode[] = [
    endingSoon > 0 && (
      <>
        {atMost(endingSoon)} {endingSoon === 1 ? 'offer ends' : 'offers end'} soon, and nobody has answered.{' '}
        <ToLeads state="offered" />
      </>
    ),
    held > 0 && (
      <>
        {atMost(held)} {held === 1 ? 'lead lacks' : 'leads lack'} something and {held === 1 ? 'waits' : 'wait'} for it.{' '}
        <ToLeads state="held" />
      </>
    ),
    unroutable > 0 && (
      <>
        {atMost(unroutable)} {unroutable === 1 ? 'lead' : 'leads'} nobody could take. <ToLeads state="unroutable" />
      </>
    ),
    parked.data && parked.data.parked.length > 0 && (
      <>
        {parkedInWords(parked.data.parked.length, parked.data.next !== undefined)}{' '}
        <Anchor component={Link} to="/parked">
          Look
        </Anchor>
      </>
    ),
  ].filter(Boolean);
  return (
    <Card withBorder component="section" aria-label="What needs you">
      <Title order={2} size="h4" mb="xs">
        What needs you
      </Title>
      {parked.error && !parked.data ? <ErrorNote error={parked.error} retry={() => void parked.refetch()} /> : null}
      {things.length === 0 ? (
        // Of what could not be asked for, nobody is told that it is nothing.
        <Text>{parked.error && !parked.data ? 'Nothing else.' : 'Nothing. Whatever came in goes its way.'}</Text>
      ) : (
        <List spacing="xs">
          {things.map((thing, at) => (
            <List.Item key={at}>{thing}</List.Item>
          ))}
        </List>
      )}
    </Card>
  );
}

/** Among those that are parked are those that wait behind one that could not be processed. */
function parkedInWords(events: number, hasMore: boolean): string {
  if (events === 1 && !hasMore) return '1 event is parked: it could not be processed.';
  return `${events}${hasMore ? ' or more' : ''} events are parked: those that could not be processed, and those of the same leads that wait behind them.`;
}

function ToLeads({ state }: { state: string }) {
  return (
    <Anchor component={Link} to="/leads" search={{ state } as never}>
      Look
    </Anchor>
  );
}
