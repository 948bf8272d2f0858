import { Anchor, Card, Group, SimpleGrid, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import { Sparkline } from '../charts/sparkline.js';
import { EmptyNote } from '../shell/notes.js';
import { count } from '../words/numbers.js';
import { inWords, stateTone } from '../words/states.js';
import type { Flow } from './flow.js';

/**
 * How many leads of the window are where by now.
 * @param came  what is said of so many leads
 * @param none  said when there are none
 */
export const States = memo(function States({ flow, came, none }: { flow: Flow; came: string; none: ReactNode }) {
  if (flow.leads === 0) return <EmptyNote title="Nothing in this time">{none}</EmptyNote>;
  return (
    <section aria-label="Where leads are">
      <Title order={2} size="h4" mb="xs">
        {count(flow.leads)} {flow.leads === 1 ? 'lead' : 'leads'} {came}
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3, md: 4 }}>
        {flow.states.map(({ state, leads, course }) => (
          <Card key={state} withBorder padding="sm">
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <Anchor component={Link} to="/leads" search={{ state } as never} size="sm" c={stateTone(state)}>
                {inWords(state)}
              </Anchor>
              <Text fw={650} size="lg">
                {count(leads)}
              </Text>
            </Group>
            <Sparkline counts={course} label={`${inWords(state)}, over time`} />
          </Card>
        ))}
      </SimpleGrid>
    </section>
  );
});
