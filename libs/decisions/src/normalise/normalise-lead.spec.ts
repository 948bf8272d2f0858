import fc from 'fast-check';
import { encodeEvent, LeadReceived } from '@fairlead/events';
import { sharedData } from '../../test/shared-data.js';
import { leadFields, type LeadInput } from './lead-input.js';
import { type NormalisedLead, normaliseLead } from './normalise-lead.js';
import { parseDefaults } from './source-defaults.js';

const now = Date.UTC(2026, 10, 24);
const normalise = (lead: unknown, defaults: LeadInput = {}) =>
  normaliseLead(lead, { sourceId: 'website', defaults, now });
const errorsOf = (lead: unknown, defaults: LeadInput = {}) => {
  const result = normalise(lead, defaults);
  return result.ok ? [] : result.errors.map(({ field, rule }) => `${field}: ${rule}`);
};

/** Characters that grow when they are composed, that are more than one unit, that are escaped, or that are no characters. */
const nasty = [
  '\u0958',
  '\u{1d160}',
  '\ufb2c',
  '\u0344',
  '𐍈',
  'é',
  'e\u0301',
  '"',
  '\\',
  '\n',
  '\0',
  '\ud800',
  '\u202e',
  ' ',
  'a',
];

/** Of one character many times over, up to what may be sent, or a mixture. */
function nastyText(maxLength: number): fc.Arbitrary<string> {
  const lengths = fc.oneof(fc.integer({ min: 0, max: maxLength }), fc.constant(maxLength));
  return fc.oneof(
    fc.tuple(fc.constantFrom(...nasty), lengths).map(([character, length]) => character.repeat(length)),
    fc.string({ unit: fc.constantFrom(...nasty), maxLength }),
    fc.string({ unit: 'binary', maxLength }),
  );
}

/** What may be sent as a lead at its limits, of fields that are often understood; some are given. */
function nastyLead(given: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }), nastyText(64));
  const value = fc.oneof(nastyText(200), fc.double(), fc.boolean(), fc.constant(null));
  const number = fc.oneof(nastyText(200), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const domain = fc.oneof(
    fc.constant('example.com'),
    fc.integer({ min: 1, max: 60 }).map((length) => `${'ü'.repeat(length)}.example`),
  );
  const local = fc.oneof(fc.constant('jane'), nastyText(64));
  return fc.record(
    {
      ...{ firstName: nastyText(100), lastName: nastyText(100), message: nastyText(4_000), company: nastyText(200) },
      ...{ city: nastyText(100), industry: nastyText(100), product: nastyText(100), externalId: nastyText(128) },
      email: fc.tuple(local, domain).map(([before, after]) => `${before}@${after}`),
      domain,
      phone: fc.constantFrom('+4930901820', '030 901820', ''),
      country: fc.constantFrom('Germany', 'DE', null),
      region: fc.constantFrom('DE-BY', 'Bayern', null),
      employees: fc.oneof(fc.nat(), fc.constantFrom('10k+', '1,000-5,000', -0)),
      revenue: fc.oneof(fc.double({ min: 0, noNaN: true }), fc.constantFrom('$1M', '$9999999999M')),
      consent: fc.oneof(
        fc.boolean(),
        fc.record({
          given: fc.boolean(),
          at: fc.constantFrom(null, '2026-11-01', '1970-01-01'),
          text: nastyText(1_000),
        }),
      ),
      occurredAt: fc.constantFrom('', '2026-11-01', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00+14:00'),
      engagement: fc.dictionary(name, number, { maxKeys: 64, size: 'max' }),
      attributes: fc.dictionary(name, value, { maxKeys: 64, size: 'max' }),
      ...given,
    },
    { requiredKeys: Object.keys(given) as 'externalId'[] },
  );
}

/** As ingestion says it; the contact as large as it is when it is sealed. */
function encodeReceived({ contact, ...known }: NormalisedLead): void {
  const tag = 16;
  const ciphertext = Buffer.alloc(Buffer.byteLength(JSON.stringify(contact)) + tag).toString('base64');
  const sealed = { v: 1 as const, key: 1, nonce: 'A'.repeat(16), ciphertext };
  const id = '00000000-0000-8000-8000-000000000000';
  const data = { ...known, state: 'complete' as const, missing: [], contact: sealed };
  encodeEvent(LeadReceived, { id, source: '/ingestion', subject: id, time: now, data });
}

describe('a lead', () => {
  it('is understood: contact data apart from the facts that decisions look at', () => {
    const lead = {
      externalId: ' 4711 ',
      firstName: 'Jane',
      lastName: '  van\tDoe ',
      email: 'Jane.Doe@Shop.Example.co.uk',
      phone: '030 901820',
      company: 'Example\0 GmbH',
      country: 'Germany',
      region: 'Bayern',
      employees: '1,000-5,000',
      revenue: 2_500_000.9,
      product: 'cloud',
      message: 'Hello,\r\n\r\n\r\n\r\nplease  call.',
      consent: { given: true, at: '2026-11-01', text: 'I agree' },
      occurredAt: '2026-11-23T10:00:00+01:00',
      engagement: { pages: 7, 'last page': 'pricing', none: null },
      attributes: { campaign: 'spring', returning: true, blank: ' ' },
    };
    expect(normalise(lead)).toEqual({
      ok: true,
      lead: {
        sourceId: 'website',
        externalId: '4711',
        contact: {
          firstName: 'Jane',
          lastName: 'van Doe',
          email: 'Jane.Doe@shop.example.co.uk',
          phone: '+4930901820',
          message: 'Hello,\n\nplease call.',
        },
        reachable: { email: true, phone: true },
        facts: {
          company: 'Example GmbH',
          companyDomain: 'example.co.uk',
          country: 'DE',
          region: 'DE-BY',
          employees: 1_000,
          revenue: 2_500_000,
          product: 'cloud',
          emailKind: 'company',
          engagement: { pages: 7, 'last page': 'pricing' },
          attributes: { campaign: 'spring', returning: true },
        },
        consent: { given: true, at: Date.UTC(2026, 10, 1), text: 'I agree' },
        occurredAt: Date.UTC(2026, 10, 23, 9),
      },
    });
  });

  it('says all that is wrong with it at once, and none of its values', () => {
    const lead = {
      email: 'secret-at-nowhere',
      phone: 12,
      country: 'Secretland',
      employees: 'secret',
      compnay: 'Secret Ltd',
      lastName: 's'.repeat(101),
      attributes: { secret: ['secret'] },
    };
    expect(errorsOf(lead).sort()).toEqual([
      'attributes.secret: type',
      'compnay: unknown-field',
      'lastName: too-long',
      'phone: type',
    ]);
    const { phone, compnay, lastName, attributes, ...shapely } = lead;
    const result = normalise(shapely);
    expect(errorsOf(shapely).sort()).toEqual(['country: country', 'email: email', 'employees: quantity']);
    expect(JSON.stringify(result)).not.toMatch(/secret/i);
  });

  it.each([
    [{ email: ['jane@example.com'] }, 'email: type'],
    [{ email: { $ne: null } }, 'email: type'],
    [{ externalId: 5 }, 'externalId: type'],
    [{ employees: 1.5, externalId: 'x' }, 'employees: type'],
    [{ employees: -1, externalId: 'x' }, 'employees: minimum'],
    [{ employees: 99_000_000, externalId: 'x' }, 'employees: quantity'],
    [{ externalId: 'jane@example.com' }, 'externalId: personal-data'],
    [{ externalId: 'a\0b' }, 'externalId: characters'],
    [{ externalId: 'x', source: 'another' }, 'source: other-source'],
    [{ externalId: 'x', country: 'DE', region: 'FR-IDF' }, 'region: other-country'],
    [{ externalId: 'x', region: 'Bayern' }, 'region: region'],
    [{ externalId: 'x', domain: 'not a domain' }, 'domain: domain'],
    [{ externalId: 'x', domain: 'co.uk' }, 'domain: domain'],
    [{ externalId: 'x', occurredAt: '2027-01-01' }, 'occurredAt: future'],
    [{ externalId: 'x', occurredAt: '24/11/2026' }, 'occurredAt: moment'],
    [{ externalId: 'x', consent: 'perhaps' }, 'consent: consent'],
    [{ externalId: 'x', consent: {} }, 'consent.given: required'],
    [{ externalId: 'x', consent: { given: true, by: 'me' } }, 'consent.by: unknown-field'],
    [{ externalId: 'x', engagement: { huge: 1e300 } }, 'engagement.huge: number'],
    [{ externalId: 'x', engagement: { yes: true } }, 'engagement.yes: type'],
    [
      { externalId: 'x', attributes: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, i])) },
      'attributes: too-many',
    ],
    [{ externalId: 'x', attributes: { ['n'.repeat(65)]: 1 } }, `attributes.${'n'.repeat(63)}…: name`],
    [{ company: 'Example' }, 'email: required'],
    [{}, 'email: required'],
    [null, 'lead: type'],
    [[], 'lead: type'],
    ['lead', 'lead: type'],
  ])('is refused: %j', (lead, error) => {
    expect(errorsOf(lead)).toEqual([error]);
  });

  it('is refused with keys that poison objects', () => {
    expect(errorsOf(JSON.parse('{"externalId":"x","__proto__":{"admin":true},"constructor":1}'))).toEqual([
      '__proto__: unknown-field',
      'constructor: unknown-field',
    ]);
    expect(
      errorsOf(JSON.parse('{"externalId":"x","attributes":{"__proto__":1,"constructor":2,"prototype":3}}')),
    ).toEqual(['attributes.__proto__: name', 'attributes.constructor: name', 'attributes.prototype: name']);
  });

  it('needs no address when its source gave it an id', () => {
    expect(normalise({ externalId: '4711' })).toMatchObject({
      ok: true,
      lead: { contact: {}, reachable: { email: false, phone: false }, occurredAt: now },
    });
  });

  it('takes null and blank as not said', () => {
    expect(errorsOf({ externalId: 'x', email: null, phone: '', country: '  ', employees: '', consent: null })).toEqual(
      [],
    );
  });

  it.each([
    [{ email: 'jane@gmail.com' }, undefined],
    [{ email: 'jane@mailinator.com' }, undefined],
    [{ email: 'info@shop.example.com' }, 'example.com'],
    [{ email: 'jane@gmail.com', domain: 'https://www.example.com/about?x=1' }, 'example.com'],
    [{ email: 'jane@example.org', domain: 'example.com' }, 'example.com'],
    [{ email: 'jane@example.org', domain: 'gmail.com' }, 'example.org'],
    [{ externalId: 'x', domain: 'WWW.Bücher.example' }, 'xn--bcher-kva.example'],
  ])('has the domain of a company only: %j', (lead, domain) => {
    const result = normalise(lead);
    expect(result.ok && result.lead.facts.companyDomain).toBe(domain);
  });

  it('takes from its source what it does not say itself', () => {
    const defaults = { country: 'AT', product: 'cloud', consent: true, attributes: { campaign: 'fair', hall: 3 } };
    const result = normalise({ externalId: 'x', product: 'edge', attributes: { campaign: 'web' } }, defaults);
    expect(result.ok && result.lead).toMatchObject({
      facts: { country: 'AT', product: 'edge', attributes: { campaign: 'web', hall: 3 } },
      consent: { given: true },
    });
  });

  it.each([
    // Composition can make a text longer: U+0958 has no composed form of its own and becomes two characters.
    [{ externalId: 'x', company: '\u0958'.repeat(200) }, 'company: too-long'],
    [{ externalId: 'x', message: '\u{1d160}'.repeat(4_000) }, 'message: too-long'],
    [{ externalId: 'x', consent: { given: true, text: '\u{1d160}'.repeat(1_000) } }, 'consent.text: too-long'],
    [{ externalId: 'x', attributes: { note: '\u{1d160}'.repeat(200) } }, 'attributes.note: too-long'],
    [{ externalId: 'x', engagement: { note: '\u0958'.repeat(101) } }, 'engagement.note: too-long'],
  ])('is as long as it is when it has been understood, and not as it was sent: %#', (lead, error) => {
    expect(errorsOf(lead)).toEqual([error]);
  });

  it('has no more of everything than one lead may have, what its source says of it included', () => {
    const forty = (name: string) => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${name}${i}`, i]));
    const lead = { externalId: 'x', attributes: forty('own') };
    expect(errorsOf(lead, { attributes: forty('source') })).toEqual(['attributes: too-many']);
    expect(errorsOf(lead, { attributes: forty('own') })).toEqual([]);
  });

  it('can be said as an event whenever it was understood, whatever was sent and whatever its source says', () => {
    const sent = nastyLead({ externalId: fc.constant('4711') });
    const defaults = nastyLead({});
    fc.assert(
      fc.property(sent, fc.option(defaults, { nil: undefined }), (lead, said) => {
        const believed = said && parseDefaults(said);
        const result = normalise(lead, believed?.ok ? believed.defaults : undefined);
        if (result.ok) expect(() => encodeReceived(result.lead)).not.toThrow();
      }),
      { numRuns: 1_500 },
    );
  });

  it('fits an event, and an event a log entry, at its largest', () => {
    const four = '𐍈';
    const lead = {
      externalId: four.repeat(128),
      company: four.repeat(200),
      city: four.repeat(100),
      industry: four.repeat(100),
      product: four.repeat(100),
      consent: { given: true, text: four.repeat(1_000) },
      engagement: Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`e${i}`, four.repeat(200)])),
    };
    const result = normalise(lead);
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    const { sourceId, externalId, facts, reachable, consent, occurredAt } = result.lead;
    // 100 + 100 + 254 + 4,000 characters of contact data, encrypted and in base64.
    const ciphertext = 'A'.repeat(Math.ceil(((4_200 * 4 + 400) * 4) / 12) * 4);
    const contact = { v: 1 as const, key: 1, nonce: 'A'.repeat(16), ciphertext };
    const data = {
      sourceId,
      externalId,
      state: 'complete' as const,
      missing: [],
      contact,
      reachable,
      facts,
      consent,
      occurredAt,
    };
    const id = '00000000-0000-8000-8000-000000000000';
    expect(() => encodeEvent(LeadReceived, { id, source: '/ingestion', subject: id, time: now, data })).not.toThrow();

    lead.engagement['one more'] = four.repeat(200);
    lead.engagement['and more'] = four.repeat(200);
    lead.engagement['and again'] = four.repeat(200);
    expect(errorsOf(lead)).toEqual(['attributes: too-large']);
  });

  it('never crashes, whatever it is', () => {
    const fields = [...leadFields, 'engagement', 'attributes', 'nonsense', '__proto__'];
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const value = fc.oneof(text, fc.jsonValue(), fc.dictionary(text, fc.oneof(text, fc.double(), fc.boolean())));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...fields), value), (lead) => {
        const result = normalise(lead);
        if (!result.ok) expect(result.errors.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });

  const naughty = sharedData('blns.json');
  (naughty ? it : it.skip)('is not upset by naughty strings (../shared/data/blns.json)', () => {
    for (const text of JSON.parse(naughty ?? '[]') as string[]) {
      for (const field of leadFields) {
        const result = normalise({ externalId: 'x', [field]: text });
        const echoed = !result.ok && text.length > 8 && JSON.stringify(result.errors).includes(text);
        expect({ field, text, echoed }).toEqual({ field, text, echoed: false });
      }
      const free = normalise({ externalId: 'x', attributes: { [text]: text }, engagement: { a: text } });
      if (free.ok) expect(JSON.stringify(free.lead)).not.toMatch(/\\u0000|\\ud[89ab]/);
      errorsOf({ [text]: text });
    }
  });
});

describe('what a source says of its leads', () => {
  it('keeps the rules of leads', () => {
    expect(parseDefaults({ country: 'AT', attributes: { campaign: 'fair' } })).toMatchObject({ ok: true });
    expect(parseDefaults({ country: 'Nowhere' })).toMatchObject({ ok: false, errors: [{ field: 'defaults.country' }] });
    expect(parseDefaults({ colour: 'red' })).toMatchObject({ ok: false, errors: [{ field: 'defaults.colour' }] });
    expect(parseDefaults('AT')).toMatchObject({ ok: false });
  });

  it('cannot be what each lead has for itself', () => {
    expect(parseDefaults({ email: 'jane@example.com' })).toMatchObject({
      ok: false,
      errors: [{ field: 'defaults.email', rule: 'no-default' }],
    });
  });
});
