import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';

export interface NewLead {
  readonly id: string;
  readonly sourceId: string;
  readonly touches: number;
  readonly hasEmail: boolean;
}

@Injectable()
export class LeadsStore {
  /** At the end of the unit. */
  add(unit: UnitOfWork, leads: readonly NewLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `INSERT INTO leads (id, source_id, received_at, touches, has_email)
       SELECT id, source_id, to_timestamp($5::float8 / 1000), touches, has_email
       FROM unnest($1::uuid[], $2::text[], $3::int[], $4::boolean[]) AS added (id, source_id, touches, has_email)`,
      [
        leads.map(({ id }) => id),
        leads.map(({ sourceId }) => sourceId),
        leads.map(({ touches }) => touches),
        leads.map(({ hasEmail }) => hasEmail),
        unit.now,
      ],
    );
  }

  /**
   * Notes that leads were sent again.
   * @param touched  how often each, and whether it has an email now
   * @returns how often each was sent before; those that have been erased meanwhile are missing
   */
  async touch(
    { query }: UnitOfWork,
    touched: readonly { readonly id: string; readonly times: number; readonly gainedEmail: boolean }[],
  ): Promise<Map<string, number>> {
    if (touched.length === 0) return new Map();
    const rows = await query<{ id: string; before: number }>(
      // Locked in the order of their ids, so that two batches with the same leads do not wait for one another.
      `WITH locked AS (SELECT id FROM leads WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
       UPDATE leads SET touches = touches + times, has_email = has_email OR gained_email
       FROM unnest($1::uuid[], $2::int[], $3::boolean[]) AS touched (id, times, gained_email) JOIN locked USING (id)
       WHERE leads.id = touched.id AND NOT leads.erased RETURNING leads.id, touches - times AS before`,
      [touched.map(({ id }) => id), touched.map(({ times }) => times), touched.map(({ gainedEmail }) => gainedEmail)],
    );
    return new Map(rows.map(({ id, before }) => [id, before]));
  }

  async find(
    { query }: Pick<UnitOfWork, 'query'>,
    id: string,
  ): Promise<{ readonly sourceId: string; readonly erased: boolean } | undefined> {
    const [row] = await query<{ sourceId: string; erased: boolean }>(
      'SELECT source_id AS "sourceId", erased FROM leads WHERE id = $1',
      [id],
    );
    return row;
  }
}
