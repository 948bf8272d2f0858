import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { CommandFailed } from '../api/command-failed.js';
import { plainTrouble, troubleOfOwnDatabase } from './plain-trouble.js';

/**
 * Megabytes for what has just been made, of which most is dropped at once. A thread of its own would take 200 for it, and be
 * little faster; with half of this it would look for what is dropped twice as often.
 */
const YOUNG_GENERATION_MB = 16;

/** To wake another thread takes longer than to verify an entry; a person looks ten times a second. */
const PROGRESS_MS = 100;

type FromThread =
  | { readonly progress: readonly number[] }
  | { readonly result: unknown }
  | { readonly failed: string; readonly details?: CommandFailed['details'] };

/** Work on a thread of its own. */
export class Thread<Result> {
  /** @throws CommandFailed when the work does */
  readonly result: Promise<Result>;
  private readonly worker: Worker;

  /** @param script  its source, which calls `workOnThread`; where the product is built, what was made of it */
  constructor(
    script: URL,
    data: unknown,
    {
      transfer = [],
      onProgress,
    }: { transfer?: readonly Transferable[]; onProgress?: (...progress: number[]) => void } = {},
  ) {
    const isBuilt = !import.meta.url.endsWith('.ts');
    this.worker = new Worker(isBuilt ? new URL(script.href.replace(/\.ts$/, '.js')) : script, {
      workerData: data,
      transferList: [...transfer],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.result = new Promise<Result>((resolve, reject) => {
      this.worker.on('message', (message: FromThread) => {
        if ('progress' in message) onProgress?.(...message.progress);
        else if ('result' in message) resolve(message.result as Result);
        else reject(message.details ? new CommandFailed(message.failed, message.details) : new Error(message.failed));
      });
      this.worker.on('error', reject);
      this.worker.on('exit', () => reject(new Error('the thread has ended without a word')));
    });
    // Whoever waits for it is told.
    this.result.catch(() => undefined);
  }

  /** Tells the work the one thing that it waits for with `toldByMain`. */
  tell(what: string): void {
    this.worker.postMessage(what);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** On the thread: does the work, and says what came of it. */
export function workOnThread(work: (onProgress: (...progress: number[]) => void) => Promise<unknown>): void {
  const port = parentPort;
  if (!port) throw new Error('started as a program; it is a thread of one');
  const say = (message: FromThread): void => port.postMessage(message);
  let toldAt = 0;
  const onProgress = (...progress: number[]): void => {
    if (performance.now() - toldAt < PROGRESS_MS) return;
    toldAt = performance.now();
    say({ progress });
  };
  work(onProgress).then(
    (result) => say({ result }),
    (error: unknown) => {
      const plain = plainTrouble(error) ?? troubleOfOwnDatabase(error);
      if (plain) say({ failed: plain.message, details: plain.details });
      else say({ failed: String((error as Error).stack ?? error) });
    },
  );
}

/** On the thread: what whoever started it tells it while it runs. */
export function toldByMain(): Promise<string> {
  return new Promise((resolve) => parentPort?.once('message', resolve));
}
