import {
  calibrationRows,
  countHeadings,
  countRow,
  type Figures,
  inPercent,
  reasonsInWords,
} from './quality-in-words.js';

const half = { value: 0.5, low: 0.0945, high: 0.9055 };
const none = { value: null, low: null, high: null };
const figures: Figures = {
  counts: {
    ...{ received: 4, duplicates: 2, held: 1, scored: { A: 2, B: 1, C: 0, D: 0, none: 1 }, routed: 3, accepted: 2 },
    ...{ declined: {}, returned: { spam: 1, 'no-budget': 1 }, qualified: 1, won: 1 },
  },
  rates: { returned: half, qualified: half, won: none },
  calibration: {
    byGrade: { A: { leads: 2, accepted: 2, qualified: half, won: half } },
    byScore: [{ from: 90, to: 100, leads: 2, accepted: 2, qualified: half, won: half }],
    byChance: [{ from: 0.7, to: 0.8, leads: 1, accepted: 0, qualified: none, won: none, predicted: null }],
  },
};

describe('the quality of a source in words', () => {
  it('has a cell for each heading, and with each rate its interval', () => {
    const row = countRow('spring', figures);
    expect(row).toHaveLength(countHeadings.length);
    expect(row).toEqual([
      ...['spring', '4', '2', '1', '2', '1', '0', '0', '1', '3', '2', '50.0 % (9.4–90.5)', '50.0 % (9.4–90.5)', '–'],
    ]);
  });

  it('names reasons with how many leads each was given for', () => {
    expect(reasonsInWords(figures.counts.returned)).toBe('spam 1, no-budget 1');
  });

  it('holds what was expected against what became of it', () => {
    expect(calibrationRows(figures.calibration)).toEqual([
      ['grade A', '2', '2', inPercent(half), inPercent(half), ''],
      ['score 90 to 100', '2', '2', inPercent(half), inPercent(half), ''],
      ['chance 70 to 80 %', '1', '0', '–', '–', ''],
    ]);
  });
});
