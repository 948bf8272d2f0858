import picocolors from 'picocolors';

const { green, dim, cyan } = picocolors;

/** Four times a second looks alive and does not flicker. */
const REDRAW_MS = 250;
/** Where nothing can be drawn over, a line now and then says that it goes on. */
const LINE_EVERY_MS = 5_000;

export type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

/** Shows a campaign as it is played: on a terminal one line that lives, in a log a line every few seconds. */
export class Stage {
  readonly #live: boolean;
  #drawn = false;

  constructor(private readonly output: Output) {
    this.#live = output.isTTY === true;
  }

  say(line = ''): void {
    this.#clear();
    this.output.write(`${line}\n`);
  }

  /**
   * Shows what goes on until `work` ends, then what came of it and how long it took.
   * @param now a line about the work under way
   */
  async play(work: Promise<void>, now: () => string, result: () => string): Promise<void> {
    const began = Date.now();
    const seconds = (): string => `${((Date.now() - began) / 1_000).toFixed(1)} s`;
    const timer = this.#live
      ? setInterval(() => this.#draw(`  ${cyan('…')} ${now()}  ${dim(seconds())}`), REDRAW_MS)
      : setInterval(() => this.say(`  … ${now()}  ${seconds()}`), LINE_EVERY_MS);
    try {
      await work;
    } finally {
      clearInterval(timer);
      this.#clear();
    }
    this.say(`  ${green('✓')} ${result()}  ${dim(seconds())}`);
  }

  #draw(line: string): void {
    // A line that wraps cannot be drawn over.
    this.output.write(`\r\u001b[2K${fitted(line, (this.output.columns || 80) - 1)}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.output.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

export function bar(share: number, width = 20): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return '█'.repeat(full) + dim('░'.repeat(width - full));
}

/** Cut to this many visible characters; colours take no room. */
function fitted(line: string, width: number): string {
  let left = width;
  return line.replace(/(\u001b\[[0-9;]*m)|(.)/gsu, (_, colour: string | undefined, character: string | undefined) => {
    if (colour !== undefined) return colour;
    left -= 1;
    return left >= 0 ? (character ?? '') : '';
  });
}
