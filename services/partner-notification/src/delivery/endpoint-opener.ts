import { Injectable, Logger } from '@nestjs/common';
import { classOf } from '@fairlead/messaging';
import { SecretBox } from '@fairlead/personal-data';
import { parseSecret, parseSigningKey } from '@fairlead/platform/outgoing';
import { headersId, SECRET_UNREADABLE, type SendingRow } from '../store/endpoints.store.js';
import type { Endpoint } from './lane.js';

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
    if (keys.length === 0 || headers === undefined || !URL.canParse(row.url)) return undefined;
    const state = row.reason === SECRET_UNREADABLE ? 'active' : row.state;
    return {
      ...row,
      state,
      url: new URL(row.url),
      keys,
      headers: JSON.parse(headers) as Record<string, string>,
      loadedAt: now,
    };
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
