import { randomUUID } from 'node:crypto';
import { DecisionsStore } from '../src/store/decisions.store.js';
import { Stretch } from './fixture/stretch.js';

// Every decision was kept for good, with all that was weighed for it: some kilobytes for each lead that there ever was.
describe('decisions that are old', () => {
  let road: Stretch;

  beforeAll(async () => {
    road = await Stretch.open();
  });
  afterAll(() => road.close());

  it('are forgotten pool by pool, but not of a lead about which something was decided since', async () => {
    const [old, lately, both] = [randomUUID(), randomUUID(), randomUUID()];
    const rows = [
      ...[
        ['smb', 1, old, 100],
        ['smb', 2, both, 110],
        ['smb', 3, old, 120],
        ['smb', 4, lately, 900],
      ],
      ...[
        ['rest', 1, old, 130],
        ['rest', 2, both, 910],
        ['rest', 3, lately, 920],
      ],
    ] as const;
    await road.rows(`INSERT INTO pools (id) VALUES ('smb'), ('rest') ON CONFLICT DO NOTHING`);
    for (const [pool, seq, lead, at] of rows)
      await road.rows(`INSERT INTO decisions (pool, pool_seq, lead_id, decided_at, lead, weighed, told)
        VALUES ('${pool}', ${seq}, '${lead}', ${at}, '{}', '{}', '{}')`);

    const store = new DecisionsStore();
    for (const pool of ['smb', 'rest'])
      for (let after: string | undefined = '-1'; after !== undefined;)
        after = await store.forget(road.query, { pool, after, before: 500, limit: 1 });
    expect(await road.rows(`SELECT pool, pool_seq::int AS seq FROM decisions ORDER BY pool, pool_seq`)).toEqual([
      { pool: 'rest', seq: 2 },
      { pool: 'rest', seq: 3 },
      { pool: 'smb', seq: 2 },
      { pool: 'smb', seq: 4 },
    ]);
    expect(await store.pools(road.query)).toEqual(expect.arrayContaining(['rest', 'smb']));
    await road.rows('DELETE FROM decisions');
  });
});
