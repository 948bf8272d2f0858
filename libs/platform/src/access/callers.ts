import { Injectable, Logger } from '@nestjs/common';
import { hashOf } from './api-key.js';
import type { ApiKeysStore } from './api-keys.store.js';
import { BoundedMap } from './bounded-map.js';
import type { Caller } from './decorators.js';

/** How long a key is believed without asking the database: a revoked key works at most this much longer, in every process. */
const TRUST_MS = 3_000;
/** One entry is about 300 bytes; more keys than this are not in use at once. */
const MAX_KEYS = 10_000;
/** Failed attempts of one address that are looked up in a window. A person mistypes a few times; a guesser gets no further. */
const MAX_FAILURES = 30;
const WINDOW_MS = 60_000;
/** Addresses remembered at once. An attacker with more addresses gains nothing: 256 bits are not guessed. */
const MAX_ADDRESSES = 10_000;

interface Known {
  readonly caller: Caller;
  readonly until: number;
}

interface Failures {
  count: number;
  readonly since: number;
}

export interface TooManyFailures {
  readonly retryAfterMs: number;
}

/**
 * Finds out who a key belongs to. Keys that were right lately are asked about again even from an address that is
 * blocked: otherwise whoever shares a partner's address (a proxy, an office) could lock the partner out.
 */
@Injectable()
export class Callers {
  private readonly logger = new Logger('access');
  private readonly known = new BoundedMap<string, Known>(MAX_KEYS);
  private readonly failures = new BoundedMap<string, Failures>(MAX_ADDRESSES);

  constructor(
    private readonly keys: ApiKeysStore,
    private readonly now: () => number = Date.now,
  ) {}

  /** The caller when no question to the database is needed; spares most requests an await. */
  recall(key: string): Caller | undefined {
    const known = this.known.get(fingerprint(key));
    return known && known.until > this.now() ? known.caller : undefined;
  }

  async identify(key: string, address: string): Promise<Caller | TooManyFailures | undefined> {
    const print = fingerprint(key);
    const failures = this.currentFailures(address);
    if (failures && failures.count >= MAX_FAILURES && !this.known.get(print))
      return { retryAfterMs: failures.since + WINDOW_MS - this.now() };

    const asked = this.now();
    const caller = await this.keys.identify(key);
    if (!caller) {
      this.known.delete(print);
      this.failures.set(address, { count: (failures?.count ?? 0) + 1, since: failures?.since ?? asked });
      return undefined;
    }
    // Counted from before the question, so that the answer's own delay does not lengthen a revoked key's life.
    this.known.set(print, { caller, until: asked + TRUST_MS });
    this.keys.noteUse(caller.keyId).catch((error: unknown) => {
      this.logger.warn({ event: 'key.use-not-noted', keyId: caller.keyId, error });
    });
    return caller;
  }

  /** After a revocation in this process, which then takes effect at once. */
  forget(): void {
    this.known.clear();
  }

  private currentFailures(address: string): Failures | undefined {
    const failures = this.failures.get(address);
    return failures && failures.since + WINDOW_MS > this.now() ? failures : undefined;
  }
}

/** The cache holds hashes, so that a memory dump does not list working keys. */
function fingerprint(key: string): string {
  return hashOf(key).toString('base64');
}
