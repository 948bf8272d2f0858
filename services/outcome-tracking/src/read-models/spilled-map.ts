import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** What is written at once: few system calls, and little memory. No value is in two of them. */
const CHUNK_BYTES = 1 << 20;
/** What is read at once: several values, and still one quick read. */
const WINDOW_BYTES = 8 << 10;

/** How values are written into the file, and read from it. */
export interface Format<Value> {
  write(value: Value): string;
  read(text: string): Value;
}

/**
 * A map that keeps what was used last in memory and the rest in a file: a fold over a log has as many leads as the log,
 * and uses few of them at a time. What the file needs in memory is an id and a number for each.
 *
 * Synchronous, because a fold goes from event to event: a value is a few kilobytes, mostly still in the system's cache, and takes
 * microseconds.
 */
export class SpilledMap<Value> {
  private readonly file: number;
  /** Where each is in the file that is not in memory, or was not changed there. */
  private readonly places = new Map<string, number>();
  private recent = new Map<string, Value>();
  private earlier = new Map<string, Value>();
  /** The one that is being filled, and those before it, from which is read without asking the system. */
  private readonly chunks: Buffer[];
  private current = 0;
  private filled = 0;
  private window = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowAt = 0;
  private windowFilled = 0;

  /**
   * @param path  of the file; it is made, and removed when the map is closed
   * @param inMemory  how many values are kept in memory, at least; at most twice as many
   * @param recentMb  how much of what was written last is kept in memory as it is in the file
   */
  constructor(
    private readonly path: string,
    private readonly inMemory: number,
    private readonly format: Format<Value>,
    recentMb = 1,
  ) {
    this.file = openSync(path, 'wx+', 0o600);
    this.chunks = Array.from({ length: 1 + recentMb }, () => Buffer.alloc(0));
    this.chunks[0] = Buffer.alloc(CHUNK_BYTES);
  }

  get(id: string): Value | undefined {
    const recent = this.recent.get(id);
    if (recent !== undefined) return recent;
    const earlier = this.earlier.get(id);
    if (earlier !== undefined) return earlier;
    const text = this.readText(id);
    return text === undefined ? undefined : this.format.read(text);
  }

  set(id: string, value: Value): void {
    this.recent.set(id, value);
    if (this.recent.size < this.inMemory) return;
    for (const [each, old] of this.earlier) if (!this.recent.has(each)) this.spill(each, this.format.write(old));
    this.earlier = this.recent;
    this.recent = new Map();
  }

  /** As `set`, for what is not expected to be asked for again: it goes into the file at once, as the format would write it. */
  settle(id: string, text: string): void {
    this.recent.delete(id);
    this.earlier.delete(id);
    this.spill(id, text);
  }

  delete(id: string): void {
    this.recent.delete(id);
    this.earlier.delete(id);
    this.places.delete(id);
  }

  /**
   * Everything once, in no particular order; nothing may be changed meanwhile.
   * @param leavesOut  asked of what is in the file, by how it is written there: whether it is to be left out
   */
  *values(leavesOut: (text: string) => boolean = () => false): Generator<Value> {
    yield* this.recent.values();
    for (const [id, value] of this.earlier) if (!this.recent.has(id)) yield value;
    for (const id of this.places.keys()) {
      if (this.recent.has(id) || this.earlier.has(id)) continue;
      const text = this.readText(id);
      if (text !== undefined && !leavesOut(text)) yield this.format.read(text);
    }
  }

  /** As the format writes it: of what is in the file, without reading it. */
  text(id: string): string | undefined {
    const value = this.recent.get(id) ?? this.earlier.get(id);
    return value === undefined ? this.readText(id) : this.format.write(value);
  }

  close(): void {
    closeSync(this.file);
    rmSync(this.path, { force: true });
  }

  private spill(id: string, text: string): void {
    const length = Buffer.byteLength(text);
    if (length + 4 > CHUNK_BYTES) throw new RangeError(`a value of ${length} bytes`);
    if (this.filled + length + 4 > CHUNK_BYTES) this.flush();
    const chunk = this.chunkOf(this.current) as Buffer;
    this.places.set(id, this.current * CHUNK_BYTES + this.filled);
    chunk.writeUInt32BE(length, this.filled);
    chunk.write(text, this.filled + 4);
    this.filled += 4 + length;
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

  private readText(id: string): string | undefined {
    const place = this.places.get(id);
    if (place === undefined) return undefined;
    const chunk = this.chunkOf(Math.floor(place / CHUNK_BYTES));
    if (chunk) return textAt(chunk, place % CHUNK_BYTES);
    let at = place - this.windowAt;
    if (at < 0 || at + 4 > this.windowFilled || at + 4 + this.window.readUInt32BE(at) > this.windowFilled) {
      this.readWindow(place);
      at = 0;
    }
    return textAt(this.window, at);
  }

  /** What lies together is often read together: when all of it is, at the latest. */
  private readWindow(place: number): void {
    this.windowFilled = readSync(this.file, this.window, 0, WINDOW_BYTES, place);
    this.windowAt = place;
    if (this.windowFilled < 4) throw new Error(`${this.path} is shorter than what was written to it`);
    const length = 4 + this.window.readUInt32BE(0);
    if (length <= this.windowFilled) return;
    if (length > this.window.length) this.window = Buffer.allocUnsafe(length);
    this.windowFilled = readSync(this.file, this.window, 0, length, place);
    if (this.windowFilled < length) throw new Error(`${this.path} is shorter than what was written to it`);
  }
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32BE(at));
}
