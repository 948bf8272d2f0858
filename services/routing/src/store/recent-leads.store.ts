import { Injectable } from '@nestjs/common';
import type { RecentLead } from '@fairlead/decisions';
import type { ConsentState, Facts } from '@fairlead/events';
import type { Query } from '@fairlead/persistence';

/** A lead as it came, for deciding about it once more without consequences. */
export interface PastLead extends RecentLead {
  readonly leadId: string;
  readonly model: string;
  readonly facts: Facts;
  /** Milliseconds since the epoch; null: before this was kept. */
  readonly decidedAt: number | null;
}

@Injectable()
export class RecentLeadsStore {
  /** The last ones that came, in the order in which they came. Erased ones have nothing left to decide by. */
  async latest(query: Query, limit: number): Promise<PastLead[]> {
    const rows = await query<Omit<PastLead, 'consent'> & { consent: ConsentState | null }>(
      `SELECT lead_id AS "leadId", state, grade, source_id AS "sourceId", model, facts, consent,
         floor(extract(epoch FROM first_decided_at) * 1000)::float8 AS "decidedAt"
       FROM leads WHERE stage <> 'erased' ORDER BY first_decided_at DESC NULLS LAST, lead_id DESC LIMIT $1`,
      [limit],
    );
    return rows.reverse().map((row) => ({ ...row, consent: row.consent ?? undefined }));
  }

  /** What named accounts have taken in each pool, of so many leads, by `list/grade`. */
  async reserved(query: Query): Promise<Map<string, Map<string, { taken: number; of: number }>>> {
    const rows = await query<{ id: string; reserved: Record<string, [number, number]> }>(
      'SELECT id, reserved FROM pools',
    );
    return new Map(
      rows.map(({ id, reserved }) => [
        id,
        new Map(Object.entries(reserved).map(([key, [taken, of]]) => [key, { taken, of }])),
      ]),
    );
  }
}
