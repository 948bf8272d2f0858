import { Injectable, Logger } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { ApiKeysStore, Hands } from './api-keys.store.js';
import { BoundedMap } from './bounded-map.js';
import { type Caller, handsOf } from './decorators.js';
import { LiveKeys } from './live-keys.js';
import { RecentCounts } from './recent-counts.js';

/** How long an answer is believed without asking the database: a revoked key works at most this much longer, in every process. */
const TRUST_MS = 3_000;
/** One entry is about 300 bytes; more keys than this are not in use at once. */
const MAX_KEYS = 10_000;
/**
 * Wrong keys of one address that are looked up in a window. A client that goes on using one wrong key stays below, since
 * the same key is looked up every TRUST_MS at most; a guesser gets no further.
 */
const MAX_FAILURES = 30;
const WINDOW_MS = 60_000;
/** Addresses remembered at once. An attacker with more addresses gains nothing: 256 bits are not guessed. */
const MAX_ADDRESSES = 10_000;

interface Known {
  readonly caller: Caller;
  readonly until: number;
}

export interface TooManyFailures {
  readonly retryAfterMs: number;
}

/**
 * Finds out who a key belongs to. From an address that is blocked wrong keys are not asked about any more; right ones are,
 * whoever else has that address: a proxy's, or an office's, is everybody's behind it.
 */
@Injectable()
export class Callers {
  private readonly logger = new Logger('access');
  private readonly known = new BoundedMap<string, Known>(MAX_KEYS);
  private readonly refused = new BoundedMap<string, number>(MAX_KEYS);
  private readonly failures: RecentCounts;
  private readonly asking = new Map<string, Promise<Caller | undefined>>();
  private readonly live: LiveKeys;
  private revocations = 0;

  constructor(
    private readonly keys: ApiKeysStore,
    private readonly now: () => number = Date.now,
  ) {
    this.live = new LiveKeys(keys, now);
    this.failures = new RecentCounts(MAX_FAILURES, WINDOW_MS, MAX_ADDRESSES, now);
  }

  /** The caller when no question to the database is needed; spares most requests an await. */
  recall(key: string): Caller | undefined {
    const known = this.known.get(fingerprint(key));
    return known && known.until > this.now() ? known.caller : undefined;
  }

  async identify(key: string, address: string): Promise<Caller | TooManyFailures | undefined> {
    const print = fingerprint(key);
    if ((this.refused.get(print) ?? 0) > this.now()) return undefined;
    const retryAfterMs = this.failures.fullForMs(address);
    if (retryAfterMs !== undefined && !this.known.get(print) && !(await this.live.has(key))) return { retryAfterMs };

    // A thousand requests with one key that arrive together are one question.
    const asking = this.asking.get(print);
    if (asking) return asking;
    const caller = await this.ask(key, print);
    if (!caller) this.failures.note(address);
    return caller;
  }

  /** Whether this key, which was right before, still is: for an answer that goes on, which has to ask again and again. */
  async isStillRight(key: string, address: string): Promise<boolean> {
    const caller = this.recall(key) ?? (await this.identify(key, address));
    return caller !== undefined && !('retryAfterMs' in caller);
  }

  /** Of the keys of two callers (`handsOf`), whether one person may have both; and which are valid no more. Nothing remembered counts here. */
  handOf(one: readonly string[], other: readonly string[]): Promise<Hands> {
    return this.keys.handOf(one, other);
  }

  /** Which of these keys are not valid any more. */
  revokedAmong(keyIds: readonly string[]): Promise<readonly string[]> {
    return this.keys.revokedAmong(keyIds);
  }

  /** After a key was made in this process, which then works at once. */
  expect(): void {
    this.live.lookAgain();
  }

  /** After a revocation in this process, which then takes effect at once. */
  forget(...keyIds: readonly string[]): void {
    this.revocations += 1;
    const revoked = new Set(keyIds);
    this.known.deleteWhere(({ caller }) => handsOf(caller).some((key) => revoked.has(key)));
  }

  /** After a session was ended in this process. */
  forgetKey(key: string): void {
    this.revocations += 1;
    this.known.delete(fingerprint(key));
  }

  private ask(key: string, print: string): Promise<Caller | undefined> {
    const answer = this.look(key, print).finally(() => this.asking.delete(print));
    this.asking.set(print, answer);
    return answer;
  }

  private async look(key: string, print: string): Promise<Caller | undefined> {
    // Counted from before the question, so that the answer's own delay does not lengthen a revoked key's life.
    const until = this.now() + TRUST_MS;
    const { revocations } = this;
    const caller = await this.keys.identify(key);
    if (!caller) {
      this.known.delete(print);
      this.refused.set(print, until);
      return undefined;
    }
    // What was read before a revocation must not be remembered after it.
    if (revocations === this.revocations) this.known.set(print, { caller, until });
    this.keys.noteUse(caller.keyId).catch((error: unknown) => {
      this.logger.warn({ event: 'key.use-not-noted', keyId: caller.keyId, error });
    });
    return caller;
  }
}

/** The cache holds hashes, so that a memory dump does not list working keys. */
function fingerprint(key: string): string {
  return hash('sha256', key, 'base64');
}
