import type { FeedbackEntry } from './entry.js';
import { tellLinkedin } from './tell-linkedin.js';
import { tellMarketo } from './tell-marketo.js';
import { tellMautic } from './tell-mautic.js';
import { wordsFor } from './telling.js';

const at = '2026-01-15T12:00:00.000Z';
const entry = (type: string, more: Partial<FeedbackEntry> = {}): FeedbackEntry => ({
  ...{ id: 'an-id', type, lead: 'a-lead', externalId: '17', at },
  ...more,
});
const words = { won: 'Won', lost: 'Lost', 'lost.no-budget': 'No money', contacted: 'Called' };
const told = (...entries: readonly FeedbackEntry[]) =>
  wordsFor(entries, words, { ids: /^\d+$/ }, Date.parse(at)).map(({ word }) => word);

describe('what a tool is told', () => {
  it('is its own word for the outcome, and for the reason where it has one', () => {
    expect(told(entry('lead.won'), entry('lead.lost', { reason: 'no-budget' }), entry('lead.returned'))).toEqual([
      'Won',
      'No money',
    ]);
  });

  it('of a correction is the word for what is right, and nothing where that is no other word than before', () => {
    const amount = (value: number) => ({ amount: { value, currency: 'EUR' } });
    const corrected = (was: FeedbackEntry['was'], is: FeedbackEntry['is']) =>
      told(entry('lead.amended', { was: was!, is: is! }));
    expect(corrected({ type: 'won' }, { type: 'lost', reason: 'no-budget' })).toEqual(['No money']);
    expect(corrected({ type: 'lost' }, { type: 'lost', reason: 'no-budget' })).toEqual(['No money']);
    expect(corrected({ type: 'won', ...amount(1) }, { type: 'won', ...amount(2) })).toEqual([]);
    expect(corrected({ type: 'won' }, null)).toEqual([]);
  });
});

describe('what a tool refused one by one', () => {
  it.each([
    ['LinkedIn', tellLinkedin, { elements: [{ status: 201 }, { status: 422 }, { status: 400 }] }],
    ['Marketo', tellMarketo, { result: [{ status: 'updated' }, { status: 'skipped' }, { status: 'skipped' }] }],
    ['Mautic, in a list', tellMautic, { statusCodes: [200, 404, 403] }],
    ['Mautic, by place', tellMautic, { statusCodes: { 0: 404, 1: 200, 2: 400 } }],
  ])('is counted: %s', (_, { refused }, answer) => {
    expect(refused(answer, [])).toBe(2);
    // Nothing can be seen in it.
    expect(refused({}, [])).toBeUndefined();
  });
});
