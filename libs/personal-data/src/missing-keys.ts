import { Logger } from '@nestjs/common';
import { Counter } from 'prom-client';

export const keysMissing = new Counter({
  name: 'fairlead_personal_data_key_missing_total',
  help: 'Times that a key was asked for that is not there although its lead was never erased; above 0 the key database has lost rows, or is the wrong one',
});

/** A batch that cannot be opened is tried again in halves and then one by one: that is one time. */
const COUNT_EVERY_MS = 60_000;
/** Whoever tries again, tries for hours; the log has a line for each lead and hour, health shows who was missed within it. */
const TELL_EVERY_MS = 3_600_000;
/** More than that are no single accident, and their number says no more. */
const MAX_REMEMBERED = 10_000;

/** The alarm for keys that are missing and were not erased: a lead is never taken for erased because its key is lost. */
export class MissingKeys {
  readonly #log = new Logger('personal-data');
  readonly #leads = new Map<string, { countedAt: number; toldAt: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  note(leadId: string): void {
    const now = this.now();
    const before = this.#leads.get(leadId);
    if (before && now - before.countedAt < COUNT_EVERY_MS) return;
    keysMissing.inc();
    const isNews = !before || now - before.toldAt >= TELL_EVERY_MS;
    if (this.#leads.size >= MAX_REMEMBERED) this.#leads.clear();
    this.#leads.set(leadId, { countedAt: now, toldAt: isNews ? now : before.toldAt });
    if (isNews) this.#log.error({ event: 'personal-data.key-missing', lead: leadId });
  }

  /** For health; undefined while none was missed within the hour. */
  remark(): string | undefined {
    const since = this.now() - TELL_EVERY_MS;
    const count = [...this.#leads.values()].filter(({ countedAt }) => countedAt > since).length;
    if (count === 0) return undefined;
    return `${count} ${count === 1 ? 'key is' : 'keys are'} missing of leads that were never erased`;
  }
}
