import { randomUUID } from 'node:crypto';
import type { PartitionRecords, ReceivedRecord, RecordConsumer, UnitsOfWork } from '@fairlead/messaging';
import type { LogStore } from '../store/log.store.js';
import { Lead, type Tools } from './lead.js';
import type { LogWriter } from './log-writer.js';

type Run = Parameters<RecordConsumer['run']>[0];

function records(from: number, count: number): ReceivedRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const event = { id: randomUUID(), subject: 'lead', type: 'lead.scored' };
    const value = Buffer.from(JSON.stringify(event));
    return { topic: 'lead', partition: 0, offset: BigInt(from + at), value } as ReceivedRecord;
  });
}

/** What real servers cannot be made to do at a given moment. */
describe('a leader', () => {
  const leaders: AbortController[] = [];
  afterEach(() => {
    for (const each of leaders.splice(0)) each.abort();
  });

  /** @param commit  of a transaction: how many entries are placed; throws when its outcome is not known */
  function leader(commit: (entries: number) => void) {
    const written: [first: number, count: number][] = [];
    const asked: string[] = [];
    let size = 0;
    let given = 0;
    const running = Promise.withResolvers<Run>();
    const stopped = new AbortController();
    leaders.push(stopped);
    const store = {
      partitions: async () => {
        asked.push('partitions');
        return [{ topic: 'lead', partition: 0, nextOffset: '5' }];
      },
      lockHead: async () => size,
      known: async () => new Set(),
      append: (_: unknown, newSize: number) => (given = newSize - size),
      stay: async () => undefined,
      publish: async () => undefined,
    };
    const units = {
      query: () => undefined,
      run: async (work: (unit: unknown) => Promise<unknown>) => {
        given = 0;
        const result = await work({ query: () => undefined });
        const before = given;
        size += given;
        commit(before);
        return result;
      },
    };
    const writer = {
      size: 0,
      append: async (first: number, bytes: readonly Buffer[]) => {
        if (bytes.length > 0) written.push([first, bytes.length]);
      },
      checkpoint: async () => ({ size: 0, note: '' }),
      show: async () => undefined,
      giveUpPartial: async () => undefined,
    };
    const consumer = { run: async (run: Run) => running.resolve(run), close: async () => undefined };
    const tools = {
      ...{ units: units as unknown as UnitsOfWork, store: store as unknown as LogStore, topics: ['lead'] },
      ...{ consumer: consumer as unknown as RecordConsumer, stopped: stopped.signal, onPublished: () => undefined },
    } satisfies Tools;
    const lead = new Lead(tools, writer as unknown as LogWriter, '1', { size: 0, note: null });
    const over = lead.last().catch((error: unknown) => error);
    const take = async (each: ReceivedRecord[]) =>
      (await running.promise).process({ topic: 'lead', partition: 0, records: each } as unknown as PartitionRecords);
    return { written, asked, over, take, running, stop: () => stopped.abort() };
  }

  it('asks once how far it has got, and knows from then on', async () => {
    const { written, asked, over, take, running, stop } = leader(() => undefined);
    await take(records(3, 4));
    await take(records(5, 4));
    await take(records(9, 1));
    expect(written).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
    ]);
    // Whoever joins the group anew goes on from there.
    expect(await (await running.promise).storedOffsets()).toEqual([{ topic: 'lead', partition: 0, offset: 10n }]);
    expect(asked).toEqual(['partitions']);
    stop();
    expect(await over).toBeUndefined();
  });

  it('whose transaction may or may not have been kept places nothing more, as it would be in a wrong place', async () => {
    let commits = 0;
    const { written, over, take } = leader(() => {
      if (++commits === 1) throw new Error('the connection broke');
    });
    const taken = await Promise.allSettled([take(records(5, 1_500)), take(records(1_505, 1_500))]);
    expect(taken.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect({ commits, written }).toEqual({ commits: 1, written: [] });
    expect(await over).toMatchObject({ message: 'the connection broke' });
  });
});
