import fc from 'fast-check';
import { isToldAlike, type KnownDeal, MOST_REVISIONS, tellDeal, toldAs, type ToldDeal } from './deal.js';

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

  it('is known when a row says what is known now, in whatever words', () => {
    const later = row({ outcome: 'lost', outcomeAt: began + 2 * DAY_MS });
    const known = knownAfter([open, won, later]);
    for (const again of [open, later, row({ outcome: 'lost' })])
      expect(tellDeal(known, again)).toEqual({ outcome: 'known' });
    const [one, other] = [
      { ...noFacts, country: 'DE', city: 'Bonn' },
      { city: 'Bonn', country: 'DE', ...noFacts },
    ];
    expect(tellDeal(knownAfter([{ ...open, facts: one }]), { ...open, facts: other })).toEqual({ outcome: 'known' });
  });

  it('is as it was told last: what was told before, and otherwise by mistake, is told anew', () => {
    const lost = row({ outcome: 'lost', outcomeAt: began + DAY_MS });
    expect(told(open, won, lost, won)).toMatchObject({ revision: 4, outcome: 'won' });
    const [right, wrong] = [row({ party: 'acme', occurredAt: began }), row({ party: 'direct' })];
    expect(tellDeal(knownAfter([right, wrong]), right)).toMatchObject({ outcome: 'changed', known: { revision: 3 } });
    expect(told(right, wrong, right)).toMatchObject({ party: 'acme' });
  });

  it('keeps what an open deal may bring, though nobody is told of it yet', () => {
    const hoped = row({ amount: { value: 5, currency: 'EUR' }, outcomeAt: began + 9 * DAY_MS });
    const verdict = tellDeal(knownAfter([open]), hoped);
    expect(verdict).toMatchObject({ outcome: 'known', known: { revision: 1, deal: { amount: { value: 5 } } } });
    expect(told(open, hoped, won)).toMatchObject({ revision: 2, amount: { value: 5, currency: 'EUR' } });
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

  it('changes a thousand times at most, and is known for as long as nothing changes', () => {
    const rows = Array.from({ length: MOST_REVISIONS + 5 }, (_, at) => row({ ...open, occurredAt: began + at }));
    const known = knownAfter(rows);
    expect(known?.revision).toBe(MOST_REVISIONS);
    const last = rows[MOST_REVISIONS - 1] as ToldDeal;
    expect(tellDeal(known, last)).toEqual({ outcome: 'known' });
    const verdict = tellDeal(known, row({ ...open, occurredAt: began - 1 }));
    expect(verdict).toMatchObject({ outcome: 'rejected', errors: [{ field: 'externalId', rule: 'too-often' }] });
    expect(JSON.stringify(verdict)).toContain('contradict each other');
    // However often the same is told, it is one revision.
    expect(knownAfter(Array<ToldDeal>(MOST_REVISIONS).fill(open))?.revision).toBe(1);
  });

  it('comes to the same however often, and wherever broken off, a file is told', () => {
    const deal = fc.record(
      {
        party: fc.constantFrom('direct', 'acme'),
        occurredAt: fc.constantFrom(began, began + 1),
        outcome: fc.constantFrom(...(['open', 'contacted', 'qualified', 'won', 'lost'] as const)),
        outcomeAt: fc.constantFrom(began + 3, began + 4),
      },
      { requiredKeys: ['party', 'occurredAt', 'outcomeAt'] },
    );
    fc.assert(
      fc.property(fc.array(deal, { minLength: 1, maxLength: 8 }), fc.nat(8), (deals, brokenOff) => {
        const file = deals.map((each) => row(each));
        const once = knownAfter(file) as KnownDeal;
        for (const again of [
          [...file, ...file],
          [...file.slice(0, brokenOff), ...file],
        ])
          expect(isToldAlike(knownAfter(again) as KnownDeal, once)).toBe(true);
        const last = file.at(-1) as ToldDeal;
        expect(tellDeal(once, last)).toEqual({ outcome: 'known' });
      }),
    );
  });
});
