import { Alert, Button, Group, List, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/client.js';
import { moment } from '../words/numbers.js';

/** What went wrong, in the server's own words, and a way to try again. It never looks like "nothing yet". */
export function ErrorNote({
  error,
  retry,
  shown,
}: {
  error: Error;
  retry?: () => void;
  /** When what is shown all the same was answered, in milliseconds since the epoch. */
  shown?: number;
}) {
  const problem = error instanceof ApiProblem ? error : undefined;
  return (
    <Alert color="red" variant="outline" title={problem?.title ?? 'This could not be shown'} role="alert">
      <Stack gap="xs">
        <Text size="sm">{problem?.detail ?? error.message}</Text>
        {shown === undefined ? null : <Text size="sm">What is shown is of {moment(shown)} UTC.</Text>}
        {problem && problem.fields.length > 0 ? (
          <List size="sm">
            {problem.fields.map(({ field, detail }) => (
              <List.Item key={`${field} ${detail}`}>
                <code>{field}</code>: {detail}
              </List.Item>
            ))}
          </List>
        ) : null}
        <Group gap="sm">
          {retry ? (
            <Button size="compact-sm" variant="default" onClick={retry}>
              Try again
            </Button>
          ) : null}
          {problem && problem.status > 0 ? (
            <Text size="xs" c="dimmed">
              Status {problem.status}
              {problem.traceId ? (
                <>
                  , trace <code>{problem.traceId}</code>
                </>
              ) : null}
            </Text>
          ) : null}
        </Group>
      </Stack>
    </Alert>
  );
}

/** Nothing is there, and what to do so that something is. */
export function EmptyNote({ title = 'Nothing yet', children }: { title?: string; children: ReactNode }) {
  return (
    <Alert color="gray" variant="light" title={title}>
      {children}
    </Alert>
  );
}

/**
 * What a query has: its skeleton, its error with a retry, or `children` of its data. What was there stays when it cannot be asked for again,
 * and what somebody types or has chosen in it; that it is not of now is said above it.
 */
export function Loaded<T>({
  query,
  height = 220,
  isToldElsewhere = false,
  children,
}: {
  query: UseQueryResult<T>;
  height?: number;
  /** Of an error that is shown where it came about. */
  isToldElsewhere?: boolean;
  children: (data: T) => ReactNode;
}) {
  if (query.isPending) return <Skeleton h={height} role="progressbar" aria-label="Loading" />;
  return (
    <>
      {query.isError && !isToldElsewhere ? (
        <ErrorNote
          error={query.error}
          retry={() => void query.refetch()}
          {...(query.data !== undefined && { shown: query.dataUpdatedAt })}
        />
      ) : null}
      {query.data === undefined ? null : children(query.data)}
    </>
  );
}
