import type { Offer } from '@fairlead/decisions/fold';
import { ReturnsCounted, returnsOf } from './returns-counted.js';

const DAY_MS = 86_400_000;
const period = { party: 'acme', from: '2026-01-01', to: '2026-01-31', pool: null };
const offer = (number: number, more: Partial<Offer> = {}): Offer => ({
  ...{ number, party: 'acme', pool: 'smb', policy: 'emea@1', grade: 'A', kind: 'share', reveal: 'on-accept' },
  ...{
    offeredAt: Date.parse('2026-01-31T23:59:59Z'),
    acceptBy: 0,
    stage: 'returned',
    deliveredAt: null,
    acceptedAt: 1,
  },
  ...{ contactedAt: null, qualifiedAt: null, closedAt: 2, reason: 'spam', amount: null, corrections: [], traits: null },
  ...more,
});
const returned = (asked: typeof period | (Omit<typeof period, 'pool'> & { pool: string }), ...leads: Offer[][]) => {
  const counted = new ReturnsCounted(asked);
  for (const offers of leads) counted.add(offers);
  return counted.end();
};

describe('returns of a party, offer by offer', () => {
  it('are honoured where the lead was never offered to it again, whoever else got it', () => {
    const again = [offer(1), offer(2, { party: 'bolt' }), offer(3, { stage: 'accepted', reason: null })];
    const elsewhere = [offer(1, { reason: null }), offer(2, { party: 'bolt', stage: 'returned' })];
    expect(returned(period, again, elsewhere)).toEqual({ byReason: { none: 1, spam: 1 }, honoured: 1 });
  });

  it('are those of offers made in the period, deals from elsewhere only where they are asked for', () => {
    const late = offer(1, { offeredAt: Date.parse('2026-02-01') });
    const early = offer(1, { offeredAt: Date.parse('2026-01-01') - 1 });
    const deal = offer(1, { pool: 'legacy', offeredAt: Date.parse('2026-01-01') + DAY_MS });
    expect(returned(period, [late], [early], [deal])).toEqual({ byReason: {}, honoured: 0 });
    expect(returned({ ...period, pool: 'legacy' }, [deal], [offer(1)])).toEqual({ byReason: { spam: 1 }, honoured: 1 });
  });

  it('tell what most were returned for first, and of as many by name, wherever they were counted', () => {
    const counts = [
      { reason: 'spam', leads: 1, honoured: 1 },
      { reason: 'no-fit', leads: 3, honoured: 0 },
      { reason: 'duplicate', leads: 1, honoured: 1 },
    ];
    const expected = JSON.stringify({ byReason: { 'no-fit': 3, duplicate: 1, spam: 1 }, honoured: 2 });
    for (const each of [counts, counts.toReversed()]) expect(JSON.stringify(returnsOf(each))).toBe(expected);
  });
});
