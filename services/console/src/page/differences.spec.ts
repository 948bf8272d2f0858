import { tellDifference } from '../../page/src/words/differences.js';

describe('a difference between two versions of a policy, in a sentence', () => {
  it.each([
    [
      { path: '/pools/smb/promise/direct', change: 'changed', from: 40, to: 50 },
      'In the pool smb, promise › direct is 50 instead of 40.',
    ],
    [
      { path: '/pools/smb/promiseByGrade/A', change: 'added', to: { direct: 50, channel: 50 } },
      'In the pool smb, promise by grade › grade A gains direct 50, channel 50.',
    ],
    [
      { path: '/pools/smb/match/countries', change: 'removed', from: ['DE', 'FR'] },
      'In the pool smb, match › countries loses DE, FR.',
    ],
    [
      { path: '/pools/rest', change: 'added', to: { promise: { direct: 50, channel: 50 } } },
      'The pool rest is new: promise direct 50, channel 50.',
    ],
    [{ path: '/pools/rest', change: 'removed', from: {} }, 'The pool rest is gone.'],
    [
      { path: '/pools', change: 'changed', from: ['smb', 'rest'], to: ['rest', 'smb'] },
      'The pools are asked in another order: rest, smb. It was smb, rest.',
    ],
    [{ path: '/name', change: 'changed', from: 'emea', to: 'dach' }, 'In all of it, name is dach instead of emea.'],
    [
      { path: '/pools/a~1b/match/attributes~0', change: 'added', to: true },
      'In the pool a/b, match › attributes~ gains true.',
    ],
  ] as const)('%j', (difference, sentence) => {
    expect(tellDifference(difference as never)).toBe(sentence);
  });
});
