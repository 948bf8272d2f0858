import { Alert, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Schemas } from '../api/client.js';
import { Numbers } from '../charts/figure.js';
import type { FigureTable } from '../charts/figure-table.js';
import { type Tried, tryAtServer, tryPolicy } from '../preview/try-policy.js';
import { EmptyNote, ErrorNote } from '../shell/notes.js';
import { count } from '../words/numbers.js';
import { engineInShort, saysTheSame } from './preview-words.js';

type Preview = Schemas['PreviewView'];

/** Who would have got the leads that came last, beside who gets them. Nothing is changed by asking, but it is work: so it is asked for. */
export function PolicyPreview({ policy: { name, version } }: { policy: Schemas['PolicyView'] }) {
  const tried = useMutation({ mutationFn: () => tryPolicy(name, version) });
  const atServer = useMutation({ mutationFn: () => tryAtServer(name, version) });
  const begin = () => {
    atServer.reset();
    tried.mutate();
  };
  return (
    <Card withBorder component="section" aria-label="Tried on the leads of late">
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <Title order={2} size="h4">
            Tried on the leads of late
          </Title>
          <Button variant="default" className="no-print" onClick={begin} loading={tried.isPending}>
            Try version {version}
          </Button>
        </Group>
        {tried.error ? <ErrorNote error={tried.error} retry={begin} /> : null}
        <div aria-live="polite">
          {tried.data ? (
            <Stack gap="sm">
              <Compared preview={tried.data.preview} />
              <ByWhat tried={tried.data} ask={() => atServer.mutate()} isAsking={atServer.isPending} />
              {atServer.error ? <ErrorNote error={atServer.error} retry={() => atServer.mutate()} /> : null}
              {atServer.data ? <HeldAgainst here={tried.data.preview} server={atServer.data.preview} /> : null}
            </Stack>
          ) : (
            <Text size="sm" c="dimmed">
              Decides about the last thousand leads once more, under this version and under the one in force, and counts
              who would have been offered which. It is done in this browser, and no lead moves.
            </Text>
          )}
        </div>
      </Stack>
    </Card>
  );
}

/** The same functions, or not: whoever reads the figures knows which it was. */
function ByWhat({ tried: { preview, engines }, ask, isAsking }: { tried: Tried; ask: () => void; isAsking: boolean }) {
  if (preview.leads === 0) return null;
  if (engines === null)
    return (
      <Text size="sm" c="dimmed">
        Decided at the server: so many partners are not sent to a browser.
      </Text>
    );
  const button = (
    <Button size="compact-sm" variant="default" className="no-print" onClick={ask} loading={isAsking}>
      Hold it against the server
    </Button>
  );
  if (engines.here === engines.server)
    return (
      <Group gap="sm">
        <Text size="sm" c="dimmed">
          Decided in this browser by the functions that decide live: engine{' '}
          <Code title={engines.here}>{engineInShort(engines.here)}</Code>, here and at the server.
        </Text>
        {button}
      </Group>
    );
  return (
    <Alert color="warn" title="This page decides by other functions than the server">
      <Stack gap="xs" align="start">
        <Text size="sm">
          Engine <Code title={engines.here}>{engineInShort(engines.here)}</Code> here, and{' '}
          <Code title={engines.server}>{engineInShort(engines.server)}</Code> at the server: the figures above may not
          be what the server would come to. Load the page again; if it stays so, page and server are of different
          versions.
        </Text>
        {button}
      </Stack>
    </Alert>
  );
}

function HeldAgainst({ here, server }: { here: Preview; server: Preview }) {
  if (saysTheSame(here, server))
    return <Text size="sm">The server, asked just now, comes to the very same figures.</Text>;
  return (
    <Stack gap="sm">
      <Text size="sm">The server, asked just now, comes to others; leads may have come in between. These are its:</Text>
      <Compared preview={server} />
    </Stack>
  );
}

function Compared({ preview }: { preview: Preview }) {
  const { leads, elsewhere, inAnotherPool, proposed, inForce } = preview;
  if (leads === 0)
    return <EmptyNote>No lead has come yet. As soon as some have, a policy can be tried on them.</EmptyNote>;
  return (
    <Stack gap="sm">
      <Text fw={500}>
        {elsewhere === 0
          ? `All of the last ${count(leads)} leads would be offered to whom they are offered now.`
          : `Of the last ${count(leads)} leads, ${count(elsewhere)} would be offered to another party first.`}
        {inAnotherPool > 0 ? ` ${count(inAnotherPool)} would be in another pool.` : ''}
      </Text>
      <Numbers table={tableOf(preview)} label="Leads by party and grade, and how many more or fewer that is" />
      <Text size="sm" c="dimmed">
        Leads under {proposed.name} {proposed.version}; in brackets, how many more or fewer than under {inForce.name}{' '}
        {inForce.version}, which is in force. First offers only, with the partners of now, and nobody owed anything.
      </Text>
    </Stack>
  );
}

const GRADES = ['A', 'B', 'C', 'D', 'incomplete', 'not-qualified'] as const;

function tableOf({ counts }: Preview): FigureTable {
  const grades = GRADES.filter((grade) => counts.some((each) => each.grade === grade));
  const parties = [...new Set(counts.map(({ party }) => party))].toSorted((one, other) =>
    rank(one).localeCompare(rank(other), 'en'),
  );
  return {
    columns: ['Party', ...grades.map((grade) => grade.replace('-', ' ')), 'All'],
    rows: parties.map((party) => {
      const of = counts.filter((each) => each.party === party);
      return [
        party ?? 'nobody',
        ...grades.map((grade) => asDifference(of.filter((each) => each.grade === grade))),
        asDifference(of),
      ];
    }),
  };
}

/** Direct first, then the partners, and last nobody. */
function rank(party: string | null): string {
  return party === 'direct' ? '0' : party === null ? '2' : `1${party}`;
}

/** `15 (+3)` */
function asDifference(of: readonly Preview['counts'][number][]): string {
  const proposed = of.reduce((sum, each) => sum + each.proposed, 0);
  const more = proposed - of.reduce((sum, each) => sum + each.inForce, 0);
  if (more === 0) return count(proposed);
  return `${count(proposed)} (${more > 0 ? '+' : '−'}${count(Math.abs(more))})`;
}
