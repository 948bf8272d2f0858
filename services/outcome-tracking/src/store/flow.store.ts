import { Injectable } from '@nestjs/common';
import type { LeadStage } from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';

/** The last minutes, cut into equal pieces. */
export interface Window {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly minutes: number;
  readonly pieces: number;
}

/** How many leads of one piece of the window are in a state by now. */
export interface FlowCount {
  /** 0 is the oldest. */
  readonly piece: number;
  readonly state: LeadStage;
  readonly leads: number;
}

/** What somebody has to look at, counted up to `MOST`: beyond it the exact number helps nobody. */
export interface Waiting {
  readonly held: number;
  readonly unroutable: number;
  /** On offer, and to be accepted within a tenth of the window. */
  readonly endingSoon: number;
}

/** A queue of more is counted as so many. */
export const MOST = 1_000;

@Injectable()
export class FlowStore {
  /** Of leads received in the window; of a partner's, of those it was offered in it. */
  async counts(query: Query, window: Window, partner: string | undefined): Promise<FlowCount[]> {
    const { until, minutes, pieces } = window;
    const from = until - minutes * 60_000;
    const rows = await query<{ piece: number; state: LeadStage; leads: string }>(
      partner === undefined ? ALL : OF_PARTNER,
      [new Date(from), new Date(until), (minutes * 60) / pieces, ...(partner === undefined ? [] : [partner])],
    );
    return rows.map(({ piece, state, leads }) => ({ piece, state, leads: Number(leads) }));
  }

  /** Whatever their age, since what waits for long needs somebody most. A partner sees its own offers, and no one's queues. */
  async waiting(query: Query, { until, minutes }: Window, partner: string | undefined): Promise<Waiting> {
    const soon = new Date(until + (minutes * 60_000) / 10);
    const [row] = await query<{ held: string; unroutable: string; ending: string }>(
      `SELECT (SELECT count(*) FROM (SELECT FROM leads WHERE state = 'held' AND $3::text IS NULL LIMIT $2) AS queue) AS held,
              (SELECT count(*) FROM (SELECT FROM leads WHERE state = 'unroutable' AND $3::text IS NULL LIMIT $2) AS queue) AS unroutable,
              (SELECT count(*) FROM (
                 SELECT FROM leads
                 WHERE state = 'offered' AND pending = '[]' AND accept_by < $1 AND ($3::text IS NULL OR party = $3) LIMIT $2
               ) AS queue) AS ending`,
      [soon, MOST, partner ?? null],
    );
    return {
      held: Number(row?.held ?? 0),
      unroutable: Number(row?.unroutable ?? 0),
      endingSoon: Number(row?.ending ?? 0),
    };
  }
}

const ALL = `
  SELECT floor(extract(epoch FROM received_at - $1) / $3)::int AS piece, state, count(*) AS leads
  FROM leads WHERE received_at >= $1 AND received_at < $2 GROUP BY 1, 2 ORDER BY 1, 2`;

/** A lead that it has been offered twice counts by its last offer. */
const OF_PARTNER = `
  SELECT floor(extract(epoch FROM offered_at - $1) / $3)::int AS piece, stage AS state, count(*) AS leads
  FROM (
    SELECT DISTINCT ON (lead_id) offered_at, stage FROM offers
    WHERE party = $4 AND offered_at >= $1 AND offered_at < $2 ORDER BY lead_id, number DESC
  ) AS own GROUP BY 1, 2 ORDER BY 1, 2`;
