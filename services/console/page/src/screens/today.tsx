import { Anchor, Badge, Card, Group, List, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { leadName } from '../words/lead-name.js';
import { ago, count, moment } from '../words/numbers.js';
import type { Answer } from './answer.js';
import { AnswerOffer } from './answer-offer.js';
import { useFlow } from './flow.js';
import { ReportOutcome } from './report-outcome.js';
import { States } from './states.js';

type LeadSummary = Schemas['LeadSummary'];

/** Who has more than this begins with these. */
const AT_ONCE = 50;
const LOOK_EVERY_MS = 10_000;
/** Long enough that somebody else would have called by now. */
const SILENCE = '7d';
const WEEK_MINUTES = 10_080;

/** A partner's first look: which offers wait for its answer and until when, of which leads it has said nothing, and whether it is reached. */
export function Today() {
  const { partner } = useSession();
  const [told, setTold] = useState<ReactNode>();
  const { query: flow } = useFlow(WEEK_MINUTES, false);
  const tell = (lead: Schemas['LeadView'], answer: Answer) => setTold(<Taken lead={lead} answer={answer} />);
  return (
    <Stack gap="lg">
      <Told>{told}</Told>
      <OpenOffers tell={tell} />
      <WithoutWord tell={tell} />
      <Reached partner={partner ?? ''} />
      <Loaded query={flow} height={220}>
        {(shown) => (
          <States
            flow={shown}
            came="were offered to you this week, and are by now"
            none={<>You were offered no lead this week. One that is shows here within a second or two.</>}
          />
        )}
      </Loaded>
    </Stack>
  );
}

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
  const offers = useLeads({ state: 'offered' });
  return (
    <Loaded query={offers} height={140}>
      {({ leads, next }) => {
        // Who was answered a moment ago may still be listed, and is not open any more.
        const open = leads.filter(({ acceptBy }) => acceptBy !== null).toSorted(byDeadline);
        const first = open[0]?.acceptBy;
        return (
          <Waiting
            title={
              first === undefined || first === null
                ? 'No offer waits for your answer'
                : `${many(open.length, next)} ${open.length === 1 ? 'offer waits' : 'offers wait'} for your answer; ${open.length === 1 ? 'it' : 'the first'} ends ${ago(first)}`
            }
            leads={open}
            says={({ acceptBy }) => `Answer by ${moment(acceptBy)} UTC (${ago(acceptBy ?? '')})`}
            act={(lead) => <AnswerOffer leadId={lead.id} name={leadName(lead)} offer={undefined} told={tell} />}
          />
        );
      }}
    </Loaded>
  );
}

function WithoutWord({ tell }: { tell: Tell }) {
  const silent = useLeads({ silentFor: SILENCE });
  return (
    <Loaded query={silent} height={80}>
      {({ leads, next }) => (
        <Waiting
          title={
            leads.length === 0
              ? 'There is no lead of yours without a word for a week'
              : `${many(leads.length, next)} ${leads.length === 1 ? 'lead' : 'leads'} of yours without a word for a week`
          }
          leads={leads}
          says={({ silentSince }) =>
            silentSince === undefined ? '' : `Nothing heard since ${moment(silentSince)} UTC`
          }
          act={(lead) => (
            <ReportOutcome leadId={lead.id} name={leadName(lead)} state={lead.state} offer={undefined} told={tell} />
          )}
        />
      )}
    </Loaded>
  );
}

function useLeads(filter: { readonly state: 'offered' } | { readonly silentFor: string }) {
  return useQuery({
    queryKey: ['today', filter],
    queryFn: () => dataOf(api.GET('/v1/leads', { params: { query: { ...filter, limit: AT_ONCE } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

function Waiting({
  title,
  leads,
  says,
  act,
}: {
  title: string;
  leads: readonly LeadSummary[];
  says: (lead: LeadSummary) => string;
  act: (lead: LeadSummary) => ReactNode;
}) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Title order={2} size="h4">
        {title}
      </Title>
      {leads.length === 0 ? null : (
        <List
          listStyleType="none"
          mt="sm"
          spacing="sm"
          styles={{ itemWrapper: { width: '100%' }, itemLabel: { width: '100%' } }}
        >
          {leads.map((lead) => (
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
                {act(lead)}
              </Group>
            </List.Item>
          ))}
        </List>
      )}
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
