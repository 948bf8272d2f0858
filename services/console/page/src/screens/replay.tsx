import { Button, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { ErrorNote } from '../shell/notes.js';
import { Told } from '../shell/told.js';
import { count, moment, utcOf } from '../words/numbers.js';
import type { Endpoint } from './deliveries.js';
import { type DeliveryFilter, EVENT_TYPES } from './delivery-filter.js';

type Replayed = 'missed' | 'failed' | 'withheld' | 'all';
type Replay = Schemas['ReplayView'];

const WHICH: readonly { value: Replayed; label: string }[] = [
  { value: 'missed', label: 'what was missed: failed or withheld' },
  { value: 'failed', label: 'what failed' },
  { value: 'withheld', label: 'what was withheld' },
  { value: 'all', label: 'everything, what arrived too' },
];

/** A test is of the moment, and a digest of its day: neither is sent again. */
const REPLAYED_TYPES = EVENT_TYPES.filter((type) => !type.startsWith('fairlead.'));

const DAY_MS = 86_400_000;

/**
 * Everything since a time, sent again: how many that is stands there before it is done. It begins with what is listed, where the list is narrowed,
 * and can be narrowed and widened here.
 */
export function ReplayAll({ endpoint: { party, id }, filter }: { endpoint: Endpoint; filter: DeliveryFilter }) {
  const [opened, { open, close }] = useDisclosure();
  const [field, setField] = useState('');
  const [state, setState] = useState<Replayed>('missed');
  const [type, setType] = useState<DeliveryFilter['type']>();
  const [begun, setBegun] = useState<Replay>();
  const since = utcOf(field);
  const path = { partnerId: party, endpointId: id };
  const counted = useQuery({
    queryKey: ['replay', party, id, since, state, type],
    queryFn: () => asked({ path, since: since ?? '', state, type, dryRun: 'true' }),
    enabled: opened && since !== undefined,
    gcTime: 0,
    staleTime: 0,
  });
  const replay = useMutation({
    mutationFn: async () => (await asked({ path, since: since ?? '', state, type, dryRun: 'false' })) as Replay,
    onSuccess: (made) => {
      setBegun(made);
      close();
    },
  });
  const many = counted.data?.deliveries ?? 0;
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          replay.reset();
          setField(filter.since ?? new Date(Date.now() - DAY_MS).toISOString().slice(0, 16));
          setState(replayedOf(filter));
          setType(filter.type);
          open();
        }}
      >
        Send all again…
      </Button>
      <Confirm
        opened={opened}
        close={close}
        title={`Send all again to ${id}`}
        verb={many > 0 ? `Send ${count(many)} again` : 'Send again'}
        act={() => replay.mutate()}
        isBusy={replay.isPending}
        isReady={many > 0 && since !== undefined}
        error={replay.error}
      >
        <Stack gap="sm">
          <TextInput
            label="Since (UTC)"
            type="datetime-local"
            value={field}
            onChange={(event) => setField(event.currentTarget.value)}
          />
          <Select
            label="Which"
            data={WHICH}
            allowDeselect={false}
            value={state}
            onChange={(value) => setState((value ?? 'missed') as Replayed)}
          />
          <Select
            label="Event"
            placeholder="any"
            clearable
            data={REPLAYED_TYPES}
            value={type ?? null}
            onChange={(value) => setType((value ?? undefined) as DeliveryFilter['type'])}
          />
          {counted.error ? <ErrorNote error={counted.error} retry={() => void counted.refetch()} /> : null}
          <Text size="sm" fw={500} aria-live="polite">
            {counted.data ? wouldBe(counted.data) : counted.isFetching ? 'Counting…' : ''}
          </Text>
          <Text size="sm" c="dimmed">
            Each goes out as a new delivery, under a new id. What is not true any more is withheld again.
          </Text>
        </Stack>
      </Confirm>
      {begun ? <Progress party={party} endpointId={id} begun={begun} /> : null}
    </>
  );
}

function asked({
  path,
  ...query
}: {
  path: { partnerId: string; endpointId: string };
  since: string;
  state: Replayed;
  type: DeliveryFilter['type'];
  dryRun: 'true' | 'false';
}) {
  return dataOf(
    api.POST('/v1/partners/{partnerId}/endpoints/{endpointId}/replay', { params: { path, query: query as never } }),
  );
}

/** What of the listed can be sent again: what arrived only together with everything. */
function replayedOf({ state }: DeliveryFilter): Replayed {
  if (state === 'failed' || state === 'withheld') return state;
  return state === 'delivered' ? 'all' : 'missed';
}

function wouldBe({ deliveries, more }: Schemas['ReplayCountView']): string {
  if (deliveries === 0) return 'There is nothing to send again.';
  return `${count(deliveries)} ${deliveries === 1 ? 'delivery is' : 'deliveries are'} sent again${more ? ', and there are more: ask again when these are over' : ''}.`;
}

/** Until it is over; a person who has begun it waits for that. */
function Progress({ party, endpointId, begun }: { party: string; endpointId: string; begun: Replay }) {
  const queries = useQueryClient();
  const replay = useQuery({
    queryKey: ['replay', party, endpointId, begun.id],
    queryFn: () =>
      dataOf(
        api.GET('/v1/partners/{partnerId}/endpoints/{endpointId}/replays/{replayId}', {
          params: { path: { partnerId: party, endpointId, replayId: begun.id } },
        }),
      ),
    initialData: begun,
    refetchInterval: ({ state }) => (state.data?.endedAt === undefined ? 1_000 : false),
  });
  const { resent, deliveries, endedAt } = replay.data;
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['deliveries', party, endpointId] });
  }, [queries, party, endpointId, resent, endedAt]);
  if (replay.error) return <ErrorNote error={replay.error} retry={() => void replay.refetch()} />;
  return (
    <Told>
      {endedAt === undefined
        ? `Sending again: ${count(resent)} of ${count(deliveries)} are on their way.`
        : `Sent again: ${count(resent)} of ${count(deliveries)}, by ${moment(endedAt)} UTC. What came of each is in the list.`}
    </Told>
  );
}
