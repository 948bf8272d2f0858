import { MessageChannel } from 'node:worker_threads';
import { readBundle, writeBundle } from '@fairlead/transparency-log';
import { EntrySender, receiveEntries, slots } from './entry-slots.js';

describe('entries that go to another thread', () => {
  it('come out as they went in, in order and with their indices, however large they are and however slowly they are taken', async () => {
    // Some megabytes: each slot is used more than once, and the largest entry is among them.
    const sizes = Array.from({ length: 1_024 }, (_, index) => (index % 100 === 7 ? 65_535 : (index * 37) % 9_000));
    const entries = sizes.map((size, index) => Buffer.alloc(size, index % 251));
    const { port1, port2 } = new MessageChannel();
    const shared = slots();
    const sender = new EntrySender(shared, port1);
    const taken: { index: number; bytes: Buffer }[] = [];
    const receiving = receiveEntries(shared, port2, (entry, index) => {
      taken.push({ index, bytes: Buffer.from(entry) });
      return index % 200 === 0 ? new Promise((resolve) => setTimeout(resolve, 2)) : undefined;
    });
    for (let at = 0; at < entries.length; at += 256)
      await sender.send(readBundle(writeBundle(entries.slice(at, at + 256)), 256), at);
    sender.end();
    await receiving;
    expect(taken.map(({ index }) => index)).toEqual(entries.map((_, index) => index));
    expect(taken.every(({ bytes, index }) => bytes.equals(entries[index] as Buffer))).toBe(true);
  });
});
