// A year of a large vendor, as the events that the fold of outcome-tracking reads: what reports are measured over.
import { derivedId } from '@fairlead/events';
import type { LeadEvent } from '@fairlead/outcome-tracking/measured';
import { randomFrom } from './routing-adversary.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The year that reports are of: when it begins, and how many days it has. */
export const YEAR = { begin: Date.UTC(2025, 0, 1), days: 365 } as const;
/** When reports are asked for: nothing has happened later. */
export const NOW = YEAR.begin + (YEAR.days + 1) * DAY;

/** What there is of something, and how much of all each is; the parts need not add up to one. */
type Shares<T> = readonly (readonly [T, number])[];

/** Sizes fall as they do among channel partners: a few of them get most leads. Each sells in two of the pools. */
const PARTNERS = Array.from({ length: 60 }, (_, index) => ({
  id: `partner-${index + 1}`,
  size: 1 / (1 + index / 6),
  pools: [index % 6, (index * 5 + 2) % 6],
}));
const POOLS: Shares<number> = [28, 24, 18, 14, 10, 6].map((share, pool) => [pool, share] as const);
const PARTNERS_OF = POOLS.map(([pool]): Shares<string> => {
  return PARTNERS.filter(({ pools }) => pools.includes(pool)).map(({ id, size }) => [id, size] as const);
});
const SOURCES = decreasing(12, (index) => `source-${index}`);
/** Eight campaigns begin each month, and run for a quarter. */
const CAMPAIGNS_A_MONTH = 8;
const GRADES: Shares<'A' | 'B' | 'C' | 'D' | null> = [
  ['A', 15],
  ['B', 25],
  ['C', 35],
  ['D', 20],
  [null, 5],
];
const ATTRIBUTES = {
  size: decreasing(5, (index) => ['1-9', '10-49', '50-249', '250-999', '1000+'][index] as string),
  industry: decreasing(16, (index) => `industry-${index}`),
  region: decreasing(24, (index) => `region-${index}`),
  level: decreasing(5, (index) => `level-${index}`),
  interest: decreasing(8, (index) => `product-${index}`),
};
/** Of what is left when direct has its share. */
const DECLINES = 0.08;
const RETURNS = 0.05;

function decreasing(count: number, name: (index: number) => string): Shares<string> {
  return Array.from({ length: count }, (_, index) => [name(index), 1 / (1 + index / 3)] as const);
}

/**
 * What becomes of so many leads, in an order that a log may have: fifty leads by turns.
 * @param first  the number of the first; the same numbers are the same leads
 */
export function* eventsOf(
  leads: number,
  { first = 0, begin = YEAR.begin, days = YEAR.days }: { first?: number; begin?: number; days?: number } = {},
): Generator<LeadEvent> {
  const chance = new Chance(randomFrom(first + 1));
  const together: LeadEvent[][] = [];
  for (let number = first; number < first + leads; number++) {
    const at = begin + Math.floor((((number - first) / leads) * days + chance.upTo(0.01)) * DAY);
    together.push([...lifeOf(leadId(number), at, chance)].filter(({ time }) => Date.parse(time) <= NOW));
    if (together.length < 50 && number < first + leads - 1) continue;
    for (let turn = 0; together.some((life) => turn < life.length); turn++)
      for (const life of together) {
        const event = life[turn];
        if (event) yield event;
      }
    together.length = 0;
  }
}

export function* leadIds(first: number, leads: number): Generator<string> {
  for (let number = first; number < first + leads; number++) yield leadId(number);
}

function leadId(number: number): string {
  return derivedId('bench', 'lead', String(number));
}

class Chance {
  constructor(private readonly random: () => number) {}

  is(share: number): boolean {
    return this.random() < share;
  }

  upTo(most: number): number {
    return this.random() * most;
  }

  /** Mostly soon, and now and then much later, as people answer. */
  delay(meanMs: number): number {
    return Math.floor(-Math.log(1 - this.random()) * meanMs);
  }

  of<T>(shares: Shares<T>): T {
    let left = this.upTo(shares.reduce((sum, [, share]) => sum + share, 0));
    for (const [what, share] of shares) if ((left -= share) <= 0) return what;
    return (shares.at(-1) as readonly [T, number])[0];
  }
}

function* lifeOf(id: string, at: number, chance: Chance): Generator<LeadEvent> {
  const event = (type: string, time: number, data: object): LeadEvent =>
    ({ id: derivedId(id, type, String(time)), type, subject: id, time: new Date(time).toISOString(), data }) as never;
  const month = Math.floor((at - YEAR.begin) / (30 * DAY));
  const attributes = {
    ...Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, kinds]) => [name, chance.of(kinds)])),
    ...{ visits: Math.min(30, chance.delay(6)), newsletter: chance.is(0.3) },
    campaign: `campaign-${Math.floor((month - chance.upTo(3)) * CAMPAIGNS_A_MONTH) + 3 * CAMPAIGNS_A_MONTH}`,
  };
  yield event('lead.received', at, {
    ...{ sourceId: chance.of(SOURCES), facts: { country: 'DE', engagement: {}, attributes }, missing: [] },
    reachable: { email: true, phone: true },
  });
  const [grade, pool] = [chance.of(GRADES), chance.of(POOLS)];
  let offeredAt = at + 1_000;
  for (let offer = 1; offer <= 3; offer++) {
    const [party, why] = offeredTo(pool, chance, offer);
    yield event('lead.routed', offeredAt, {
      ...{ to: party, grade, offer, acceptBy: offeredAt + DAY, revealContact: 'on-accept', ...why },
      // A version of the policy for each quarter.
      decided: { policy: { name: 'bench', version: Math.floor(month / 3) + 1 }, pool: `pool-${pool}`, now: offeredAt },
    });
    if (party !== 'direct') yield event('partner.notified', offeredAt + 2_000, { eventType: 'lead.routed', party });
    const endedAt = yield* workOn({ event, party, offer, offeredAt, chance });
    if (endedAt === undefined) return;
    offeredAt = endedAt + 1_000;
  }
}

/** Direct has two fifths of what is shared out, and what the policy keeps for it. */
function offeredTo(pool: number, chance: Chance, offer: number): readonly [party: string, why: object] {
  const partner = () => chance.of(PARTNERS_OF[pool] as Shares<string>);
  const nobodyElse = { refusedCounts: {} };
  if (offer === 1 && chance.is(0.07)) return ['direct', { why: 'first', namedAccount: {}, ...nobodyElse }];
  if (offer === 1 && chance.is(0.03)) return ['direct', { why: 'first', refusedCounts: { 'no-consent': 1 } }];
  if (offer === 3) return ['direct', { why: 'fallback', ...nobodyElse }];
  if (chance.is(0.005)) return [partner(), { why: 'override', ...nobodyElse }];
  return [chance.is(0.4) ? 'direct' : partner(), { why: offer === 1 ? 'first' : 'again', ...nobodyElse }];
}

interface OfferMade {
  readonly event: (type: string, time: number, data: object) => LeadEvent;
  readonly party: string;
  readonly offer: number;
  readonly offeredAt: number;
  readonly chance: Chance;
}

/** @returns when the party gave the lead back; undefined: it kept it */
function* workOn({ event, party, offer, offeredAt, chance }: OfferMade): Generator<LeadEvent, number | undefined> {
  const said = (type: string, at: number, more: object = {}): LeadEvent =>
    event(`lead.${type}`, at, { party, offer, at, ...more });
  if (chance.is(DECLINES)) {
    const at = offeredAt + chance.delay(3 * HOUR);
    yield said('declined', at, { reason: 'capacity' });
    return at;
  }
  const accepted = offeredAt + chance.delay(5 * HOUR);
  yield said('accepted', accepted);
  // A black hole: nothing is ever heard of it.
  if (chance.is(0.15)) return undefined;
  const contacted = accepted + chance.delay(1.5 * DAY);
  yield said('contacted', contacted);
  if (chance.is(RETURNS)) {
    const at = contacted + chance.delay(2 * DAY);
    yield said('returned', at, { reason: 'unable-to-reach' });
    return at;
  }
  if (chance.is(0.6)) {
    if (chance.is(0.8)) yield said('lost', contacted + chance.delay(12 * DAY), { reason: 'no-budget' });
    return undefined;
  }
  const qualified = contacted + chance.delay(12 * DAY);
  yield said('qualified', qualified);
  if (chance.is(0.9)) yield said(chance.is(0.3) ? 'won' : 'lost', qualified + chance.delay(45 * DAY));
  return undefined;
}
