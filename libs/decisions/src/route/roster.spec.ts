import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson } from '../document/content-hash.js';
import { Loads } from './loads.js';
import { isPartnerId } from './party.js';
import { type PartnerDocument, readPartner } from './partner.js';
import { policyOf } from './policy.js';
import { type Partner, partnerOf, Roster } from './roster.js';

const pool = policyOf(
  {
    name: 'p',
    pools: [
      {
        id: 'all',
        match: {},
        promise: { direct: 50, channel: 50 },
        tiers: { gold: 3, silver: 1 },
        requires: { certifications: ['Security'] },
      },
    ],
  },
  1,
).pools[0]!;

const certified: PartnerDocument = { name: 'Acme', tier: 'gold', certifications: ['security'] };
const roster = (partners: Record<string, Partial<PartnerDocument>>) =>
  new Roster(Object.entries(partners).map(([id, more]) => partnerOf(id, { ...certified, ...more })));

describe('a partner', () => {
  it('is read, and told all that is wrong with it', () => {
    expect(
      readPartner({
        name: 'Acme',
        tier: 'gold',
        status: 'active',
        territories: [],
        products: [],
        certifications: [],
        caps: {},
      }).ok,
    ).toBe(true);
    expect(
      readPartner({ tier: 'Gold', status: 'gone', territories: ['DE', 'Bavaria'], caps: { perday: 3 }, weight: 0 }),
    ).toEqual({
      ok: false,
      problems: [
        { path: '', detail: 'missing: name' },
        { path: 'tier', detail: 'must be lower-case letters, digits and hyphens, at most 63' },
        { path: 'weight', detail: 'must be >= 1' },
        { path: 'status', detail: 'must be one of: active, paused' },
        { path: 'territories[1]', detail: 'must be an ISO 3166-1 or 3166-2 code such as DE or DE-BY' },
        { path: 'caps', detail: 'unknown key: perday' },
      ],
    });
  });

  it('serves only places that there are', () => {
    expect(readPartner({ name: 'Acme', tier: 'gold', territories: ['DE', 'DE-ZZ', 'UK', 'GB-SCT'] })).toMatchObject({
      ok: false,
      problems: [
        { path: 'territories[1]', detail: 'DE-ZZ is in no list of ISO 3166-2' },
        { path: 'territories[2]', detail: 'UK is in no list of ISO 3166-1; its code is GB' },
      ],
    });
  });

  it('may not be called direct', () => {
    expect(['acme', 'direct', 'Acme', '', '-', 'a'.repeat(64)].map(isPartnerId)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('the roster', () => {
  it('knows who may take a lead, who may not, and why', () => {
    const partners = roster({
      zeta: {},
      alpha: { territories: ['DE'], products: ['Cloud'], weight: 7 },
      bavaria: { territories: ['DE-BY'] },
      france: { territories: ['FR'] },
      phones: { products: ['phones'] },
      asleep: { status: 'paused', certifications: [] },
      novice: { certifications: [] },
      bronze: { tier: 'bronze' },
    });
    const { able, ...refused } = partners.candidatesFor({ country: 'DE', region: 'DE-BY', product: 'cloud' }, pool);
    expect(able.map(({ id, weight }) => `${id} ${weight}`)).toEqual(['alpha 7', 'bavaria 3', 'zeta 3']);
    expect(refused).toEqual({
      refused: [
        { party: 'asleep', refusals: ['paused', 'not-certified'] },
        { party: 'bronze', refusals: ['tier-not-served'] },
        { party: 'novice', refusals: ['not-certified'] },
      ],
      refusedCounts: {
        'outside-territory': 1,
        'product-not-carried': 1,
        paused: 1,
        'tier-not-served': 1,
        'not-certified': 1,
      },
    });
  });

  it.each([
    ['a lead from nowhere goes to who serves everywhere', {}, ['everywhere', 'phones']],
    [
      'a region that nobody names counts as its country',
      { country: 'DE', region: 'DE-HH' },
      ['both', 'everywhere', 'germany', 'phones'],
    ],
    ['a region alone tells the country', { region: 'DE-BY' }, ['bavaria', 'both', 'everywhere', 'germany', 'phones']],
    ['a product that nobody carries goes to who carries all', { product: 'boats' }, ['everywhere']],
    ['a product is compared without case', { product: 'PHONES' }, ['everywhere', 'phones']],
  ])('%s', (_, facts, able) => {
    const partners = roster({
      everywhere: {},
      germany: { territories: ['DE'] },
      bavaria: { territories: ['DE-BY'] },
      both: { territories: ['DE-BY', 'DE'] },
      phones: { products: ['Phones'] },
    });
    expect(partners.candidatesFor(facts, pool).able.map(({ id }) => id)).toEqual(able);
  });

  it('finds by its index exactly whom a look at everybody finds', () => {
    const places = ['DE', 'FR', 'DE-BY', 'DE-HH', 'FR-75'];
    const products = ['cloud', 'phones', 'boats'];
    const partner = fc.record({
      territories: fc.subarray(places),
      products: fc.subarray(products),
      status: fc.constantFrom('active' as const, 'paused' as const),
    });
    const lead = fc.record({
      country: fc.constantFrom('DE', 'FR', 'US', undefined),
      region: fc.constantFrom('DE-BY', 'DE-HH', 'DE-BE', undefined),
      product: fc.constantFrom(...products, 'cars', undefined),
    });
    fc.assert(
      fc.property(fc.array(partner, { maxLength: 40 }), fc.array(lead, { maxLength: 10 }), (list, leads) => {
        const named = Object.fromEntries(list.map((more, index) => [`p${index}`, more]));
        const partners = roster(named);
        for (const { country, region, product } of leads) {
          if (region !== undefined && country !== 'DE') continue;
          const facts = { ...(country && { country }), ...(region && { region }), ...(product && { product }) };
          const found = partners.candidatesFor(facts, pool);
          const expected = Object.entries(named)
            .filter(
              ([, { territories, products: carried, status }]) =>
                status === 'active' &&
                (territories.length === 0 || territories.some((place) => place === country || place === region)) &&
                (carried.length === 0 || product === undefined || carried.includes(product)),
            )
            .map(([id]) => id);
          expect(found.able.map(({ id }) => id)).toEqual(expected.sort());
          const refused = Object.values(found.refusedCounts).reduce((sum, count) => sum + count, 0);
          expect(refused + found.able.length).toBe(list.length);
        }
      }),
    );
  });

  it('has a hash that anybody can compute from the partners’ documents', () => {
    const documents = { acme: certified, bolt: { ...certified, weight: 2 } };
    const sha = (value: unknown) => createHash('sha256').update(canonicalJson(value)).digest('hex');
    expect(roster(documents).hash).toBe(sha({ acme: sha(documents.acme), bolt: sha(documents.bolt) }));
    expect(roster({ bolt: documents.bolt, acme: documents.acme }).hash).toBe(roster(documents).hash);
  });
});

describe('loads', () => {
  const day = 86_400_000;
  const capped: Record<string, Partial<PartnerDocument>> = {
    a: { caps: { open: 2 } },
    b: { caps: { perDay: 1 } },
    c: { caps: { open: 0 } },
    d: {},
  };
  const partners = roster(capped);
  const candidates = partners.candidatesFor({}, pool);
  const caps = (id: string) => partners.get(id)!.caps;
  const open = (loads: Loads, now: number) =>
    loads
      .openings(candidates, now)
      .open.map(({ id }) => id)
      .join('');

  it('keep apart who has room and who is at a cap, as offers come and go and days pass', () => {
    const loads = new Loads();
    expect(open(loads, 0)).toBe('abd');
    loads.take('b', caps('b'), 0);
    expect(open(loads, 0)).toBe('ad');
    loads.free('b', caps('b'));
    expect(open(loads, day - 1)).toBe('ad');
    loads.take('a', caps('a'), 1);
    loads.take('a', caps('a'), 2);
    expect(open(loads, 3)).toBe('d');
    expect(
      loads
        .openings(candidates, 3)
        .full.map(({ id }: Pick<Partner, 'id'>) => id)
        .join(''),
    ).toBe('abc');
    loads.free('a', caps('a'));
    expect(open(loads, 3)).toBe('ad');
    expect(open(loads, day)).toBe('abd');
    expect(loads.of('a')).toEqual({ open: 1, today: 2, day: 0 });
  });

  it('are the same whether they were kept or are looked at anew', () => {
    const step = fc.record({
      id: fc.constantFrom('a', 'b', 'd'),
      take: fc.boolean(),
      later: fc.constantFrom(0, 1, day),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const loads = new Loads();
        let now = 0;
        for (const { id, take, later } of steps) {
          now += later;
          open(loads, now);
          if (take) loads.take(id, caps(id), now);
          else loads.free(id, caps(id));
          const anew = new Loads(['a', 'b', 'c', 'd'].map((party) => [party, loads.of(party)]));
          expect(loads.openings(candidates, now)).toEqual(anew.openings(candidates, now));
        }
      }),
    );
  });
});
