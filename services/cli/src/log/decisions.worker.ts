// Takes decisions once more, on a thread of its own: reading entries for them takes as long as all else that a replay does.
import { parentPort, workerData } from 'node:worker_threads';
import { CommandFailed } from '../api/command-failed.js';
import { type FromWorker, HEADER_BYTES, SLOT_BYTES, type ToWorker } from './decisions-thread.js';
import { LogReplay } from './replay-log.js';
import { readEntry } from './verify-folder.js';

const port = parentPort;
if (!port) throw new Error('started as a program; it is a thread of `fairlead replay`');
const slots = Buffer.from(workerData as SharedArrayBuffer);
const replay = new LogReplay();

port.on('message', (message: ToWorker) => {
  try {
    if ('end' in message) return port.postMessage({ result: replay.end() } satisfies FromWorker);
    let at = message.slot * SLOT_BYTES;
    for (let count = 0; count < message.count; count++) {
      const index = slots.readDoubleLE(at);
      const begin = at + HEADER_BYTES;
      at = begin + slots.readUInt32LE(at + 8);
      readEntry(slots.subarray(begin, at), index, (entry) => replay.read(entry));
    }
    port.postMessage({ free: message.slot } satisfies FromWorker);
  } catch (error) {
    const plain = error instanceof CommandFailed;
    const failed = plain ? error.message : String((error as Error).stack ?? error);
    port.postMessage({ failed, plain } satisfies FromWorker);
  }
});
