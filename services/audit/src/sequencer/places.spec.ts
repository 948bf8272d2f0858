import { randomUUID } from 'node:crypto';
import type { ReceivedRecord } from '@fairlead/messaging';
import { dueOf, givePlaces } from './places.js';

function record(offset: number, value: string | null = event(), partition = 0, topic = 'lead'): ReceivedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    value: value === null ? null : Buffer.from(value),
  } as ReceivedRecord;
}

function event(id: string = randomUUID()): string {
  return JSON.stringify({ id, subject: 'lead', type: 'lead.scored' });
}

describe('records that are due', () => {
  const offsets = (records: readonly ReceivedRecord[], next: ReadonlyMap<string, bigint>) =>
    dueOf(records, next).map(({ record }) => `${record.topic}/${record.partition}@${record.offset}`);

  it('are those from the first on that has not been accounted for, partition by partition', () => {
    const records = [record(6), record(7), record(8), record(6, event(), 1), record(6, event(), 0, 'control')];
    const next = new Map([
      ['lead/0', 7n],
      ['control/0', 7n],
    ]);
    expect(offsets(records, next)).toEqual(['lead/0@7', 'lead/0@8', 'lead/1@6']);
  });

  it('are all, where nothing was accounted for, and none, where all was', () => {
    const records = [record(0), record(1)];
    expect(offsets(records, new Map())).toEqual(['lead/0@0', 'lead/0@1']);
    expect(offsets(records, new Map([['lead/0', 2n]]))).toEqual([]);
  });

  it('are told apart beyond what a number holds', () => {
    const next = new Map([['lead/0', 2n ** 53n + 1n]]);
    const far = [0n, 1n, 2n].map((more) => ({ ...record(0), offset: 2n ** 53n + more }));
    expect(offsets(far, next)).toEqual([`lead/0@${2n ** 53n + 1n}`, `lead/0@${2n ** 53n + 2n}`]);
  });
});

describe('places', () => {
  it('are given in the order of the records, each event once, and every record is accounted for', () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const due = dueOf(
      [
        record(3, event(one)),
        record(4, event(two.toUpperCase())),
        record(5, event(two)),
        record(7, 'no json'),
        record(8, null),
        record(2, event(one), 1),
        record(3, 'x'.repeat(70_000), 1),
      ],
      new Map(),
    );
    const { entries, bytes, unreadable, progress } = givePlaces(due, 100, new Set([one]));
    expect(entries.map(({ index, eventId, offset }) => [index, eventId, offset])).toEqual([[100, two, 4n]]);
    expect(bytes).toEqual([Buffer.from(event(two.toUpperCase()))]);
    expect(unreadable.map(({ offset, why }) => [offset, why])).toEqual([
      [7n, 'not-json'],
      [8n, 'not-json'],
      [3n, 'too-large'],
    ]);
    expect(progress).toEqual([
      { topic: 'lead', partition: 0, firstOffset: 3n, nextOffset: 9n, entries: 1, repeated: 2, unreadable: 2 },
      { topic: 'lead', partition: 1, firstOffset: 2n, nextOffset: 4n, entries: 0, repeated: 1, unreadable: 1 },
    ]);
  });
});
