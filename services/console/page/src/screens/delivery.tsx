import { Button, Code, Group, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Dialog } from '../shell/dialog.js';
import { ErrorNote, Loaded } from '../shell/notes.js';
import { Told } from '../shell/told.js';
import { moment } from '../words/numbers.js';
import type { Change, Endpoint } from './deliveries.js';
import { DeliveryState } from './delivery-list.js';

type Delivery = Schemas['DeliveryView'];

/** While something is on its way it is looked after so often. */
const LOOK_EVERY_MS = 1_000;

/** One delivery and each attempt of it, in a window over the list. */
export function OneDelivery({
  endpoint: { party, id: endpointId },
  id,
  change,
}: {
  endpoint: Endpoint;
  id: string | undefined;
  change: Change;
}) {
  const delivery = useQuery({
    queryKey: ['delivery', party, endpointId, id],
    queryFn: () =>
      dataOf(
        api.GET('/v1/partners/{partnerId}/endpoints/{endpointId}/deliveries/{deliveryId}', {
          params: { path: { partnerId: party, endpointId, deliveryId: id ?? '' } },
        }),
      ),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.state === 'pending' ? LOOK_EVERY_MS : false),
  });
  return (
    <Dialog opened={id !== undefined} close={() => change({ delivery: null })} title="One delivery" size="xl">
      <Loaded query={delivery} height={260}>
        {(shown) => (
          <Stack gap="md">
            <Facts delivery={shown} change={change} />
            <Attempts delivery={shown} />
            <Resend key={shown.id} party={party} endpointId={endpointId} delivery={shown} change={change} />
          </Stack>
        )}
      </Loaded>
    </Dialog>
  );
}

function Facts({ delivery, change }: { delivery: Delivery; change: Change }) {
  const { id, eventType, eventId, createdAt, nextAttemptAt, resendOf, resentAs } = delivery;
  return (
    <div>
      <DeliveryState delivery={delivery} />
      <Text size="sm">
        {eventType}, created {moment(createdAt)} UTC
        {nextAttemptAt === null ? '' : `; tried next at ${moment(nextAttemptAt)} UTC`}
      </Text>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        Sent as <Code>{id}</Code>, about the event <Code>{eventId}</Code>
      </Text>
      <Group gap="xs" mt="xs">
        {resendOf === null ? null : (
          <Button size="compact-sm" variant="default" onClick={() => change({ delivery: resendOf })}>
            The one that it repeats
          </Button>
        )}
        {resentAs === null ? null : (
          <Button size="compact-sm" variant="default" onClick={() => change({ delivery: resentAs })}>
            The one that repeats it
          </Button>
        )}
      </Group>
    </div>
  );
}

function Attempts({ delivery: { attempts, state } }: { delivery: Delivery }) {
  if (attempts.length === 0)
    return <Text size="sm">{state === 'pending' ? 'It waits for its first attempt.' : 'It was never tried.'}</Text>;
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm" aria-label="Attempts">
        <Table.Thead>
          <Table.Tr>
            {['Attempt', 'Begun (UTC)', 'Took', 'Answer', 'What went wrong', 'Beginning of the answer'].map(
              (column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {attempts.map(({ attempt, startedAt, durationMs, status, failure, excerpt }) => (
            <Table.Tr key={attempt}>
              <Table.Td>{attempt}</Table.Td>
              <Table.Td>{moment(startedAt)}</Table.Td>
              <Table.Td>{durationMs === null ? '–' : `${durationMs} ms`}</Table.Td>
              <Table.Td>{status ?? '–'}</Table.Td>
              <Table.Td>{failure ?? '–'}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{excerpt ?? '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Asks twice where it had arrived: a receiver then has it twice. */
function Resend({
  party,
  endpointId,
  delivery: { id, state, eventType },
  change,
}: {
  party: string;
  endpointId: string;
  delivery: Delivery;
  change: Change;
}) {
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const resend = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/partners/{partnerId}/endpoints/{endpointId}/deliveries/{deliveryId}/resend', {
          params: { path: { partnerId: party, endpointId, deliveryId: id } },
        }),
      ),
    onSuccess: async () => {
      setAsked(false);
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['delivery', party, endpointId] }),
        queries.invalidateQueries({ queryKey: ['deliveries', party, endpointId] }),
      ]);
    },
  });
  if (state === 'pending' || eventType === 'fairlead.test') return null;
  return (
    <Stack gap="sm">
      {resend.error ? <ErrorNote error={resend.error} /> : null}
      {isAsked ? (
        <Group gap="sm">
          <Text size="sm">
            {state === 'delivered'
              ? 'It has arrived. The receiver gets it a second time, under a new id.'
              : 'It goes out under a new id.'}
          </Text>
          <Button onClick={() => resend.mutate()} loading={resend.isPending}>
            Send it again
          </Button>
          <Button variant="default" onClick={() => setAsked(false)}>
            Cancel
          </Button>
        </Group>
      ) : resend.data ? null : (
        <Group>
          <Button variant="default" onClick={() => setAsked(true)}>
            Send it again…
          </Button>
        </Group>
      )}
      <Told>
        {resend.data ? (
          <Group gap="sm">
            <Text size="sm">It is on its way again.</Text>
            <Button size="compact-sm" variant="default" onClick={() => change({ delivery: resend.data.deliveryId })}>
              Look at it
            </Button>
          </Group>
        ) : null}
      </Told>
    </Stack>
  );
}
