import { Anchor, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

/** What a partner is to know of figures that have it and direct sales, and no other partner. */
export function YouAlone() {
  return (
    <Text size="sm" c="dimmed">
      The channel is you alone here: the difference between two days, pools or sources would tell what single partners
      did. All partners together are in your{' '}
      <Anchor component={Link} to="/scorecards" size="sm">
        scorecard
      </Anchor>
      , quarter by quarter.
    </Text>
  );
}
