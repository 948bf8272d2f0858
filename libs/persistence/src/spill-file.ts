import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** What is written at once: few system calls, and little memory. No text is in two of them. */
const CHUNK_BYTES = 1 << 20;
/** What most texts fit into, so that one read is enough. */
const USUAL_BYTES = 2 << 10;
const LENGTH_BYTES = 4;

/**
 * Texts and bytes that do not fit into memory, each at its place in a file. Those that were written last are read from memory.
 *
 * Synchronous, because a fold goes from event to event: a text is a kilobyte or two, mostly still in the system's cache, and takes
 * microseconds.
 */
export class SpillFile {
  private readonly file: number;
  /** The one that is being filled, and those before it, from which is read without asking the system. */
  private readonly chunks: Buffer[];
  private current = 0;
  private filled = 0;
  private window = Buffer.allocUnsafe(USUAL_BYTES);

  /**
   * @param path  of the file; it is made, and removed by `close`
   * @param recentMb  how much of what was written last is kept in memory
   */
  constructor(
    private readonly path: string,
    recentMb = 1,
  ) {
    this.file = openSync(path, 'wx+', 0o600);
    this.chunks = Array.from({ length: 1 + recentMb }, () => Buffer.alloc(0));
    this.chunks[0] = Buffer.alloc(CHUNK_BYTES);
  }

  /**
   * @returns its place
   * @throws RangeError for a text of a megabyte and more
   */
  append(text: string): number {
    const length = Buffer.byteLength(text);
    const place = this.begin(length);
    (this.chunkOf(this.current) as Buffer).write(text, this.filled);
    this.filled += length;
    return place;
  }

  /** As `append`, for `readBytes`. */
  appendBytes(bytes: Uint8Array): number {
    const place = this.begin(bytes.length);
    (this.chunkOf(this.current) as Buffer).set(bytes, this.filled);
    this.filled += bytes.length;
    return place;
  }

  /** @param place  where `append` put it */
  read(place: number): string {
    return this.readBytes(place).toString('utf8');
  }

  /**
   * @param place  where `appendBytes` put it
   * @returns good until something else is appended or read
   */
  readBytes(place: number): Buffer {
    const chunk = this.chunkOf(Math.floor(place / CHUNK_BYTES));
    if (chunk) return bytesAt(chunk, place % CHUNK_BYTES);
    let read = readSync(this.file, this.window, 0, this.window.length, place);
    const length = LENGTH_BYTES + (read < LENGTH_BYTES ? 0 : this.window.readUInt32BE(0));
    if (length > this.window.length) {
      this.window = Buffer.allocUnsafe(length);
      read = readSync(this.file, this.window, 0, length, place);
    }
    if (read < length) throw new Error(`${this.path} is shorter than what was written to it`);
    return bytesAt(this.window, 0);
  }

  close(): void {
    closeSync(this.file);
    rmSync(this.path, { force: true });
  }

  /** Makes room and writes how many bytes come. */
  private begin(length: number): number {
    if (length + LENGTH_BYTES > CHUNK_BYTES) throw new RangeError(`a text of ${length} bytes`);
    if (this.filled + length + LENGTH_BYTES > CHUNK_BYTES) this.flush();
    const place = this.current * CHUNK_BYTES + this.filled;
    (this.chunkOf(this.current) as Buffer).writeUInt32BE(length, this.filled);
    this.filled += LENGTH_BYTES;
    return place;
  }

  private flush(): void {
    const chunk = this.chunkOf(this.current) as Buffer;
    const begin = this.current * CHUNK_BYTES;
    // All of it, so that every chunk is where its number says.
    for (let at = 0; at < CHUNK_BYTES;) at += writeSync(this.file, chunk, at, CHUNK_BYTES - at, begin + at);
    this.current += 1;
    this.filled = 0;
    const place = this.current % this.chunks.length;
    if (this.chunks[place]?.length === 0) this.chunks[place] = Buffer.alloc(CHUNK_BYTES);
  }

  /** Undefined: it is in the file only. */
  private chunkOf(number: number): Buffer | undefined {
    return number > this.current - this.chunks.length ? this.chunks[number % this.chunks.length] : undefined;
  }
}

function bytesAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + bytes.readUInt32BE(at));
}
