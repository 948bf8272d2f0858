import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Two files of this size: some days of one line per batch, and small beside the data. */
const LIMIT_BYTES = 20 * 1024 * 1024;
/** While there can be no new file, the old one grows to this and no further. */
const MOST_BYTES = 2 * LIMIT_BYTES;
/** A full disk is looked after in minutes, not in seconds. */
const TRY_AGAIN_MS = 60_000;
/** A fault that repeats must not fill the terminal; the file has every line. */
const SHOWN_PER_MINUTE = 6;

/** What the services log, in a file that stays small; their errors are shown as well. */
export class ServiceLog {
  private descriptor: number;
  private bytes: number;
  /** Until then no new file is tried; 0: the last one could be made. */
  private stuckUntil = 0;
  /** The last error that was logged, or that ended the process: what a person wants to read first. */
  lastError: string | undefined;
  private minute = 0;
  private shown = 0;

  constructor(
    readonly file: string,
    private readonly onError: (text: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.descriptor = openSync(file, 'a', 0o600);
    this.bytes = statSync(file).size;
  }

  follow(output: Readable | null): void {
    if (!output) return;
    createInterface({ input: output }).on('line', (line) => {
      this.keep(line);
      this.show(line);
    });
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private keep(line: string): void {
    if (this.bytes > LIMIT_BYTES && this.now() >= this.stuckUntil) this.beginAnew();
    if (this.bytes > MOST_BYTES) return;
    try {
      this.bytes += writeSync(this.descriptor, `${line}\n`);
    } catch {
      // A full disk: the services themselves will say so where it matters. A log must not end what it is about.
    }
  }

  /** The old file is let go last: whatever fails, there is one to write to, and whoever called goes on. */
  private beginAnew(): void {
    try {
      // Not there when the last attempt got so far and no further.
      if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
      const fresh = openSync(this.file, 'a', 0o600);
      const full = this.descriptor;
      [this.descriptor, this.bytes] = [fresh, 0];
      closeSync(full);
      this.stuckUntil = 0;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (this.stuckUntil === 0)
        this.onError(`${this.file} cannot be put aside for a new one (${code}); it is tried again every minute`);
      this.stuckUntil = this.now() + TRY_AGAIN_MS;
    }
  }

  private show(line: string): void {
    if (/^\w*Error\b/.test(line)) this.lastError = line.slice(0, 200); // uncaught: Node prints it as it is
    if (!line.startsWith('{"level":"error"') && !line.startsWith('{"level":"fatal"')) return;
    this.lastError = summary(line);
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.minute) [this.minute, this.shown] = [minute, 0];
    this.shown += 1;
    if (this.shown <= SHOWN_PER_MINUTE) this.onError(summary(line));
    if (this.shown === SHOWN_PER_MINUTE) this.onError(`more errors follow in ${this.file}`);
  }
}

interface Line {
  readonly context?: string;
  readonly event?: string;
  readonly text?: string;
  readonly error?: { readonly name?: string; readonly text?: string };
}

function summary(json: string): string {
  try {
    const { context, event, text, error } = JSON.parse(json) as Line;
    return [context, event ?? text, error && `${error.name}: ${error.text}`].filter(Boolean).join(': ').slice(0, 200);
  } catch {
    return json.slice(0, 200);
  }
}
