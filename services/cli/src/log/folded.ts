import { WrittenJson } from '@fairlead/persistence/scratch';
import { type ReadData, type Skim, upTo, withRest } from './skim-event.js';

const CONTRIBUTIONS = ',"contributions":';
const MISSING = ',"missing":';
const SOURCE = ',"sourceId":';

/**
 * `{ state, …, contributions, missing, …, sourceId, … }`: of the contributions, which are most of it, nothing is looked at, they only
 * go into a row; and what was scored, from the source on, the lead's own events have told.
 */
const score: ReadData = (text, at) => {
  const contributionsAt = text.indexOf(CONTRIBUTIONS, at);
  const missingAt = text.indexOf(MISSING, contributionsAt);
  const end = text.indexOf(SOURCE, missingAt);
  if (contributionsAt < 0 || missingAt < 0 || end < 0) return undefined;
  const contributions = text.slice(contributionsAt + CONTRIBUTIONS.length, missingAt);
  if (!contributions.startsWith('[') || !contributions.endsWith(']')) return undefined;
  return {
    ...(JSON.parse(`${text.slice(at, contributionsAt)}${text.slice(missingAt, end)}}`) as object),
    contributions: new WrittenJson(contributions),
  };
};

/** What read models are folded from. Who was considered is not read. */
export const FOLDED: Skim = new Map([
  ['lead.scored', score],
  ['lead.routed', withRest(upTo('considered'), 'refusedCounts')],
  ['lead.unroutable', upTo('considered')],
]);
