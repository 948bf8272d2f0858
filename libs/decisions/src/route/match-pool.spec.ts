import { matchPool } from './match-pool.js';
import { policyOf, readPolicy } from './policy.js';
import { readPolicyDraft } from './policy-draft.js';

const attributes = (match: object) => ({
  name: 'p',
  pools: [
    { id: 'special', match: { attributes: match }, promise: { direct: 0, channel: 100 } },
    { id: 'rest', match: {}, promise: { direct: 50, channel: 50 } },
  ],
});

function poolOf(match: object, own: Record<string, string | number | boolean>): string {
  const reading = readPolicy(attributes(match));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const facts = { engagement: {}, attributes: own };
  return matchPool({ facts, sourceId: 'web' }, policyOf(reading.document, 1)).id;
}

describe('a pool that goes by attributes of the lead', () => {
  it.each<[object, Record<string, string | number | boolean>, string]>([
    [{ segment: ['Public Sector'] }, { segment: ' public  sector' }, 'special'],
    [{ segment: ['Public Sector'] }, { segment: 'private' }, 'rest'],
    [{ segment: ['Public Sector'] }, {}, 'rest'],
    [{ renewal: ['true'] }, { renewal: true }, 'special'],
    [{ seats: { from: 50 } }, { seats: 50 }, 'special'],
    [{ seats: { from: 50, below: 100 } }, { seats: 100 }, 'rest'],
    [{ seats: { from: 50 } }, { seats: 'fifty' }, 'rest'],
    [{ seats: { from: 50 }, segment: ['edu'] }, { seats: 80 }, 'rest'],
    [{ seats: { from: 50 }, segment: ['edu'] }, { seats: 80, segment: 'Edu' }, 'special'],
  ])('%j takes %j or not: %s', (match, own, expected) => {
    expect(poolOf(match, own)).toBe(expected);
  });

  it.each<[object, string]>([
    [{ segment: [] }, 'an empty list matches nothing'],
    [{ seats: { from: 5, below: 5 } }, 'nothing is from 5 and below 5'],
  ])('is refused with %j', (match, detail) => {
    const reading = readPolicyDraft(attributes(match));
    expect(reading.ok ? [] : reading.problems).toMatchObject([{ detail }]);
  });
});
