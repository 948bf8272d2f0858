import fc from 'fast-check';
import { type KnownDeal, MOST_TOLD, rowHash, tellDeal, toldAs, type ToldDeal } from './deal.js';

const DAY_MS = 86_400_000;
const began = DAY_MS * 20_000;
const named = { sourceId: 'crm', externalId: '1' };
const noFacts = { engagement: {}, attributes: {} };
const row = (told: Partial<ToldDeal> = {}): ToldDeal => ({ ...named, facts: noFacts, ...told });
const open = row({ party: 'acme', occurredAt: began });
const won = row({ outcome: 'won', outcomeAt: began + DAY_MS });

function knownAfter(rows: readonly ToldDeal[]): KnownDeal | undefined {
  return rows.reduce<KnownDeal | undefined>((known, told) => {
    const verdict = tellDeal(known, told);
    return 'known' in verdict ? verdict.known : known;
  }, undefined);
}
const told = (...rows: readonly ToldDeal[]) => {
  const known = knownAfter(rows);
  return known && toldAs(named, known);
};

describe('a deal that is told', () => {
  it('is open until somebody says what became of it, and nothing that was said has to be said again', () => {
    expect(told(open)).toMatchObject({ revision: 1, party: 'acme', outcome: 'open', occurredAt: began, grade: null });
    expect(told(open, won)).toMatchObject({ revision: 2, party: 'acme', outcome: 'won', closedAt: began + DAY_MS });
  });

  it('is under the pool and the policy of what was decided elsewhere', () => {
    expect(told(open)).toMatchObject({ pool: 'legacy', policy: 'legacy@1' });
  });

  it('must say, when it is new, whose it was and when it began', () => {
    expect(tellDeal(undefined, won)).toMatchObject({
      outcome: 'rejected',
      errors: [
        { field: 'channel', rule: 'required' },
        { field: 'occurredAt', rule: 'required' },
      ],
    });
  });

  it('is known when a row is told again, whatever was told since', () => {
    const later = row({ outcome: 'lost', outcomeAt: began + 2 * DAY_MS });
    const known = knownAfter([open, won, later]);
    for (const again of [open, won, later]) expect(tellDeal(known, again)).toEqual({ outcome: 'known' });
    // In other words, but nothing new: it must not count later either, when something else was told in between.
    const otherwise = row({ outcome: 'lost' });
    expect(tellDeal(known, otherwise)).toMatchObject({ outcome: 'known' });
    expect(tellDeal(knownAfter([open, won, later, otherwise, row({ party: 'direct' })]), otherwise)).toEqual({
      outcome: 'known',
    });
  });

  it('is changed by what is said otherwise, which then counts', () => {
    expect(told(open, won, row({ party: 'direct', grade: 'A' }))).toMatchObject({
      ...{ revision: 3, party: 'direct', grade: 'A', outcome: 'won' },
    });
    const bigger = row({ facts: { country: 'DE', engagement: {}, attributes: { size: 4 } } });
    const other = row({ facts: { industry: 'retail', engagement: {}, attributes: { region: 'West' } } });
    expect(told(open, bigger, other)?.facts).toEqual({
      ...{ country: 'DE', industry: 'retail', engagement: {}, attributes: { size: 4, region: 'West' } },
    });
  });

  it('has come as far as it was told to have come before it was closed', () => {
    const qualified = row({ outcome: 'qualified', outcomeAt: began + 5 });
    const lost = row({ outcome: 'lost', outcomeAt: began + 9, reason: 'no-budget' });
    expect(told(open, qualified, lost)).toMatchObject({ outcome: 'lost', qualifiedAt: began + 5, closedAt: began + 9 });
    expect(told(open, qualified, row({ outcome: 'open' }))).not.toHaveProperty('qualifiedAt');
    const contacted = row({ outcome: 'contacted', outcomeAt: began + 7 });
    expect(told(open, qualified, contacted)).toMatchObject({ outcome: 'contacted', contactedAt: began + 7 });
    expect(told(open, qualified, contacted)).not.toHaveProperty('qualifiedAt');
  });

  it('counts an outcome of up to a week before its contact as on that contact, and refuses an earlier one', () => {
    const early = (days: number) =>
      row({ party: 'acme', occurredAt: began, outcome: 'won', outcomeAt: began - days * DAY_MS });
    expect(told(early(2))).toMatchObject({ occurredAt: began, closedAt: began });
    expect(told(early(7))).toMatchObject({ closedAt: began });
    expect(tellDeal(undefined, early(8))).toMatchObject({
      ...{ outcome: 'rejected', errors: [{ field: 'outcomeAt', rule: 'before-contact' }] },
    });
    // Also where the two stand in two files.
    expect(tellDeal(knownAfter([open]), row({ outcome: 'won', outcomeAt: began - 30 * DAY_MS }))).toMatchObject({
      outcome: 'rejected',
    });
    // The constants of a mapping are said of open deals as well.
    expect(tellDeal(undefined, row({ ...open, outcomeAt: 0 }))).toMatchObject({ outcome: 'imported' });
  });

  it('has brought money when it was won, and a reason when it was not', () => {
    const said = { amount: { value: 5, currency: 'EUR' }, reason: 'no-fit', outcomeAt: began } as const;
    expect(told(row({ ...open, ...said, outcome: 'won' }))).toMatchObject({ amount: said.amount });
    expect(told(row({ ...open, ...said, outcome: 'won' }))).not.toHaveProperty('reason');
    expect(told(row({ ...open, ...said, outcome: 'lost' }))).toMatchObject({ reason: 'no-fit' });
    expect(told(row({ ...open, ...said, outcome: 'lost' }))).not.toHaveProperty('amount');
  });

  it('is told in a hundred ways at most', () => {
    const rows = Array.from({ length: MOST_TOLD }, (_, at) => row({ ...open, grade: 'A', occurredAt: began + at }));
    const known = knownAfter(rows);
    expect(known?.revision).toBe(MOST_TOLD);
    expect(tellDeal(known, row({ ...open, occurredAt: began - 1 }))).toMatchObject({
      ...{ outcome: 'rejected', errors: [{ rule: 'too-often' }] },
    });
  });

  it('comes to the same however often, and wherever broken off, a file is told', () => {
    const deal = fc.record(
      {
        party: fc.constantFrom('direct', 'acme'),
        occurredAt: fc.constantFrom(began, began + 1),
        outcome: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
        outcomeAt: fc.constantFrom(began + 3, began + 4),
      },
      { requiredKeys: ['party', 'occurredAt', 'outcomeAt'] },
    );
    fc.assert(
      fc.property(fc.array(deal, { minLength: 1, maxLength: 8 }), fc.nat(8), (deals, brokenOff) => {
        const file = deals.map((each) => row(each));
        const once = knownAfter(file);
        expect(knownAfter([...file, ...file])).toEqual(once);
        expect(knownAfter([...file.slice(0, brokenOff), ...file])).toEqual(once);
      }),
    );
  });

  it('is told by a row that is known again by what it says, in whatever order', () => {
    expect(rowHash({ ...open, facts: { ...noFacts, city: 'Bonn', country: 'DE' } })).toBe(
      rowHash({ facts: { country: 'DE', city: 'Bonn', ...noFacts }, occurredAt: began, party: 'acme', ...named }),
    );
  });
});
