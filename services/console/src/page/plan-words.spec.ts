import { endedPlanInWords } from '../../page/src/screens/plan-words.js';

const plan = {
  ...{ id: '5a1c0e9e-1f0f-4d5c-8f1e-4a6f3f8a9b10', version: 3, at: '2026-04-01T00:00:00.000Z', by: 'anna' },
  endedAt: '2026-03-01T10:30:00.000Z',
};

describe('what became of a planned activation, in words', () => {
  it.each([
    [
      'cancelled',
      { outcome: 'cancelled' as const, endedBy: 'ben' },
      'planned by anna, was cancelled by ben at 2026-03-01 10:30:00 UTC.',
    ],
    [
      'cancelled after two had agreed to it',
      { outcome: 'cancelled' as const, approvedBy: 'carla', endedBy: 'ben' },
      'planned by anna and approved by carla, was cancelled by ben at 2026-03-01 10:30:00 UTC.',
    ],
    [
      'proposed, since it took two by then',
      { outcome: 'proposed' as const, endedBy: 'fairlead' },
      'planned by anna, was to take two people when its time came: it is proposed since 2026-03-01 10:30:00 UTC.',
    ],
  ])('says of one that was %s by whom and when', (_, how, said) => {
    expect(endedPlanInWords({ ...plan, ...how })).toBe(
      `That version 3 is put in force at 2026-04-01 00:00:00 UTC, ${said}`,
    );
  });
});
