import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';

// How entries go from one thread to another: through memory that both share, so that none is copied more than once.

/** Room for about four bundles, and for the largest entry, which has 64 KB. */
const SLOT_BYTES = 1_024 * 1_024;
/** So many that neither side waits for the other; four megabytes. */
const SLOTS = 4;
/** Before each entry: its index, eight bytes, and its length, four. */
const HEADER_BYTES = 12;

/** To the receiver: entries in a slot, which is free again when it comes back; at last `end`. */
type ToReceiver = { readonly slot: number; readonly count: number } | 'end';
type ToSender = number;

export function slots(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * SLOT_BYTES);
}

/** Hands entries to another thread, in order. */
export class EntrySender {
  private readonly memory: Buffer;
  private readonly free = Array.from({ length: SLOTS - 1 }, (_, index) => index + 1);
  private filling = { slot: 0, at: 0, count: 0 };
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

  /** @returns to wait for, before the next one: it is only now and then that there is no room */
  send(entry: Buffer, index: number): Promise<void> | undefined {
    if (this.filling.at + HEADER_BYTES + entry.length <= SLOT_BYTES) return this.put(entry, index);
    this.handOver();
    return this.enterNext()?.then(() => this.put(entry, index)) ?? this.put(entry, index);
  }

  end(): void {
    this.handOver();
    this.port.postMessage('end' satisfies ToReceiver);
    this.port.close();
  }

  private put(entry: Buffer, index: number): undefined {
    const { filling, memory } = this;
    const at = filling.slot * SLOT_BYTES + filling.at;
    memory.writeDoubleLE(index, at);
    memory.writeUInt32LE(entry.length, at + 8);
    entry.copy(memory, at + HEADER_BYTES);
    filling.at += HEADER_BYTES + entry.length;
    filling.count += 1;
  }

  private handOver(): void {
    const { slot, count } = this.filling;
    this.port.postMessage({ slot, count } satisfies ToReceiver);
  }

  private enterNext(): Promise<void> | undefined {
    const slot = this.free.shift();
    if (slot === undefined) return new Promise<void>((resolve) => (this.wake = resolve)).then(() => this.enterNext());
    this.filling = { slot, at: 0, count: 0 };
    return undefined;
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
    for (let count = 0; count < message.count; count++) {
      const index = memory.readDoubleLE(at);
      const begin = at + HEADER_BYTES;
      at = begin + memory.readUInt32LE(at + 8);
      const busy = take(memory.subarray(begin, at), index);
      if (busy) await busy;
    }
    port.postMessage(message.slot satisfies ToSender);
  }
  port.close();
}
