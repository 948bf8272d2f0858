import { Group, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, dataOf } from '../api/client.js';
import { Loaded } from '../shell/notes.js';

/** As many as a list can be chosen from; whoever has more types the id of one. */
export const PARTNERS = 1_000;

/** Whose figures, for whoever sees those of all: a partner, or direct. The first partner, where the address says nothing. */
export function PartyChoice({
  asked,
  choose,
  beside,
  children,
}: {
  asked: string | undefined;
  choose: (party: string) => void;
  /** Further choices, in the same line. */
  beside?: ReactNode;
  children: (party: string, name: string) => ReactNode;
}) {
  const partners = useQuery({
    queryKey: ['partners'],
    queryFn: () => dataOf(api.GET('/v1/partners', { params: { query: { limit: PARTNERS } } })),
  });
  return (
    <Loaded query={partners} height={480}>
      {({ partners: all }) => {
        const parties = [...all.map(({ id, name }) => ({ id, name })), { id: 'direct', name: 'Direct sales' }];
        const chosen = asked ?? parties[0]?.id ?? 'direct';
        const options = parties.map(({ id, name }) => ({ value: id, label: `${name} (${id})` }));
        return (
          <Stack gap="lg">
            <Group gap="sm" align="end" className="no-print">
              <Select
                label="Partner"
                searchable
                limit={100}
                w={320}
                maw="100%"
                allowDeselect={false}
                data={
                  options.some(({ value }) => value === chosen)
                    ? options
                    : [{ value: chosen, label: chosen }, ...options]
                }
                value={chosen}
                onChange={(value) => choose(value ?? '')}
              />
              {beside}
            </Group>
            {children(chosen, parties.find(({ id }) => id === chosen)?.name ?? chosen)}
          </Stack>
        );
      }}
    </Loaded>
  );
}
