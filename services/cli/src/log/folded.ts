import { type Skim, upTo, withRest } from './skim-event.js';

/** What read models are folded from. Not read are what was scored, which the lead's own events have told, and who was considered. */
export const FOLDED: Skim = new Map([
  ['lead.scored', upTo('sourceId')],
  ['lead.routed', withRest(upTo('considered'), 'refusedCounts')],
  ['lead.unroutable', upTo('considered')],
]);
