import { Badge, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, ErrorNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { WordField } from '../shell/word-field.js';
import { leadName } from '../words/lead-name.js';
import { moment } from '../words/numbers.js';
import { inWords, stateTone } from '../words/states.js';
import { type LeadFilter, readLeadFilter } from './lead-filter.js';
import './leads.css';

const route = getRouteApi('/leads');

/** As many as one looks through without noticing that more are fetched, and few enough to be there at once. */
const PAGE = 100;
const ROW_PX = 44;
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
          />
        )}
      </Loaded>
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
          take={(party) => change({ party })}
          width={150}
        />
      ) : null}
      <WordField
        label="Source"
        placeholder="any"
        value={filter.source}
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
}: {
  leads: readonly Schemas['LeadSummary'][];
  more: (() => void) | undefined;
  isLast: boolean;
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
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= leads.length - PAGE / 2) more();
  }, [last, leads.length, more]);

  if (leads.length === 0)
    return (
      <EmptyNote>
        No lead is like that. With fewer filters there may be some; new ones show here as they come in.
      </EmptyNote>
    );
  const choose = (at: number) => {
    const within = Math.min(Math.max(at, 0), leads.length - 1);
    setChosen(within);
    rows.scrollToIndex(within);
  };
  return (
    <>
      <div
        ref={frame}
        className={partner === null ? 'leads' : 'leads own'}
        role="grid"
        aria-label="Leads"
        aria-rowcount={isLast ? leads.length : -1}
        aria-activedescendant={`lead-${chosen}`}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'j' || event.key === 'ArrowDown') choose(chosen + 1);
          else if (event.key === 'k' || event.key === 'ArrowUp') choose(chosen - 1);
          else if (event.key === 'Enter')
            void navigate({ to: '/leads/$leadId', params: { leadId: leads[chosen]?.id ?? '' } });
          else return;
          event.preventDefault();
        }}
      >
        <div className="leads-all" role="rowgroup" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const lead = leads[index];
            if (!lead) return null;
            return (
              <div
                key={lead.id}
                id={`lead-${index}`}
                role="row"
                aria-rowindex={index + 1}
                aria-selected={index === chosen}
                className={index === chosen ? 'lead-row chosen' : 'lead-row'}
                style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
              >
                <span role="gridcell" className="lead-grade">
                  {lead.grade ?? '–'}
                </span>
                <span role="gridcell" className="lead-name">
                  <Link to="/leads/$leadId" params={{ leadId: lead.id }} tabIndex={-1}>
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
