import { nothing } from '../lifecycle/tally.js';
import type { Counted } from './figures.js';
import { countsShownTo, trustReport } from './trust-report.js';

describe('a report of trust for a partner', () => {
  const counted = (party: string, pool: string, leads: number): Counted => ({
    ...({ party, pool, grade: 'A', kind: 'share', policy: 'emea@1' } as const),
    tally: { ...nothing, offered: leads, accepted: leads, kept: leads },
  });
  const silent = (party: string) => ({ party, tally: { accepted: 9, reported: 4 } });
  const known = [counted('acme', 'smb', 9), counted('direct', 'smb', 5)];
  const report = (others: readonly Counted[]) => {
    const counts = {
      counted: [...known, ...others],
      kinds: [...known, ...others].map(({ party, tally }) => ({ party, kind: 'large', tally })),
      silent: ['acme', 'direct', ...others.map(({ party }) => party)].map(silent),
    };
    return trustReport(countsShownTo('acme', counts), [], { mix: 'attributes.size', silence: 14 });
  };

  it('is of itself and direct, however many others there are and however much is behind them', () => {
    const many = ['bolt', 'cato', 'dune'].flatMap((party) => [counted(party, 'smb', 90), counted(party, 'key', 30)]);
    expect(report(many)).toEqual(report([]));
    expect(report(many)).toMatchObject({
      channels: { channel: { A: { counts: { offered: 9 } } }, direct: { A: { counts: { offered: 5 } } } },
      promise: { A: { received: { channel: { successes: 9, trials: 14 } } } },
      gap: { won: { channel: { crude: { trials: 9 } } } },
      noWord: { channel: { trials: 9 } },
    });
  });
});
