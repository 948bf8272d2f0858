import { Button, Group, Text } from '@mantine/core';
import { type InfiniteData, type Query, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { moment } from '../words/numbers.js';

/** Of a list that grows as one goes through it: asked for again by itself, all its pages would be, each time somebody comes back to the window. */
export const notByItself = {
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
  // One page alone is as cheap to ask for as anything when its screen opens.
  staleTime: ({ state }: Pick<Query<unknown, Error, unknown, never>, 'state'>) =>
    ((state.data as InfiniteData<unknown> | undefined)?.pages.length ?? 0) > 1 ? Infinity : 10_000,
} as const;

/** When such a list was asked for, and asking for it again: from its first page on. */
export function LookAgain({
  queryKey,
  query: { dataUpdatedAt, isFetching, refetch },
}: {
  queryKey: QueryKey;
  query: { dataUpdatedAt: number; isFetching: boolean; refetch: () => Promise<unknown> };
}) {
  const queries = useQueryClient();
  const look = () => {
    queries.setQueryData<InfiniteData<unknown>>(
      queryKey,
      (shown) => shown && { pages: shown.pages.slice(0, 1), pageParams: shown.pageParams.slice(0, 1) },
    );
    void refetch();
  };
  if (dataUpdatedAt === 0) return null;
  return (
    <Group gap="sm" className="no-print">
      <Button size="compact-sm" variant="default" onClick={look} loading={isFetching}>
        Look again
      </Button>
      <Text size="sm" c="dimmed">
        As it was at {moment(dataUpdatedAt)} UTC.
      </Text>
    </Group>
  );
}
