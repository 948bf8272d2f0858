import { policyOf, readPolicy } from '../route/policy.js';
import { promisesOf } from './promises.js';

const document = {
  name: 'emea',
  pools: [
    {
      ...{ id: 'smb', match: { employees: { below: 500 } }, promise: { direct: 40, channel: 60 } },
      promiseByGrade: { A: { direct: 50, channel: 50 }, D: { direct: 0, channel: 100 } },
    },
    { id: 'rest', match: {}, promise: { direct: 45, channel: 55 } },
  ],
};

describe('what a policy promises', () => {
  it('is a share of each grade in each pool, and of leads without one', () => {
    const of = (pool: string, shares: readonly number[]) =>
      shares.map((directPercent, i) => ({ policy: 'emea@3', pool, grade: 'ABCD'[i] ?? null, directPercent }));
    expect(promisesOf(document, 3)).toEqual([...of('smb', [50, 40, 40, 0, 40]), ...of('rest', [45, 45, 45, 45, 45])]);
  });

  it('is what leads are routed by', () => {
    const read = readPolicy(document);
    if (!read.ok) throw new Error('the example is no policy');
    const routed = policyOf(read.document, 3).pools.flatMap((pool) =>
      (['A', 'B', 'C', 'D', 'incomplete'] as const).map((quality) => [pool.id, pool.promise(quality).direct]),
    );
    expect(promisesOf(document, 3)?.map(({ pool, directPercent }) => [pool, directPercent])).toEqual(routed);
  });

  it.each([
    null,
    'emea',
    {},
    { name: 'emea' },
    { name: 'emea', pools: {} },
    { name: 'emea', pools: [null] },
    { name: 'emea', pools: [{ id: 'rest' }] },
    { name: 'emea', pools: [{ id: 'rest', promise: { direct: 'half' } }] },
    { name: 'emea', pools: [{ promise: { direct: 50 } }] },
  ])('is not known of what is no policy: %j', (none) => {
    expect(promisesOf(none, 1)).toBeUndefined();
  });
});
