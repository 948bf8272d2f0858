import { setTimeout as pause } from 'node:timers/promises';
import { Api, Refused } from '../api/client.js';
import type { Offer } from './receivers.js';
import { chanceFor } from './random.js';
import { type Party, parties } from './vendor.js';
import { planFor, type PlannedOutcome } from './work-offer.js';

/**
 * Requests under way at once, of all parties together. Answers that arrive together are written together, so many at
 * once cost the system less than a few; fewer than its limit of waiting requests.
 */
const AT_ONCE = 64;
/** A service that is being restarted is back within seconds. */
const PATIENCE = { forMs: 15_000 };
const COME_AGAIN_MS = 2_000;
const MAX_ATTEMPTS = 5;

/** What the parties have said so far. */
export interface SalesCounts {
  offers: number;
  accepted: number;
  declined: number;
  forgotten: number;
  opportunities: number;
  won: number;
  lost: number;
  returned: number;
  /** Answers that came too late, or that the lead had moved on from. */
  late: number;
  /** Answers that failed for another reason: there should be none. */
  failed: number;
}

export const noAnswers: Readonly<SalesCounts> = {
  offers: 0,
  accepted: 0,
  declined: 0,
  forgotten: 0,
  opportunities: 0,
  won: 0,
  lost: 0,
  returned: 0,
  late: 0,
  failed: 0,
};

/** The body of an answer. */
interface Said {
  readonly type?: string;
  readonly reason?: string;
}

/**
 * The people who work the leads, at the partners and at direct. They answer by the API, each with its own party's key,
 * after some time of their own, which is never longer than a few seconds here.
 */
export class Sales {
  readonly counts: SalesCounts = { ...noAnswers };
  /** A lead that was won, by a partner if any won one: something to show. */
  won: { readonly leadId: string; readonly party: string } | undefined;
  readonly #apis: ReadonlyMap<string, Api>;
  readonly #parties: ReadonlyMap<string, Party> = new Map(parties.map((party) => [party.id, party]));
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue: (() => Promise<void>)[] = [];
  #running = 0;

  /**
   * @param keys each party's own API key
   * @param nameOf what a lead is called in the campaign, so that its story does not hang on the id it was given
   * @param progress from 0 to 1
   */
  constructor(
    url: string,
    keys: ReadonlyMap<string, string>,
    private readonly seed: number,
    private readonly nameOf: (leadId: string) => string,
    private readonly progress: () => number,
  ) {
    this.#apis = new Map([...keys].map(([party, key]) => [party, new Api({ url, key }, PATIENCE)]));
  }

  /** Whether somebody still has something to say. */
  get busy(): boolean {
    return this.#timers.size > 0 || this.#queue.length > 0 || this.#running > 0;
  }

  /** Answers that are due and wait for their turn. */
  get backlog(): number {
    return this.#queue.length + this.#running;
  }

  work(offer: Offer): void {
    const party = this.#parties.get(offer.party);
    if (!party) return;
    this.counts.offers += 1;
    const some = chanceFor(this.seed, `${offer.party}/${this.nameOf(offer.leadId)}`);
    const awake = this.progress() > 0.5;
    const plan = planFor(awake ? { ...party.habits, forgets: 0 } : party.habits, offer.grade, some);
    if (plan.answer === 'forget') this.counts.forgotten += 1;
    else if (plan.answer === 'decline') {
      this.#later(plan.afterMs, async () => {
        if (await this.#say(offer, 'decline', plan.reason === undefined ? {} : { reason: plan.reason }))
          this.counts.declined += 1;
      });
    } else {
      this.#later(plan.afterMs, async () => {
        if (!(await this.#say(offer, 'accept', {}))) return;
        this.counts.accepted += 1;
        this.#report(offer, plan.outcomes);
      });
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.length = 0;
    await Promise.all([...this.#apis.values()].map((api) => api.close()));
  }

  /** One after the other: an opportunity is only won once it is one. */
  #report(offer: Offer, [next, ...rest]: readonly PlannedOutcome[]): void {
    if (!next) return;
    const { afterMs, type, ...details } = next;
    this.#later(afterMs, async () => {
      if (!(await this.#say(offer, 'outcomes', { type, ...details }))) return;
      if (type === 'qualified') this.counts.opportunities += 1;
      else if (type !== 'contacted') this.counts[type] += 1;
      if (type === 'won' && (!this.won || this.won.party === 'direct')) this.won = offer;
      this.#report(offer, rest);
    });
  }

  async #say(offer: Offer, what: string, said: Said): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#post(offer, what, said);
        return true;
      } catch (error) {
        const status = error instanceof Refused ? error.status : undefined;
        if (status === 409) this.counts.late += 1;
        // The offer has not come in there yet, and the answer asks to come again.
        else if (status === 404 && attempt < MAX_ATTEMPTS) {
          await pause(COME_AGAIN_MS);
          continue;
        } else this.counts.failed += 1;
        return false;
      }
    }
  }

  async #post({ party, leadId, webhookId }: Offer, what: string, said: Said): Promise<void> {
    await this.#apis.get(party)?.call({
      method: 'POST',
      path: `/v1/leads/${leadId}/${what}`,
      body: { type: 'application/json', text: JSON.stringify(said) },
      // What the webhook is called, and what is said about it, is a good name: repeating it does no harm.
      idempotencyKey: `${webhookId}/${said.type ?? what}`,
    });
  }

  #later(afterMs: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#queue.push(work);
      this.#drain();
    }, afterMs);
    this.#timers.add(timer);
  }

  #drain(): void {
    while (this.#running < AT_ONCE) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#running += 1;
      void next().finally(() => {
        this.#running -= 1;
        this.#drain();
      });
    }
  }
}
