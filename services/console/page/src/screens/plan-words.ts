import type { Schemas } from '../api/schemas.js';
import { moment } from '../words/numbers.js';
import { proposalInWords } from './proposal-words.js';

type EndedPlan = Schemas['EndedPlanView'];

/** What became of a plan that was not carried out; of those that were, the times in force tell. */
export function endedPlanInWords({ version, at, by, approvedBy, outcome, endedBy, endedAt }: EndedPlan): string {
  const approved = approvedBy === undefined ? '' : ` and approved by ${approvedBy}`;
  const planned = `That ${proposalInWords({ version, at })}, planned by ${by}${approved}`;
  return outcome === 'proposed'
    ? `${planned}, was to take two people when its time came: it is proposed since ${moment(endedAt)} UTC.`
    : `${planned}, was ${outcome === 'done' ? 'carried out' : 'cancelled'} by ${endedBy} at ${moment(endedAt)} UTC.`;
}
