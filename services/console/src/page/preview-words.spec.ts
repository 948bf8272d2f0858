import { saysTheSame } from '../../page/src/screens/preview-words.js';

const version = (name: string) => ({ name, version: 1, hash: name.repeat(8) });
const count = { pool: 'all', grade: 'A', party: null, proposed: 1, inForce: 2 } as const;
const preview = {
  proposed: version('new'),
  inForce: version('old'),
  leads: 3,
  elsewhere: 1,
  inAnotherPool: 0,
  counts: [count],
};

describe('a preview that was made here, held against the server’s', () => {
  it('says the same when every figure is the same, in whatever order fields came', () => {
    const { counts, ...rest } = preview;
    expect(saysTheSame(preview, { counts: [...counts], ...rest })).toBe(true);
  });

  it.each([
    { leads: 4 },
    { elsewhere: 0 },
    { inAnotherPool: 1 },
    { proposed: { ...version('new'), hash: 'other' } },
    { counts: [] },
    { counts: [{ ...count, proposed: 2 }] },
  ])('says something else where %j is', (change) => {
    expect(saysTheSame(preview, { ...preview, ...change })).toBe(false);
  });
});
