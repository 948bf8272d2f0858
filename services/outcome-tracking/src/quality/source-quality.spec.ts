import { rate } from '@fairlead/decisions';
import { MOST_CAMPAIGNS, type QualityCount, sourceQuality } from './source-quality.js';

const count = (more: Partial<QualityCount>): QualityCount => ({
  ...{ campaign: null, grade: null, scoreTenth: null, chanceTenth: null, leads: 0, held: 0, duplicates: 0, scored: 0 },
  ...{ notQualified: 0, routed: 0, accepted: 0, returned: 0, qualified: 0, won: 0, predicted: 0 },
  ...more,
});

describe('the quality of a source', () => {
  it('is what became of its leads, and how well each grade, score and chance foretold it', () => {
    const spring = { campaign: 'spring', leads: 10, scored: 10, routed: 8, accepted: 5 };
    const figures = sourceQuality(
      [
        count({ ...spring, grade: 'A', scoreTenth: 9, chanceTenth: 4, qualified: 4, won: 2, predicted: 2_250_000 }),
        count({ ...spring, grade: 'B', scoreTenth: 6, returned: 2, qualified: 1, held: 3, duplicates: 4 }),
        count({ campaign: 'autumn', leads: 5, scored: 4, notQualified: 4 }),
      ],
      [
        { campaign: 'spring', how: 'returned', reason: 'spam', leads: 1 },
        { campaign: 'spring', how: 'returned', reason: 'no-budget', leads: 1 },
        { campaign: 'spring', how: 'declined', reason: 'capacity', leads: 2 },
      ],
    );
    const { campaigns, ...all } = figures;
    expect(all).toEqual({
      counts: {
        ...{ received: 25, duplicates: 4, held: 3, scored: { A: 10, B: 10, C: 0, D: 0, none: 4 }, notQualified: 4 },
        ...{ routed: 16, accepted: 10, declined: { capacity: 2 }, returned: { 'no-budget': 1, spam: 1 } },
        ...{ qualified: 5, won: 2 },
      },
      rates: {
        ...{ held: rate(3, 25), routed: rate(16, 25), notQualified: rate(4, 25), accepted: rate(10, 16) },
        ...{ returned: rate(2, 10), qualified: rate(5, 10), won: rate(2, 10) },
      },
      calibration: {
        byGrade: {
          A: { leads: 10, accepted: 5, qualified: rate(4, 5), won: rate(2, 5) },
          B: { leads: 10, accepted: 5, qualified: rate(1, 5), won: rate(0, 5) },
        },
        byScore: [
          { from: 60, to: 70, leads: 10, accepted: 5, qualified: rate(1, 5), won: rate(0, 5) },
          { from: 90, to: 100, leads: 10, accepted: 5, qualified: rate(4, 5), won: rate(2, 5) },
        ],
        byChance: [
          { from: 0.4, to: 0.5, leads: 10, accepted: 5, qualified: rate(4, 5), won: rate(2, 5), predicted: 0.45 },
        ],
      },
      furtherCampaigns: 0,
    });
    expect(campaigns.map(({ campaign, counts }) => [campaign, counts.received, counts.returned])).toEqual([
      ['spring', 20, { 'no-budget': 1, spam: 1 }],
      ['autumn', 5, {}],
    ]);
  });

  it('has no rate where nothing happened, which is not the same as none', () => {
    const { rates, calibration } = sourceQuality([], []);
    expect(rates.won).toEqual({ value: null, successes: 0, trials: 0, low: null, high: null });
    expect(calibration).toEqual({ byGrade: {}, byScore: [], byChance: [] });
  });

  it('names the campaigns with most leads, and says how many it leaves out', () => {
    const counts = Array.from({ length: MOST_CAMPAIGNS + 3 }, (_, place) =>
      count({ campaign: `c-${place}`, leads: place + 1 }),
    );
    const { campaigns, furtherCampaigns } = sourceQuality(counts, []);
    expect([campaigns.length, campaigns[0]?.campaign, furtherCampaigns]).toEqual([
      MOST_CAMPAIGNS,
      `c-${MOST_CAMPAIGNS + 2}`,
      3,
    ]);
  });
});
