import { Badge, Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, ErrorNote, Loaded } from '../shell/notes.js';
import { usePrinting } from '../shell/printing.js';
import { useSession } from '../shell/session.js';
import { WordField } from '../shell/word-field.js';
import { leadName } from '../words/lead-name.js';
import { count, moment } from '../words/numbers.js';
import { inWords, stateTone } from '../words/states.js';
import { type LeadFilter, PARTY, readLeadFilter, SOURCE } from './lead-filter.js';
import { LookAgain, notByItself } from './look-again.js';
import './leads.css';

const route = getRouteApi('/leads');

/** As many as one looks through without noticing that more are fetched, and few enough to be there at once. */
const PAGE = 100;
const ROW_PX = 44;
const HEAD_PX = 34;
/** As many as somebody takes along on paper: about ten sheets. */
const PRINTED = 500;
/** What a lead can be for the party that was offered it; before and after that it is the vendor's alone. */
const OFFERED = [
  ...['offered', 'accepted', 'contacted', 'qualified', 'won', 'lost', 'returned', 'declined', 'expired'],
  ...['withdrawn', 'erased'],
];
const STATES = ['held', 'graded', 'incomplete', 'not-qualified', 'unroutable', ...OFFERED, 'recycled', 'rejected'];

/** Every lead that one may see, the newest first; only the rows in sight are in the page, however many there are. */
export function Leads() {
  const filter = route.useSearch();
  const leads = useInfiniteQuery({
    queryKey: ['leads', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/leads', {
          params: { query: { ...filter, limit: PAGE, after: pageParam } as never },
        }),
      ),
    getNextPageParam: (page) => page.next,
    ...notByItself,
  });
  return (
    <Stack gap="md">
      <Search />
      <Filter filter={filter} />
      <Loaded query={leads as never} height={480} isToldElsewhere={leads.isFetchNextPageError}>
        {() => (
          <Rows
            leads={(leads.data?.pages ?? []).flatMap(({ leads: each }) => each)}
            more={leads.hasNextPage && !leads.isFetchingNextPage ? () => void leads.fetchNextPage() : undefined}
            isLast={!leads.hasNextPage}
            filter={filter}
          />
        )}
      </Loaded>
      <LookAgain queryKey={['leads', filter]} query={leads} />
      {leads.isFetchNextPageError && leads.error ? (
        <ErrorNote error={leads.error} retry={() => void leads.fetchNextPage()} />
      ) : null}
    </Stack>
  );
}

const LEAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function Search() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [complaint, setComplaint] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const id = text.trim();
    if (!LEAD_ID.test(id)) return setComplaint('The id of a lead looks like 0f8fad5b-d9cb-469f-a165-70867728950e.');
    return void navigate({ to: '/leads/$leadId', params: { leadId: id.toLowerCase() } });
  };
  return (
    <form onSubmit={submit} role="search" className="no-print">
      <TextInput
        id="search"
        label="Find a lead"
        description="By its id. Names and addresses are sealed, and cannot be searched."
        placeholder="id of a lead"
        value={text}
        error={complaint}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setComplaint(undefined);
        }}
        // Keys mean screens again.
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </form>
  );
}

function Filter({ filter }: { filter: LeadFilter }) {
  const navigate = useNavigate();
  const { partner } = useSession();
  const change = (changed: Record<string, string | null | undefined>) =>
    void navigate({ to: '/leads', search: readLeadFilter({ ...filter, ...changed }), replace: true });
  return (
    <Group gap="sm" align="end" className="no-print">
      <Select
        label="State"
        placeholder="any"
        clearable
        data={(partner === null ? STATES : OFFERED).map((state) => ({ value: state, label: inWords(state) }))}
        value={filter.state ?? null}
        onChange={(state) => change({ state })}
        w={170}
      />
      <Select
        label="Grade"
        placeholder="any"
        clearable
        data={['A', 'B', 'C', 'D', { value: 'none', label: 'none' }]}
        value={filter.grade ?? null}
        onChange={(grade) => change({ grade })}
        w={110}
      />
      {partner === null ? (
        <WordField
          label="Party"
          placeholder="any"
          value={filter.party}
          allowed={PARTY}
          take={(party) => change({ party })}
          width={150}
        />
      ) : null}
      <WordField
        label="Source"
        placeholder="any"
        value={filter.source}
        allowed={SOURCE}
        take={(source) => change({ source })}
        width={150}
      />
      {Object.keys(filter).length > 0 ? (
        <Button variant="default" onClick={() => void navigate({ to: '/leads', search: {} })}>
          Clear
        </Button>
      ) : null}
    </Group>
  );
}

function Rows({
  leads,
  more,
  isLast,
  filter,
}: {
  leads: readonly Schemas['LeadSummary'][];
  more: (() => void) | undefined;
  isLast: boolean;
  filter: LeadFilter;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const { partner } = useSession();
  const [chosen, setChosen] = useState(0);
  const rows = useVirtualizer({
    count: leads.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    // Below the names of the columns, which stay where they are.
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
  });
  const isPrinting = usePrinting();
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= leads.length - PAGE / 2) more();
  }, [last, leads.length, more]);

  const choose = (at: number) => {
    const within = Math.min(Math.max(at, 0), leads.length - 1);
    setChosen(within);
    rows.scrollToIndex(within);
    // So that Enter opens it, wherever on the screen the first key was pressed.
    frame.current?.focus({ preventScroll: true });
  };
  useHotkeys([
    ['j', () => choose(chosen + 1)],
    ['k', () => choose(chosen - 1)],
  ]);
  if (leads.length === 0)
    return Object.keys(filter).length === 0 ? (
      <EmptyNote>
        No lead came in so far. One that is sent to <code>POST /v1/leads</code> is here when you look again.
      </EmptyNote>
    ) : (
      <EmptyNote title="Nothing like that">No lead is like that. With fewer filters there may be some.</EmptyNote>
    );
  const columns = [
    ...['Grade', 'Lead', 'State'],
    ...(partner === null ? ['Party'] : []),
    ...['Source', 'Received (UTC)'],
  ];
  if (isPrinting) return <OnPaper leads={leads} columns={columns} isLast={isLast} hasParty={partner === null} />;
  return (
    <>
      <div
        ref={frame}
        className={partner === null ? 'leads' : 'leads own'}
        role="grid"
        aria-label="Leads"
        aria-rowcount={isLast ? leads.length + 1 : -1}
        aria-activedescendant={`lead-${chosen}`}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') choose(chosen + 1);
          else if (event.key === 'ArrowUp') choose(chosen - 1);
          else if (event.key === 'Enter')
            void navigate({ to: '/leads/$leadId', params: { leadId: leads[chosen]?.id ?? '' }, search: filter });
          else return;
          event.preventDefault();
        }}
      >
        <div className="leads-head" role="rowgroup" style={{ height: HEAD_PX }}>
          <div className="lead-row" role="row" aria-rowindex={1}>
            {columns.map((column, at) => (
              <span role="columnheader" key={column} className={at > 2 ? 'lead-wide' : undefined}>
                {column}
              </span>
            ))}
          </div>
        </div>
        <div className="leads-all" role="rowgroup" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const lead = leads[index];
            if (!lead) return null;
            return (
              <div
                key={lead.id}
                id={`lead-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === chosen}
                className={index === chosen ? 'lead-row chosen' : 'lead-row'}
                style={{ transform: `translateY(${start - HEAD_PX}px)`, height: ROW_PX }}
              >
                <span role="gridcell" className="lead-grade">
                  {lead.grade ?? '–'}
                </span>
                <span role="gridcell" className="lead-name">
                  <Link to="/leads/$leadId" params={{ leadId: lead.id }} search={filter} tabIndex={-1}>
                    {leadName(lead)}
                  </Link>
                </span>
                <span role="gridcell">
                  <Badge variant="light" color={stateTone(lead.state)} className="state">
                    {inWords(lead.state)}
                  </Badge>
                </span>
                {partner === null ? (
                  <span role="gridcell" className="lead-wide">
                    {lead.party ?? '–'}
                  </span>
                ) : null}
                <span role="gridcell" className="lead-wide">
                  {lead.source ?? '–'}
                </span>
                <span role="gridcell" className="lead-wide">
                  {moment(lead.receivedAt)}
                </span>
              </div>
            );
          })}
        </div>
      </div>
      <Text size="sm" c="dimmed" aria-live="polite">
        {leads.length} {isLast ? 'leads, which is all' : 'leads so far; more come as you scroll'}. Times are UTC.
      </Text>
    </>
  );
}

/** All rows that were fetched, up to a limit: those in sight would be a dozen, one upon the other. */
function OnPaper({
  leads,
  columns,
  isLast,
  hasParty,
}: {
  leads: readonly Schemas['LeadSummary'][];
  columns: readonly string[];
  isLast: boolean;
  hasParty: boolean;
}) {
  const printed = leads.slice(0, PRINTED);
  const isAll = isLast && printed.length === leads.length;
  return (
    <>
      <Text size="sm">
        {isAll
          ? `All ${count(printed.length)} leads of this list.`
          : `The newest ${count(printed.length)} leads of this list, which has more.`}
      </Text>
      <Table fz="xs" aria-label="Leads">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {printed.map((lead) => (
            <Table.Tr key={lead.id}>
              <Table.Td>{lead.grade ?? '–'}</Table.Td>
              <Table.Td>{leadName(lead)}</Table.Td>
              <Table.Td>{inWords(lead.state)}</Table.Td>
              {hasParty ? <Table.Td>{lead.party ?? '–'}</Table.Td> : null}
              <Table.Td>{lead.source ?? '–'}</Table.Td>
              <Table.Td>{moment(lead.receivedAt)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
