import fc from 'fast-check';
import { nothing, type Tally } from '../lifecycle/tally.js';
import { type Counted, figures, trustFigures } from './figures.js';

const counted = (party: string, tally: Partial<Tally>, overrides: Partial<Counted> = {}): Counted => ({
  party,
  grade: 'A',
  kind: 'share',
  pool: 'smb',
  policy: 'emea@1',
  tally: { ...nothing, ...tally },
  ...overrides,
});

describe('trust figures', () => {
  it('take an offer that is still open for no failure: it is in no rate', () => {
    const { rates } = figures({ ...nothing, offered: 10, open: 4, accepted: 3, declined: 2, expired: 1 });
    expect(rates.accepted).toMatchObject({ value: 0.5, successes: 3, trials: 6 });
    expect(rates.declined).toMatchObject({ successes: 2, trials: 6 });
    expect(rates.expired).toMatchObject({ successes: 1, trials: 6 });
  });

  it('measure the outcome of a lead among those that the party accepted, for direct and partners alike', () => {
    const { channels, parties } = trustFigures(
      [
        counted('direct', { offered: 10, accepted: 10, kept: 10, qualified: 3, won: 1 }),
        counted('acme', { offered: 9, accepted: 8, declined: 1, kept: 8, qualified: 2, won: 1 }),
        counted('bolt', { offered: 2, accepted: 2, kept: 2, qualified: 1 }),
      ],
      [],
    );
    expect(channels.direct['A']?.rates.qualified).toMatchObject({ value: 0.3, trials: 10 });
    expect(channels.channel['A']?.rates.qualified).toMatchObject({ value: 0.3, trials: 10 });
    expect(parties['acme']?.['all']?.rates.wonOfQualified).toMatchObject({ successes: 1, trials: 2 });
  });

  it('hold what each side kept of a grade against the promise under which it was routed', () => {
    const { promise } = trustFigures(
      [
        counted('direct', { offered: 30, kept: 30 }),
        counted('acme', { offered: 60, kept: 50, declined: 10 }),
        counted('acme', { offered: 20, kept: 20 }, { policy: 'emea@2' }),
        counted('direct', { offered: 7, kept: 7 }, { kind: 'named-account' }),
        counted('acme', { offered: 3, kept: 3 }, { kind: 'protected-account' }),
        counted('direct', { offered: 2, kept: 2 }, { kind: 'override' }),
      ],
      [
        { policy: 'emea@1', pool: 'smb', grade: 'A', directPercent: 40 },
        { policy: 'emea@2', pool: 'smb', grade: 'A', directPercent: 20 },
        { policy: 'emea@2', pool: 'smb', grade: 'B', directPercent: 90 },
      ],
    );
    expect(promise).toEqual({
      A: {
        promised: { direct: 36, channel: 64 },
        received: {
          direct: expect.objectContaining({ value: 0.3, successes: 30, trials: 100 }),
          channel: expect.objectContaining({ value: 0.7, successes: 70, trials: 100 }),
        },
        outside: { namedAccount: 7, protectedAccount: 3, fallback: 0, override: 2, noConsent: 0 },
      },
    });
  });

  it('come out the same to the last bit, whatever order the counts come in', () => {
    const policies = [0.1, 0.2, 0.3, 33.3, 66.6].map((directPercent, index) => ({
      ...({ policy: `emea@${index}`, pool: 'smb', grade: 'A', directPercent } as const),
    }));
    const counts = policies.map(({ policy }, index) => counted('acme', { offered: 1, kept: 1 + index }, { policy }));
    const there = trustFigures(counts, policies).promise['A']?.promised;
    expect(there?.direct).toBeCloseTo((0.1 + 0.4 + 0.9 + 133.2 + 333) / 15, 9);
    fc.assert(
      fc.property(fc.shuffledSubarray(counts, { minLength: counts.length }), (turned) => {
        expect(trustFigures(turned, policies).promise['A']?.promised).toStrictEqual(there);
      }),
    );
  });

  it('call leads that were routed without a grade incomplete, and say when no promise is known', () => {
    const { promise } = trustFigures([counted('acme', { offered: 1, kept: 1 }, { grade: null })], []);
    expect(promise).toMatchObject({ incomplete: { promised: null } });
  });

  it('measure what was received by the leads that something was promised of; where nothing was, by all', () => {
    const here = [counted('direct', { offered: 2, kept: 2 }), counted('acme', { offered: 2, kept: 2 })];
    const elsewhere = counted('direct', { offered: 90, kept: 90 }, { pool: 'legacy', policy: 'legacy@1' });
    const promises = [{ policy: 'emea@1', pool: 'smb', grade: 'A', directPercent: 50 }] as const;
    expect(trustFigures([...here, elsewhere], promises).promise['A']).toMatchObject({
      ...{ promised: { direct: 50 }, received: { direct: { successes: 2, trials: 4 } } },
    });
    expect(trustFigures([elsewhere], promises).promise['A']).toMatchObject({
      ...{ promised: null, received: { direct: { successes: 90, trials: 90 } } },
    });
  });
});
