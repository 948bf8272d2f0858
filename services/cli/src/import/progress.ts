import type { Writable } from 'node:stream';

// Ten times a second looks alive and costs nothing.
const REDRAW_MS = 100;

/** Beside the rows nothing but counts. */
interface RowsSoFar {
  readonly rows: number;
}

/** One line on a terminal that is drawn again and again; elsewhere nothing, since a log file cannot be drawn over. */
export class Progress {
  readonly #began = Date.now();
  #drawnAt = 0;
  #drawn = false;

  constructor(
    private readonly output: Writable & { isTTY?: boolean },
    private readonly shownFraction: () => number,
  ) {}

  /** @param tally  how many rows there were so far, and what became of them */
  update(tally: RowsSoFar): void {
    if (!this.output.isTTY || Date.now() - this.#drawnAt < REDRAW_MS) return;
    this.#draw(this.#line(tally));
  }

  /** Said in between, above the line. */
  say(sentence: string): void {
    this.clear();
    this.output.write(`${sentence}\n`);
  }

  clear(): void {
    if (this.#drawn) this.output.write('\r\u001b[2K');
    this.#drawn = false;
  }

  #draw(line: string): void {
    this.output.write(`\r\u001b[2K${line}`);
    this.#drawn = true;
    this.#drawnAt = Date.now();
  }

  #line({ rows, ...figures }: RowsSoFar): string {
    const percent = Math.min(100, Math.floor(this.shownFraction() * 100));
    const perSecond = Math.round(rows / Math.max(0.001, (Date.now() - this.#began) / 1_000));
    const counts = Object.entries(figures as Record<string, number>).map(([name, count]) => `${number(count)} ${name}`);
    return `${String(percent).padStart(3)} %  ${number(rows)} rows, ${number(perSecond)}/s  ${counts.join(', ')}`;
  }
}

export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
