import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf } from '../api/client.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { Told } from '../shell/told.js';
import { count } from '../words/numbers.js';
import { readParkedFilter } from './parked-filter.js';
import { ParkedCause } from './parked-cause.js';
import { groupsOf, type Parked as ParkedEvent } from './parked-groups.js';

const route = getRouteApi('/parked');

const PAGE = 1_000;
/** Whoever has more than this has one cause for most of them: with it gone, the rest shows. */
const PAGES = 5;

/** What could not be processed, by its cause; and giving it to the service again once that is mended. */
export function Parked() {
  const { service } = route.useSearch();
  const navigate = useNavigate();
  const [told, setTold] = useState<{ text: string; isGood: boolean }>();
  const parked = useQuery({ queryKey: ['parked', 'all'], queryFn: allParked, refetchInterval: 30_000 });
  return (
    <Stack gap="lg">
      <Text>
        An event that fails the same way each time is put aside, so that everything else flows. Later events about the
        same lead wait behind it, in their order. Mend the cause first; then give it to the service again.
      </Text>
      <Told isGood={told?.isGood ?? true}>{told?.text}</Told>
      <Loaded query={parked} height={360}>
        {({ events, isAll }) => {
          const services = [...new Set(events.map((event) => event.service))];
          const shown = service === undefined ? events : events.filter((event) => event.service === service);
          return (
            <>
              <Group gap="sm" align="end" className="no-print">
                <Select
                  label="Service"
                  placeholder="all"
                  clearable
                  data={service === undefined || services.includes(service) ? services : [...services, service]}
                  value={service ?? null}
                  onChange={(chosen) =>
                    void navigate({ to: '/parked', search: readParkedFilter({ service: chosen }), replace: true })
                  }
                  w={220}
                />
                <Button variant="default" onClick={() => void parked.refetch()} loading={parked.isFetching}>
                  Look again
                </Button>
              </Group>
              {shown.length === 0 ? (
                <EmptyNote title="All is processed">
                  Nothing is parked{service === undefined ? '' : ` at ${service}`}: every event was processed, and there
                  is nothing to do. What cannot be processed shows here with its cause.
                </EmptyNote>
              ) : (
                <Text fw={500}>
                  {count(shown.length)} {shown.length === 1 ? 'event is' : 'events are'} parked
                  {isAll ? '' : ', and more that show when these are gone'}.
                </Text>
              )}
              {groupsOf(shown).map((group) => (
                <ParkedCause
                  key={`${group.service} ${group.type} ${group.errorClass}`}
                  group={group}
                  tell={(text, isGood) => setTold({ text, isGood })}
                />
              ))}
            </>
          );
        }}
      </Loaded>
    </Stack>
  );
}

async function allParked(): Promise<{ events: readonly ParkedEvent[]; isAll: boolean }> {
  const events: ParkedEvent[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const { parked, next } = await dataOf(api.GET('/v1/parked', { params: { query: { limit: PAGE, after } } }));
    events.push(...(parked as unknown as ParkedEvent[]));
    if (next === undefined) return { events, isAll: true };
    after = next;
  }
  return { events, isAll: false };
}
