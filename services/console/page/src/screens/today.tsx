import { Anchor, Badge, Card, Group, List, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode, useCallback, useDeferredValue, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { leadName } from '../words/lead-name.js';
import { ago, count, moment } from '../words/numbers.js';
import type { Answer } from './answer.js';
import { AnswerOffer } from './answer-offer.js';
import { WAITING, WEEK_MINUTES } from './first-questions.js';
import { useFlow } from './flow.js';
import { ReportOutcome } from './report-outcome.js';
import { States } from './states.js';

type LeadSummary = Schemas['LeadSummary'];
interface LeadsPage {
  readonly leads: readonly LeadSummary[];
  readonly next?: string;
}

const LOOK_EVERY_MS = 10_000;
/** Who has more open offers than this needs a program to answer them. The newest come first, and the most urgent last: all of them are sorted. */
const OFFERS = { most: 1_000, shown: 50 };

/** A partner's first look: which offers wait for its answer and until when, of which leads it has said nothing, and whether it is reached. */
export function Today() {
  const { partner } = useSession();
  const [told, setTold] = useState<ReactNode>();
  const tell = useCallback(
    (lead: Schemas['LeadView'], answer: Answer) => setTold(<Taken lead={lead} answer={answer} />),
    [],
  );
  return (
    <Stack gap="lg">
      <Told>{told}</Told>
      <OpenOffers tell={tell} />
      <WithoutWord tell={tell} />
      <Reached partner={partner ?? ''} />
      <ThisWeek />
    </Stack>
  );
}

/** By itself: what is told every two seconds is no reason to draw the lists above again, under somebody's hands. */
function ThisWeek() {
  const { query: flow } = useFlow(WEEK_MINUTES, false);
  const later = useDeferredValue(flow.data);
  return (
    <Loaded query={flow} height={220}>
      {(shown) => (
        <States flow={later ?? shown} came="were offered to you this week, and are by now" none={NO_OFFERS_YET} />
      )}
    </Loaded>
  );
}

const NO_OFFERS_YET = 'You were offered no lead this week. One that is shows here within a second or two.';

type Tell = (lead: Schemas['LeadView'], answer: Answer) => void;

function Taken({ lead, answer }: { lead: Schemas['LeadView']; answer: Answer }) {
  const did = { accept: 'is yours', decline: 'was declined', outcome: 'was reported on' }[answer.type];
  return (
    <>
      {leadName(lead)} {did}.{' '}
      <Anchor component={Link} to="/leads/$leadId" params={{ leadId: lead.id } as never} size="sm">
        {answer.type === 'accept' ? 'Whom to call' : 'Look at it'}
      </Anchor>
    </>
  );
}

function OpenOffers({ tell }: { tell: Tell }) {
  const [isHeld, hold] = useState(false);
  const offers = useQuery({
    queryKey: ['today', WAITING.offered],
    queryFn: allOffers,
    refetchInterval: isHeld ? false : LOOK_EVERY_MS,
  });
  const [later, at] = [useDeferredValue(offers.data), useDeferredValue(offers.dataUpdatedAt)];
  return (
    <Loaded query={offers} height={140}>
      {(shown) => <Offers page={later ?? shown} at={at} tell={tell} hold={hold} />}
    </Loaded>
  );
}

/** What a list shows, as of when, in milliseconds since the epoch. */
interface Listed {
  readonly page: LeadsPage;
  readonly at: number;
  readonly tell: Tell;
  readonly hold: (isHeld: boolean) => void;
}

/** Fifty rows of buttons take some hundredths of a second to draw: when there is something new, and while nobody types. */
const Offers = memo(function Offers({ page: { leads, next }, at, tell, hold }: Listed) {
  // Who was answered a moment ago may still be listed, and is not open any more.
  const open = leads.filter(({ acceptBy }) => acceptBy !== null).toSorted(byDeadline);
  const first = open[0]?.acceptBy;
  // Where not all are known, the one that ends first may be among those that are not.
  const ends = next !== undefined || !first ? '' : `; ${open.length === 1 ? 'it' : 'the first'} ends ${ago(first, at)}`;
  return (
    <Waiting
      title={
        open.length === 0
          ? 'No offer waits for your answer'
          : `${many(open.length, next)} ${open.length === 1 ? 'offer waits' : 'offers wait'} for your answer${ends}`
      }
      below={
        open.length > OFFERS.shown || next !== undefined ? (
          <Text size="sm" mt="sm">
            {next === undefined
              ? `Those ${OFFERS.shown} that end first.`
              : `Those ${OFFERS.shown} of the newest ${count(leads.length)} that end first; older ones may end before.`}{' '}
            <Anchor component={Link} to="/leads" search={{ state: 'offered' } as never} size="sm">
              All that wait
            </Anchor>
          </Text>
        ) : null
      }
      leads={open.slice(0, OFFERS.shown)}
      says={({ acceptBy }) => `Answer by ${moment(acceptBy)} UTC (${ago(acceptBy ?? '', at)})`}
      hold={hold}
      act={(lead, holdIt) => (
        <AnswerOffer leadId={lead.id} name={leadName(lead)} offer={undefined} told={tell} hold={holdIt} />
      )}
    />
  );
});

function WithoutWord({ tell }: { tell: Tell }) {
  const [isHeld, hold] = useState(false);
  const silent = useLeads(WAITING.silent, isHeld);
  const later = useDeferredValue(silent.data);
  return (
    <Loaded query={silent} height={80}>
      {(shown) => <Silent page={later ?? shown} tell={tell} hold={hold} />}
    </Loaded>
  );
}

const Silent = memo(function Silent({ page: { leads, next }, tell, hold }: Omit<Listed, 'at'>) {
  return (
    <Waiting
      title={
        leads.length === 0
          ? 'There is no lead of yours without a word for a week'
          : `${many(leads.length, next)} ${leads.length === 1 ? 'lead' : 'leads'} of yours without a word for a week`
      }
      leads={leads}
      says={({ silentSince }) => (silentSince === undefined ? '' : `Nothing heard since ${moment(silentSince)} UTC`)}
      hold={hold}
      act={(lead, holdIt) => (
        <ReportOutcome
          leadId={lead.id}
          name={leadName(lead)}
          state={lead.state}
          offer={undefined}
          told={tell}
          hold={holdIt}
        />
      )}
    />
  );
});

/** The first page is what is asked for before the screen is here. */
async function allOffers(): Promise<LeadsPage> {
  const first: LeadsPage = await dataOf(api.GET('/v1/leads', { params: { query: WAITING.offered } }));
  if (first.next === undefined) return first;
  const rest = { state: 'offered', limit: OFFERS.most - first.leads.length, after: first.next } as const;
  const { leads, next }: LeadsPage = await dataOf(api.GET('/v1/leads', { params: { query: rest } }));
  return { leads: [...first.leads, ...leads], ...(next !== undefined && { next }) };
}

/** @param isHeld  while somebody answers about one of them: the list stands still under their hands */
function useLeads(query: typeof WAITING.silent, isHeld: boolean) {
  return useQuery({
    queryKey: ['today', query],
    queryFn: () => dataOf(api.GET('/v1/leads', { params: { query } })),
    refetchInterval: isHeld ? false : LOOK_EVERY_MS,
  });
}

function Waiting({
  title,
  leads,
  says,
  hold,
  act,
  below,
}: {
  title: string;
  leads: readonly LeadSummary[];
  says: (lead: LeadSummary) => string;
  hold: (isHeld: boolean) => void;
  act: (lead: LeadSummary, holdIt: (isHeld: boolean) => void) => ReactNode;
  /** Of those that are not in the list. */
  below?: ReactNode;
}) {
  // While somebody answers about it, a lead stays in the list, and with it what was typed; however many newer ones come meanwhile.
  const [held, setHeld] = useState<LeadSummary>();
  const holdIt = (lead: LeadSummary) => (isHeld: boolean) => {
    setHeld(isHeld ? lead : undefined);
    hold(isHeld);
  };
  const shown = held && !leads.some(({ id }) => id === held.id) ? [held, ...leads] : leads;
  return (
    <Card withBorder component="section" aria-label={title}>
      <Title order={2} size="h4">
        {title}
      </Title>
      {shown.length === 0 ? null : (
        <List
          listStyleType="none"
          mt="sm"
          spacing="sm"
          styles={{ itemWrapper: { width: '100%' }, itemLabel: { width: '100%' } }}
        >
          {shown.map((lead) => (
            <List.Item key={lead.id}>
              <Group justify="space-between" gap="sm">
                <div>
                  <Group gap="xs">
                    <Anchor component={Link} to="/leads/$leadId" params={{ leadId: lead.id } as never}>
                      {leadName(lead)}
                    </Anchor>
                    {lead.grade ? <Badge variant="outline">Grade {lead.grade}</Badge> : null}
                  </Group>
                  <Text size="sm" c="dimmed">
                    {says(lead)}
                  </Text>
                </div>
                {act(lead, holdIt(lead))}
              </Group>
            </List.Item>
          ))}
        </List>
      )}
      {below}
    </Card>
  );
}

/** Whether its server is reached: nothing is said while it is. */
function Reached({ partner }: { partner: string }) {
  const endpoints = useQuery({
    queryKey: ['endpoints', partner],
    queryFn: () => dataOf(api.GET('/v1/partners/{partnerId}/endpoints', { params: { path: { partnerId: partner } } })),
    refetchInterval: 60_000,
  });
  return (
    <Loaded query={endpoints} height={60}>
      {({ endpoints: all }) => {
        const failing = all.filter(({ state }) => state !== 'active');
        if (all.length > 0 && failing.length === 0) return null;
        return (
          <Card withBorder component="section" aria-label="Whether you are reached">
            <Title order={2} size="h4" mb="xs">
              {all.length === 0 ? 'Nothing is sent to you' : 'You are not reached'}
            </Title>
            <Text>
              {all.length === 0
                ? 'No endpoint of yours is known: offers show here, and are sent nowhere. '
                : `${failing.map(({ id, state }) => `${id} is ${state}`).join(', ')}. `}
              <Anchor component={Link} to="/deliveries">
                Deliveries
              </Anchor>
            </Text>
          </Card>
        );
      }}
    </Loaded>
  );
}

function byDeadline(one: LeadSummary, other: LeadSummary): number {
  return String(one.acceptBy).localeCompare(String(other.acceptBy));
}

function many(leads: number, next: string | undefined): string {
  return next === undefined ? count(leads) : `${count(leads)} or more`;
}
