import { Inject, Injectable } from '@nestjs/common';
import { type FieldError, leadFields } from '@fairlead/decisions';
import { derivedId, encodeEvent, type EncodedEvent, LeadRejected } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { Problem } from '@fairlead/platform';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import type { Submission, UnusableRow } from './rows.js';

type Known = UnusableRow & { readonly sourceId: string };

/** Rows of a request that have an event each: enough to see what is wrong with it. What the log keeps, it keeps for good. */
export const TOLD_ONE_BY_ONE = 50;
/** Errors of one row, and kinds of errors of many, that are told. */
const MOST_ERRORS = 50;
/** A source that is over its limit is noticed within a second, also by other processes. */
const LOOK_EVERY_MS = 1_000;
const HOUR_MS = 3_600_000;

/** What is said of rows that are no leads, and how much of it a source may cause. */
@Injectable()
export class Rejections {
  #over: ReadonlySet<string> = new Set();
  #lookedAt = 0;

  constructor(
    private readonly units: UnitsOfWork,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  /** @throws Problem 429 */
  refuseWhenTooMany(sourceId: string, now: number): void {
    if (now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      // Not waited for: the answer is for the requests after this one.
      void this.#look(now).catch(() => undefined);
    }
    if (!this.#over.has(sourceId)) return;
    throw new Problem(429, {
      type: 'too-much-rejected',
      title: 'Too much was rejected',
      detail:
        `More of the source “${sourceId}” was rejected within this hour than is kept of it (${this.settings.maxRejectedPerHour} ` +
        'entries of the log). Nothing of this request was taken. Mend what is sent; with the next full hour it is taken again.',
      retryAfterSeconds: (HOUR_MS - (now % HOUR_MS)) / 1_000,
    });
  }

  /** Says what is to be said of a submission's rows that are no leads, and counts it. */
  say(unit: UnitOfWork, submissions: readonly Submission[]): void {
    const events = submissions.flatMap((submission) => saidOf(submission, unit.now));
    if (events.length === 0) return;
    unit.say(events.map(({ event }) => event));
    const bySource = [...Map.groupBy(events, ({ sourceId }) => sourceId)].sort(([a], [b]) => (a < b ? -1 : 1));
    unit.write(
      `INSERT INTO rejections AS counted (source_id, hour, events)
       SELECT source_id, to_timestamp($3::float8 / 1000), events FROM unnest($1::text[], $2::integer[]) AS said (source_id, events)
       ON CONFLICT (source_id) DO UPDATE SET hour = excluded.hour,
         events = excluded.events + CASE WHEN counted.hour = excluded.hour THEN counted.events ELSE 0 END`,
      [bySource.map(([sourceId]) => sourceId), bySource.map(([, each]) => each.length), hourOf(unit.now)],
    );
  }

  async #look(now: number): Promise<void> {
    const rows = await this.units.query<{ source_id: string }>(
      'SELECT source_id FROM rejections WHERE hour = to_timestamp($1::float8 / 1000) AND events >= $2',
      [hourOf(now), this.settings.maxRejectedPerHour],
    );
    this.#over = new Set(rows.map(({ source_id }) => source_id));
  }
}

function hourOf(now: number): number {
  return now - (now % HOUR_MS);
}

function saidOf(submission: Submission, now: number): { sourceId: string; event: EncodedEvent }[] {
  const { rows, traceparent, rejectedBefore = 0 } = submission;
  // Without a source there is nobody to tell it to, and nothing to tell it by.
  const unusable = rows.filter((row): row is Known => row.kind === 'unusable' && row.sourceId !== undefined);
  const oneByOne = Math.max(0, TOLD_ONE_BY_ONE - rejectedBefore);
  const together = Map.groupBy(unusable.slice(oneByOne), ({ sourceId }) => sourceId);
  const told = [
    ...unusable.slice(0, oneByOne).map((row) => ({ row, further: [] as Known[] })),
    ...[...together.values()].map(([row, ...further]) => ({ row: row as Known, further })),
  ];
  return told.map(({ row, further }) => ({
    sourceId: row.sourceId,
    event: rejected(row, further, row.traceparent ?? traceparent, now),
  }));
}

function rejected(row: Known, further: readonly Known[], traceparent: string | undefined, now: number): EncodedEvent {
  const { leadId, sourceId, externalId, errors } = row;
  return encodeEvent(LeadRejected, {
    id: derivedId(leadId, LeadRejected.type),
    source: '/ingestion',
    subject: leadId,
    time: now,
    ...(traceparent && { traceparent }),
    data: {
      sourceId,
      ...(externalId !== undefined && { externalId }),
      errors: errors.slice(0, MOST_ERRORS).map(logged),
      ...(further.length > 0 && { further: { rows: further.length, rules: countsOf(further) } }),
    },
  });
}

function countsOf(rows: readonly Known[]): { field: string; rule: string; rows: number }[] {
  const counts = new Map<string, { field: string; rule: string; rows: number }>();
  for (const { errors } of rows) {
    const kinds = new Map(errors.map(logged).map((error) => [`${error.field} ${error.rule}`, error]));
    for (const [kind, error] of kinds) counts.set(kind, { ...error, rows: (counts.get(kind)?.rows ?? 0) + 1 });
  }
  return [...counts.values()].sort((one, other) => other.rows - one.rows).slice(0, MOST_ERRORS);
}

const ours: ReadonlySet<string> = new Set([
  ...leadFields,
  ...['engagement', 'attributes', 'lead', 'row', 'consent.given', 'consent.at', 'consent.text'],
]);

/** The sender is told the name that it used. The log keeps names of ours only: a column may be named after a person. */
function logged({ field, rule }: FieldError): { field: string; rule: string } {
  if (ours.has(field)) return { field, rule };
  return { field: /^(engagement|attributes)\./.exec(field) ? field.replace(/\..*$/su, '.*') : '*', rule };
}
