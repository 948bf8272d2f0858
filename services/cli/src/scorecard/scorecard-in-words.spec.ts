import { scorecardCsv } from './scorecard-csv.js';
import {
  partyRows,
  promiseHeadings,
  promiseRows,
  returnsInWords,
  type Scorecard,
  vendorRows,
  whyWithheld,
} from './scorecard-in-words.js';
import { scorecardPage } from './scorecard-page.js';

const half = { value: 0.5, successes: 1, trials: 2, low: 0.0945, high: 0.9055 };
const none = { value: null, successes: 0, trials: 0, low: null, high: null };
const shown = { own: half, partners: half, direct: none };
const withheld = { own: half, partners: null, direct: half };
const alike = { own: { standardised: half }, partners: { standardised: null }, direct: { standardised: half } };
const card: Scorecard = {
  asOf: { at: '2026-04-01T00:00:00.000Z', events: [3, 0, 5, 0, 0, 1], total: 9 },
  ...({
    partner: 'acme',
    pool: null,
    leftOut: ['legacy'],
    from: '2026-01-01',
    to: '2026-03-31',
    together: 'protected',
  } as const),
  party: {
    ...{ answeredInTime: shown, accepted: shown, contacted: withheld, qualified: withheld, won: withheld },
    ...{ lost: withheld, returned: withheld, likeForLike: { qualified: alike, won: alike } },
  },
  vendor: {
    promise: { A: { promised: { direct: 40, channel: 60 }, received: { direct: half, channel: half, own: half } } },
    outside: {
      ...{ namedAccount: withheld, protectedAccount: withheld, fallback: shown },
      ...{ override: shown, noConsent: shown },
    },
    mix: { own: { C: half, D: half }, partners: { 'C+D': half }, direct: {} },
    ...{ incomplete: withheld, delivered: withheld },
    returns: { byReason: { spam: 2, 'no-fit': 1 }, honoured: { ...half, successes: 2, trials: 3 } },
  },
};

describe('a scorecard to be handed round', () => {
  it('is a page that has all its tables, where it stands in the log, and why something is withheld', () => {
    const page = scorecardPage(card, ['npx fairlead scorecard acme log']);
    expect(page).not.toMatch(/<script|<link|<img|https?:| style=/iu);
    expect(page.match(/<table>/gu)).toHaveLength(3);
    for (const text of [
      'Scorecard of acme',
      '9 events',
      '3 0 5 0 0 1',
      'npx fairlead scorecard acme log',
      'Deals that were closed elsewhere are not among them',
      'another partner',
    ])
      expect(page).toContain(text);
  });

  it('is a table with a row for each figure of each side, and nothing where something is withheld', () => {
    const { headings, rows } = scorecardCsv(card);
    for (const row of rows) expect(row).toHaveLength(headings.length);
    const of = (figure: string, whose: string) =>
      rows.find((row) => row[2] === figure && row[3] === whose)?.slice(4, 9);
    expect(of('accepted', 'partners')).toEqual(['1', '2', '0.5', '0.0945', '0.9055']);
    expect(of('won', 'partners')).toEqual(['', '', '', '', '']);
    expect(of('grade C+D', 'partners')).toEqual(of('accepted', 'own'));
    expect(of('grade C+D', 'own')).toBeUndefined();
  });
});

describe('a scorecard in words', () => {
  it('has in each row the party, all partners, and direct, and says what is withheld', () => {
    const inWords = '1 of 2, 50.0 % (9.4–90.5)';
    const rows = partyRows(card);
    expect(rows).toContainEqual(['accepted', inWords, inWords, '–']);
    expect(rows).toContainEqual(['won', inWords, 'withheld', inWords]);
    expect(rows).toContainEqual(['won, like for like', '50.0 % (9.4–90.5)', 'withheld', '50.0 % (9.4–90.5)']);
    for (const row of [...rows, ...vendorRows(card)]) expect(row).toHaveLength(4);
  });

  it('keeps grades that are put together apart from those that stand alone', () => {
    expect(vendorRows(card).slice(0, 3)).toEqual([
      ['grade C', '1 of 2, 50.0 % (9.4–90.5)', '', ''],
      ['grade C+D', '', '1 of 2, 50.0 % (9.4–90.5)', ''],
      ['grade D', '1 of 2, 50.0 % (9.4–90.5)', '', ''],
    ]);
  });

  it('holds what was received against what was promised', () => {
    const [row] = promiseRows(card);
    expect(row).toHaveLength(promiseHeadings.length);
    expect(row?.slice(0, 2)).toEqual(['A', '60.0 %']);
  });

  it('tells what became of returned leads, and why something is withheld', () => {
    expect(returnsInWords(card)).toBe('spam 2, no-fit 1; 2 of 3 never offered to it again');
    expect(whyWithheld(card)).toMatch(/another partner/);
    expect(whyWithheld({ ...card, together: 'none' })).toMatch(/quarter/);
    expect(whyWithheld({ ...card, together: 'whole' })).toBeUndefined();
  });
});
