import { quarterOf } from './quarter.js';

it.each([
  ['2026-01-01', { from: '2026-01-01', to: '2026-03-31' }],
  ['2026-03-31', { from: '2026-01-01', to: '2026-03-31' }],
  ['2024-06-30', { from: '2024-04-01', to: '2024-06-30' }],
  ['2026-08-15', { from: '2026-07-01', to: '2026-09-30' }],
  ['2026-12-31', { from: '2026-10-01', to: '2026-12-31' }],
])('a day is in one quarter of the year: %s', (day, quarter) => {
  expect(quarterOf(day)).toEqual(quarter);
});
