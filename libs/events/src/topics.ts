/**
 * Logical names; the name on the broker has a prefix (`fairlead.` unless FAIRLEAD_TOPIC_PREFIX says otherwise).
 * - `lifecycle`: every event of every lead, keyed by lead id, so the order of one lead's events is Kafka's
 * - `control`: policies, rosters, named accounts, score models, keyed by the document's name
 * - `inbound`: the public entrance, for producers that would rather write to Kafka than call HTTP
 * - `parked`: original bytes of records that could not be processed
 */
export type Topic = 'lifecycle' | 'control' | 'inbound' | 'parked';

export interface TopicSettings {
  readonly partitions: number;
  /** −1 keeps for ever. */
  readonly retentionMs: number;
  /**
   * `max.message.bytes`: what a partition takes in one batch. Said here and not left to the broker, whose own limit differs
   * from one installation to the next.
   */
  readonly maxBatchBytes: number;
  /** After how long the broker begins a new file. Only whole files leave its disk, whatever was deleted before. */
  readonly segmentMs?: number;
  /** What the record key is; same key, same partition, same order. */
  readonly key: string;
  readonly description: string;
}

const DAY_MS = 86_400_000;
/** Kafka's own default, some sixteen of the largest events. */
const MAX_BATCH_BYTES = 1_048_588;

export const topics: Readonly<Record<Topic, TopicSettings>> = {
  lifecycle: {
    // Six: enough for six instances of a service, and divides evenly among 1, 2, 3 and 6. The number can never change
    // later without breaking the order of one lead's events, because Kafka would send the lead's key elsewhere.
    partitions: 6,
    // For ever: it is the only copy of the order of events until a log has taken them, and contact data in it is
    // encrypted with a key that erasure deletes, so age alone is no reason to drop a record.
    retentionMs: -1,
    maxBatchBytes: MAX_BATCH_BYTES,
    key: 'lead id',
    description: 'Every event of every lead, in the order in which it happened to that lead.',
  },
  control: {
    // One: a policy and the roster that it refers to must be seen by everyone in the order in which they were made.
    partitions: 1,
    // For ever: a service that starts with an empty database reads its policies from here. It grows by what people do
    // by hand, so it stays small: some kilobytes for each change, and at most 12 MB for a new version of a list of named
    // accounts, which is written only where it differs.
    retentionMs: -1,
    maxBatchBytes: MAX_BATCH_BYTES,
    key: 'name or id of the document',
    description: 'Policies, partners, named accounts and score models, in one total order.',
  },
  inbound: {
    // As many as lifecycle, so that intake by Kafka scales as far as what follows it.
    partitions: 6,
    // Three days: outlives a weekend's outage of ingestion, and no longer, because contact data is in clear here.
    retentionMs: 3 * DAY_MS,
    maxBatchBytes: MAX_BATCH_BYTES,
    // Ten minutes: what an erasure deletes here is then soon off the disk as well.
    segmentMs: 600_000,
    key: 'anything that keeps one lead together, such as the source’s own id of the lead',
    description: 'Public entrance: leads and activities as CloudEvents, or leads as JSON; contact data in clear.',
  },
  parked: {
    // One: it is written when something is wrong and read by people; nothing there needs to scale.
    partitions: 1,
    // A week: the parking table is what redrive works from, this topic only tells other tools about it; and a parked
    // inbound record holds contact data in clear.
    retentionMs: 7 * DAY_MS,
    // A record that another topic took, with our headers around it, must fit whatever its size.
    maxBatchBytes: 2 * MAX_BATCH_BYTES,
    key: 'key of the record that was parked',
    description: 'Original bytes of records that could not be processed, with the reason in headers.',
  },
};

/** `fairlead.lifecycle` for `lifecycle`. */
export function topicName(topic: Topic, prefix = 'fairlead.'): string {
  return `${prefix}${topic}`;
}

/** Kafka header with the event's type, so that a service skips what it does not handle without parsing it. */
export const TYPE_HEADER = 'ce_type';

/** Kafka header by which CloudEvents' Kafka binding tells structured mode. */
export const CONTENT_TYPE_HEADER = 'content-type';
export const CONTENT_TYPE = 'application/cloudevents+json';

/** What every record that carries an event of this type has in its headers. */
export function recordHeaders(type: string): Record<string, string> {
  return { [TYPE_HEADER]: type, [CONTENT_TYPE_HEADER]: CONTENT_TYPE };
}
