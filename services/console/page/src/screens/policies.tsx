import { Anchor, Badge, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { api, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { moment } from '../words/numbers.js';
import { OnePolicy } from './policy.js';

const route = getRouteApi('/policies');

export type PolicySummary = Schemas['PolicyView'];

/** All policies; and one of them to read, to try on the leads of late, to change and to put in force. */
export function Policies() {
  const choice = route.useSearch();
  const list = useQuery({ queryKey: ['policies'], queryFn: () => dataOf(api.GET('/v1/policies')) });
  return (
    <Loaded query={list} height={480}>
      {({ policies }) => {
        const name = choice.name ?? (policies.find(({ active }) => active) ?? policies[0])?.name;
        if (name === undefined)
          return (
            <EmptyNote>
              There is no policy. Write one with <code>PUT /v1/policies/{'{name}'}</code>; until then nothing is
              distributed.
            </EmptyNote>
          );
        return (
          <Stack gap="lg">
            <All policies={policies} chosen={name} />
            <OnePolicy
              key={name}
              name={name}
              version={choice.version}
              inForce={policies.find(({ active }) => active)}
            />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function All({ policies, chosen }: { policies: readonly PolicySummary[]; chosen: string }) {
  const names = [...new Set(policies.map(({ name }) => name))];
  return (
    <Card withBorder component="section" aria-label="All policies">
      <Title order={2} size="h4" mb="xs">
        {names.length === 1 ? 'One policy' : `${names.length} policies`}
      </Title>
      <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Policies">
          <Table.Thead>
            <Table.Tr>
              {['Policy', 'In force', 'Newest', 'Written (UTC)'].map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {names.map((name) => {
              const of = policies.filter((each) => each.name === name);
              const active = of.find((each) => each.active);
              const newest = of.reduce((one, other) => (other.version > one.version ? other : one));
              return (
                <Table.Tr key={name}>
                  <Table.Td>
                    <Anchor
                      component={Link}
                      to="/policies"
                      search={{ name } as never}
                      size="sm"
                      aria-current={name === chosen ? 'true' : undefined}
                      fw={name === chosen ? 650 : undefined}
                    >
                      {name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    {active ? (
                      <Badge color="good" variant="light" className="state">
                        version {active.version}
                      </Badge>
                    ) : (
                      'no'
                    )}
                  </Table.Td>
                  <Table.Td>version {newest.version}</Table.Td>
                  <Table.Td>{moment(newest.createdAt)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

/** Which version of which policy, and whether leads go by it now. */
export function Which({ policy }: { policy: PolicySummary }) {
  return (
    <Group gap="sm">
      <Title order={2} size="h4">
        {policy.name}, version {policy.version}
      </Title>
      <Badge color={policy.active ? 'good' : 'dark'} variant="light" className="state">
        {policy.active ? 'in force' : 'not in force'}
      </Badge>
      <Text size="xs" c="dimmed">
        Written {moment(policy.createdAt)} UTC by the key {policy.createdBy}
      </Text>
    </Group>
  );
}
