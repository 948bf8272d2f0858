import { Card, List, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Loaded } from '../shell/notes.js';
import { tellDifference } from '../words/differences.js';

/** More than this nobody reads as sentences; the editor shows all of them as text. */
const SENTENCES = 100;

/** What this version does otherwise than the one that it would replace, in sentences. */
export function PolicyDifferences({
  policy,
  against,
  isInForce,
}: {
  policy: Schemas['PolicyView'];
  against: number | undefined;
  /** Whether the version that it is compared with is the one in force. */
  isInForce: boolean;
}) {
  const { name, version } = policy;
  return (
    <Card withBorder component="section" aria-label="What is different">
      <Title order={2} size="h4" mb="xs">
        {against === undefined
          ? 'What is different'
          : `What is different from version ${against}${isInForce ? ', which is in force' : ''}`}
      </Title>
      {against === undefined ? (
        <Text size="sm">
          {policy.active
            ? 'This is the version in force. A draft is compared with it as soon as it is saved.'
            : 'There is no other version to compare it with.'}
        </Text>
      ) : (
        <DifferenceList name={name} from={against} to={version} />
      )}
    </Card>
  );
}

export function DifferenceList({ name, from, to }: { name: string; from: number; to: number }) {
  const comparison = useQuery({
    queryKey: ['policies', name, 'compare', from, to],
    queryFn: () =>
      dataOf(
        api.GET('/v1/policies/{name}/compare', { params: { path: { name }, query: { from, to, limit: SENTENCES } } }),
      ),
  });
  return (
    <Loaded query={comparison} height={90}>
      {({ differences, next }) =>
        differences.length === 0 ? (
          <Text size="sm">Nothing: both say the same.</Text>
        ) : (
          <List size="sm" spacing={4}>
            {differences.map((difference, at) => (
              <List.Item key={`${difference.path} ${at}`}>{tellDifference(difference)}</List.Item>
            ))}
            {next === undefined ? null : <List.Item>And more, which the editor shows.</List.Item>}
          </List>
        )
      }
    </Loaded>
  );
}
