import {
  inOrder,
  madeWith,
  makerOf,
  type PartnerKey,
  readKeysOf,
  whatRevokingDoes,
} from '../../page/src/screens/partner-keys.js';

function key(
  id: string,
  createdAt: string,
  revokedAt: string | null = null,
  madeBy: string | null = 'operator',
): PartnerKey {
  return {
    ...{ id, name: id, role: 'partner', partner: 'acme', source: null },
    ...{ madeBy, createdAt, lastUsed: null, revokedAt },
  };
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
    const alone = (own: string) => ({ own, withMade: false });
    expect(whatRevokingDoes(one, [one, other], alone('b'))).toHaveLength(1);
    expect(whatRevokingDoes(one, [one, other], alone('a')).at(-1)).toContain('you are signed out');
    expect(whatRevokingDoes(one, [one, gone], alone('b')).at(-1)).toContain('only the vendor');
    expect(whatRevokingDoes(one, [one, gone], alone('a'))).toHaveLength(3);
  });

  it('are revoked with what was made with them, be one between revoked already, after that was said', () => {
    const [first, leaked] = [key('a', '2026-01-01T00:00:00.000Z'), key('d', '2026-03-01T00:00:00.000Z', null, 'a')];
    const between = key('b', '2026-03-02T00:00:00.000Z', '2026-04-02T00:00:00.000Z', 'd');
    const last = key('c', '2026-03-03T00:00:00.000Z', null, 'b');
    const all = inOrder([first, leaked, between, last]);
    expect([madeWith(leaked, all), madeWith(between, all), madeWith(last, all)]).toEqual([[last], [last], []]);
    expect(all.map((each) => makerOf(each, all))).toEqual(['b', 'a', 'the vendor’s', 'd']);
    expect(makerOf(key('e', '2026-03-03T00:00:00.000Z', null, null), all)).toBe('not known');

    const said = (withMade: boolean, own = 'a') => whatRevokingDoes(leaked, all, { own, withMade });
    expect(said(false)).toHaveLength(1);
    expect(said(true).slice(1)).toEqual(['So is what was made with it: “c”.']);
    expect(said(true, 'c').at(-1)).toContain('you are signed out');
    expect(whatRevokingDoes(first, all, { own: 'x', withMade: true }).at(-1)).toContain('only the vendor');
    expect(whatRevokingDoes(first, all, { own: 'x', withMade: false }).at(-1)).not.toContain('only the vendor');
  });

  it('are those of the partner in the address, if it is one', () => {
    expect([readKeysOf({ partner: 'acme' }), readKeysOf({ partner: '../x' }), readKeysOf({ partner: 1 })]).toEqual([
      { partner: 'acme' },
      {},
      {},
    ]);
  });
});
