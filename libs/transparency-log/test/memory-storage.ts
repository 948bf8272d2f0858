import type { LogStorage } from '../src/storage.js';

/** A log in memory, for tests that change what is in it. */
export class MemoryStorage implements LogStorage {
  constructor(readonly files = new Map<string, Buffer>()) {}

  copy(): MemoryStorage {
    return new MemoryStorage(new Map([...this.files].map(([path, bytes]) => [path, Buffer.from(bytes)])));
  }

  async read(path: string): Promise<Buffer | undefined> {
    return Promise.resolve(this.files.get(path));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, Buffer.from(bytes));
    return Promise.resolve();
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }
}
