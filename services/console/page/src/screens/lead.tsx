import {
  Alert,
  Anchor,
  Badge,
  Button,
  Card,
  Code,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Timeline,
  Title,
} from '@mantine/core';
import { tellEvent } from '@fairlead/events/tell';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api, ApiProblem, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, ErrorNote, Loaded } from '../shell/notes.js';
import { saveFile } from '../shell/save-file.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { leadName } from '../words/lead-name.js';
import { ago, moment } from '../words/numbers.js';
import { inWords, stateTone } from '../words/states.js';
import { answersFor } from './answer.js';
import { AnswerOffer } from './answer-offer.js';
import { readLeadChoice } from './lead-choice.js';
import { readLeadFilter } from './lead-filter.js';
import { PARTNERS } from './party-choice.js';
import { ReportOutcome } from './report-outcome.js';

const route = getRouteApi('/leads/$leadId');

/** The life of one lead in order: who did what, and why; who else might have had it; and the proof. */
export function Lead() {
  const { leadId } = route.useParams();
  // Another lead is another screen: what was said of this one is not said of that.
  return <OneLead key={leadId} leadId={leadId} />;
}

function OneLead({ leadId }: { leadId: string }) {
  const { partner } = useSession();
  const cameFrom = readLeadFilter({ ...route.useSearch() });
  const [told, setTold] = useState<string>();
  const lead = useQuery({
    queryKey: ['lead', leadId],
    queryFn: () => dataOf(api.GET('/v1/leads/{leadId}', { params: { path: { leadId } } })),
  });
  const wasNeverOffered = partner !== null && lead.error instanceof ApiProblem && lead.error.status === 404;
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/leads" search={cameFrom as never} size="sm" className="no-print">
        {Object.keys(cameFrom).length === 0 ? 'All leads' : 'Back to the list'}
      </Anchor>
      <Told>{told}</Told>
      {wasNeverOffered ? (
        <>
          <Title order={2} size="h3">
            Not one of your leads
          </Title>
          <Text>
            You were never offered a lead with this id. If it is of your territory and products, below stands why it did
            not come to you.
          </Text>
          <Why leadId={leadId} />
        </>
      ) : (
        <Loaded query={lead} height={400}>
          {(shown) => (
            <>
              <Heading lead={shown} />
              <ToSay lead={shown} told={() => setTold('It is taken down, and in the log within a second or two.')} />
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                <Facts lead={shown} />
                <Score lead={shown} />
              </SimpleGrid>
              {partner === null ? <Life leadId={leadId} /> : <Offers lead={shown} />}
              <Why leadId={leadId} />
            </>
          )}
        </Loaded>
      )}
    </Stack>
  );
}

/** What whoever has the offer can say of it now. */
function ToSay({ lead, told }: { lead: Schemas['LeadView']; told: () => void }) {
  const session = useSession();
  const offer = lead.offers.at(-1);
  if (!offer || offer.party !== answersFor(session)) return null;
  const about = { leadId: lead.id, name: leadName(lead), offer: offer.number, told };
  if (offer.stage === 'offered')
    return (
      <Group gap="sm">
        <Text size="sm" fw={500}>
          Offered to {session.partner ?? 'direct'}, to be answered by {moment(offer.acceptBy)} UTC (
          {ago(offer.acceptBy)})
        </Text>
        <AnswerOffer {...about} />
      </Group>
    );
  return (
    <Group gap="sm">
      <ReportOutcome {...about} state={offer.stage} />
    </Group>
  );
}

function Heading({ lead }: { lead: Schemas['LeadView'] }) {
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Title order={2} size="h3">
          {leadName(lead)}
        </Title>
        <Badge color={stateTone(lead.state)} variant="light" className="state">
          {inWords(lead.state)}
        </Badge>
        {lead.grade ? <Badge variant="outline">Grade {lead.grade}</Badge> : null}
      </Group>
      <Text size="sm" c="dimmed">
        <Code>{lead.id}</Code> · came from {lead.source ?? 'nobody that is known'} at {moment(lead.receivedAt)} UTC (
        {ago(lead.receivedAt)})
      </Text>
      {lead.state === 'erased' ? (
        <Alert color="gray" title="This lead was erased">
          Nothing personal of it is anywhere any more. What was decided about it stays in the log, and its proofs hold.
        </Alert>
      ) : null}
    </Stack>
  );
}

function Facts({ lead }: { lead: Schemas['LeadView'] }) {
  const contact = Object.entries(lead.contact ?? {});
  const facts = Object.entries(lead.facts).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, of]): [string, string] => [`${name}.${inner}`, String(of)])
      : [[name, String(value)]],
  );
  return (
    <Card withBorder component="section" aria-label="What is known">
      <Title order={3} size="h5" mb="xs">
        What is known
      </Title>
      <Table fz="sm" aria-label="Facts" layout="fixed">
        <Table.Tbody>
          {[...contact.map(([name, value]): [string, string] => [name, String(value)]), ...facts].map(
            ([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
              </Table.Tr>
            ),
          )}
        </Table.Tbody>
      </Table>
      {lead.missing.length > 0 ? (
        <Text size="sm" c="dimmed" mt="xs">
          Not known: {lead.missing.join(', ')}
        </Text>
      ) : null}
    </Card>
  );
}

function Score({ lead }: { lead: Schemas['LeadView'] }) {
  return (
    <Card withBorder component="section" aria-label="Why it has its grade">
      <Title order={3} size="h5" mb="xs">
        {lead.score === null ? 'Not scored' : `${lead.score} points${lead.grade ? `, grade ${lead.grade}` : ''}`}
      </Title>
      {lead.reasons.length === 0 ? (
        <EmptyNote title="Not yet">A score comes with its reasons as soon as the lead is complete.</EmptyNote>
      ) : (
        <Table fz="sm" aria-label="Reasons of the score">
          <Table.Tbody>
            {lead.reasons.map(({ factor, points, reason }) => (
              <Table.Tr key={`${factor} ${reason}`}>
                <Table.Td>{reason}</Table.Td>
                <Table.Td ta="right">{points > 0 ? `+${points}` : points}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Card>
  );
}

/** As many events as most leads have in all their life; more are a button away. */
const PAGE = 200;

function Life({ leadId }: { leadId: string }) {
  const timeline = useInfiniteQuery({
    queryKey: ['timeline', leadId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/leads/{leadId}/timeline', {
          params: { path: { leadId }, query: { limit: PAGE, after: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
  const entries = (timeline.data?.pages ?? []).flatMap((page) => page.entries);
  return (
    <Card withBorder component="section" aria-label="Its life">
      <Group justify="space-between" mb="md">
        <Title order={3} size="h5">
          Its life
        </Title>
        <Proof leadId={leadId} />
      </Group>
      <Loaded query={timeline as never} isToldElsewhere={timeline.isFetchNextPageError}>
        {() => (
          <Timeline bulletSize={14} lineWidth={2} active={entries.length}>
            {entries.map(({ index, event }) => {
              const { who, what, why } = tellEvent(event as never);
              return (
                <Timeline.Item key={index} title={`${who}: ${what}`}>
                  {why ? <Text size="sm">{why}</Text> : null}
                  <Text size="xs" c="dimmed">
                    {moment((event as { time: string }).time)} UTC · entry {index} of the log
                  </Text>
                </Timeline.Item>
              );
            })}
          </Timeline>
        )}
      </Loaded>
      {timeline.isFetchNextPageError && timeline.error ? (
        <ErrorNote error={timeline.error} retry={() => void timeline.fetchNextPage()} />
      ) : null}
      {timeline.hasNextPage ? (
        <Stack gap="xs" mt="md" align="flex-start">
          <Text size="sm">These are its first {entries.length} events. It has had more since.</Text>
          <Button
            variant="default"
            size="compact-md"
            className="no-print"
            onClick={() => void timeline.fetchNextPage()}
            loading={timeline.isFetchingNextPage}
          >
            Show what came after
          </Button>
        </Stack>
      ) : null}
    </Card>
  );
}

/** What a partner sees of the lead's life: its own offers. */
function Offers({ lead }: { lead: Schemas['LeadView'] }) {
  return (
    <Card withBorder component="section" aria-label="Your offers">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="h5">
          Your offers
        </Title>
        <Proof leadId={lead.id} />
      </Group>
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Offers">
          <Table.Thead>
            <Table.Tr>
              {['Offer', 'Stage', 'Offered', 'Accept by', 'Accepted', 'Closed'].map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lead.offers.map((offer) => (
              <Table.Tr key={offer.number}>
                <Table.Td>{offer.number}</Table.Td>
                <Table.Td>{inWords(offer.stage)}</Table.Td>
                <Table.Td>{moment(offer.offeredAt)}</Table.Td>
                <Table.Td>{moment(offer.acceptBy)}</Table.Td>
                <Table.Td>{moment(offer.acceptedAt)}</Table.Td>
                <Table.Td>{moment(offer.closedAt)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

/** The receipt: a text that proves to anybody, without this server, that the lead's last event is in the log. */
function Proof({ leadId }: { leadId: string }) {
  const receipt = useQuery({
    queryKey: ['receipt', leadId],
    queryFn: () => dataOf(api.GET('/v1/leads/{leadId}/receipt', { params: { path: { leadId } }, parseAs: 'text' })),
    retry: false,
  });
  // "Not yet" is an answer, and no other failure is it.
  if (receipt.error && !(receipt.error instanceof ApiProblem && receipt.error.status === 404))
    return <ErrorNote error={receipt.error} retry={() => void receipt.refetch()} />;
  if (!receipt.data)
    return (
      <Badge color="warn" variant="light" className="state">
        {receipt.isPending ? 'Proof…' : 'No receipt yet'}
      </Badge>
    );
  const index = /^index (\d+)$/m.exec(receipt.data as unknown as string)?.[1];
  return (
    <Group gap="xs">
      <Badge color="good" variant="light" className="state">
        In the log, entry {index}
      </Badge>
      <Button
        size="compact-xs"
        variant="default"
        className="no-print"
        onClick={() => saveFile(`${leadId}.tlog-proof`, 'text/plain', receipt.data as unknown as string)}
      >
        Receipt
      </Button>
    </Group>
  );
}

/** Why it went where it went; and of one party, chosen by whoever sees them all, why it got it or did not. */
function Why({ leadId }: { leadId: string }) {
  const { partner: own } = useSession();
  const { about } = route.useSearch();
  const decided = useExplanation(leadId, own ?? undefined, true);
  const ofOne = useExplanation(leadId, about, own === null && about !== undefined && decided.data !== undefined);
  // The decisions are the same, and say more.
  const shown = (about !== undefined && ofOne.data) || decided.data;
  if (decided.error instanceof ApiProblem && decided.error.status === 404)
    return (
      <WhyCard>
        <EmptyNote title={own === null ? 'Not decided yet' : 'Nothing to tell'}>
          {own === null
            ? 'Nothing was decided about this lead so far. Why it goes where it goes stands here as soon as it goes.'
            : 'Nothing was decided about such a lead so far, or it is not of your territory and products.'}
        </EmptyNote>
      </WhyCard>
    );
  return (
    <WhyCard>
      <Loaded query={decided} height={120}>
        {() => (
          <Stack gap="sm">
            {own === null ? <About about={about} /> : null}
            {ofOne.error && about !== undefined ? (
              <ErrorNote error={ofOne.error} retry={() => void ofOne.refetch()} />
            ) : null}
            {shown?.decisions.map((decision) => (
              <Decision key={`${decision.pool}/${decision.poolSeq}`} decision={decision} isOwn={own !== null} />
            ))}
          </Stack>
        )}
      </Loaded>
    </WhyCard>
  );
}

function WhyCard({ children }: { children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label="Why it went there">
      <Title order={3} size="h5" mb="xs">
        Why it went there
      </Title>
      {children}
    </Card>
  );
}

function useExplanation(leadId: string, partner: string | undefined, isAsked: boolean) {
  return useQuery({
    queryKey: ['explanation', leadId, partner],
    queryFn: () =>
      dataOf(api.GET('/v1/leads/{leadId}/explanation', { params: { path: { leadId }, query: { partner } } })),
    enabled: isAsked,
  });
}

function About({ about }: { about: string | undefined }) {
  const search = route.useSearch();
  const { leadId } = route.useParams();
  const navigate = useNavigate();
  const partners = useQuery({
    queryKey: ['partners'],
    queryFn: () => dataOf(api.GET('/v1/partners', { params: { query: { limit: PARTNERS } } })),
  });
  const parties = [
    { value: 'direct', label: 'Direct sales (direct)' },
    ...(partners.data?.partners ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${id})` })),
  ];
  const isKnown = about === undefined || parties.some(({ value }) => value === about);
  return (
    <>
      <Select
        className="no-print"
        label="And why, or why not"
        placeholder="a party"
        // What is typed before there is anything to choose from would open no list.
        disabled={partners.isPending}
        searchable
        clearable
        limit={100}
        w={320}
        maw="100%"
        data={isKnown ? parties : [{ value: about, label: about }, ...parties]}
        value={about ?? null}
        onChange={(party) =>
          void navigate({
            to: '/leads/$leadId',
            params: { leadId },
            search: readLeadChoice({ ...search, about: party }),
            replace: true,
          })
        }
      />
      {partners.error ? <ErrorNote error={partners.error} retry={() => void partners.refetch()} /> : null}
    </>
  );
}

function Decision({
  decision: { outcome, to, because, party, at, pool, poolSeq, policy },
  isOwn,
}: {
  decision: Schemas['DecisionExplanationView'];
  isOwn: boolean;
}) {
  return (
    <div>
      <Text fw={500}>{outcome === 'routed' ? `Offered to ${to ?? 'another partner'}` : 'Offered to nobody'}</Text>
      {because.map((sentence) => (
        <Text size="sm" key={sentence}>
          {sentence}
        </Text>
      ))}
      {party && !isOwn ? (
        <Text size="sm" fw={500} mt={4}>
          {party.party} {party.got ? 'got it' : 'did not get it'}
        </Text>
      ) : null}
      {party?.because.map((sentence) => (
        <Text size="sm" key={sentence}>
          {sentence}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        {moment(at)} UTC · pool {pool}, decision {poolSeq}, policy {policy}
      </Text>
    </div>
  );
}
