import fc from 'fast-check';
import { type Arrival, identifyArrivals, identityOf } from './identify-arrivals.js';

const arrival = (leadId: string, keys: { externalId?: string; email?: string; phone?: string }): Arrival => ({
  leadId,
  hasEmail: keys.email !== undefined,
  keys: Object.entries(keys).map(([kind, key]) => ({ kind: kind as 'email', key })),
});

describe('arrivals', () => {
  it('that are the same person become one lead, the first', () => {
    const { arrivals } = identifyArrivals(
      [arrival('a', { email: 'x', phone: '1' }), arrival('b', { email: 'x' }), arrival('c', { phone: '1' })],
      new Map(),
    );
    expect(arrivals).toEqual([
      { leadId: 'a', isNew: true },
      { leadId: 'a', isNew: false, matchedBy: 'email' },
      { leadId: 'a', isNew: false, matchedBy: 'phone' },
    ]);
  });

  it('are found again by what was learned about them on the way', () => {
    const known = new Map([[identityOf('phone', '1'), { leadId: 'k', hasEmail: false }]]);
    const result = identifyArrivals(
      [
        arrival('a', { phone: '1', email: 'x' }),
        arrival('b', { email: 'x' }),
        arrival('c', { phone: '1', email: 'y' }),
      ],
      known,
    );
    expect(result.arrivals).toEqual([
      { leadId: 'k', isNew: false, matchedBy: 'phone' },
      { leadId: 'k', isNew: false, matchedBy: 'email' },
      { leadId: 'c', isNew: true },
    ]);
    expect(result.gainedEmail).toEqual(['k']);
    expect(Object.fromEntries(result.owners)).toEqual({ 'phone:1': 'k', 'email:x': 'k', 'email:y': 'c' });
  });

  it('without any key are all new', () => {
    expect(identifyArrivals([arrival('a', {}), arrival('b', {})], new Map()).arrivals).toEqual([
      { leadId: 'a', isNew: true },
      { leadId: 'b', isNew: true },
    ]);
  });

  it('never share an email or an id of their source between two leads, and come out the same in one go or in two', () => {
    const keys = fc.record(
      {
        externalId: fc.constantFrom('1', '2', '3'),
        email: fc.constantFrom('x', 'y'),
        phone: fc.constantFrom('7', '8'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 12 }), fc.nat(12), (all, cut) => {
        const arrivals = all.map((each, index) => arrival(`l${index}`, each));
        const whole = identifyArrivals(arrivals, new Map());
        for (const { leadId, isNew } of whole.arrivals) {
          if (!isNew) expect(whole.arrivals.some((other) => other.isNew && other.leadId === leadId)).toBe(true);
        }
        all.forEach(({ externalId }, index) => {
          const owner = externalId && whole.owners.get(identityOf('externalId', externalId));
          if (owner) expect(whole.arrivals[index]?.leadId).toBe(owner);
        });

        const first = identifyArrivals(arrivals.slice(0, cut), new Map());
        const withEmail = new Set([
          ...first.arrivals.flatMap(({ leadId }, index) => (arrivals[index]?.hasEmail ? [leadId] : [])),
        ]);
        const known = new Map(
          [...first.owners].map(([identity, leadId]) => [identity, { leadId, hasEmail: withEmail.has(leadId) }]),
        );
        const second = identifyArrivals(arrivals.slice(cut), known);
        expect([...first.arrivals, ...second.arrivals]).toEqual(whole.arrivals);
      }),
    );
  });
});
