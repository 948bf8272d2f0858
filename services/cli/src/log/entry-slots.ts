import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';

// How entries go from one thread to another: through memory that both share, so that none is copied more than once, and all of
// those that lie together are copied at once.

/** Room for about four bundles, and for the largest entry, which has 64 KB. */
const SLOT_BYTES = 1_024 * 1_024;
/** So many that neither side waits for the other; four megabytes. */
const SLOTS = 4;
/** Before each entry its length, big-endian, as in a bundle. */
const LENGTH_BYTES = 2;

/** To the receiver: entries in a slot, which is free again when it comes back; at last `end`. */
type ToReceiver = { readonly slot: number; readonly first: number; readonly count: number } | 'end';
type ToSender = number;

export function slots(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * SLOT_BYTES);
}

/** Hands entries to another thread, in order. */
export class EntrySender {
  private readonly memory: Buffer;
  private readonly free = Array.from({ length: SLOTS - 1 }, (_, index) => index + 1);
  private filling = { slot: 0, at: 0, first: 0, count: 0 };
  private wake: () => void = () => undefined;

  constructor(
    shared: SharedArrayBuffer,
    private readonly port: MessagePort,
  ) {
    this.memory = Buffer.from(shared);
    port.on('message', (slot: ToSender) => {
      this.free.push(slot);
      this.wake();
    });
  }

  /**
   * @param entries  views of one bundle, as it is read from a file: one after the other
   * @param first  the index of the first of them; they follow those that were sent before
   */
  async send(entries: readonly Buffer[], first: number): Promise<void> {
    for (let from = 0; from < entries.length;) {
      const count = this.fitting(entries, from);
      if (count > 0) this.put(entries, from, count, first + from);
      else await this.enterNext();
      from += count;
    }
  }

  end(): void {
    this.handOver();
    this.port.postMessage('end' satisfies ToReceiver);
    this.port.close();
  }

  /** How many of them there is room for. */
  private fitting(entries: readonly Buffer[], from: number): number {
    let room = SLOT_BYTES - this.filling.at;
    let count = 0;
    for (let entry; (entry = entries[from + count]) && (room -= LENGTH_BYTES + entry.length) >= 0;) count += 1;
    return count;
  }

  private put(entries: readonly Buffer[], from: number, count: number, first: number): void {
    const { filling, memory } = this;
    const [head, tail] = [entries[from] as Buffer, entries[from + count - 1] as Buffer];
    const bytes = tail.byteOffset + tail.length - head.byteOffset + LENGTH_BYTES;
    const bundle = Buffer.from(head.buffer, head.byteOffset - LENGTH_BYTES, bytes);
    bundle.copy(memory, filling.slot * SLOT_BYTES + filling.at);
    if (filling.count === 0) filling.first = first;
    filling.at += bytes;
    filling.count += count;
  }

  private handOver(): void {
    const { slot, first, count } = this.filling;
    this.port.postMessage({ slot, first, count } satisfies ToReceiver);
  }

  private async enterNext(): Promise<void> {
    this.handOver();
    let slot: number | undefined;
    while ((slot = this.free.shift()) === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
    this.filling = { slot, at: 0, first: 0, count: 0 };
  }
}

/**
 * Takes entries from another thread, until it has sent the last.
 * @param take  is given one after the other, and the next waits for whatever it answers; the entry is good until then
 */
export async function receiveEntries(
  shared: SharedArrayBuffer,
  port: MessagePort,
  take: (entry: Buffer, index: number) => Promise<unknown> | undefined,
): Promise<void> {
  const memory = Buffer.from(shared);
  for await (const [message] of on(port, 'message') as AsyncIterable<[ToReceiver]>) {
    if (message === 'end') break;
    let at = message.slot * SLOT_BYTES;
    for (let index = message.first; index < message.first + message.count; index++) {
      const begin = at + LENGTH_BYTES;
      at = begin + memory.readUInt16BE(at);
      const busy = take(memory.subarray(begin, at), index);
      if (busy) await busy;
    }
    port.postMessage(message.slot satisfies ToSender);
  }
  port.close();
}
