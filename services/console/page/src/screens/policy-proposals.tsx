import { Anchor, Button, Card, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { moment } from '../words/numbers.js';
import type { PolicySummary } from './policies.js';
import { DifferenceList } from './policy-differences.js';
import { endedInWords, proposalInWords } from './proposal-words.js';

type Proposal = Schemas['ProposalView'];

/** Of those that were ended: who looks further back has the API and the log. */
const ENDED_SHOWN = 5;
/** Somebody else may approve it meanwhile. */
const LOOK_EVERY_MS = 15_000;

export function useProposals(name: string) {
  return useQuery({
    queryKey: ['policies', name, 'proposals'],
    queryFn: () => dataOf(api.GET('/v1/policies/{name}/proposals', { params: { path: { name } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** Whether this policy takes two people; and what one proposed, for another to approve or to reject. */
export function PolicyProposals({ name, inForce }: { name: string; inForce: PolicySummary | undefined }) {
  const proposals = useProposals(name);
  const [told, setTold] = useState<ReactNode>();
  return (
    <Card withBorder component="section" aria-label="Two people">
      <Stack gap="md">
        <Loaded query={proposals} height={60}>
          {({ secondApprover, needsTwo, proposals: all }) => {
            const waiting = all.filter(({ state }) => state === 'waiting');
            const ended = all.filter(({ state }) => state !== 'waiting').slice(0, ENDED_SHOWN);
            return (
              <>
                <Group justify="space-between" gap="sm">
                  <Title order={2} size="h4">
                    {needsTwo ? 'Putting it in force takes two people' : 'One person puts it in force'}
                  </Title>
                  <SecondApprover name={name} isNeeded={secondApprover} told={setTold} />
                </Group>
                <Text size="sm">
                  {needsTwo && !secondApprover
                    ? `Since ${inForce?.name ?? 'the policy in force'} does, which it would replace. `
                    : ''}
                  {needsTwo
                    ? 'What one key proposes, another approves: never the same one, nor one of which the other was made. The log names both.'
                    : 'An administrator may say that it takes two: then one key proposes it, and another approves.'}
                </Text>
                {waiting.map((proposal) => (
                  <Waiting key={proposal.id} proposal={proposal} name={name} inForce={inForce} told={setTold} />
                ))}
                {ended.length === 0 ? null : (
                  <Stack gap={4}>
                    {ended.map((proposal) => (
                      <Text key={proposal.id} size="sm" c="dimmed">
                        {endedInWords(proposal)}
                      </Text>
                    ))}
                  </Stack>
                )}
              </>
            );
          }}
        </Loaded>
        <Told>{told}</Told>
      </Stack>
    </Card>
  );
}

function Waiting({
  proposal,
  name,
  inForce,
  told,
}: {
  proposal: Proposal;
  name: string;
  inForce: PolicySummary | undefined;
  told: (told: ReactNode) => void;
}) {
  const { role, keyId } = useSession();
  const { version } = proposal;
  const isOwn = proposal.proposedBy === keyId;
  const replaced = inForce?.name === name ? inForce.version : undefined;
  return (
    <Card withBorder component="article" aria-label={`Proposed: ${proposalInWords(proposal)}`} padding="sm">
      <Stack gap="sm">
        <Text>
          <b>Proposed: {proposalInWords(proposal)}.</b> By {isOwn ? 'you, with ' : ''}the key {proposal.proposedBy} at{' '}
          {moment(proposal.proposedAt)} UTC.
        </Text>
        {version === null ? null : (
          <>
            {replaced === undefined ? (
              <Text size="sm">
                It would replace {inForce ? `version ${inForce.version} of ${inForce.name}` : 'what is in force'},
                another policy.
              </Text>
            ) : (
              <>
                <Text size="sm">What would be different from version {replaced}, which is in force:</Text>
                <DifferenceList name={name} from={replaced} to={version} />
              </>
            )}
            <Anchor component={Link} to="/policies" search={{ name, version } as never} size="sm">
              Read and try version {version}
            </Anchor>
          </>
        )}
        {role === 'auditor' ? null : (
          <Group gap="sm" className="no-print">
            {isOwn ? (
              <Text size="sm">You proposed it: somebody else approves it, with a key of their own.</Text>
            ) : (
              <Approve proposal={proposal} name={name} told={told} />
            )}
            <Reject proposal={proposal} name={name} isOwn={isOwn} told={told} />
          </Group>
        )}
      </Stack>
    </Card>
  );
}

interface Ending {
  readonly proposal: Proposal;
  readonly name: string;
  readonly told: (told: ReactNode) => void;
}

function Approve({ proposal, name, told }: Ending) {
  const [isAsked, setAsked] = useState(false);
  const queries = useQueryClient();
  const approve = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/policies/{name}/proposals/{proposalId}/approve', {
          params: { path: { name, proposalId: proposal.id } },
        }),
      ),
    onSuccess: async ({ scheduled, version }) => {
      told(
        version === null
          ? `From now on one person puts ${name} in force.`
          : scheduled
            ? `Approved: version ${version} of ${name} will be put in force at ${moment(scheduled.at)} UTC.`
            : `Approved: version ${version} of ${name} is in force from now on.`,
      );
      setAsked(false);
      await queries.invalidateQueries({ queryKey: ['policies'] });
    },
  });
  return (
    <>
      <Button
        size="compact-md"
        onClick={() => {
          approve.reset();
          setAsked(true);
        }}
      >
        Approve…
      </Button>
      <Confirm
        opened={isAsked}
        close={() => setAsked(false)}
        title="Approve what was proposed"
        verb="Approve it"
        act={() => approve.mutate()}
        isBusy={approve.isPending}
        error={approve.error}
      >
        <Text size="sm">
          You are the second person. Then {proposalInWords(proposal)}; the log names your key beside{' '}
          {proposal.proposedBy}.
        </Text>
      </Confirm>
    </>
  );
}

function Reject({ proposal, name, isOwn, told }: Ending & { isOwn: boolean }) {
  const [isAsked, setAsked] = useState(false);
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const reject = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/policies/{name}/proposals/{proposalId}/reject', {
          params: { path: { name, proposalId: proposal.id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      told(isOwn ? 'It is taken back.' : 'It is rejected; the log says why.');
      setAsked(false);
      await queries.invalidateQueries({ queryKey: ['policies'] });
    },
  });
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => {
          reject.reset();
          setReason('');
          setAsked(true);
        }}
      >
        {isOwn ? 'Take it back…' : 'Reject…'}
      </Button>
      <Confirm
        opened={isAsked}
        close={() => setAsked(false)}
        title={isOwn ? 'Take back what you proposed' : 'Reject what was proposed'}
        verb={isOwn ? 'Take it back' : 'Reject it'}
        act={() => reject.mutate()}
        isBusy={reject.isPending}
        isReady={reason.trim() !== ''}
        error={reject.error}
      >
        <Text size="sm">What is in force stays.</Text>
        <Textarea
          label="Why"
          description="It is kept in the log in clear."
          required
          maxLength={500}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Confirm>
    </>
  );
}

function SecondApprover({ name, isNeeded, told }: { name: string; isNeeded: boolean; told: Ending['told'] }) {
  const { role } = useSession();
  const [isAsked, setAsked] = useState(false);
  const queries = useQueryClient();
  const set = useMutation({
    mutationFn: () =>
      dataOf(
        api.PUT('/v1/policies/{name}/second-approver', { params: { path: { name } }, body: { needed: !isNeeded } }),
      ),
    onSuccess: async ({ needed, proposed }) => {
      told(
        proposed
          ? 'It is proposed: somebody else approves it.'
          : `From now on ${needed ? 'two people put' : 'one person puts'} ${name} in force.`,
      );
      setAsked(false);
      await queries.invalidateQueries({ queryKey: ['policies'] });
    },
  });
  if (role !== 'admin') return null;
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        className="no-print"
        onClick={() => {
          set.reset();
          setAsked(true);
        }}
      >
        {isNeeded ? 'Let one person do it…' : 'Make it take two…'}
      </Button>
      <Confirm
        opened={isAsked}
        close={() => setAsked(false)}
        title={isNeeded ? `Let one person put ${name} in force` : `Let ${name} take two people`}
        verb={isNeeded ? 'Propose it' : 'Make it take two'}
        act={() => set.mutate()}
        isBusy={set.isPending}
        error={set.error}
      >
        <Text size="sm">
          {isNeeded
            ? 'That takes two people as well: it is proposed, and somebody else approves it.'
            : 'From then on what puts it in force or out of force is proposed by one key and approved by another. To take this back takes two as well: see that there are two people with keys of their own, of which neither made the other.'}
        </Text>
      </Confirm>
    </>
  );
}
