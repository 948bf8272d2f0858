import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** What is written at once: few system calls, and little memory. */
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
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private filled = 0;
  private written = 0;
  private window = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowAt = 0;
  private windowFilled = 0;

  /**
   * @param path  of the file; it is made, and removed when the map is closed
   * @param inMemory  how many values are kept in memory, at least; at most twice as many
   */
  constructor(
    private readonly path: string,
    private readonly inMemory: number,
    private readonly format: Format<Value>,
  ) {
    this.file = openSync(path, 'wx+', 0o600);
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
    if (this.filled + length + 4 > CHUNK_BYTES) this.flush();
    if (length + 4 > CHUNK_BYTES) throw new RangeError(`a value of ${length} bytes`);
    this.places.set(id, this.written + this.filled);
    this.chunk.writeUInt32BE(length, this.filled);
    this.chunk.write(text, this.filled + 4);
    this.filled += 4 + length;
  }

  private flush(): void {
    for (let at = 0; at < this.filled;) at += writeSync(this.file, this.chunk, at, this.filled - at, this.written + at);
    this.written += this.filled;
    this.filled = 0;
  }

  private readText(id: string): string | undefined {
    const place = this.places.get(id);
    if (place === undefined) return undefined;
    // What was spilled last is not written yet.
    if (place >= this.written) return textAt(this.chunk, place - this.written);
    let at = place - this.windowAt;
    if (at < 0 || at + 4 > this.windowFilled || at + 4 + this.window.readUInt32BE(at) > this.windowFilled) {
      this.readWindow(place);
      at = 0;
    }
    return textAt(this.window, at);
  }

  /** What lies together is often read together: when all of it is, at the latest. */
  private readWindow(place: number): void {
    this.windowFilled = readSync(this.file, this.window, 0, Math.min(WINDOW_BYTES, this.written - place), place);
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
