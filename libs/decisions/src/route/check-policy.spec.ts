import fc from 'fast-check';
import { checkPartner, checkPolicy, type RecentLead, type Surroundings, type Warning } from './check-policy.js';
import { matchPool } from './match-pool.js';
import { overlapsOf } from './overlaps.js';
import type { PartnerDocument } from './partner.js';
import { type PolicyDocument, policyOf } from './policy.js';
import { partnerOf } from './roster.js';

type Pool = PolicyDocument['pools'][number];
type Match = Pool['match'];

const promise = { direct: 40, channel: 60 };
const rest: Pool = { id: 'rest', match: {}, promise: { direct: 100, channel: 0 } };

function policy(...pools: Partial<Pool>[]): PolicyDocument {
  return { name: 'p', pools: [...pools.map((pool, index) => ({ ...rest, id: `p${index}`, ...pool })), rest] };
}

function partners(documents: Record<string, Partial<PartnerDocument>>) {
  return Object.entries(documents).map(([id, more]) => partnerOf(id, { name: id, tier: 'gold', ...more }));
}

function warnings(document: PolicyDocument, given: Partial<Surroundings> = {}): Warning[] {
  const nothing: Surroundings = {
    roster: partners({ acme: {} }),
    namedAccounts: new Set<string>(),
    reserved: new Map(),
    recent: { leads: [], days: 1 },
  };
  return [...checkPolicy(document, { ...nothing, ...given })].flat();
}

const kinds = (found: readonly Warning[]) => found.map(({ path, kind }) => `${path.join('.')}: ${kind}`);
const leads = (count: number, more: Partial<RecentLead> = {}): RecentLead[] =>
  Array.from({ length: count }, () => ({
    ...{ state: 'graded', grade: 'A', sourceId: 'web', facts: {}, consent: 'given' },
    ...more,
  }));

describe('the check of a policy', () => {
  it('finds nothing amiss where every promise can be kept', () => {
    const document = policy(
      { match: { countries: ['DE'] }, promise, tiers: { gold: 3 } },
      { match: { countries: ['FR'] } },
    );
    expect(warnings(document, { recent: { leads: leads(1_000, { facts: { country: 'DE' } }), days: 1 } })).toEqual([]);
  });

  it.each<[string, Partial<PartnerDocument>, Partial<Pool>, string]>([
    ['serve other territories', { territories: ['FR'] }, { match: { countries: ['DE'] } }, '1 serve other territories'],
    [
      'serve another region',
      { territories: ['DE-BE'] },
      { match: { regions: ['DE-BY'] } },
      '1 serve other territories',
    ],
    ['carry other products', { products: ['Print'] }, { match: { products: ['cloud'] } }, '1 carry other products'],
    ['lack a certification', {}, { requires: { certifications: ['iso'] } }, '1 lack a certification'],
    [
      'have no weight',
      { tier: 'silver' },
      { match: { countries: ['DE'] }, tiers: { gold: 1 } },
      '1 are of a tier without weight',
    ],
  ])('says where the channel is promised leads that all partners %s', (_, partner, pool, why) => {
    const found = warnings(policy({ match: { countries: ['DE'] }, promise, ...pool }), {
      roster: partners({ acme: partner }),
    });
    expect(found).toContainEqual({
      path: ['pools', 0, 'promise'],
      kind: 'no-able-partner',
      detail: `Up to 60 % are promised to the channel, but no active partner can take its leads (${why}): they all go to direct.`,
    });
  });

  it.each<[string, Partial<PartnerDocument>, Match]>([
    ['its country', { territories: ['DE'] }, { regions: ['DE-BY'] }],
    ['a region of its country', { territories: ['DE-BY'] }, { countries: ['DE'] }],
    ['its product in another spelling', { products: ['CLOUD '] }, { products: ['Cloud'] }],
    ['everything', {}, { countries: ['DE'], regions: ['DE-BY'], products: ['cloud'] }],
  ])('takes for able who serves %s', (_, partner, match) => {
    expect(warnings(policy({ match, promise }), { roster: partners({ acme: partner }) })).toEqual([]);
  });

  it('does not take a paused partner for able, and asks for none where the channel is promised nothing', () => {
    const roster = partners({ acme: { status: 'paused' } });
    expect(kinds(warnings(policy({ match: { countries: ['DE'] }, promise }), { roster }))).toEqual([
      'pools.0.promise: no-able-partner',
    ]);
    expect(warnings(policy({ match: { countries: ['DE'] } }), { roster })).toEqual([]);
    const forA = { A: { direct: 0, channel: 100 } };
    expect(kinds(warnings(policy({ match: { countries: ['DE'] }, promiseByGrade: forA }), { roster }))).toEqual([
      'pools.0.promise: no-able-partner',
    ]);
  });

  it('compares what is promised with what those who can take it may take in a day', () => {
    const document = policy({ match: { countries: ['DE'] }, promise });
    const recent = { leads: leads(100, { facts: { country: 'DE' } }), days: 2 };
    const capped = (perDay: number) =>
      warnings(document, { recent, roster: partners({ acme: { caps: { perDay } }, bolt: { caps: { perDay: 1 } } }) });
    // 100 leads in 2 days, of which 60 %: 30 a day. Half of that is 15.
    expect(capped(14)).toEqual([]);
    expect(capped(13)).toEqual([
      {
        path: ['pools', 0, 'promise'],
        kind: 'too-little-capacity',
        detail:
          'About 30 leads a day, as they came lately, are promised to the channel, but those that can take them take at most 14 a day together.',
      },
    ]);
    const none = partners({ acme: { caps: { perDay: 0 } }, bolt: { caps: { open: 0 } } });
    expect(warnings(document, { roster: none })).toEqual([
      {
        path: ['pools', 0, 'promise'],
        kind: 'too-little-capacity',
        detail: 'Up to 60 % are promised to the channel, but those that can take them take at most 0 a day together.',
      },
    ]);
    expect(capped(0)).toHaveLength(1);
    expect(warnings(document, { recent, roster: partners({ acme: { caps: { perDay: 1 } }, bolt: {} }) })).toEqual([]);
  });

  it('tells of a list that is not there, and of one that has had more than a lower ceiling allows', () => {
    const document = policy({ match: { countries: ['DE'] }, namedAccounts: { list: 'emea', ceiling: 15 } });
    expect(warnings(document)).toEqual([
      {
        path: ['pools', 0, 'namedAccounts', 'list'],
        kind: 'list-missing',
        detail: 'There is no list emea yet: nothing is reserved until there is.',
      },
    ]);
    const reserved = new Map([
      [
        'p0',
        new Map([
          ['emea/A', { taken: 4, of: 20 }],
          ['emea/B', { taken: 3, of: 20 }],
          ['other/C', { taken: 20, of: 20 }],
        ]),
      ],
    ]);
    expect(warnings(document, { reserved, namedAccounts: new Set(['emea']) })).toEqual([
      {
        path: ['pools', 0, 'namedAccounts', 'ceiling'],
        kind: 'list-above-ceiling',
        detail:
          'The list has taken 4 of 20 leads of grade A here, more than 15 %: it takes no more of them until its share is below.',
      },
    ]);
  });

  it('tells of a tier that no partner is of, and of partners whose tier is served nowhere', () => {
    const document = policy({ match: { countries: ['DE'] }, promise, tiers: { gold: 3, glod: 2 } });
    const roster = partners({
      acme: {},
      bolt: { tier: 'bronze' },
      crane: { tier: 'tin', weight: 2 },
      delta: { tier: 'zinc', status: 'paused' },
    });
    expect(warnings(document, { roster })).toEqual([
      { path: ['pools', 0, 'tiers', 'glod'], kind: 'tier-without-partner', detail: 'No partner is of the tier glod.' },
      {
        path: ['pools'],
        kind: 'tier-not-served',
        detail:
          'No pool that promises the channel anything has a weight for the tier bronze: bolt would be offered nothing.',
      },
    ]);
  });

  it('tells of a pool that no lead reaches, and of one that shares leads with pools before it', () => {
    expect(
      warnings(
        policy(
          { match: { countries: ['DE'] } },
          { match: { products: ['cloud'] } },
          { match: { regions: ['DE-BY'], products: ['cloud'] } },
        ),
      ),
    ).toEqual([
      {
        path: ['pools', 1, 'match'],
        kind: 'overlap',
        detail: 'A lead that matches this pool and p0 goes to the one that stands first.',
      },
      {
        path: ['pools', 2, 'match'],
        kind: 'never-reached',
        detail: 'No lead ever reaches this pool: all that it matches goes to p0, p1 before it.',
      },
    ]);
  });
});

describe('what pools have in common', () => {
  const overlaps = (...matches: Match[]) => {
    const document = policy(...matches.map((match) => ({ match })));
    return [...overlapsOf(policyOf(document, 1).pools.map(({ match }) => match))].slice(0, -1);
  };
  const last = (...matches: Match[]) => overlaps(...matches).at(-1);

  it('is nothing where one respect tells them apart', () => {
    expect(last({ employees: { below: 500 } }, { employees: { from: 500 } })).toEqual({
      before: [],
      nothingLeft: false,
    });
    expect(last({ countries: ['DE'], products: ['cloud'] }, { countries: ['FR'], products: ['cloud'] })).toEqual({
      before: [],
      nothingLeft: false,
    });
    expect(last({ countries: ['FR'] }, { regions: ['DE-BY'] })).toEqual({ before: [], nothingLeft: false });
  });

  it.each<[string, Match[]]>([
    [
      'a wider pool before it',
      [{ employees: { below: 500 } }, { employees: { from: 10, below: 100 }, products: ['cloud'] }],
    ],
    [
      'several that together are as wide',
      [{ countries: ['DE'] }, { countries: ['FR', 'AT'] }, { countries: ['DE', 'FR'] }],
    ],
    [
      'two ranges that meet',
      [{ revenue: { below: 10 } }, { revenue: { from: 10 } }, { revenue: { from: 5, below: 20 } }],
    ],
    ['the country of its region', [{ countries: ['DE'] }, { regions: ['DE-BY'] }]],
    ['the same in another spelling', [{ products: ['Cloud'] }, { products: ['cloud '] }]],
  ])('is everything behind %s', (_, matches) => {
    expect(last(...matches)).toMatchObject({ nothingLeft: true });
  });

  it.each<[string, Match[]]>([
    ['leads of which the size is not known', [{ employees: { from: 0 } }, { countries: ['DE'] }]],
    ['the rest of the country', [{ regions: ['DE-BY', 'DE-BE'] }, { countries: ['DE'] }]],
    ['products that nobody names', [{ products: ['cloud'] }, { countries: ['DE'] }]],
  ])('leaves %s', (_, matches) => {
    expect(last(...matches)).toEqual({ before: [0], nothingLeft: false });
  });

  // The whole truth by trying: every kind of lead there is, through the rule that decides.
  it('is what leads find', () => {
    const some = <T>(values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
    const range = fc.constantFrom({ below: 10 }, { from: 10 }, { from: 5, below: 20 }, { from: 20 });
    const matches = fc.record(
      {
        countries: some(['DE', 'FR']),
        regions: some(['DE-BY', 'FR-IDF']),
        employees: range,
        products: some(['cloud', 'print']),
      },
      { requiredKeys: [] },
    );
    const everyLead = ['DE', 'FR', 'US', undefined].flatMap((country) =>
      [undefined, 'DE-BY', 'FR-IDF']
        .filter((region) => region === undefined || region.slice(0, 2) === country)
        .flatMap((region) =>
          [undefined, 0, 7, 15, 30].flatMap((employees) =>
            ['cloud', 'print', 'paper', undefined].map((product) => ({
              sourceId: 'web',
              facts: { country, region, employees, product },
            })),
          ),
        ),
    );
    fc.assert(
      fc.property(fc.array(matches, { minLength: 2, maxLength: 5 }), (all) => {
        const pools = policyOf(policy(...all.map((match) => ({ match }))), 1).pools;
        const reached = new Set(
          everyLead.map((lead) => matchPool(lead, { name: 'p', version: 1, hash: '', pools }).id),
        );
        overlaps(...all).forEach(({ before, nothingLeft }, index) => {
          const own = everyLead.filter(
            (lead) =>
              matchPool(lead, { name: 'p', version: 1, hash: '', pools: [pools[index]!, pools.at(-1)!] }).id !== 'rest',
          );
          // A pool that matches nothing at all is refused before it comes here.
          if (own.length === 0) return;
          expect(nothingLeft).toBe(!reached.has(`p${index}`));
          const sharing = all
            .slice(0, index)
            .flatMap((_, earlier) =>
              own.some(
                (lead) =>
                  matchPool(lead, { name: 'p', version: 1, hash: '', pools: [pools[earlier]!, pools.at(-1)!] }).id !==
                  'rest',
              )
                ? [earlier]
                : [],
            );
          expect(before).toEqual(sharing);
        });
      }),
    );
  });

  it('is found in bounded time, however many pools cut across each other', () => {
    const matches = Array.from({ length: 199 }, (_, index): Match => ({
      employees: { from: index, below: index + 100 },
      revenue: { from: 300 - index, below: 400 - index },
      products: [`p${index % 7}`, `p${index % 11}`],
    }));
    expect(overlaps(...matches)).toHaveLength(199);
  });
});

describe('the check of a partner', () => {
  const inForce = policyOf(policy({ match: { countries: ['DE'] }, promise, tiers: { gold: 1 } }), 1);
  const partner = (more: Partial<PartnerDocument>) =>
    checkPartner({ name: 'Acme', tier: 'gold', territories: ['DE'], ...more }, inForce);

  it('tells of one that serves everywhere, and of one whose tier is served nowhere', () => {
    expect(partner({})).toEqual([]);
    expect(kinds(partner({ territories: [] }))).toEqual(['territories: serves-everywhere']);
    expect(kinds(checkPartner({ name: 'Acme', tier: 'gold' }, undefined))).toEqual(['territories: serves-everywhere']);
    expect(kinds(partner({ tier: 'tin' }))).toEqual(['tier: tier-not-served']);
    expect(partner({ tier: 'tin', weight: 3 })).toEqual([]);
  });
});
