import type { PointsDocument } from './model.js';

/**
 * The model that is in force until the vendor activates its own: selling to companies. Fit (at most 60): a company of
 * middling to large size, that can be told which, where and in what trade. Engagement (at most 40): how much was done, of
 * how many kinds, and what speaks of buying. A throw-away address is no lead, nor are students, applicants and competitors
 * where the source says so in `attributes.relation`.
 */
export const defaultModel: PointsDocument = {
  kind: 'points',
  name: 'default',
  fit: {
    atMost: 60,
    factors: [
      {
        field: 'employees',
        bands: [
          { below: 10, points: 4, reason: 'fewer than 10 employees' },
          { below: 50, points: 10, reason: '10 to 49 employees' },
          { below: 250, points: 16, reason: '50 to 249 employees' },
          { below: 1_000, points: 20, reason: '250 to 999 employees' },
          { below: 5_000, points: 18, reason: '1,000 to 4,999 employees' },
          { points: 14, reason: '5,000 employees or more' },
        ],
      },
      {
        field: 'revenue',
        bands: [
          { below: 1_000_000, points: 0, reason: 'revenue below a million' },
          { below: 10_000_000, points: 3, reason: 'revenue of 1 to 10 million' },
          { below: 100_000_000, points: 5, reason: 'revenue of 10 to 100 million' },
          { points: 6, reason: 'revenue of 100 million or more' },
        ],
      },
      { field: 'industry', known: 8 },
      { field: 'country', known: 6 },
      { field: 'company', known: 6 },
      { field: 'emailKind', name: 'e-mail address', words: { company: 10, role: 4, free: 0, disposable: -20 } },
      { field: 'reachable.phone', name: 'a phone number', known: 6 },
      { field: 'product', known: 4 },
    ],
  },
  engagement: {
    atMost: 40,
    factors: [
      {
        field: 'total(engagement)',
        name: 'activity in all',
        bands: [
          { below: 1, points: 0 },
          { below: 3, points: 4 },
          { below: 10, points: 10 },
          { below: 30, points: 16 },
          { points: 20 },
        ],
      },
      { field: 'count(engagement)', name: 'kinds of activity', each: { points: 4, atMost: 12 } },
      { field: 'engagement.demoRequests', name: 'demo requests', each: { points: 12, atMost: 12 } },
      { field: 'engagement.pricingViews', name: 'views of the price list', each: { points: 4, atMost: 8 } },
      { field: 'engagement.webinars', name: 'webinars attended', each: { points: 4, atMost: 8 } },
      { field: 'engagement.downloads', name: 'downloads', each: { points: 2, atMost: 6 } },
    ],
  },
  grades: { A: 70, B: 50, C: 30 },
  notQualified: [
    { all: [{ field: 'emailKind', is: ['disposable'] }], reason: 'the e-mail address is a throw-away one' },
    {
      all: [{ field: 'attributes.relation', is: ['student', 'applicant', 'competitor', 'press'] }],
      reason: 'not a customer: a student, applicant, competitor or journalist',
    },
  ],
};
