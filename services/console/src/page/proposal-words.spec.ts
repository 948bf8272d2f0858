import { endedInWords, proposalInWords } from '../../page/src/screens/proposal-words.js';

const proposal = {
  ...{ id: '5a1c0e9e-1f0f-4d5c-8f1e-4a6f3f8a9b10', version: 3, at: null, state: 'waiting' as const },
  ...{ proposedBy: 'anna', proposedAt: '2026-03-01T09:00:00.000Z' },
};
const ended = { endedBy: 'ben', endedAt: '2026-03-01T10:30:00.000Z' };

describe('what one person proposed, in words', () => {
  it.each([
    ['version 3 is put in force', { version: 3, at: null }],
    ['version 3 is put in force at 2026-04-01 00:00:00 UTC', { version: 3, at: '2026-04-01T00:00:00.000Z' }],
    ['one person puts it in force from now on', { version: null, at: null }],
  ])('says that %s', (said, of) => {
    expect(proposalInWords(of)).toBe(said);
  });

  it.each([
    ['approved', { ...ended, state: 'approved' as const }, 'was approved by ben at 2026-03-01 10:30:00 UTC.'],
    [
      'rejected',
      { ...ended, state: 'rejected' as const, reason: 'too much for direct' },
      'was rejected by ben at 2026-03-01 10:30:00 UTC: too much for direct',
    ],
    [
      'taken back',
      { ...ended, endedBy: 'anna', state: 'rejected' as const, reason: 'a mistake' },
      'was taken back by the same key at 2026-03-01 10:30:00 UTC: a mistake',
    ],
    ['overtaken', { state: 'overtaken' as const }, 'was overtaken by another version that was put in force.'],
  ])('says of one that was %s by whom, when and why', (_, how, said) => {
    expect(endedInWords({ ...proposal, ...how })).toBe(
      `That version 3 is put in force, proposed by anna at 2026-03-01 09:00:00 UTC, ${said}`,
    );
  });
});
