import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { count, moment } from '../words/numbers.js';
import { daysOf, isQuarter, quarterAt } from '../words/quarters.js';
import type { ScreenEntry } from './screens.js';
import { useSession } from './session.js';

/**
 * What stands under every print, so that paper can be held against the log: when, of which period, and the checkpoint of then. A browser asks for
 * nothing while it prints, so the checkpoint is fetched with each screen. Partners do not see the log: theirs is without it.
 */
export function PrintFooter({ period }: { period: ScreenEntry['period'] }) {
  const { role, partner, keyId } = useSession();
  const { href, search } = useLocation();
  const checkpoint = useQuery({
    queryKey: ['checkpoint', href],
    queryFn: async () => {
      const answer = await fetch('/log/checkpoint', { cache: 'no-store' });
      return answer.ok ? await answer.text() : null;
    },
    enabled: role !== 'partner',
    retry: false,
  });
  return (
    <Text component="footer" size="xs" className="print-only print-footer">
      {periodInWords(period, search)} Seen by {partner ?? role} (key {keyId}) at{' '}
      {moment(checkpoint.dataUpdatedAt || Date.now())} UTC{checkpointInWords(checkpoint.data)}. {window.location.host}
      /console#{href}
    </Text>
  );
}

function periodInWords(period: ScreenEntry['period'], search: Readonly<Record<string, unknown>>): string {
  const { quarter, from, to } = search;
  switch (period) {
    case undefined:
      return '';
    case 'quarter': {
      const days = daysOf(isQuarter(quarter) ? quarter : quarterAt(Date.now()));
      return `Period: ${days.from} to ${days.to}.`;
    }
    case 'days':
      return `Period: ${from === undefined ? 'from the beginning' : String(from)} to ${to === undefined ? 'now' : String(to)}.`;
  }
}

/** @param note  as the log signs it: its name, size and root, a line each */
function checkpointInWords(note: string | null | undefined): string {
  const [name, size, root] = note?.split('\n') ?? [];
  return root === undefined ? '' : `; the log ${String(name)} had ${count(Number(size))} entries with the root ${root}`;
}
