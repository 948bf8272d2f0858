import {
  counted,
  findingOfParty,
  findingOfVendor,
  keptByParties,
  keptByVendor,
  measuresTable,
  promises,
  returnsInWords,
  type Scorecard,
  shareInWords,
  whyWithheld,
} from '../../page/src/screens/scorecard-words.js';
import { saysOf } from '../../page/src/charts/figure-table.js';
import { rate } from '@fairlead/decisions';

const none = rate(0, 0);
const beside = (own = rate(30, 40), direct = rate(60, 100), partners: ReturnType<typeof rate> | null = null) => ({
  ...{ own, direct, partners },
});
const alike = (own = rate(12, 40), direct = rate(20, 100)) => ({
  own: { crude: own, standardised: own },
  partners: { crude: null, standardised: null },
  direct: { crude: direct, standardised: direct },
});
const outside = beside(rate(0, 40), rate(10, 100));

const card: Scorecard = {
  ...{ partner: 'acme', pool: null, leftOut: [], from: '2026-10-01', to: '2026-12-31', together: 'protected' },
  asOf: { at: '2026-12-01T00:00:00.000Z', events: [1], total: 1 },
  party: {
    ...{ answeredInTime: beside(rate(39, 40)), accepted: beside(rate(30, 40), rate(90, 100), rate(300, 400)) },
    ...{ contacted: beside(), qualified: beside(), won: beside(), lost: beside(rate(1, 3)), returned: beside(none) },
    likeForLike: { commonMix: null, qualified: alike(), won: alike() },
  },
  vendor: {
    promise: {
      A: {
        promised: { direct: 40, channel: 60 },
        received: { direct: rate(45, 100), channel: rate(55, 100), own: rate(10, 100) },
      },
      'C+D': { promised: null, received: { direct: none, channel: none, own: none } },
    },
    outside: {
      ...{ namedAccount: outside, protectedAccount: outside, fallback: outside, override: outside, noConsent: outside },
    },
    mix: {
      own: { A: rate(5, 40), C: rate(20, 40), D: rate(15, 40) },
      direct: { A: rate(50, 100), C: rate(30, 100), D: rate(20, 100) },
      partners: { A: rate(40, 200), 'C+D': rate(160, 200) },
    },
    ...{ incomplete: outside, delivered: beside(rate(40, 40)) },
    returns: { byReason: { spam: 2, 'no-budget': 1 }, honoured: rate(2, 3) },
  },
};

describe('a scorecard, as the console shows it', () => {
  it('measures the party, the vendor’s own people and all partners by the same words', () => {
    const accepted = keptByParties(card).find(({ name }) => name === 'Offers accepted');
    expect(accepted && [accepted.own, accepted.direct, accepted.partners].map(shareInWords)).toEqual([
      '75.0 % (59.8 to 85.8)',
      '90.0 % (82.6 to 94.5)',
      '75.0 % (70.5 to 79.0)',
    ]);
    expect(accepted && counted(accepted.own)).toBe('30 of 40');
  });

  it('says in words what is withheld, what is too little, and what there was none of', () => {
    const [lost, returned] = ['Accepted leads lost', 'Accepted leads returned'].map((wanted) =>
      keptByParties(card).find(({ name }) => name === wanted),
    );
    expect([lost?.own, lost?.partners, returned?.own].map((told) => told && shareInWords(told))).toEqual([
      'too few to say',
      'withheld',
      'nothing to count',
    ]);
    expect(whyWithheld(card)).toMatch(/what another partner did/);
    expect(whyWithheld({ ...card, together: 'whole' })).toBeUndefined();
  });

  it('keeps to its row what is told of some grades together', () => {
    const rows = keptByVendor(card).map((measure) => [
      measure.name,
      ...[measure.own, measure.direct, measure.partners].map(shareInWords),
    ]);
    expect(rows.slice(0, 4).map(([name, own, , partners]) => [name, own, partners])).toEqual([
      ['Of grade A', '12.5 % (5.5 to 26.1)', '20.0 % (15.0 to 26.1)'],
      ['Of grade C', '50.0 % (35.2 to 64.8)', 'in another row'],
      ['Of grade C or D', 'in another row', '80.0 % (73.9 to 85.0)'],
      ['Of grade D', '37.5 % (24.2 to 53.0)', 'in another row'],
    ]);
  });

  it('finds who got the better leads, and whether chance explains it', () => {
    expect(findingOfVendor(card, 'Acme')).toBe(
      'Of the leads that Acme was offered 12.5 % were of grade A, and of those of direct sales 50.0 %: direct got the better ones.',
    );
    const even = { ...card.vendor, mix: { ...card.vendor.mix, own: { A: rate(20, 40) } } };
    expect(findingOfVendor({ ...card, vendor: even }, 'Acme')).toMatch(/no more apart than chance explains\.$/);
    const little = { ...card.vendor, mix: { ...card.vendor.mix, own: { A: rate(3, 4) } } };
    expect(findingOfVendor({ ...card, vendor: little }, 'Acme')).toMatch(/too little to say/);
  });

  it('finds how a party did with the same leads, if there are enough of them', () => {
    expect(findingOfParty(card, 'Acme')).toBe(
      'Acme answered 97.5 % of its offers in time and accepted 75.0 %. With the same leads it cannot be told from direct sales in what it wins.',
    );
    const better = { ...card.party, likeForLike: { ...card.party.likeForLike, won: alike(rate(36, 40)) } };
    expect(findingOfParty({ ...card, party: better }, 'Acme')).toMatch(
      /it wins more of them than direct sales does\.$/,
    );
    const few = { ...card.party, answeredInTime: beside(rate(1, 1)) };
    expect(findingOfParty({ ...card, party: few }, 'Acme')).toMatch(/^Acme was offered 1 lead .* too few to say/);
  });

  it('holds what partners received of a grade against what they were promised, where anything was', () => {
    expect(promises(card)).toMatchObject([{ name: 'A', n: 100, value: 0.55, promised: 0.6, own: { successes: 10 } }]);
  });

  it('tells what became of returned leads', () => {
    expect(returnsInWords(card.vendor.returns)).toBe(
      'It returned spam 2, no budget 1; 2 of 3 were never offered to it again.',
    );
    expect(returnsInWords({ byReason: {}, honoured: none })).toBe('It returned no lead.');
  });

  it('is a table of numbers, a row for each party of each measure', () => {
    const { columns, rows } = measuresTable(keptByParties(card), [
      ['own', 'Acme'],
      ['partners', 'All partners'],
    ]);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    expect(rows.slice(2, 4).map((row) => row.map(saysOf))).toEqual([
      ['Offers accepted', 'Acme', 30, 40, '75.0 %', '59.8 %', '85.8 %'],
      ['Offers accepted', 'All partners', 300, 400, '75.0 %', '70.5 %', '79.0 %'],
    ]);
    expect(rows[2]?.[4]).toEqual({ value: 0.75, says: '75.0 %' });
  });
});
