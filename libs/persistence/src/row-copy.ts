import { once } from 'node:events';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource } from 'typeorm';
import { driverErrorWithoutValues } from './without-values.js';

/** An object is written as JSON, a list as an array of texts. */
export type CopyValue = string | number | boolean | null | Date | readonly string[] | Readonly<Record<string, unknown>>;

/** What is handed to the connection at once: a system call each, and little memory. A row that is larger has a chunk of its own. */
const CHUNK_BYTES = 128 * 1_024;
/** Of a character in UTF-8, at most; one outside of the basic plane counts as two in JavaScript. */
const BYTES_OF_CHARACTER = 3;
const LINE_FEED = 0x0a;
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Writes rows into a table by COPY: several times as fast as INSERT, and for nothing but rows that are all new. One transaction,
 * on a connection of its own: all rows are there at the end, or none.
 */
export class RowCopy {
  private chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private filled = 0;
  private failed: Error | undefined;
  private readonly stream: ReturnType<typeof copyFrom>;

  /**
   * @param release  gives the connection back, when the copy has ended or was given up
   */
  constructor(
    connection: ClientBase,
    table: string,
    columns: readonly string[],
    private readonly release: () => Promise<void> | void,
  ) {
    for (const name of [table, ...columns]) if (!NAME.test(name)) throw new RangeError(`not a name: ${name}`);
    // Names cannot be parameters; they were checked just now.
    this.stream = connection.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`));
    this.stream.on('error', (error) => (this.failed ??= error));
  }

  static async into(dataSource: DataSource, table: string, columns: readonly string[]): Promise<RowCopy> {
    const runner = dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as ClientBase;
      return new RowCopy(connection, table, columns, () => runner.release());
    } catch (error) {
      await runner.release();
      throw error;
    }
  }

  /**
   * @param row  a value for each column
   * @returns to wait for: it is only now and then that there is no room
   */
  write(row: readonly CopyValue[]): Promise<void> | undefined {
    return this.writeWritten(copyText(row));
  }

  /**
   * @param row  as `copyText` writes it; several of them on a line each
   * @param rest  what comes after it on the line, in the same way and encoded already
   */
  writeWritten(row: string, rest?: Uint8Array): Promise<void> | undefined {
    const most = row.length * BYTES_OF_CHARACTER + (rest?.length ?? 0) + 1;
    const busy = most > this.chunk.length - this.filled ? this.flush(most) : undefined;
    this.filled += this.chunk.write(row, this.filled);
    if (rest) {
      this.chunk.set(rest, this.filled);
      this.filled += rest.length;
    }
    this.chunk[this.filled] = LINE_FEED;
    this.filled += 1;
    return busy;
  }

  /** @throws QueryFailed when PostgreSQL does not take what was written */
  async end(): Promise<void> {
    try {
      await this.flush();
      if (!this.failed) await new Promise<void>((done) => this.stream.once('error', () => done()).end(done));
      if (this.failed) throw driverErrorWithoutValues(this.failed);
    } finally {
      await this.release();
    }
  }

  /** Gives up: nothing that was written is there. */
  async abandon(): Promise<void> {
    this.stream.destroy();
    await this.release();
  }

  /**
   * Hands over what there is at once, and takes another chunk: the connection may still read from the one that it was given.
   * @param room  bytes that it must have
   * @returns to wait for before the next row, where the connection has enough for now
   */
  private flush(room = 0): Promise<void> | undefined {
    if (this.failed) return Promise.reject(driverErrorWithoutValues(this.failed));
    if (this.filled === 0 && room <= this.chunk.length) return undefined;
    const full = this.chunk.subarray(0, this.filled);
    this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, room));
    this.filled = 0;
    if (full.length === 0 || this.stream.write(full)) return undefined;
    return once(this.stream, 'drain').then(
      () => undefined,
      () => undefined,
    );
  }
}

/** A row, or some of its columns, in COPY's text format: columns are between tabs, and rows can be put together of such texts. */
export function copyText(row: readonly CopyValue[]): string {
  let written = '';
  for (let at = 0; at < row.length; at++)
    written += at === 0 ? text(row[0] as CopyValue) : `\t${text(row[at] as CopyValue)}`;
  return written;
}

/** A column with a document that is JSON already. In JSON no character but the backslash is one that COPY reads otherwise. */
export function copyJson(json: string): string {
  return json.includes('\\') ? json.replaceAll('\\', String.raw`\\`) : json;
}

/** A document that is not read on its way into a row, because it is only handed on. */
export class WrittenJson {
  constructor(readonly json: string) {}

  /** @param column  as `copyJson` writes it */
  static inColumn(column: string): WrittenJson {
    return new WrittenJson(unescaped(column));
  }
}

/** The texts of the columns again; null for null. Lists and documents are as they were written. */
export function readCopyText(written: string): (string | null)[] {
  return written.split('\t').map((column) => (column === String.raw`\N` ? null : unescaped(column)));
}

function text(value: CopyValue): string {
  if (value === null) return String.raw`\N`;
  if (typeof value === 'string') return escaped(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return instant(value);
  if (Array.isArray(value)) return escaped(`{${value.map(quoted).join(',')}}`);
  return copyJson(JSON.stringify(value));
}

const DAY_MS = 86_400_000;
/** A few years of days; more are forgotten, and made again. */
const MOST_DAYS = 2_048;
const days = new Map<number, string>();
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** As `toISOString` writes it, in a third of the time: rows written together have few different days. */
function instant(date: Date): string {
  const ms = date.getTime();
  const day = Math.floor(ms / DAY_MS);
  let written = days.get(day);
  if (written === undefined) {
    if (days.size >= MOST_DAYS) days.clear();
    days.set(day, (written = date.toISOString().slice(0, -'00:00:00.000Z'.length)));
  }
  const ofDay = ms - day * DAY_MS;
  const two = (value: number): string => twoDigits[Math.trunc(value)] as string;
  const [minutes, seconds] = [two((ofDay / 60_000) % 60), two((ofDay / 1_000) % 60)];
  return `${written}${two(ofDay / 3_600_000)}:${minutes}:${seconds}.${String(1_000 + (ofDay % 1_000)).slice(1)}Z`;
}

const SPECIAL = /[\\\b\f\n\r\t\v]/;
const names: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
};

function escaped(value: string): string {
  return SPECIAL.test(value) ? value.replace(/[\\\b\f\n\r\t\v]/g, (character) => names[character] as string) : value;
}

const characters = new Map(Object.entries(names).map(([character, name]) => [name, character]));

function unescaped(column: string): string {
  return column.includes('\\') ? column.replace(/\\[\\bfnrtv]/g, (name) => characters.get(name) as string) : column;
}

/** An element of an array. */
function quoted(value: unknown): string {
  const its = String(value);
  return QUOTED.test(its) ? `"${its.replace(/["\\]/g, String.raw`\$&`)}"` : `"${its}"`;
}

const QUOTED = /["\\]/;
