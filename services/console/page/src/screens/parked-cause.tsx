import { Anchor, Button, Card, Group, Stack, Table, Text, Textarea, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ApiProblem, dataOf } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { count, moment } from '../words/numbers.js';
import { type Parked, type ParkedGroup, waitingBehind } from './parked-groups.js';
import { isReason, oneLine, redriveAll, redrivenInWords } from './redrive.js';

/** So many rows are read; all of them are given again all the same. */
const ROWS = 25;
const LEAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Events that failed for one cause, and giving one or all of them to the service again. */
export function ParkedCause({ group, tell }: { group: ParkedGroup; tell: (text: string, isGood: boolean) => void }) {
  const { service, type, errorClass, culprits, waiting } = group;
  const [asked, setAsked] = useState<readonly Parked[]>([]);
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const redrive = useMutation({
    mutationFn: () =>
      redriveAll(asked, (id) =>
        dataOf(
          api.POST('/v1/parked/{id}/redrive', { params: { path: { id } }, body: { reason: oneLine(reason) } }),
        ).catch((error: unknown) => {
          if (error instanceof ApiProblem && error.status === 404) return undefined;
          throw error;
        }),
      ),
    onSuccess: (outcome) => {
      setAsked([]);
      tell(redrivenInWords(outcome), outcome.failed === 0 && outcome.stopped === undefined);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['parked'] }),
  });
  const ask = (events: readonly Parked[]) => {
    redrive.reset();
    setReason('');
    setAsked(events);
  };
  const behind = waitingBehind(group);
  const behindAsked = asked.reduce((sum, { id }) => sum + (waiting.get(id) ?? 0), 0);
  return (
    <Card withBorder component="section" aria-label={`${errorClass} at ${service}`}>
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <div>
            <Title order={2} size="h4">
              {errorClass} at {service}
            </Title>
            <Text size="sm">
              {type === '' ? 'No event that can be read' : type}: {count(culprits.length)} failed
              {behind === 0
                ? ', and nothing waits behind'
                : `, and ${count(behind)} ${behind === 1 ? 'waits' : 'wait'} behind`}
              .
            </Text>
          </div>
          <Button variant="default" className="no-print" onClick={() => ask(culprits)}>
            {culprits.length === 1 ? 'Redrive it…' : `Redrive all ${count(culprits.length)}…`}
          </Button>
        </Group>
        <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table fz="sm" aria-label={`What failed with ${errorClass} at ${service}`}>
            <Table.Thead>
              <Table.Tr>
                {['Parked (UTC)', 'About', 'Attempts', 'Waiting behind', 'Read from', 'Redrive'].map((column) => (
                  <Table.Th key={column}>{column}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {culprits.slice(0, ROWS).map((event) => (
                <Row key={event.id} event={event} behind={waiting.get(event.id) ?? 0} ask={() => ask([event])} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {culprits.length > ROWS ? (
          <Text size="sm" c="dimmed">
            The oldest {ROWS} of {count(culprits.length)}.
          </Text>
        ) : null}
      </Stack>
      <Confirm
        opened={asked.length > 0}
        close={() => setAsked([])}
        title={`Give ${asked.length === 1 ? 'it' : `all ${count(asked.length)}`} to ${service} again`}
        verb="Redrive"
        act={() => redrive.mutate()}
        isBusy={redrive.isPending}
        isReady={isReason(oneLine(reason))}
        error={redrive.error}
      >
        <Text size="sm">
          {asked.length === 1 ? 'The event' : `${count(asked.length)} events`}
          {behindAsked === 0 ? '' : `, and the ${count(behindAsked)} that wait behind,`} will be processed in order,
          under the ids that they always had. What fails again stays parked, with what waits behind it. That it was
          asked for, by which key and why, is told in the log.
        </Text>
        <Textarea
          label="Why"
          description="What was mended, for instance, in 3 to 500 characters. It is kept in the log in clear: no personal data."
          required
          maxLength={500}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Confirm>
    </Card>
  );
}

function Row({ event, behind, ask }: { event: Parked; behind: number; ask: () => void }) {
  const { id, key, attempts, parkedAt } = event;
  const { topic, partition, offset } = event.address as { topic: string; partition: number; offset: string };
  return (
    <Table.Tr>
      <Table.Td>{moment(parkedAt)}</Table.Td>
      <Table.Td>
        {LEAD_ID.test(key) ? (
          <Anchor component={Link} to="/leads/$leadId" params={{ leadId: key } as never} size="sm">
            lead {key.slice(0, 8)}
          </Anchor>
        ) : (
          key
        )}
      </Table.Td>
      <Table.Td>{attempts}</Table.Td>
      <Table.Td>{count(behind)}</Table.Td>
      <Table.Td>
        {topic}/{partition}@{offset}
      </Table.Td>
      <Table.Td>
        <Button size="compact-sm" variant="default" onClick={ask} aria-label={`Redrive ${id}`}>
          Redrive…
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
