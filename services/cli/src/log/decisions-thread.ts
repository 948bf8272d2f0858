import { Worker } from 'node:worker_threads';
import { CommandFailed } from '../api/command-failed.js';
import type { ReplayResult } from './replay-log.js';

/** Room for about a bundle of entries, and for the largest entry, which has 64 KB. */
export const SLOT_BYTES = 256 * 1_024;
/** So many on their way that neither side waits for the other; four megabytes. */
const SLOTS = 16;
/** Before each entry: its index, eight bytes, and its length, four. */
export const HEADER_BYTES = 12;

/** To the worker: entries in a slot; at last `end`. */
export type ToWorker = { readonly slot: number; readonly count: number } | { readonly end: true };
/** From it: that what was in a slot has been read; what came of all; or why it cannot go on. */
export type FromWorker =
  { readonly free: number } | { readonly result: ReplayResult } | { readonly failed: string; readonly plain: boolean };

/** Takes decisions once more, on a thread of its own. Entries go there through memory that both share. */
export class DecisionsThread {
  private readonly worker: Worker;
  private readonly slots: Buffer;
  private readonly free = Array.from({ length: SLOTS - 1 }, (_, index) => index + 1);
  private filling = { slot: 0, at: 0, count: 0 };
  private wake: () => void = () => undefined;
  private failed: Error | undefined;
  private result: ReplayResult | undefined;

  constructor() {
    const shared = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
    this.slots = Buffer.from(shared);
    const script = import.meta.url.endsWith('.ts') ? './decisions.worker.ts' : './decisions.worker.js';
    this.worker = new Worker(new URL(script, import.meta.url), { workerData: shared });
    this.worker.on('message', (message: FromWorker) => {
      if ('free' in message) this.free.push(message.free);
      else if ('result' in message) this.result = message.result;
      else this.failed = message.plain ? new CommandFailed(message.failed) : new Error(message.failed);
      this.wake();
    });
    this.worker.on('error', (error: Error) => {
      this.failed = error;
      this.wake();
    });
  }

  /** Takes an entry, in the order of the log. To wait for: it is only now and then that there is no room. */
  read(entry: Buffer, index: number): Promise<void> | undefined {
    if (this.filling.at + HEADER_BYTES + entry.length > SLOT_BYTES) {
      this.send();
      return this.nextSlot()?.then(() => this.put(entry, index)) ?? this.put(entry, index);
    }
    return this.put(entry, index);
  }

  async end(): Promise<ReplayResult> {
    this.send();
    this.worker.postMessage({ end: true } satisfies ToWorker);
    while (!this.result) await this.news();
    return this.result;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private put(entry: Buffer, index: number): undefined {
    const { filling, slots } = this;
    const at = filling.slot * SLOT_BYTES + filling.at;
    slots.writeDoubleLE(index, at);
    slots.writeUInt32LE(entry.length, at + 8);
    entry.copy(slots, at + HEADER_BYTES);
    filling.at += HEADER_BYTES + entry.length;
    filling.count += 1;
  }

  private send(): void {
    const { slot, count } = this.filling;
    this.worker.postMessage({ slot, count } satisfies ToWorker);
  }

  private nextSlot(): Promise<void> | undefined {
    const slot = this.free.shift();
    if (slot === undefined || this.failed) return this.news().then(() => this.nextSlot());
    this.filling = { slot, at: 0, count: 0 };
    return undefined;
  }

  private async news(): Promise<void> {
    if (!this.failed) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.failed) throw this.failed;
  }
}
