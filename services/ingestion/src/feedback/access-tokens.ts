import { Injectable } from '@nestjs/common';
import { parseJson } from '@fairlead/platform';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import { at, text } from '../sources/json-value.js';
import { TOO_OFTEN, type Trouble } from './telling.js';

/** How a client gets access tokens, which end after an hour or so (RFC 6749, 4.4 and 6). */
export interface Grant {
  readonly type: 'client_credentials' | 'refresh_token';
  /** Where, unless the client says otherwise. */
  readonly tokenUrl: (baseUrl: string) => string;
}

/** As whom a tool is told that gives no token for good. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  /** Where the grant is one. */
  readonly refreshToken?: string | undefined;
  /** Where tokens are given; undefined: where the tool usually does. */
  readonly tokenUrl?: string | undefined;
}

export type Obtained =
  | { readonly token: string }
  /** @param durationMs  of the request for it, in milliseconds */
  | { readonly trouble: Trouble; readonly durationMs: number };

interface Held {
  /** What it was got with: another client, or another address, gets its own. */
  readonly by: string;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A token that ends on the way is refused. */
const MARGIN_MS = 60_000;
/** Salesforce does not say it: its sessions last a quarter of an hour at least. */
const UNSAID_LIFETIME_MS = 900_000;
/** A token may be a signed document (a JWT) of some kilobytes. */
const MAX_ANSWER_BYTES = 32 * 1_024;
/** Sources are counted in dozens; the limit is there for ids made up by a loop. */
const MAX_HELD = 1_000;

/** Access tokens of sources' tools. In memory alone: what is stored is what they are got with, sealed. */
@Injectable()
export class AccessTokens {
  readonly #held = new Map<string, Held>();

  constructor(private readonly http: GuardedHttp) {}

  /**
   * The one that there is, as long as it holds; else a new one.
   * @param holder  the source, and for what, where it has clients for more than one thing
   */
  async of(holder: string, client: Client, grant: Grant, baseUrl: string): Promise<Obtained> {
    const url = client.tokenUrl ?? grant.tokenUrl(baseUrl);
    const by = JSON.stringify([url, client.id, client.secret, client.refreshToken]);
    const held = this.#held.get(holder);
    if (held?.by === by && held.until > Date.now()) return held;
    const exchange = await this.http.send({
      method: 'POST',
      url: new URL(url),
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      // In the body, and not in the address, which is written down in many places.
      body: Buffer.from(formOf(client, grant).toString()),
      keepBytes: MAX_ANSWER_BYTES,
    });
    const { durationMs } = exchange;
    const failed = (why: string): Obtained => ({ trouble: { kind: 'failed', why }, durationMs });
    if (exchange.outcome === 'failed') return failed(exchange.why);
    const { status, retryAfter, beginning } = exchange;
    if (status === 429) return { trouble: { ...TOO_OFTEN, retryAfter }, durationMs };
    // Of a client that is unknown, a secret that is wrong, a refresh token that has ended: people mend it.
    if ([400, 401, 403].includes(status)) return failed('client-refused');
    if (status !== 200) return failed(`token-http-${status}`);
    const answer = parsed(beginning);
    const token = text(at(answer, 'access_token'));
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) return failed('token-malformed');
    const said = at(answer, 'expires_in');
    const seconds = Number(said);
    const lifetimeMs = said === undefined ? UNSAID_LIFETIME_MS : Number.isFinite(seconds) ? seconds * 1_000 : 0;
    const until = Date.now() + lifetimeMs - MARGIN_MS;
    if (this.#held.size >= MAX_HELD) this.#held.clear();
    this.#held.set(holder, { by, token, until });
    return { token };
  }

  /** It was refused: somebody has ended it before its time. */
  forget(holder: string): void {
    this.#held.delete(holder);
  }
}

function formOf({ id, secret, refreshToken }: Client, { type }: Grant): URLSearchParams {
  const form = new URLSearchParams({ grant_type: type, client_id: id, client_secret: secret });
  if (refreshToken !== undefined) form.set('refresh_token', refreshToken);
  return form;
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}
