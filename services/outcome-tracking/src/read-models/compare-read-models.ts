import { createHash } from 'node:crypto';
import type { Query } from '@fairlead/persistence';
import { tallyColumns } from '../store/packed-counts.js';
import { columnsOf } from './rows.js';

/** Leads are compared in so many parts, by the first byte of their ids: one in motion leaves the others comparable. */
export const PARTS = 256;
/** Leads of which one statement reads all: some seconds. Of more it reads a sixteenth, so that none takes long. */
const READ_AT_ONCE = 1_000_000;

/** Leads with the same first byte, and their offers. */
export interface ReadModelPart {
  readonly leads: number;
  /** Events that they are folded from; null where that is not known. */
  readonly events: number | null;
  /** SHA-256 of all rows in the order of their keys, lower-case hexadecimal. */
  readonly hash: string;
}

/** What the read models come to: two folds of the same events come to the same. */
export interface ReadModels {
  /** In the order of the byte. */
  readonly parts: readonly ReadModelPart[];
  readonly offers: number;
  /**
   * Hash of the tables that figures are counted in, which also tell whether the traits of offers are the same. Null: some offers are from before
   * these were counted; undefined: what was written down is from before they were counted so.
   */
  readonly counted?: string | null;
  readonly promises: string;
}

/**
 * Hashes the read models. All of it must be asked in one snapshot: in a transaction that is `REPEATABLE READ`, or where nobody
 * writes; then `query` may use several connections. Instants are hashed as milliseconds and documents as `jsonb` writes them,
 * so no setting of a session matters.
 * @param counted  until when counts are still being written: leads and offers are hashed meanwhile
 */
export async function readModelsOf(
  query: Query,
  { atOnce = false, counted }: { atOnce?: boolean; counted?: Promise<void> } = {},
): Promise<ReadModels> {
  const [size] = await query<{ leads: number }>('SELECT count(*)::float8 AS leads FROM leads');
  const whole = atOnce ? PARTS / 2 : PARTS;
  const how = { step: (size?.leads ?? 0) > READ_AT_ONCE ? PARTS / 16 : whole, atOnce };
  const ofLeads = () => allParts<PartRow & { events: number | null }>(query, leadParts, how);
  const ofOffers = () => allParts<PartRow>(query, offerParts, how);
  const ofRest = async () => {
    await counted;
    // eslint-disable-next-line fairlead/no-interpolated-sql -- made of nothing but the names of columns
    return query<{ counted: string | null; promises: string }>(rests);
  };
  const [leads, offers, [rest]] = atOnce
    ? await Promise.all([ofLeads(), ofOffers(), ofRest()])
    : [await ofLeads(), await ofOffers(), await ofRest()];
  const parts = Array.from({ length: PARTS }, (_, part): ReadModelPart => {
    const lead = leads.get(part);
    const hash = createHash('sha256')
      .update(`${lead?.hash ?? ''}/${offers.get(part)?.hash ?? ''}`)
      .digest('hex');
    return { leads: lead?.count ?? 0, events: lead ? lead.events : 0, hash };
  });
  const offerCount = [...offers.values()].reduce((sum, { count }) => sum + count, 0);
  return { parts, offers: offerCount, counted: rest?.counted ?? null, promises: rest?.promises ?? '' };
}

async function allParts<Row extends PartRow>(
  query: Query,
  sql: string,
  { step, atOnce }: { step: number; atOnce: boolean },
): Promise<Map<number, Row>> {
  const byte = (value: number): string => value.toString(16).padStart(2, '0');
  const found = new Map<number, Row>();
  const read = async (first: number): Promise<void> => {
    const from = `${byte(first)}000000-0000-0000-0000-000000000000`;
    const to = `${byte(first + step - 1)}ffffff-ffff-ffff-ffff-ffffffffffff`;
    for (const row of await query<Row>(sql, [from, to])) found.set(row.part, row);
  };
  const begins = Array.from({ length: PARTS / step }, (_, at) => at * step);
  if (atOnce) await Promise.all(begins.map(read));
  else for (const first of begins) await read(first);
  return found;
}

/** Reads what `readModelsOf` came to and somebody wrote down as JSON; undefined for anything else. */
export function readReadModels(text: string): ReadModels | undefined {
  try {
    const models = JSON.parse(text) as ReadModels | null;
    return isWhole(models) ? models : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(models: ReadModels | null): models is ReadModels {
  return (
    Array.isArray(models?.parts) &&
    models.parts.length === PARTS &&
    models.parts.every(
      (part: ReadModelPart | null) => Number.isInteger(part?.leads) && typeof part?.hash === 'string',
    ) &&
    typeof models.promises === 'string'
  );
}

interface PartRow {
  readonly part: number;
  readonly count: number;
  readonly hash: string;
}

/** Null nearly everywhere. What was written down before there were any was hashed without them: where there are none, nothing is added. */
const ADDED = ['corrections', 'absorbed_into'];
/** Counted, and compared with the counts: what was written down before there were any was hashed without them. */
const TRAITS = 'traits';

// As a double, which holds an instant to the microsecond: `extract` reckons with decimals, which takes ten times as long.
const ms = (column: string): string => `(date_part('epoch', ${column}) * 1000)::bigint`;
const hashed = (columns: readonly string[]): string => {
  const values = columns
    .filter((column) => !ADDED.includes(column) && column !== TRAITS)
    .map((column) => (/_at$|_by$/.test(column) ? ms(column) : column));
  const added = columns.filter((column) => ADDED.includes(column)).map((column) => ` || coalesce(${column}::text, '')`);
  return `sha256(convert_to(ROW(${values.join(', ')})::text${added.join('')}, 'UTF8'))`;
};
const part = 'get_byte(uuid_send(lead_id), 0)';
const inOrder = (order: string): string =>
  `encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY ${order}), '')), 'hex')`;

// First each row's hash, and only then the order: to sort the rows themselves takes four times as long.
const leadParts = `WITH hashed AS MATERIALIZED (
    SELECT lead_id, events, sent_again, ${hashed(columnsOf.leads)} AS hash FROM leads WHERE lead_id BETWEEN $1 AND $2
  ) SELECT ${part} AS part, count(*)::integer AS count,
    CASE WHEN bool_and(events IS NOT NULL AND sent_again IS NOT NULL) THEN sum(events)::float8 END AS events, ${inOrder('lead_id')} AS hash
  FROM hashed GROUP BY 1`;
const offerParts = `WITH hashed AS MATERIALIZED (
    SELECT lead_id, number, ${hashed(columnsOf.offers)} AS hash FROM offers WHERE lead_id BETWEEN $1 AND $2
  ) SELECT ${part} AS part, count(*)::integer AS count, ${inOrder('lead_id, number')} AS hash FROM hashed GROUP BY 1`;
// Cells in which nothing is left say nothing.
const nothingIn = (columns: readonly string[]): string =>
  `ROW(${columns.join(', ')})::text = '(${columns.map(() => '0').join(',')})'`;
/** The tables that figures are counted in: what tells their rows apart, and what is counted in these. */
const counting = {
  cohort_counts: [columnsOf.cohort_counts.slice(0, -tallyColumns.length), tallyColumns],
  kind_counts: [columnsOf.kind_counts.slice(0, -tallyColumns.length), tallyColumns],
  timed_counts: [columnsOf.timed_counts.slice(0, -1), ['leads']],
  timed_months: [columnsOf.timed_months.slice(0, -1), ['leads']],
  timed_days: [columnsOf.timed_days.slice(0, 3), columnsOf.timed_days.slice(3)],
  returned_counts: [columnsOf.returned_counts.slice(0, -2), ['leads', 'honoured']],
} as const;
const countsHash = (Object.keys(counting) as (keyof typeof counting)[])
  .map((table) => {
    const [cells, counts] = counting[table];
    return `(SELECT coalesce(string_agg(hash, ''::bytea ORDER BY ${cells.join(', ')}), '') FROM (
      SELECT ${cells.join(', ')}, ${hashed(columnsOf[table])} AS hash FROM ${table} WHERE NOT ${nothingIn(counts)}) AS hashed)`;
  })
  .join(' || ');
const promises = ['policy', 'pool', 'grade'].join(', ');
const rests = `SELECT
    (SELECT CASE WHEN NOT EXISTS (SELECT FROM offers WHERE traits IS NULL) THEN encode(sha256(${countsHash}), 'hex') END) AS counted,
    (SELECT ${inOrder(promises)} FROM (SELECT ${promises}, ${hashed(columnsOf.promises)} AS hash FROM promises) AS hashed) AS promises`;

/** Where two folds stand to each other. */
export interface Comparison {
  /** Parts that come to the same, of those that have leads. */
  readonly same: number;
  /** Parts, by their byte, that are folded from as many events and come to something else, or from more than there are. */
  readonly different: readonly number[];
  /** Parts whose leads had not come as far when they were looked at. They are not compared. */
  readonly inMotion: number;
  /** How many more events the log has of those parts. */
  readonly ahead: number;
  /** Parts of rows from before events were counted. They are not compared. */
  readonly uncounted: number;
  /** Whether the counts and the promises are the same; undefined where leads were in motion, and the counts with them, and where one of both has none of them. */
  readonly counts: boolean | undefined;
  readonly promises: boolean;
}

/** Whether there was something to compare, and all of it stood apart: that nothing is different says nothing then. */
export function comparedNothing({ same, different, inMotion, uncounted }: Comparison): boolean {
  return same === 0 && different.length === 0 && inMotion + uncounted > 0;
}

/**
 * Compares what a running system had with what its log comes to.
 * @param live  as it was at some moment
 * @param rebuilt  of a log that has all that had happened by then, and perhaps more
 */
export function compareReadModels(live: ReadModels, rebuilt: ReadModels): Comparison {
  const different: number[] = [];
  const found = { same: 0, inMotion: 0, ahead: 0, uncounted: 0 };
  for (let part = 0; part < PARTS; part++) {
    const was = live.parts[part];
    const is = rebuilt.parts[part];
    if (!was || !is || (was.leads === 0 && is.leads === 0)) continue;
    const ahead = (is.events ?? 0) - (was.events ?? 0);
    if (was.events === null) found.uncounted += 1;
    else if (ahead > 0) {
      found.inMotion += 1;
      found.ahead += ahead;
    } else if (was.events === is.events && was.hash === is.hash) found.same += 1;
    else different.push(part);
  }
  const isAtRest = found.inMotion + found.uncounted === 0;
  return {
    ...{ ...found, different },
    counts: isAtRest && live.counted && rebuilt.counted ? live.counted === rebuilt.counted : undefined,
    promises: live.promises === rebuilt.promises,
  };
}
