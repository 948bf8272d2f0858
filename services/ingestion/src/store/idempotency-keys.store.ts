import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import type { UnitOfWork } from '@fairlead/messaging';

/** One part of a request that carries an Idempotency-Key, or one item of a tool’s delivery. */
export interface KeyedPart {
  /** Id of the API key; `source/…` for a tool’s own deliveries. */
  readonly caller: string;
  readonly key: string;
  readonly part: number;
  /** HMAC of what is asked for. */
  readonly request: Buffer;
}

export type Bound<Answer> =
  /** Nobody has asked for this yet: answer it, and `answer` what became of it, in this transaction. */
  | { readonly outcome: 'bound' }
  | { readonly outcome: 'repeated'; readonly answer: Answer }
  | { readonly outcome: 'other-request' };

export function nameOfPart({ caller, key, part }: KeyedPart): string {
  return JSON.stringify([caller, key, part]);
}

@Injectable()
export class IdempotencyKeysStore {
  /**
   * Binds keys to requests. Where another transaction is answering the same one, this waits for its end.
   * @param parts  no two of the same name
   */
  async bind<Answer>({ query }: UnitOfWork, parts: readonly KeyedPart[]): Promise<Map<string, Bound<Answer>>> {
    if (parts.length === 0) return new Map();
    const inserted = await query<Omit<KeyedPart, 'request'>>(
      `INSERT INTO idempotency_keys (caller, key, part, request)
       SELECT caller, key, part, request
       FROM unnest($1::text[], $2::text[], $3::int[], $4::bytea[]) AS bound (caller, key, part, request)
       ORDER BY caller, key, part
       ON CONFLICT DO NOTHING RETURNING caller, key, part`,
      [...names(parts), parts.map(({ request }) => request)],
    );
    const bound = new Map<string, Bound<Answer>>(
      inserted.map((row) => [nameOfPart(row as KeyedPart), { outcome: 'bound' }]),
    );
    const repeated = parts.filter((part) => !bound.has(nameOfPart(part)));
    if (repeated.length === 0) return bound;

    const asked = new Map(repeated.map((part) => [nameOfPart(part), part]));
    const rows = await query<KeyedPart & { answer: Answer }>(
      `SELECT caller, key, part, request, answer FROM idempotency_keys
       JOIN unnest($1::text[], $2::text[], $3::int[]) AS asked (caller, key, part) USING (caller, key, part)`,
      names(repeated),
    );
    for (const row of rows) {
      const name = nameOfPart(row);
      const isSame = asked.get(name)?.request.equals(row.request) === true;
      bound.set(name, isSame ? { outcome: 'repeated', answer: row.answer } : { outcome: 'other-request' });
    }
    return bound;
  }

  /** At the end of the unit, which has bound them. */
  answer(unit: UnitOfWork, answers: readonly { part: KeyedPart; answer: unknown }[]): void {
    if (answers.length === 0) return;
    unit.write(
      `UPDATE idempotency_keys AS known SET answer = given.answer
       FROM unnest($1::text[], $2::text[], $3::int[], $4::json[]) AS given (caller, key, part, answer)
       WHERE (known.caller, known.key, known.part) = (given.caller, given.key, given.part)`,
      [...names(answers.map(({ part }) => part)), answers.map(({ answer }) => JSON.stringify(answer))],
    );
  }

  /**
   * A day is longer than any client repeats a request. Marketing tools go on for up to a day and a half, and somebody may have
   * one send a delivery again after a weekend: theirs are kept for three days.
   * @returns how many were forgotten
   */
  async forgetOld(query: Query, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM idempotency_keys WHERE used_at < now() - interval '1 day'
           AND (caller NOT LIKE 'source/%' OR used_at < now() - interval '3 days') LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [limit],
    );
    return rows.length;
  }
}

function names(parts: readonly Omit<KeyedPart, 'request'>[]): [string[], string[], number[]] {
  return [parts.map(({ caller }) => caller), parts.map(({ key }) => key), parts.map(({ part }) => part)];
}
