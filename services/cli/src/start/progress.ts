import picocolors from 'picocolors';

/** Tells how far a start is: on a terminal with a live last line, in a log line by line, for programs as JSON lines. */
export class Progress {
  private readonly began = new Map<string, number>();
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
    const now = Date.now();
    const running = [...this.began].map(([name, began]) => `${name} ${((now - began) / 1_000).toFixed(1)} s`);
    this.clear();
    if (running.length > 0) process.stdout.write(picocolors.dim(`  … ${running.join(', ')}`));
  }

  private clear(): void {
    if (this.live && !this.json) process.stdout.write('\r\u001b[2K');
  }
}
