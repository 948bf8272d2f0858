import { Anchor, Badge, Button, Card, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, ErrorNote, Loaded } from '../shell/notes.js';
import { moment, utcOf } from '../words/numbers.js';
import type { Change, Endpoint } from './deliveries.js';
import { LookAgain, notByItself } from './look-again.js';
import { DELIVERY_STATES, type DeliveryFilter, EVENT_TYPES, readDeliveryFilter } from './delivery-filter.js';

type Delivery = Schemas['DeliveryView'];

/** As many as fit on a few screens; more are a button away. */
const PAGE = 50;
const TONES: Readonly<Record<string, string>> = { delivered: 'good', failed: 'red', withheld: 'warn', pending: 'sea' };

/** What was sent to one endpoint, the newest first. */
export function DeliveryList({
  endpoint: { party, id },
  filter,
  change,
}: {
  endpoint: Endpoint;
  filter: DeliveryFilter;
  change: Change;
}) {
  const { state, type } = filter;
  const since = utcOf(filter.since ?? '');
  const queryKey = ['deliveries', party, id, { state, type, since }];
  const deliveries = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/partners/{partnerId}/endpoints/{endpointId}/deliveries', {
          params: {
            path: { partnerId: party, endpointId: id },
            query: { state, type, since, limit: PAGE, after: pageParam },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
    ...notByItself,
  });
  return (
    <Card withBorder component="section" aria-label="Deliveries">
      <Stack gap="md">
        <Title order={2} size="h4">
          Deliveries to {id}
        </Title>
        <Filter filter={filter} change={change} />
        <LookAgain queryKey={queryKey} query={deliveries} />
        <Loaded query={deliveries as never} height={300} isToldElsewhere={deliveries.isFetchNextPageError}>
          {() => (
            <Rows
              deliveries={(deliveries.data?.pages ?? []).flatMap((page) => page.deliveries)}
              filter={filter}
              isLast={!deliveries.hasNextPage}
            />
          )}
        </Loaded>
        {deliveries.isFetchNextPageError && deliveries.error ? (
          <ErrorNote error={deliveries.error} retry={() => void deliveries.fetchNextPage()} />
        ) : null}
        {deliveries.hasNextPage ? (
          <Button
            variant="default"
            className="no-print"
            onClick={() => void deliveries.fetchNextPage()}
            loading={deliveries.isFetchingNextPage}
          >
            Show older ones
          </Button>
        ) : null}
      </Stack>
    </Card>
  );
}

function Filter({ filter, change }: { filter: DeliveryFilter; change: Change }) {
  const isNarrowed = [filter.state, filter.type, filter.since].some((each) => each !== undefined);
  return (
    <Group gap="sm" align="end" className="no-print" role="search" aria-label="Which deliveries">
      <Select
        label="State"
        placeholder="any"
        clearable
        data={DELIVERY_STATES}
        value={filter.state ?? null}
        onChange={(state) => change({ state })}
        w={150}
      />
      <Select
        label="Event"
        placeholder="any"
        clearable
        data={EVENT_TYPES}
        value={filter.type ?? null}
        onChange={(type) => change({ type })}
        w={190}
      />
      <TextInput
        label="Since (UTC)"
        type="datetime-local"
        value={filter.since ?? ''}
        onChange={(event) => change({ since: event.currentTarget.value })}
      />
      {isNarrowed ? (
        <Button variant="default" onClick={() => change({ state: null, type: null, since: null })}>
          Clear
        </Button>
      ) : null}
    </Group>
  );
}

function Rows({
  deliveries,
  filter,
  isLast,
}: {
  deliveries: readonly Delivery[];
  filter: DeliveryFilter;
  isLast: boolean;
}) {
  if (deliveries.length === 0)
    return (
      <EmptyNote title="Nothing like that">
        No delivery is like that. With fewer filters there may be some; a test event is one within a second.
      </EmptyNote>
    );
  return (
    <>
      <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Deliveries, the newest first">
          <Table.Thead>
            <Table.Tr>
              {['Created (UTC)', 'Event', 'State', 'Attempts', 'Last answer', 'Lead'].map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {deliveries.map((delivery) => (
              <Row key={delivery.id} delivery={delivery} filter={filter} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm" c="dimmed" aria-live="polite">
        {deliveries.length} {deliveries.length === 1 ? 'delivery' : 'deliveries'}
        {isLast ? ', which is all.' : ' so far.'}
      </Text>
    </>
  );
}

function Row({ delivery, filter }: { delivery: Delivery; filter: DeliveryFilter }) {
  const { id, createdAt, eventType, attempts, leadId } = delivery;
  const last = attempts.at(-1);
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor
          component={Link}
          to="/deliveries"
          search={readDeliveryFilter({ ...filter, delivery: id }) as never}
          size="sm"
        >
          {moment(createdAt)}
        </Anchor>
      </Table.Td>
      <Table.Td>{eventType}</Table.Td>
      <Table.Td>
        <DeliveryState delivery={delivery} />
      </Table.Td>
      <Table.Td>{attempts.length}</Table.Td>
      <Table.Td>{last === undefined ? '–' : (last.failure ?? last.status ?? 'none yet')}</Table.Td>
      <Table.Td>
        {leadId === null ? (
          '–'
        ) : (
          <Anchor component={Link} to="/leads/$leadId" params={{ leadId } as never} size="sm">
            {leadId.slice(0, 8)}
          </Anchor>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

export function DeliveryState({ delivery: { state, reason } }: { delivery: Delivery }) {
  return (
    <>
      <Badge color={TONES[state] ?? 'dark'} variant="light" className="state">
        {state}
      </Badge>
      {reason === null ? null : (
        <Text size="xs" c="dimmed">
          {reason.replaceAll('-', ' ')}
        </Text>
      )}
    </>
  );
}
