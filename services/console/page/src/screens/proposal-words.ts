import type { Schemas } from '../api/schemas.js';
import { moment } from '../words/numbers.js';

type Proposal = Schemas['ProposalView'];

/** What would be, once it is approved. */
export function proposalInWords({ version, at }: Pick<Proposal, 'version' | 'at'>): string {
  if (version === null) return 'one person puts it in force from now on';
  return at === null ? `version ${version} is put in force` : `version ${version} is put in force at ${moment(at)} UTC`;
}

/** What became of one that does not wait any more. */
export function endedInWords({
  state,
  proposedBy,
  proposedAt,
  endedBy,
  endedAt,
  reason,
  ...proposal
}: Proposal): string {
  const proposed = `That ${proposalInWords(proposal)}, proposed by ${proposedBy} at ${moment(proposedAt)} UTC`;
  if (state === 'overtaken') return `${proposed}, was overtaken by another version that was put in force.`;
  if (endedBy === proposedBy)
    return `${proposed}, was taken back by the same key at ${moment(endedAt)} UTC: ${reason ?? ''}`;
  const because = reason === undefined ? '.' : `: ${reason}`;
  return `${proposed}, was ${state} by ${endedBy ?? ''} at ${moment(endedAt)} UTC${because}`;
}
