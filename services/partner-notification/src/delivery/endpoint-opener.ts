import { Injectable, Logger } from '@nestjs/common';
import { classOf } from '@fairlead/messaging';
import { SecretBox } from '@fairlead/personal-data';
import { parseSecret, parseSigningKey } from '@fairlead/platform/outgoing';
import type { Address, Flavour } from '../doors/door.js';
import { addressId, headersId, SECRET_UNREADABLE, type SendingRow } from '../store/endpoints.store.js';
import type { Endpoint } from './lane.js';

/** What is sealed of an endpoint that is no server's, as JSON. */
export interface SealedAddress {
  readonly to?: readonly string[];
  readonly url?: string;
  readonly flavour?: Flavour;
}

/** Opens what is stored of an endpoint: its keys and its headers. */
@Injectable()
export class EndpointOpener {
  readonly #log = new Logger('webhooks');

  constructor(private readonly secrets: SecretBox) {}

  /**
   * Undefined when no key of it can be opened (another master key), or its headers cannot: that stops this endpoint, and no other. Those
   * keys that can be opened will do: a secret that was rotated because the one before it is lost must not wait for that one to end.
   * @param now performance.now()
   */
  open(row: SendingRow, now: number): Endpoint | undefined {
    const keys = (row.secrets ?? []).flatMap(({ id, scheme, secret }) => {
      const text = this.#opened(row, id, secret);
      return text === undefined ? [] : [scheme === 'v1' ? parseSecret(text) : parseSigningKey(text)];
    });
    const headers = row.headers === null ? '{}' : this.#opened(row, headersId(row), row.headers);
    const address = this.#addressOf(row);
    if (!address || headers === undefined || (address.kind === 'webhook' && keys.length === 0)) return undefined;
    const state = row.reason === SECRET_UNREADABLE ? 'active' : row.state;
    return {
      ...row,
      state,
      address,
      keys,
      headers: JSON.parse(headers) as Record<string, string>,
      loadedAt: now,
    };
  }

  /** Where it is: as it stands there, or out of its envelope. */
  #addressOf(row: SendingRow): Address | undefined {
    if (row.kind === 'webhook')
      return row.url !== null && URL.canParse(row.url) ? { kind: 'webhook', url: new URL(row.url) } : undefined;
    const text = row.address === null ? undefined : this.#opened(row, addressId(row), row.address);
    if (text === undefined) return undefined;
    const { to, url, flavour } = JSON.parse(text) as SealedAddress;
    if (row.kind === 'email' || row.kind === 'digest') return to && { kind: row.kind, to };
    return url !== undefined && URL.canParse(url)
      ? { kind: 'chat', url: new URL(url), flavour: flavour ?? 'slack' }
      : undefined;
  }

  #opened({ party, id: endpointId }: SendingRow, id: string, sealed: string): string | undefined {
    try {
      return this.secrets.open(id, Buffer.from(sealed, 'base64'));
    } catch (error) {
      const text = `cannot open ${id} of endpoint ${party}/${endpointId}`;
      this.#log.warn({ event: 'webhooks.interrupted', text, errorClass: classOf(error) });
      return undefined;
    }
  }
}
