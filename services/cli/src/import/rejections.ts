import { number } from './progress.js';
import { printable, type Telling } from './send-file.js';
import type { RejectedRow } from './tally.js';

/** Rejected deals that are told row by row: enough to see what is wrong with a mapping; the others are counted. */
const TOLD_ROWS = 20;
/** Kinds of errors that are counted apart. */
const MOST_KINDS = 10;

/** Tells the first rows that are rejected, and of what kinds the others are. */
export class Rejections {
  private told = 0;
  private untold = 0;
  private readonly kinds = new Map<string, number>();

  constructor(private readonly telling: Pick<Telling, 'say'>) {}

  tell(row: RejectedRow): void {
    if (this.told < TOLD_ROWS) {
      this.told += 1;
      this.telling.say(sentence(row));
      return;
    }
    this.untold += 1;
    const kind = reasonsOf(row);
    if (this.kinds.has(kind) || this.kinds.size < MOST_KINDS) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  conclude(): void {
    if (this.untold === 0) return;
    const kinds = [...this.kinds].map(([kind, count]) => `\n  ${number(count)}  ${kind}`).join('');
    this.telling.say(`${number(this.untold)} more rows are rejected:${kinds}`);
  }
}

/** The system words its details so that they never quote what was sent. */
export function sentence(row: RejectedRow): string {
  return `row ${row.row} (line ${row.line}) is rejected: ${reasonsOf(row)}`;
}

function reasonsOf({ errors }: RejectedRow): string {
  return errors.map(({ field, detail }) => `${printable(field)}: ${printable(detail)}`).join('; ');
}
