import { Anchor, Badge, Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { ErrorNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { moment } from '../words/numbers.js';
import { endedPlanInWords } from './plan-words.js';

type Version = Schemas['PolicyVersionView'];
type Plan = Schemas['PlanView'];

/** How many versions are fetched at once. */
export const VERSIONS = 50;

/** Every version with when it was in force and by whom; what is planned, and what became of plans that were not carried out. */
export function PolicyHistory({ policy }: { policy: Schemas['PolicyHistoryView'] }) {
  const { name } = policy;
  const [isOlderAsked, setOlderAsked] = useState(false);
  // Of the versions below those that came with the policy; once a new one is written these begin elsewhere.
  const older = useInfiniteQuery({
    queryKey: ['policies', name, 'older', policy.next],
    initialPageParam: policy.next,
    queryFn: ({ pageParam: after }) =>
      dataOf(api.GET('/v1/policies/{name}', { params: { path: { name }, query: { limit: VERSIONS, after } } })),
    getNextPageParam: (page) => page.next,
    enabled: isOlderAsked && policy.next !== undefined,
  });
  const olderVersions = (older.data?.pages ?? []).flatMap(({ versions }) => versions);
  const goOn = () => {
    if (!isOlderAsked) setOlderAsked(true);
    else void (older.data === undefined ? older.refetch() : older.fetchNextPage());
  };
  const isMore = policy.next !== undefined && (older.data === undefined || older.hasNextPage);
  const activations = useQuery({
    queryKey: ['policies', name, 'activations'],
    queryFn: () => dataOf(api.GET('/v1/policies/{name}/activations', { params: { path: { name } } })),
  });
  return (
    <Card withBorder component="section" aria-label="History">
      <Stack gap="md">
        <Title order={2} size="h4">
          History
        </Title>
        <Loaded query={activations} height={40}>
          {({ scheduled, ended }) => (
            <>
              <Planned name={name} plans={scheduled} />
              <Ended plans={ended} />
            </>
          )}
        </Loaded>
        <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table fz="sm" aria-label="Versions">
            <Table.Thead>
              <Table.Tr>
                {['Version', 'Written (UTC)', 'By the key', 'In force (UTC)'].map((column) => (
                  <Table.Th key={column}>{column}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {[...policy.versions, ...olderVersions].map((version) => (
                <Row key={version.version} of={version} isShown={version.version === policy.version} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {older.error ? <ErrorNote error={older.error} /> : null}
        {isMore ? (
          <Group className="no-print">
            <Button size="compact-md" variant="default" loading={older.isFetching} onClick={goOn}>
              Older versions
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Card>
  );
}

function Row({
  of: { name, version, createdAt, createdBy, active, inForce },
  isShown,
}: {
  of: Version;
  isShown: boolean;
}) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Anchor
            component={Link}
            to="/policies"
            search={{ name, version } as never}
            size="sm"
            aria-current={isShown ? 'true' : undefined}
            fw={isShown ? 650 : undefined}
            style={{ whiteSpace: 'nowrap' }}
          >
            Version {version}
          </Anchor>
          {active ? (
            <Badge color="good" variant="light" className="state" style={{ flexShrink: 0 }}>
              in force
            </Badge>
          ) : null}
        </Group>
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(createdAt)}</Table.Td>
      <Table.Td>{createdBy}</Table.Td>
      <Table.Td>
        {inForce.length === 0
          ? 'never'
          : inForce.map(({ from, until, by, approvedBy }) => (
              <div key={`${from} ${until}`}>
                {from === null ? 'earlier' : moment(from)} to {until === null ? 'now' : moment(until)}
                {by === null ? '' : `, by ${by}`}
                {approvedBy === undefined ? '' : ` and ${approvedBy}`}
              </div>
            ))}
      </Table.Td>
    </Table.Tr>
  );
}

/** Those that were not carried out: of the others, the times in force tell. */
function Ended({ plans }: { plans: readonly Schemas['EndedPlanView'][] }) {
  const dropped = plans.filter(({ outcome }) => outcome !== 'done');
  if (dropped.length === 0) return null;
  return (
    <Stack gap={4}>
      {dropped.map((plan) => (
        <Text key={plan.id} size="sm" c="dimmed">
          {endedPlanInWords(plan)}
        </Text>
      ))}
    </Stack>
  );
}

function Planned({ name, plans }: { name: string; plans: readonly Plan[] }) {
  const { role } = useSession();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Plan>();
  const [told, setTold] = useState('');
  const cancel = useMutation({
    mutationFn: ({ id: activationId }: Plan) =>
      dataOf(
        api.DELETE('/v1/policies/{name}/activations/{activationId}', { params: { path: { name, activationId } } }),
      ),
    onSuccess: async (_, { version }) => {
      setTold(`Version ${version} will not be put in force.`);
      setAsked(undefined);
      await queries.invalidateQueries({ queryKey: ['policies'] });
    },
  });
  return (
    <>
      {plans.map((plan) => (
        <Group key={plan.id} gap="sm">
          <Text size="sm">
            Version {plan.version} will be put in force at {moment(plan.at)} UTC, as the key {plan.by} planned
            {plan.approvedBy === undefined ? '' : ` and ${plan.approvedBy} approved`}.
          </Text>
          {role === 'auditor' ? null : (
            <Button
              size="compact-sm"
              variant="default"
              className="no-print"
              onClick={() => {
                cancel.reset();
                setAsked(plan);
              }}
            >
              Cancel it…
            </Button>
          )}
        </Group>
      ))}
      <Confirm
        opened={asked !== undefined}
        close={() => setAsked(undefined)}
        title="Cancel what is planned"
        verb="Do not put it in force"
        act={() => asked && cancel.mutate(asked)}
        isBusy={cancel.isPending}
        error={cancel.error}
      >
        <Text size="sm">
          Version {asked?.version} of {name} will then not be put in force at {moment(asked?.at)} UTC.
        </Text>
      </Confirm>
      <Told>{told}</Told>
    </>
  );
}
