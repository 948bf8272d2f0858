/** Ten times a second looks alive and costs nothing. */
const REDRAW_MS = 100;

/** One line on a terminal that counts; elsewhere nothing. */
export class Counter {
  private drawnAt = 0;
  private drawn = false;

  constructor(private readonly what: string) {}

  show(done: number, of: number): void {
    if (!process.stderr.isTTY || Date.now() - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = Date.now();
    this.drawn = true;
    const percent = of === 0 ? 100 : Math.floor((done / of) * 100);
    process.stderr.write(
      `\r\u001b[2K  ${this.what} ${done.toLocaleString('en')} of ${of.toLocaleString('en')} (${percent} %)`,
    );
  }

  clear(): void {
    if (this.drawn) process.stderr.write('\r\u001b[2K');
    this.drawn = false;
  }
}
