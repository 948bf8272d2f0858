import type { MigrationNews } from '@fairlead/persistence';
import picocolors from 'picocolors';

/** A first start runs through some dozens that take no time, of which nobody wants to read. */
const LONG_SECONDS = 2;
/** In a log that nobody watches all the time. */
const REMIND_MS = 30_000;

/** Tells how far a start is: on a terminal with a live last line, in a log line by line, for programs as JSON lines. */
export class Progress {
  private readonly began = new Map<string, number>();
  private readonly reminders = new Map<string, NodeJS.Timeout>();
  private ticking: NodeJS.Timeout | undefined;
  private readonly live = process.stdout.isTTY === true;

  constructor(private readonly json: boolean) {}

  /** Shows work under way, and its result with the seconds it took. */
  async step<T>(name: string, work: Promise<T>, describe: (result: T) => string): Promise<T> {
    this.began.set(name, Date.now());
    this.refresh();
    const seconds = (): number => (Date.now() - (this.began.get(name) ?? 0)) / 1_000;
    try {
      const result = await work;
      const took = seconds();
      this.done(name);
      if (this.json) this.write(JSON.stringify({ event: 'started', what: name, seconds: Number(took.toFixed(3)) }));
      else {
        const time = picocolors.dim(`${took.toFixed(1)} s`.padStart(7));
        this.write(`  ${picocolors.green('✓')} ${name.padEnd(11)}${time}   ${describe(result)}`);
      }
      return result;
    } catch (error) {
      this.done(name);
      if (!this.json) this.write(`  ${picocolors.red('✗')} ${name}`);
      throw error;
    }
  }

  /** Migrations under way: on a terminal in the live line, in a log every half minute; a line at the end of what took long. */
  migration(news: MigrationNews): void {
    if (this.json) return this.say(news.event, '', { ...news });
    const what = [
      news.schema.replaceAll('_', '-'),
      'name' in news ? `migrates ${news.name}` : 'waits for a migration elsewhere',
    ].join(' ');
    if (!('seconds' in news)) {
      this.began.set(what, Date.now());
      if (!this.live)
        this.reminders.set(what, setInterval(() => this.write(`  … ${this.running(what)}`), REMIND_MS).unref());
      this.refresh();
      return;
    }
    clearInterval(this.reminders.get(what));
    this.reminders.delete(what);
    this.done(what);
    if (news.seconds < LONG_SECONDS) return;
    const mark = news.event === 'migration.failed' ? picocolors.red('✗') : picocolors.green('✓');
    this.write(`  ${mark} ${what} ${picocolors.dim(`${news.seconds.toFixed(1)} s`)}`);
  }

  /** A line for people; in JSON an event with its fields. */
  say(event: string, text: string, fields: Record<string, unknown> = {}): void {
    this.write(this.json ? JSON.stringify({ event, ...fields }) : text);
  }

  /** Something went wrong and is being put right, or cannot be. */
  warn(event: string, text: string, fields: Record<string, unknown> = {}): void {
    const time = new Date().toISOString().slice(11, 19);
    this.say(event, `  ${picocolors.yellow('!')} ${picocolors.dim(time)} ${text}`, { text, ...fields });
  }

  close(): void {
    for (const reminder of this.reminders.values()) clearInterval(reminder);
    this.began.clear();
    this.refresh();
  }

  private done(name: string): void {
    this.began.delete(name);
    this.refresh();
  }

  private write(line: string): void {
    this.clear();
    process.stdout.write(`${line}\n`);
    this.draw();
  }

  private refresh(): void {
    if (!this.live || this.json) return;
    clearInterval(this.ticking);
    if (this.began.size > 0) this.ticking = setInterval(() => this.draw(), 100);
    this.draw();
  }

  private draw(): void {
    if (!this.live || this.json) return;
    const line = `  … ${[...this.began.keys()].map((name) => this.running(name)).join(', ')}`;
    this.clear();
    // A longer line would go on in the next row, and only that one would be cleared.
    if (this.began.size > 0) process.stdout.write(picocolors.dim(line.slice(0, (process.stdout.columns || 80) - 1)));
  }

  private running(name: string): string {
    return `${name} ${((Date.now() - (this.began.get(name) ?? 0)) / 1_000).toFixed(1)} s`;
  }

  private clear(): void {
    if (this.live && !this.json) process.stdout.write('\r\u001b[2K');
  }
}
