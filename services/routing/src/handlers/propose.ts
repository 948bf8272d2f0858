import { randomUUID } from 'node:crypto';
import { derivedId, encodeEvent, PolicyProposalRejected } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { type Caller, type Callers, handsOf, Problem } from '@fairlead/platform';
import type { Proposal, Proposed, ProposalsStore } from '../store/proposals.store.js';

/** More than a few at once nobody compares. */
export const MAX_PROPOSALS = 20;

/**
 * Proposes it, or answers what says the same and waits already. What a key proposed that was revoked since waits for nobody, who could not approve it:
 * whoever proposes it anew rejects that, and the log says so.
 */
export async function propose(
  { proposals, callers }: { readonly proposals: ProposalsStore; readonly callers: Callers },
  unit: UnitOfWork,
  wanted: Pick<Proposed, 'policy' | 'version' | 'at'>,
  caller: Caller,
): Promise<Proposal> {
  const { query, now } = unit;
  const waiting = await proposals.waiting(query, wanted);
  const [revoked] = waiting?.state === 'waiting' ? await callers.revokedAmong(handsIn(waiting)) : [];
  if (waiting && revoked !== undefined) {
    const reason = `${revokedHand(waiting, revoked)}; it was proposed anew.`;
    await proposals.end(query, waiting.id, { ...{ state: 'rejected', by: caller.keyId, reason, now } });
    unit.say([proposalRejected(waiting, { actor: caller.keyId, reason }, now)]);
  }
  const by = { proposedBy: caller.keyId, openedBy: caller.openedBy ?? null };
  const proposal = await proposals.propose(query, { id: randomUUID(), ...wanted, ...by }, now);
  if ((await proposals.countWaiting(query, wanted.policy)) > MAX_PROPOSALS) {
    const detail = `${MAX_PROPOSALS} proposals of this policy wait already: approve or reject some first.`;
    throw new Problem(409, { type: 'too-many-proposals', detail });
  }
  return proposal;
}

/** The keys that are in a proposal. */
export function handsIn({ proposedBy, openedBy }: Pick<Proposed, 'proposedBy' | 'openedBy'>): readonly string[] {
  return handsOf({ keyId: proposedBy, ...(openedBy !== null && { openedBy }) });
}

/** @param key  one of those that are in it */
export function revokedHand({ proposedBy }: Proposal, key: string): string {
  const what =
    key === proposedBy ? 'which proposed it' : `which had opened the session in which ${proposedBy} proposed it`;
  return `The key ${key}, ${what}, was revoked`;
}

export function proposalRejected(
  { id, policy, version, proposedBy }: Proposal,
  { actor, reason }: { readonly actor: string; readonly reason: string },
  now: number,
) {
  return encodeEvent(PolicyProposalRejected, {
    ...{ id: derivedId(id, PolicyProposalRejected.type), source: '/routing', subject: policy, time: now },
    data: { name: policy, ...(version !== null && { version }), proposedBy, actor, reason },
  });
}
