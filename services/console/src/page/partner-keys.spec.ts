import { inOrder, type PartnerKey, readKeysOf, whatRevokingDoes } from '../../page/src/screens/partner-keys.js';

function key(id: string, createdAt: string, revokedAt: string | null = null): PartnerKey {
  return { id, name: id, role: 'partner', partner: 'acme', source: null, createdAt, lastUsed: null, revokedAt };
}

describe('the keys of a partner, as its screen shows them', () => {
  it('stand with the valid ones first, and of these with the newest', () => {
    const [old, recent] = [key('a', '2026-01-01T00:00:00.000Z'), key('b', '2026-03-01T00:00:00.000Z')];
    const revoked = key('c', '2026-04-01T00:00:00.000Z', '2026-04-02T00:00:00.000Z');
    expect(inOrder([revoked, old, recent])).toEqual([recent, old, revoked]);
  });

  it('are not revoked before it is said that one is signed out, or locked out, where that is so', () => {
    const [one, other] = [key('a', '2026-01-01T00:00:00.000Z'), key('b', '2026-03-01T00:00:00.000Z')];
    const gone = key('c', '2026-04-01T00:00:00.000Z', '2026-04-02T00:00:00.000Z');
    expect(whatRevokingDoes(one, [one, other], 'b')).toHaveLength(1);
    expect(whatRevokingDoes(one, [one, other], 'a').at(-1)).toContain('signed out with it');
    expect(whatRevokingDoes(one, [one, gone], 'b').at(-1)).toContain('only the vendor');
    expect(whatRevokingDoes(one, [one, gone], 'a')).toHaveLength(3);
  });

  it('are those of the partner in the address, if it is one', () => {
    expect([readKeysOf({ partner: 'acme' }), readKeysOf({ partner: '../x' }), readKeysOf({ partner: 1 })]).toEqual([
      { partner: 'acme' },
      {},
      {},
    ]);
  });
});
