import type { UnitOfWork } from '@fairlead/messaging';
import { LogStore, NoLongerLeading } from '../src/store/log.store.js';
import { LogSystem } from './fixture/log-system.js';

/** Longer than a test takes. */
const LEASE_MS = 600_000;

/** What keeps two processes from writing the log is one row: each of these statements must look at whose it is. */
describe('the lead of the log', () => {
  let system: LogSystem;
  const store = new LogStore();
  const leadsUntil = async () =>
    (await system.rows<{ until: string }>('SELECT leads_until::text AS until FROM log_head'))[0];
  const published = async () => (await system.rows('SELECT published::int, note FROM log_head'))[0];

  beforeAll(async () => {
    system = await LogSystem.open();
    await system.start();
    await system.stop();
  });
  afterAll(() => system?.close());

  it('is one process’s at a time, and another’s only when that has given it up or been silent for too long', async () => {
    const first = await store.lead(system.query, LEASE_MS);
    expect(first).toBeDefined();
    expect(await store.lead(system.query, LEASE_MS)).toBeUndefined();
    await store.resign(system.query, first ?? '');
    const second = await store.lead(system.query, LEASE_MS);
    expect(Number(second)).toBe(Number(first) + 1);
    await system.rows(`UPDATE log_head SET leads_until = clock_timestamp() - interval '1 ms'`);
    expect(Number(await store.lead(system.query, LEASE_MS))).toBe(Number(first) + 2);
  });

  it('that a process has lost lets it neither stay, nor give a place, nor publish, nor give up what is another’s', async () => {
    const now = (await system.rows<{ epoch: string }>('SELECT epoch FROM log_head'))[0]?.epoch ?? '';
    await system.rows('UPDATE log_head SET size = 9');
    await store.publish(system.query, now, 5, 'a note');
    const lost = String(Number(now) - 1);
    const [until, head] = [await leadsUntil(), await published()];
    await expect(store.stay(system.query, lost, 1)).rejects.toThrow(NoLongerLeading);
    await expect(store.lockHead(system.query, lost)).rejects.toThrow(NoLongerLeading);
    await expect(store.publish(system.query, lost, 9, 'another note')).rejects.toThrow(NoLongerLeading);
    await store.resign(system.query, lost);
    expect([await leadsUntil(), await published()]).toEqual([until, head]);
    expect(await store.checkpoint(system.query, 9)).toBeUndefined();

    await store.stay(system.query, now, LEASE_MS);
    expect(await leadsUntil()).not.toEqual(until);
    expect(await store.lockHead(system.query, now)).toBe(9);
  });

  it('takes back no checkpoint', async () => {
    const now = (await system.rows<{ epoch: string }>('SELECT epoch FROM log_head'))[0]?.epoch ?? '';
    await expect(store.publish(system.query, now, 3, 'an older note')).rejects.toThrow(NoLongerLeading);
    expect(await published()).toEqual({ published: 5, note: 'a note' });
    expect(await store.checkpoint(system.query, 3)).toBeUndefined();
  });
});

describe('what is noted of a partition', () => {
  let system: LogSystem;
  const store = new LogStore();
  beforeAll(async () => {
    system = await LogSystem.open();
    await system.start();
    await system.stop();
  });
  afterAll(() => system?.close());

  /** Notes offsets up to `nextOffset`, of which so many became entries. */
  async function note(firstOffset: bigint, nextOffset: bigint, entries: number): Promise<void> {
    const written: [sql: string, parameters: readonly unknown[]][] = [];
    const unit = { write: (sql: string, parameters: readonly unknown[]) => written.push([sql, parameters]) };
    const progress = { topic: 't', partition: 0, firstOffset, nextOffset, entries, repeated: 1, unreadable: 1 };
    store.append(unit as unknown as UnitOfWork, 0, [], [progress], []);
    for (const [sql, parameters] of written) await system.query(sql, parameters);
  }

  it('tells offsets that were given to no record from those that were left out', async () => {
    // Two that are missing between the first record and the last; later two before the first, and one between.
    await note(7n, 14n, 3);
    await note(16n, 23n, 4);
    expect(await store.partitions(system.query)).toEqual([
      { topic: 't', partition: 0, firstOffset: '7', nextOffset: '23', entries: 7, repeated: 2, unreadable: 2, gaps: 5 },
    ]);
  });
});
