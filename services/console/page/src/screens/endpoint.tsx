import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '../api/client.js';
import { ErrorNote } from '../shell/notes.js';
import { moment } from '../words/numbers.js';
import type { Change, Endpoint } from './deliveries.js';
import type { DeliveryFilter } from './delivery-filter.js';
import { EndpointState } from './endpoints.js';
import { ReplayAll } from './replay.js';
import { RotateSecret } from './rotate-secret.js';

/** One endpoint: what it is told of, why it fails where it does, and what can be done. */
export function OneEndpoint({
  endpoint,
  filter,
  change,
}: {
  endpoint: Endpoint;
  filter: DeliveryFilter;
  change: Change;
}) {
  const queries = useQueryClient();
  const path = { partnerId: endpoint.party, endpointId: endpoint.id };
  const test = useMutation({
    mutationFn: () => dataOf(api.POST('/v1/partners/{partnerId}/endpoints/{endpointId}/test', { params: { path } })),
    onSuccess: async ({ deliveryId }) => {
      // What came of it is what one wants to see.
      change({ delivery: deliveryId });
      await queries.invalidateQueries({ queryKey: ['deliveries', endpoint.party, endpoint.id] });
    },
  });
  return (
    <Card withBorder component="section" aria-label={`The endpoint ${endpoint.id}`}>
      <Stack gap="sm">
        <Group gap="sm">
          <Title order={2} size="h4">
            {endpoint.id}
          </Title>
          <EndpointState endpoint={endpoint} />
        </Group>
        {endpoint.state === 'active' ? null : (
          <Text size="sm">
            {endpoint.reason === undefined ? 'No reason is known' : `Because: ${endpoint.reason}`}, since{' '}
            {moment(endpoint.since)} UTC.
            {endpoint.restingUntil ? ` Nothing is sent before ${moment(endpoint.restingUntil)} UTC.` : ''}
            {endpoint.state === 'disabled' ? ' It is sent to again as soon as it is set up once more.' : ''}
          </Text>
        )}
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          Is told of {endpoint.events.join(', ')}
          {endpoint.filter ? ', of some leads only' : ''}.
          {endpoint.kind === 'webhook' ? ` Signed with ${endpoint.signatures.join(' and ')}.` : ''}
        </Text>
        {test.error ? <ErrorNote error={test.error} retry={() => test.mutate()} /> : null}
        <Group gap="sm" className="no-print">
          <Button variant="default" onClick={() => test.mutate()} loading={test.isPending}>
            Send a test event
          </Button>
          <ReplayAll endpoint={endpoint} filter={filter} />
          {endpoint.kind === 'webhook' ? <RotateSecret endpoint={endpoint} /> : null}
        </Group>
      </Stack>
    </Card>
  );
}
