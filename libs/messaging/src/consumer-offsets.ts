import type { Query } from '@fairlead/persistence';
import type { PartitionOffset } from './kafka.js';

/** Notes how far a consumer has come. Never goes back: a member that lost a partition may be late to say so. */
export async function storeOffsets(query: Query, consumer: string, offsets: readonly PartitionOffset[]): Promise<void> {
  await query(
    `INSERT INTO consumer_offsets (consumer, topic, partition, next_offset)
     SELECT $1, topic, partition, next_offset
     FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS done (topic, partition, next_offset)
     ORDER BY topic, partition
     ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
     WHERE consumer_offsets.next_offset < excluded.next_offset`,
    [
      consumer,
      offsets.map(({ topic }) => topic),
      offsets.map(({ partition }) => partition),
      offsets.map(({ offset }) => String(offset)),
    ],
  );
}

export async function storedOffsets(query: Query, consumer: string): Promise<PartitionOffset[]> {
  const rows = await query<{ topic: string; partition: number; next_offset: string }>(
    'SELECT topic, partition, next_offset FROM consumer_offsets WHERE consumer = $1',
    [consumer],
  );
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, offset: BigInt(next_offset) }));
}
