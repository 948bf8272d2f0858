import type { PersonalData } from '@fairlead/personal-data';
import { type Caller, invalidInput } from '@fairlead/platform';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { RawRow } from '../intake/read-body.js';
import type { KeyedPart } from '../store/idempotency-keys.store.js';

/** RFC 9110 field values without spaces at the ends; longer ones are no identifiers. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Documents the header that `KeyedRequest` reads. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Sent again within a day, it is answered as before.',
    schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source },
  });

/** A request with an Idempotency-Key. Two requests are the same when their routes, parameters and rows are. */
export class KeyedRequest {
  private constructor(
    private readonly caller: string,
    /** Of which route, and as the sender named it. */
    readonly key: string,
    /** What makes two requests the same, beside their rows. */
    readonly about: string,
    private readonly personalData: PersonalData,
  ) {}

  static of(
    { headers, method, url, routeOptions }: FastifyRequest,
    { keyId }: Caller,
    personalData: PersonalData,
  ): KeyedRequest | undefined {
    const key = headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key)) {
      throw invalidInput([{ field: 'Idempotency-Key', detail: 'Must be 1 to 255 visible ASCII characters.' }]);
    }
    const type = headers['content-type'] ?? '';
    // One key for two routes is two keys.
    const route = `${method} ${routeOptions.url ?? ''}`;
    return new KeyedRequest(keyId, `${route} ${key}`, JSON.stringify([url, type]), personalData);
  }

  /** @param isLast  otherwise a request that goes on where another ended would pass for the same */
  part(part: number, rows: readonly RawRow[], isLast: boolean): KeyedPart {
    const hash = createHash('sha256').update(`${this.about.length}:${this.about}${String(isLast)}`);
    for (const { text } of rows) hash.update(`${Buffer.byteLength(text)}:`).update(text);
    // Keyed: rows hold contact data, and a hash alone would tell whoever guesses them that the guess is right.
    const request = this.personalData.keyedHash('request', hash.digest('base64'));
    return { caller: this.caller, key: this.key, part, request };
  }

  /** Of a single lead whose sender does not wait: whoever sends it again and waits is asking for something else. */
  single({ text }: RawRow): KeyedPart {
    const hash = createHash('sha256').update(`single ${this.about.length}:${this.about}`).update(text);
    const request = this.personalData.keyedHash('request', hash.digest('base64'));
    return { caller: this.caller, key: this.key, part: 0, request };
  }
}
