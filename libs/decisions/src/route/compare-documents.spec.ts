import fc from 'fast-check';
import { compareDocuments } from './compare-documents.js';

const half = { direct: 50, channel: 50 };
const policy = (...pools: object[]) => ({ name: 'emea', pools });
const rest = { id: 'rest', match: {}, promise: half };
const smb = { id: 'smb', match: { countries: ['DE', 'FR'] }, promise: half };

describe('the differences of two versions', () => {
  it('are none where both say the same, in whatever order lists of words were written', () => {
    const turned = { promise: half, id: 'smb', match: { countries: ['FR', 'DE'] } };
    expect(compareDocuments(policy(smb, rest), policy(turned, rest))).toEqual([]);
  });

  it('are told at the smallest place, from what it was to what it is', () => {
    const after = {
      ...smb,
      match: { countries: ['DE', 'AT'], products: ['cloud'] },
      promise: { direct: 40, channel: 60 },
    };
    expect(compareDocuments(policy({ ...smb, offer: { maxOffers: 3 } }, rest), policy(after, rest))).toEqual([
      { path: '/pools/smb/match/countries', change: 'removed', from: 'FR' },
      { path: '/pools/smb/match/countries', change: 'added', to: 'AT' },
      { path: '/pools/smb/match/products', change: 'added', to: ['cloud'] },
      { path: '/pools/smb/offer', change: 'removed', from: { maxOffers: 3 } },
      { path: '/pools/smb/promise/channel', change: 'changed', from: 50, to: 60 },
      { path: '/pools/smb/promise/direct', change: 'changed', from: 50, to: 40 },
    ]);
  });

  it('name a pool by its id, wherever it stands, and say so when the order of pools is another', () => {
    const fair = { ...rest, id: 'fair', match: { sources: ['fair'] } };
    expect(compareDocuments(policy(smb, rest), policy(fair, smb, rest))).toEqual([
      { path: '/pools', change: 'changed', from: ['smb', 'rest'], to: ['fair', 'smb', 'rest'] },
      { path: '/pools/fair', change: 'added', to: fair },
    ]);
    expect(compareDocuments(policy(smb, fair, rest), policy(fair, smb, rest))).toEqual([
      { path: '/pools', change: 'changed', from: ['smb', 'fair', 'rest'], to: ['fair', 'smb', 'rest'] },
    ]);
    expect(compareDocuments(policy(smb, rest), policy(rest))).toEqual([
      { path: '/pools', change: 'changed', from: ['smb', 'rest'], to: ['rest'] },
      { path: '/pools/smb', change: 'removed', from: smb },
    ]);
  });

  it('write keys as a JSON Pointer does', () => {
    expect(compareDocuments({ 'a/b~c': 1 }, {})).toEqual([{ path: '/a~1b~0c', change: 'removed', from: 1 }]);
  });

  it('are there in both directions, or in none', () => {
    const documents = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(documents, documents, (one, other) => {
        expect(compareDocuments(one, one)).toEqual([]);
        expect(compareDocuments(one, other).length).toBe(compareDocuments(other, one).length);
      }),
    );
  });
});
