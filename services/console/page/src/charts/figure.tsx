import { Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useId } from 'react';
import { saveFile } from '../shell/save-file.js';
import { csvOf, type OfWhat } from './csv.js';
import { type FigureChoice, isTable, turned } from './figure-choice.js';
import { type FigureTable, saysOf } from './figure-table.js';

/**
 * One question: the answer in a sentence, a chart that shows it, and the same numbers as a table and as a file. Everything a chart says its
 * table says too, so nobody needs to see it.
 */
export function Figure({
  name,
  title,
  finding,
  table,
  ofWhat,
  children,
  note,
}: {
  /** By which the address of its screen remembers how it is shown. */
  name: string;
  title: string;
  finding: ReactNode;
  table: FigureTable;
  ofWhat: OfWhat;
  children: ReactNode;
  note?: ReactNode;
}) {
  const choice: FigureChoice = useSearch({ strict: false });
  const navigate = useNavigate();
  const asTable = isTable(choice, name);
  const turn = () =>
    void navigate({
      to: '.',
      search: (({ tables: _, ...before }: FigureChoice) => ({ ...before, ...turned(choice, name) })) as never,
      replace: true,
    });
  const heading = useId();
  return (
    <Card withBorder padding="lg" component="section" aria-labelledby={heading} className="figure">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Title order={2} size="h4" id={heading}>
            {title}
          </Title>
          <Group gap="xs" className="no-print">
            <Button size="compact-sm" variant="default" aria-pressed={asTable} onClick={turn}>
              {asTable ? 'Show as chart' : 'Show as table'}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => saveFile(`${slugOf(title)}.csv`, 'text/csv', csvOf(table, ofWhat))}
            >
              CSV
            </Button>
          </Group>
        </Group>
        <Text fw={500}>{finding}</Text>
        {asTable ? <Numbers table={table} label={title} /> : children}
        {note ? (
          <Text size="sm" c="dimmed">
            {note}
          </Text>
        ) : null}
      </Stack>
    </Card>
  );
}

export function Numbers({ table, label }: { table: FigureTable; label: string }) {
  return (
    <Table.ScrollContainer
      minWidth={Math.min(900, 110 * table.columns.length)}
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
    >
      <Table striped aria-label={label} fz="sm">
        <Table.Thead>
          <Table.Tr>
            {table.columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.rows.map((row, at) => (
            <Table.Tr key={at}>
              {row.map((cell, column) => (
                <Table.Td key={table.columns[column]}>{saysOf(cell)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
