import { type FieldError, normaliseLead } from '@fairlead/decisions';
import fc from 'fast-check';
import { mendLead } from './mend-lead.js';

const NOW = Date.UTC(2026, 0, 2);
const mended = (lead: Record<string, unknown>) =>
  mendLead(lead, (each) => normaliseLead(each, { sourceId: 's', now: NOW }));
const named = (errors: readonly FieldError[]) => errors.map(({ field }) => field);

describe('a lead of which something cannot be understood', () => {
  it('keeps a refusal whose date cannot be read, and its wording', () => {
    const consent = { given: false, at: '31.01.2026 10:00', text: 'Do not call me' };
    expect(mended({ email: 'ada@mend.example', consent })).toMatchObject({
      ok: true,
      lead: { email: 'ada@mend.example', consent: { given: false, text: 'Do not call me' } },
      leftOut: [{ field: 'consent.at', rule: 'moment' }],
    });
    expect(JSON.stringify(mended({ email: 'ada@mend.example', consent }))).not.toContain('31.01');
  });

  it('goes on with the phone where the address is none, which somebody may still read', () => {
    const sent = { email: 'ada(at)mend.example', phone: '+49 30 901820', message: 'Call me' };
    expect(mended(sent)).toMatchObject({
      ok: true,
      lead: { phone: '+49 30 901820', message: 'Call me\nE-mail: ada(at)mend.example' },
      leftOut: [{ field: 'email' }],
    });
    expect(mended({ ...sent, email: 'ada@mend.example', phone: 'on request' })).toMatchObject({
      ok: true,
      lead: { email: 'ada@mend.example', message: 'Call me\nPhone: on request' },
      leftOut: [{ field: 'phone' }],
    });
  });

  it('is none where there is neither, also if its source has a name for it', () => {
    for (const more of [{}, { externalId: 'x-1' }])
      for (const phone of [undefined, 'on request']) {
        const lead = { email: 'ada(at)mend.example', ...(phone !== undefined && { phone }), ...more };
        const errors = phone === undefined ? [{ field: 'email' }] : [{ field: 'email' }, { field: 'phone' }];
        expect(mended(lead)).toMatchObject({ ok: false, errors });
      }
  });

  it('has texts cut that are too long, each by itself, and says so', () => {
    const long = 'ä'.repeat(5_000);
    const lead = {
      ...{ email: 'ada@mend.example', product: long, message: long, firstName: long, region: long },
      ...{ attributes: { 'a.b': long, other: 'kept', big: 2 ** 60 }, consent: { given: true, text: long } },
    };
    const { lead: after, leftOut } = mended(lead) as Extract<ReturnType<typeof mended>, { ok: true }>;
    expect(after).toEqual({
      ...{ email: 'ada@mend.example', product: long.slice(0, 100), message: long.slice(0, 4_000) },
      ...{ firstName: long.slice(0, 100), attributes: { 'a.b': long.slice(0, 200), other: 'kept' } },
      consent: { given: true, text: long.slice(0, 1_000) },
    });
    expect(named(leftOut).toSorted()).toEqual(
      ['attributes.a.b', 'attributes.big', 'consent.text', 'firstName', 'message', 'product', 'region'].toSorted(),
    );
  });

  it('never takes a word for a yes or a no that is neither, and keeps it for a person to read', () => {
    for (const consent of ['I agree to be contacted', 'legitimate interest', 'maybe'])
      expect(mended({ email: 'ada@mend.example', consent })).toMatchObject({
        ok: true,
        lead: { email: 'ada@mend.example', message: `Consent: ${consent}` },
        leftOut: [{ field: 'consent' }],
      });
  });

  it('is refused for what nobody can do without, which is said together with the rest', () => {
    const lead = { email: 'ada@mend.example', product: 'x'.repeat(200), externalId: 'an@address.example' };
    expect(mended(lead)).toMatchObject({
      ok: false,
      errors: [
        { field: 'product', rule: 'too-long' },
        { field: 'externalId', rule: 'personal-data' },
      ],
    });
  });
});

describe('what is left out', () => {
  const long = (length: number) => fc.constant('x'.repeat(length));
  const fields = {
    email: fc.constantFrom('ada@mend.example', 'none', '@'),
    phone: fc.constantFrom('+49 30 901820', '030 901820', 'none'),
    firstName: fc.oneof(fc.constant('Ada'), long(101)),
    company: fc.oneof(fc.constant('Analytical'), long(201)),
    country: fc.oneof(fc.constantFrom('DE', 'Nowhere'), long(101)),
    region: fc.constantFrom('Berlin', 'DE-BE', 'FR-75'),
    employees: fc.constantFrom('1-10', 'some', 12, -1),
    occurredAt: fc.constantFrom('2026-01-01', '01.01.2026', '2199-01-01'),
    product: fc.oneof(fc.constant('cloud'), long(101)),
    message: fc.oneof(fc.constant('Hello'), long(3_990), long(4_001)),
    consent: fc.oneof(
      fc.constantFrom(true, 'no', 'perhaps', 'I agree to be contacted', ['yes']),
      fc.record(
        {
          given: fc.boolean(),
          at: fc.constantFrom('2026-01-01', '31.01.2026', '2199-01-01'),
          text: fc.oneof(fc.constant('Call me'), long(1_001)),
        },
        { requiredKeys: ['given'] },
      ),
    ),
    attributes: fc.dictionary(
      fc.constantFrom('a', 'b.c', 'constructor', 'x'.repeat(70)),
      fc.oneof(fc.constantFrom('word', 1, 2 ** 60, true), long(201)),
    ),
    engagement: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(fc.constantFrom(3, 2 ** 60), long(201))),
  };

  it('is always named: no other field of the lead goes or is changed', () => {
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), (lead) => {
        const after = mended(lead);
        if (!after.ok) return;
        const names = new Set(named(after.leftOut));
        for (const [path, value] of leaves(lead)) {
          if (names.has(path)) continue;
          const now = leaves(after.lead).get(path);
          // What somebody typed wrongly is added to what they wrote.
          if (path === 'message') expect(String(now).startsWith(String(value))).toBe(true);
          else expect([path, now]).toEqual([path, value]);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Each value by the name that an error would have. */
function leaves(lead: Record<string, unknown>): Map<string, unknown> {
  const shown = (name: string) => (name.length > 64 ? `${name.slice(0, 63)}…` : name);
  return new Map(
    Object.entries(lead).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, each]): [string, unknown] => [`${name}.${shown(inner)}`, each])
        : [[name, value] as [string, unknown]],
    ),
  );
}
