import { topics } from '@fairlead/events';
import { partitionOf } from '@fairlead/messaging/partition-of';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/**
 * Where in the log the figures stand: how many events of leads are counted of each partition of the topic, the first of them. Between
 * partitions the log has another order than we read them in, so one size of the log would not say it; within a partition there is but
 * one order. Which partition a lead is in follows from its id.
 */
export type Position = readonly number[];

export const nowhere: Position = Array.from({ length: topics.lifecycle.partitions }, () => 0);

export function partitionOfLead(leadId: string): number {
  return partitionOf(leadId, topics.lifecycle.partitions);
}

/** How many events there are of each partition. */
export function countEvents(events: readonly { readonly subject: string }[]): Position {
  const counts = [...nowhere];
  for (const { subject } of events) (counts[partitionOfLead(subject)] as number) += 1;
  return counts;
}

export class PositionStore {
  /** Moves on, at the end of the unit, in the transaction that counts these events. */
  advance({ write }: Pick<UnitOfWork, 'write'>, events: readonly { readonly subject: string }[]): void {
    write(
      `UPDATE folded SET events = folded.events + read.events FROM unnest($1::bigint[]) WITH ORDINALITY AS read (events, number)
       WHERE folded.partition = read.number - 1 AND read.events > 0`,
      [countEvents(events)],
    );
  }

  /** @returns null where events were counted before positions were: `fairlead rebuild` counts them */
  async read(query: Query): Promise<Position | null> {
    const rows = await query<{ events: number }>('SELECT events::float8 AS events FROM folded ORDER BY partition');
    return rows.length === 0 ? null : rows.map(({ events }) => events);
  }
}
