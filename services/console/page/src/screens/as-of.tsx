import { Code, Text } from '@mantine/core';
import { Fragment } from 'react';
import type { Schemas } from '../api/schemas.js';
import { count, moment } from '../words/numbers.js';

/** What figures stand on, and by which commands who comes to the same: on the screen and under every print. */
export function AsOf({
  asOf: { at, total },
  who,
  commands,
}: {
  asOf: Schemas['AsOfView'];
  who: string;
  commands: readonly string[];
}) {
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      As of {moment(at)} UTC{total === null ? '' : `, ${count(total)} events of leads in the log`}. {who} comes to the
      same:{' '}
      {commands.map((command, number) => (
        <Fragment key={command}>
          {number > 0 ? ', then ' : ''}
          <Code>{command}</Code>
        </Fragment>
      ))}
      .
    </Text>
  );
}
