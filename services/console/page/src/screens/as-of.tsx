import { Code, Text } from '@mantine/core';
import { count, moment } from '../words/numbers.js';
import type { Period } from './period.js';
import type { Trust } from './trust.js';

/** What figures stand on, and how anybody comes to the same: on the screen and under every print. */
export function AsOf({ figures, period }: { figures: Trust; period: Period }) {
  const { at, total } = figures.asOf;
  const options = Object.entries(period).map(([name, value]) => ` --${name} ${String(value)}`);
  return (
    <Text size="sm" c="dimmed">
      As of {moment(at)} UTC{total === null ? '' : `, ${count(total)} events of leads in the log`}. Anybody who has the
      log comes to the same: <Code>fairlead export --out DIR</Code>, then{' '}
      <Code>fairlead trust DIR{options.join('')}</Code>.
    </Text>
  );
}
