import { type LogStorage, UnreadableFile, WrittenOtherwise } from '../src/storage.js';

/** A log in memory, for tests that change what is in it. */
export class MemoryStorage implements LogStorage {
  /** Paths that were read, in this order. */
  readonly wasRead: string[] = [];

  constructor(readonly files = new Map<string, Buffer>()) {}

  copy(): MemoryStorage {
    return new MemoryStorage(new Map([...this.files].map(([path, bytes]) => [path, Buffer.from(bytes)])));
  }

  async prepare(): Promise<void> {}

  async read(path: string, atMostBytes: number): Promise<Buffer | undefined> {
    this.wasRead.push(path);
    const bytes = this.files.get(path);
    if (bytes && bytes.length > atMostBytes) throw new UnreadableFile(path, `has ${bytes.length} bytes`);
    return Promise.resolve(bytes);
  }

  async *list(folder: string): AsyncIterable<string> {
    for (const path of this.files.keys()) {
      const name = path.slice(folder.length + 1);
      if (path.startsWith(`${folder}/`) && !name.includes('/')) yield await Promise.resolve(name);
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, Buffer.from(bytes));
    return Promise.resolve();
  }

  async writeOnce(path: string, bytes: Uint8Array): Promise<void> {
    const there = this.files.get(path);
    if (there && !there.equals(bytes)) throw new WrittenOtherwise(path);
    return this.write(path, bytes);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }
}
