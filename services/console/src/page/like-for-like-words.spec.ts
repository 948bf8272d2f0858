import type { FromNaiveToAlike } from '../../page/src/charts/from-naive-to-alike.js';
import { alikeInWords } from '../../page/src/screens/like-for-like-words.js';

const party = (name: string, low: number, high: number): FromNaiveToAlike => ({
  ...{ name, n: 100, naive: low, alike: (low + high) / 2, low, high },
  side: name === 'direct' ? 'direct' : 'channel',
});
const direct = party('direct', 0.2, 0.3);

describe('partners beside direct sales, with the same leads', () => {
  it.each([
    [[party('acme', 0.25, 0.4)], 'no partner can be told from direct sales.'],
    [[party('acme', 0.4, 0.5)], 'acme is better than direct sales.'],
    [
      [party('acme', 0.4, 0.5), party('bolt', 0, 0.1), party('core', 0.2, 0.3)],
      'acme is better than direct sales, and bolt is worse; the other cannot be told from them.',
    ],
    [[party('acme', 0, 0.1), party('bolt', 0, 0.1)], 'acme and bolt are worse than direct sales.'],
  ])('are said to be better or worse only where chance does not explain it', (partners, said) => {
    expect(alikeInWords([direct, ...partners])).toBe(`With the same leads, ${said}`);
  });
});
