import { createHash } from 'node:crypto';
import { canonicalJson } from '../document/content-hash.js';
import { defaultPolicy } from './default-policy.js';
import { matchPool } from './match-pool.js';
import { type Policy, policyOf, readPolicy } from './policy.js';
import { readPolicyDraft } from './policy-draft.js';

const emea = `
name: emea
pools:
  - id: smb
    match: { countries: [DE, FR, AT], employees: { below: 500 }, products: [cloud] }
    promise: { direct: 40, channel: 60 }                   # of every grade
    promiseByGrade: { A: { direct: 50, channel: 50 } }
    tiers: { gold: 3, silver: 2, registered: 1 }
    offer: { acceptWithin: 4h, maxOffers: 3, then: direct, revealContact: on-accept }
    incomplete: { holdFor: 48h, then: route }
    notQualified: { then: nurture }
    namedAccounts: { list: emea-named, ceiling: 15 }
  - id: rest
    match: {}
    promise: { direct: 50, channel: 50 }
`;

function policy(source: unknown = emea): Policy {
  const reading = readPolicy(source);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return policyOf(reading.document, 1);
}

function problems(source: unknown) {
  const reading = readPolicy(source);
  return reading.ok ? [] : reading.problems;
}

describe('a policy', () => {
  it('is read from YAML, with durations in milliseconds and defaults where nothing is said', () => {
    const [smb, rest] = policy().pools;
    expect(smb).toMatchObject({
      id: 'smb',
      offer: { acceptWithinMs: 4 * 3_600_000, maxOffers: 3, then: 'direct', revealContact: 'on-accept' },
      incomplete: { needs: [], holdForMs: 48 * 3_600_000, then: 'route' },
      notQualified: { then: 'nurture' },
      consent: { neededFor: 'channel' },
      namedAccounts: { list: 'emea-named', ceiling: 15 },
    });
    expect(smb?.promise('A')).toEqual({ direct: 50, channel: 50 });
    expect(smb?.promise('B')).toEqual({ direct: 40, channel: 60 });
    expect(smb?.promise('incomplete')).toEqual({ direct: 40, channel: 60 });
    expect([smb?.tierWeight('gold'), smb?.tierWeight('bronze'), smb?.tierWeight('constructor')]).toEqual([
      3,
      undefined,
      undefined,
    ]);
    expect(rest).toMatchObject({
      offer: { acceptWithinMs: 24 * 3_600_000, maxOffers: 3, then: 'direct', revealContact: 'on-accept' },
      incomplete: { needs: [], holdForMs: 0, then: 'route' },
    });
    expect(rest?.tierWeight('anything')).toBe(1);
  });

  it('has the same hash as YAML and as JSON, and anybody can compute it', () => {
    const reading = readPolicy(emea);
    if (!reading.ok) throw new Error('unreadable');
    const asJson = JSON.stringify(reading.document, undefined, 2);
    expect(policy(asJson).hash).toBe(policy().hash);
    expect(policy(JSON.parse(asJson)).hash).toBe(policy().hash);
    expect(policy().hash).toBe(createHash('sha256').update(canonicalJson(reading.document)).digest('hex'));
  });

  it('says when parties are reminded, and what becomes of what they return; without a word, nobody is and it is closed', () => {
    const pool = (more: string) =>
      policy(`
name: p
pools:
  - id: all
    match: {}
    promise: { direct: 50, channel: 50 }
    ${more}`).pools[0];
    const silent = pool('tiers: { gold: 1 }');
    expect([silent?.returned, silent?.followUp, silent?.offer.remindWithMsLeft]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(pool('offer: { acceptWithin: 4h, remind: 1h }')?.offer.remindWithMsLeft).toBe(3_600_000);
    expect(pool('offer: { acceptWithin: 4h, remind: 25% }')?.offer.remindWithMsLeft).toBe(3_600_000);
    const day = 86_400_000;
    expect(pool('followUp: { remindAfter: 3d }')?.followUp).toEqual({
      remindAfterMs: 3 * day,
      everyMs: 3 * day,
      most: 2,
    });
    expect(pool('followUp: { remindAfter: 3d, every: 1d, most: 5 }')?.followUp).toMatchObject({
      everyMs: day,
      most: 5,
    });
    expect(pool('returned: {}')?.returned).toMatchObject({ times: 2, repair: ['inaccurate-data'] });
    expect(pool('returned: { then: close, times: 3 }')?.returned).toBeUndefined();
  });

  it('tells of reminders that come before the offer, and of reasons that stand under two words', () => {
    const details = (more: string) =>
      problems(`
name: p
pools:
  - id: all
    match: {}
    promise: { direct: 50, channel: 50 }
    ${more}`).map(({ path, detail }) => `${path}: ${detail}`);
    expect(details('offer: { acceptWithin: 1h, remind: 2h }')).toEqual([
      'pools[0].offer.remind: an offer is open for 1h: with 2h left it has not been made yet',
    ]);
    expect(details('offer: { remind: 1d }')).toEqual([
      'pools[0].offer.remind: an offer is open for 24h: with 1d left it has not been made yet',
    ]);
    expect(details('offer: { remind: soon }')).toEqual([
      'pools[0].offer.remind: must be a duration such as 1h, or a part such as 25%',
    ]);
    expect(details('followUp: { remindAfter: 400d }')).toEqual(['pools[0].followUp.remindAfter: longer than 366 days']);
    expect(details('returned: { repair: [spam], never: [spam] }')).toEqual([
      'pools[0].returned.never: spam is under repair, too',
    ]);
    expect(details('returned: { never: [bad-lead] }')).toHaveLength(1);
    expect(details('returned: { often: 2 }')).toEqual(['pools[0].returned: unknown key: often']);
  });

  it('takes the default policy', () => {
    expect(problems(defaultPolicy)).toEqual([]);
  });

  it('tells all that is wrong at once, with path and line', () => {
    expect(
      problems(`
name: emea
owner: somebody
pools:
  - id: smb
    match: { countries: [Germany] }
    promise: { direct: 40, chanel: 60 }
    offer: { acceptWithin: 4 hours, then: nobody }
  - id: SMB
    match: {}
    promise: { direct: 50.5, channel: 50 }
`),
    ).toEqual([
      { path: '', line: 3, detail: 'unknown key: owner' },
      { path: 'pools[0].match.countries[0]', line: 6, detail: 'must be an ISO 3166-1 code such as DE' },
      { path: 'pools[0].promise', line: 7, detail: 'missing: channel' },
      { path: 'pools[0].promise', line: 7, detail: 'unknown key: chanel' },
      {
        path: 'pools[0].offer.acceptWithin',
        line: 8,
        detail: 'must be a duration such as 90s, 30m, 4h or 2d',
      },
      { path: 'pools[0].offer.then', line: 8, detail: 'must be one of: direct, nurture' },
      { path: 'pools[1].id', line: 9, detail: 'must be lower-case letters, digits and hyphens, at most 63' },
      { path: 'pools[1].promise.direct', line: 11, detail: 'must be integer' },
    ]);
  });

  it('tells what does not add up, once the shape is right', () => {
    expect(
      problems(`
name: emea
pools:
  - id: smb
    match: {}
    promise: { direct: 40, channel: 70 }
    promiseByGrade: { B: { direct: 1, channel: 1 } }
  - id: smb
    match: { employees: { from: 500, below: 100 }, products: [] }
    promise: { direct: 50, channel: 50 }
    offer: { acceptWithin: 400d }
`),
    ).toEqual([
      { path: 'pools[0].match', line: 5, detail: 'matches everything, so no lead reaches the pools after it' },
      { path: 'pools[0].promise', line: 6, detail: 'shares add up to 110, not 100' },
      { path: 'pools[0].promiseByGrade.B', line: 7, detail: 'shares add up to 2, not 100' },
      { path: 'pools[1].id', line: 8, detail: 'two pools have the id smb' },
      { path: 'pools[1].match.employees', line: 9, detail: 'nothing is from 500 and below 100' },
      { path: 'pools[1].match.products', line: 9, detail: 'an empty list matches nothing' },
      { path: 'pools[1].match', line: 9, detail: 'the last pool must match everything: match: {}' },
      { path: 'pools[1].offer.acceptWithin', line: 11, detail: 'longer than 366 days' },
    ]);
  });

  it.each([
    ['text that is not YAML', 'pools: [', 1],
    ['a key written twice', 'name: a\nname: b\npools: []', 2],
    ['aliases, which can hide gigabytes', 'name: &n emea\npools: *n', 1],
    ['two documents in one', 'name: a\n---\nname: b', 2],
  ])('refuses %s', (_, text, line) => {
    expect(problems(text)).toEqual(expect.arrayContaining([expect.objectContaining({ line })]));
  });

  it.each([undefined, null, 7, [], '', 'name: 7', '{"__proto__": {}}', JSON.parse('{"__proto__": {}}')])(
    'refuses %j without failing',
    (source) => {
      expect(problems(source).length).toBeGreaterThan(0);
    },
  );

  it('refuses a document that would not fit into the event that announces it', () => {
    const pools = Array.from({ length: 150 }, (_, index) => ({
      id: `p${index}`,
      match: { products: Array.from({ length: 20 }, (_, item) => `product number ${item} of pool ${index}`) },
      promise: { direct: 50, channel: 50 },
    }));
    const rest = { id: 'rest', match: {}, promise: { direct: 50, channel: 50 } };
    expect(problems({ name: 'long', pools: [...pools, rest] })).toEqual([
      { path: '', detail: 'as JSON it is longer than 49152 bytes' },
    ]);
  });
});

describe('a policy that somebody is about to write', () => {
  const draft = (source: unknown) => {
    const reading = readPolicyDraft(source);
    return reading.ok ? [] : reading.problems;
  };

  it('is told all that is wrong, its shape and what does not add up, in one go', () => {
    const text = `
name: emea
pools:
  - id: smb
    match: { countries: [DE, UK, XX], region: [DE-BY] }
    promise: { direct: 40, channel: 70 }
    tiers: { gold: 0 }
    promiseByGrade: { A: { direct: 1, channel: 1 }, B: 7 }
  - id: smb
    match: { regions: [DE-BY, DE-XX], employees: { from: 5, below: 5 }, products: cloud }
    promise: { direct: 50, channel: 60 }
  -
  - id: empty
    match: { countries: [FR, AT], regions: [DE-BY] }
    promise: { direct: 50, channel: 50 }
    offer: { acceptWithin: 400d, maxOffers: 0 }
  - id: rest
    match: {}
    promise: { direct: 50, channel: 50 }
`;
    expect(draft(text)).toEqual([
      { path: 'pools[0].match', line: 5, detail: 'unknown key: region' },
      {
        path: 'pools[0].match.countries[1]',
        line: 5,
        detail: 'UK is in no list of ISO 3166-1; its code is GB',
      },
      { path: 'pools[0].match.countries[2]', line: 5, detail: 'XX is in no list of ISO 3166-1' },
      { path: 'pools[0].promise', line: 6, detail: 'shares add up to 110, not 100' },
      { path: 'pools[0].tiers.gold', line: 7, detail: 'must be >= 1' },
      { path: 'pools[0].promiseByGrade.B', line: 8, detail: 'must be object' },
      { path: 'pools[0].promiseByGrade.A', line: 8, detail: 'shares add up to 2, not 100' },
      { path: 'pools[1].id', line: 9, detail: 'two pools have the id smb' },
      { path: 'pools[1].match.products', line: 10, detail: 'must be array' },
      { path: 'pools[1].match.employees', line: 10, detail: 'nothing is from 5 and below 5' },
      { path: 'pools[1].match.regions[1]', line: 10, detail: 'DE-XX is in no list of ISO 3166-2' },
      { path: 'pools[1].promise', line: 11, detail: 'shares add up to 110, not 100' },
      { path: 'pools[2]', line: 12, detail: 'must be object' },
      {
        path: 'pools[3].match',
        line: 14,
        detail: 'matches nothing: no lead is in DE-BY and in FR or AT',
      },
      { path: 'pools[3].offer.maxOffers', line: 16, detail: 'must be >= 1' },
      { path: 'pools[3].offer.acceptWithin', line: 16, detail: 'longer than 366 days' },
    ]);
  });

  it('is told what is wrong with its pools although its name is missing', () => {
    const pools = [{ id: 'rest', match: {}, promise: { direct: 1, channel: 1 } }];
    expect(draft({ pools })).toEqual([
      { path: '', detail: 'missing: name' },
      { path: 'pools[0].promise', detail: 'shares add up to 2, not 100' },
    ]);
  });

  it.each([undefined, null, 7, [], {}, { name: 'x', pools: {} }, { name: 'x', pools: [null, 7, []] }, '', 'name: 7'])(
    'is refused without failing when it is %j',
    (source) => {
      expect(draft(source).length).toBeGreaterThan(0);
    },
  );

  it('knows the lines of what it says, where it was text', () => {
    const reading = readPolicyDraft(emea);
    if (!reading.ok) throw new Error('unreadable');
    expect([reading.lineOf?.(['pools', 0, 'match']), reading.lineOf?.(['pools', 1])]).toEqual([5, 13]);
    const parsed = readPolicyDraft(reading.document);
    expect(parsed.ok && parsed.lineOf).toBeUndefined();
  });

  it('leaves the name of what was decided elsewhere to that', () => {
    const rest = { id: 'legacy', match: {}, promise: { direct: 50, channel: 50 } };
    const detail = 'is what deals from elsewhere are counted under: legacy can be no name here';
    expect(draft({ name: 'legacy', pools: [rest] })).toEqual([
      { path: 'name', detail },
      { path: 'pools[0].id', detail },
    ]);
    expect(problems({ name: 'legacy', pools: [rest] })).toEqual([]);
  });

  it('asks no more of a policy that was taken before', () => {
    const pool = { id: 'uk', match: { countries: ['UK'] }, promise: { direct: 50, channel: 50 } };
    expect(problems({ name: 'x', pools: [pool, { ...pool, id: 'rest', match: {} }] })).toEqual([]);
  });
});

describe('the pool of a lead', () => {
  const poolOf = (facts: object, sourceId = 'web') => matchPool({ facts, sourceId }, policy()).id;

  it('is the first whose conditions all hold', () => {
    expect(poolOf({ country: 'DE', employees: 499, product: ' Cloud ' })).toBe('smb');
    expect(poolOf({ country: 'DE', employees: 500, product: 'cloud' })).toBe('rest');
    expect(poolOf({ country: 'CH', employees: 10, product: 'cloud' })).toBe('rest');
  });

  it('is the last one for a lead of which nothing is known', () => {
    expect(poolOf({})).toBe('rest');
    expect(poolOf({ country: 'DE', product: 'cloud' })).toBe('rest');
  });

  it('can depend on region, revenue, industry and source', () => {
    const match = { regions: ['DE-BY'], revenue: { from: 1_000 }, industries: ['Retail'], sources: ['fair'] };
    const rest = { id: 'rest', match: {}, promise: { direct: 0, channel: 100 } };
    const special = policy({ name: 'x', pools: [{ ...rest, id: 'special', match }, rest] });
    const facts = { region: 'DE-BY', revenue: 1_000, industry: 'retail' };
    expect(matchPool({ facts, sourceId: 'fair' }, special).id).toBe('special');
    for (const missing of Object.keys(facts)) {
      expect(matchPool({ facts: { ...facts, [missing]: undefined }, sourceId: 'fair' }, special).id).toBe('rest');
    }
    expect(matchPool({ facts, sourceId: 'web' }, special).id).toBe('rest');
  });
});
