import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, dataOf, type Schemas } from '../api/client.js';
import { type FigureTable, Numbers } from '../charts/figure.js';
import { EmptyNote, ErrorNote } from '../shell/notes.js';
import { count } from '../words/numbers.js';

type Preview = Schemas['PreviewView'];

/** As many as the server tries at once. */
const LEADS = 1_000;

/** Who would have got the leads that came last, beside who gets them. Nothing is changed by asking, but it is work: so it is asked for. */
export function PolicyPreview({ policy: { name, version } }: { policy: Schemas['PolicyView'] }) {
  const preview = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/v1/policies/{name}/preview', { params: { path: { name } }, body: { version, leads: LEADS } })),
  });
  return (
    <Card withBorder component="section" aria-label="Tried on the leads of late">
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <Title order={2} size="h4">
            Tried on the leads of late
          </Title>
          <Button variant="default" className="no-print" onClick={() => preview.mutate()} loading={preview.isPending}>
            Try version {version}
          </Button>
        </Group>
        {preview.error ? <ErrorNote error={preview.error} retry={() => preview.mutate()} /> : null}
        <div aria-live="polite">
          {preview.data ? (
            <Compared preview={preview.data} />
          ) : (
            <Text size="sm" c="dimmed">
              Decides about the last thousand leads once more, under this version and under the one in force, and counts
              who would have been offered which. No lead moves.
            </Text>
          )}
        </div>
      </Stack>
    </Card>
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
