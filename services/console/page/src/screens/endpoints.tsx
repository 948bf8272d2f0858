import { Anchor, Badge, Card, Table, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { moment } from '../words/numbers.js';
import type { Endpoint } from './deliveries.js';
import { type DeliveryFilter, readDeliveryFilter } from './delivery-filter.js';

const TONES = { active: 'good', failing: 'warn', disabled: 'red' } as const;

export function Endpoints({
  endpoints,
  chosen,
  filter,
}: {
  endpoints: readonly Endpoint[];
  chosen: Endpoint;
  filter: DeliveryFilter;
}) {
  return (
    <Card withBorder component="section" aria-label="Endpoints">
      <Title order={2} size="h4" mb="xs">
        {endpoints.length === 1 ? 'One endpoint' : `${endpoints.length} endpoints`}
      </Title>
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Endpoints and their states">
          <Table.Thead>
            <Table.Tr>
              {['Endpoint', 'Kind', 'Where', 'State', 'Since (UTC)'].map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {endpoints.map((endpoint) => (
              <Table.Tr key={endpoint.id}>
                <Table.Td>
                  <Anchor
                    component={Link}
                    to="/deliveries"
                    search={readDeliveryFilter({ ...filter, endpoint: endpoint.id, delivery: '' }) as never}
                    size="sm"
                    aria-current={endpoint.id === chosen.id ? 'true' : undefined}
                    fw={endpoint.id === chosen.id ? 650 : undefined}
                  >
                    {endpoint.id}
                  </Anchor>
                </Table.Td>
                <Table.Td>{endpoint.kind}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {endpoint.url ?? endpoint.to?.join(', ') ?? '–'}
                </Table.Td>
                <Table.Td>
                  <EndpointState endpoint={endpoint} />
                </Table.Td>
                <Table.Td>{moment(endpoint.since)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

export function EndpointState({ endpoint: { state } }: { endpoint: Endpoint }) {
  return (
    <Badge color={TONES[state]} variant="light" className="state">
      {state}
    </Badge>
  );
}
