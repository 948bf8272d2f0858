import { UNCLAIMED } from './allocate.js';
import { qualityOf, type RecordedDecision, type Weighed } from './explain.js';
import { dayOf, type Load, Loads } from './loads.js';
import { DIRECT } from './party.js';
import type { Quality } from './policy.js';
import { overrideLead, routeLead, type RoutingDecision, type Rules } from './route-lead.js';
import { creditKey, newRoutingState, type PoolState, reservedKey } from './routing-state.js';

/**
 * Decides once more what was decided, from what was recorded of it alone. The same engine under the same rules comes to the
 * same bytes; anything else is a decision that cannot be accounted for.
 * @param rules  those that the decision names: policy, roster and named accounts, by their hashes
 * @throws RangeError when more was weighed than was recorded (`unlisted`): that takes the fold of all decisions before it
 */
export function redecide({ lead, weighed, told }: RecordedDecision, rules: Rules): RoutingDecision {
  if (weighed.unlisted > 0)
    throw new RangeError(`${weighed.unlisted} parties of this decision were counted, not listed`);
  const { pool, poolSeq, step = 1, noted = [], now } = told.data.decided;
  const pools = new Map([[pool, poolBefore(weighed, qualityOf(lead), poolSeq)]]);
  const loads = new Loads(weighed.full.map(({ id }) => [id, atItsCaps(now)]));
  const state = newRoutingState({ pools, loads, order: { step: step - 1, noted: [...noted] } });
  if (told.outcome === 'routed' && told.data.why === 'override')
    return overrideLead(lead, told.data.to, told.data.offer - 1, rules, state, now);
  return routeLead(lead, rules, state, now);
}

function poolBefore(
  { sides, able, full, refused, unclaimed, reserved }: Weighed,
  quality: Quality,
  poolSeq: number,
): PoolState {
  const bySide = [
    [DIRECT, sides.direct],
    ['channel', sides.channel],
    [UNCLAIMED, sides.unclaimed],
  ] as const;
  return {
    poolSeq: poolSeq - 1,
    credits: new Map([
      [creditKey(quality, 'side'), new Map(bySide)],
      [
        creditKey(quality, 'partner'),
        new Map([
          ...[...able, ...full, ...refused].map(({ id, credit }) => [id, credit] as const),
          [UNCLAIMED, unclaimed] as const,
        ]),
      ],
    ]),
    reserved: new Map(reserved && [[reservedKey(reserved.list, quality), reserved]]),
  };
}

/** Whichever cap it was. */
function atItsCaps(now: number): Load {
  return { open: Number.MAX_SAFE_INTEGER, today: Number.MAX_SAFE_INTEGER, day: dayOf(now) };
}
