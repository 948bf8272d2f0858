import { join } from 'node:path';
import { type FairleadEvent, PolicyActivated } from '@fairlead/events';
import type { LeadStage, Promised } from '@fairlead/decisions/fold';
import { copyText, type Query, type RowCopy } from '@fairlead/persistence/scratch';
import { foldEvent, isLeadEvent, type LeadEvent, timeOf } from '../fold-event.js';
import { promisesIn } from '../promises-in.js';
import { type LeadDetails, unseen } from '../store/leads.store.js';
import { nowhere, partitionOfLead } from '../store/position.store.js';
import { type TimedCount, timesByDay, timesByMonth } from '../store/times-by-period.js';
import { OfferCounts } from './offer-counts.js';
import { type FollowedLead, LeadTable, unfollowed } from './lead-table.js';
import {
  cohortRow,
  columnsOf,
  detailsIn,
  detailsText,
  kindRow,
  leadText,
  offersText,
  returnedRow,
  timedDayRow,
  timedMonthRow,
  timedRow,
} from './rows.js';
import { SpillFile } from '@fairlead/persistence/spill-file';

/**
 * Details are large, and change in the first moments of a lead; they are asked for once more when it comes to rest. So many leads'
 * are at hand as they are, at least, and twice as many at most: most are made into text once, and never read from it again. Of more
 * most would outlive two rounds of the garbage collector, and be left for the slow one.
 */
const DETAILS_AT_HAND = 50;
/** Those of some ten thousand leads, as they are in the file. */
const RECENT_DETAILS_MB = 8;
/** Rows are deleted so many at a time. */
const DELETED_AT_ONCE = 10_000;

/** Events that may change a lead's details. */
const detailing: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['lead.received', 'lead.completed', 'lead.rejected', 'lead.scored', 'lead.erased'] as const),
  ...(['lead.merged', 'lead.engaged', 'lead.consent-changed', 'lead.absorbed', 'lead.split', 'lead.held'] as const),
]);

/** Where most leads stay. Nothing follows from it but when a lead is written. */
const atRest: ReadonlySet<LeadStage> = new Set([
  ...(['rejected', 'not-qualified', 'unroutable', 'won', 'lost', 'returned', 'erased'] as const),
]);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of a lead of which no event told any. */
const NO_DETAILS = Buffer.from(copyText(Array<null>(14).fill(null)));
const { details: noDetails } = unseen('', 0);

/** Begins to copy rows into a table; statements must be given the time that it takes. */
export type CopyInto = (table: string, columns: readonly string[]) => Promise<RowCopy>;

/**
 * Folds a whole log into the read models, and writes these into empty tables: the same fold that the service does event by event,
 * with each row written once, or a few times. Memory grows by about 40 bytes for each lead, and
 * by 208 more for one that is not at rest.
 */
export class ReadModelsLoad {
  /** Details of leads that have had no event for long, and leads that are at rest. */
  private readonly file: SpillFile;
  private readonly leads: LeadTable;
  private readonly details: RecentDetails;
  private readonly counts = new OfferCounts();
  /** The first promise of a key stays, as in the table. */
  private readonly promises = new Map<string, Promised>();
  /** Leads that were written, and went on: their rows are in the way of those that are written at the end. */
  private readonly outdated = new Set<string>();
  private readonly position = [...nowhere];
  private tables: Tables | undefined;

  /** @param folder  for what does not fit into memory */
  constructor(folder: string) {
    this.file = new SpillFile(join(folder, 'details'), RECENT_DETAILS_MB);
    this.leads = new LeadTable(this.file);
    this.details = new RecentDetails(this.file, this.leads);
  }

  /** From now on leads are written as they come to rest; without it, all of them at the end. */
  async writeInto(copyInto: CopyInto): Promise<void> {
    this.tables = await Tables.open(copyInto);
  }

  /**
   * Takes an event, in the order of the log.
   * @returns to wait for, before the next one: it is only now and then that the database needs time
   * @throws RangeError for one that says what cannot be
   */
  read(event: FairleadEvent): Promise<unknown> | undefined {
    if (event.type === PolicyActivated.type) return this.note(event as PolicyActivated);
    if (!isLeadEvent(event)) return undefined;
    const id = event.subject;
    (this.position[partitionOfLead(id)] as number) += 1;
    const known = this.known(id) ?? unfollowed(rowable(id), timeOf(event));
    // What an event does not change need not be looked up: the fold hands it on as it was given.
    const before = (detailing.has(event.type) ? this.details.get(id) : undefined) ?? noDetails;
    const after = foldEvent(before === noDetails ? known : { ...known, details: before }, event);
    const { tables } = this;
    const isAtRest = tables !== undefined && atRest.has(after.standing.state) && !this.outdated.has(id);
    const lead = isAtRest ? { ...after, isWritten: true } : after;
    this.leads.set(lead);
    if (after.details !== before) this.details.set(id, after.details);
    if (!isAtRest) return undefined;
    this.leads.putAside(id);
    return this.write(lead, tables);
  }

  /** Writes what is not written yet. */
  async end(query: Query, copyInto: CopyInto): Promise<void> {
    await this.endLeads(query, copyInto);
    await this.endCounts(query, copyInto);
  }

  /** Leads and offers, the first that is written: whoever only reads these need not wait for the counts of them. */
  async endLeads(query: Query, copyInto: CopyInto): Promise<void> {
    await this.tables?.end();
    const outdated = [...this.outdated];
    for (let at = 0; at < outdated.length; at += DELETED_AT_ONCE) {
      const ids = [outdated.slice(at, at + DELETED_AT_ONCE)];
      await query('DELETE FROM leads WHERE lead_id = ANY($1::uuid[])', ids);
      await query('DELETE FROM offers WHERE lead_id = ANY($1::uuid[])', ids);
    }
    const tables = (this.tables = await Tables.open(copyInto));
    for (const lead of this.leads.unwritten()) {
      const full = this.write(lead, tables);
      if (full) await full;
    }
    await tables.end();
  }

  /** All that is counted, when the leads and offers are written. */
  async endCounts(query: Query, copyInto: CopyInto): Promise<void> {
    await writeAll(copyInto, 'cohort_counts', this.counts.cohortCells(), cohortRow);
    await writeAll(copyInto, 'kind_counts', this.counts.kindCells(), kindRow);
    await writeAll(copyInto, 'timed_counts', taking(this.counts.timedCells()), timedRow);
    await writeAll(copyInto, 'timed_months', timesByMonth(this.counts.timedCells()), timedMonthRow);
    await writeAll(copyInto, 'timed_days', timesByDay(this.counts.timedCells()), timedDayRow);
    await writeAll(copyInto, 'returned_counts', this.counts.returned(), returnedRow);
    await query('DELETE FROM folded');
    await writeAll(copyInto, 'folded', this.position.entries(), (each) => each);
    await writeAll(copyInto, 'promises', this.promises.values(), ({ policy, pool, grade, directPercent }) => [
      ...[policy, pool, grade ?? 'incomplete', directPercent],
    ]);
  }

  /** Removes the files, and gives up what is being written; also after a failure. */
  async close(): Promise<void> {
    this.file.close();
    await this.tables?.abandon();
  }

  /** A lead so far. What was written of it is outdated now. */
  private known(id: string): FollowedLead | undefined {
    const known = this.leads.get(id);
    if (known?.isWritten !== true) return known;
    this.outdated.add(id);
    this.counts.remove(known.standing.offers);
    return { ...known, isWritten: false };
  }

  private write(lead: FollowedLead, tables: Tables): Promise<unknown> | undefined {
    this.counts.add(lead.standing.offers);
    return tables.write(lead, this.details.written(lead.id));
  }

  private note(event: PolicyActivated): undefined {
    for (const promise of promisesIn(event) ?? []) {
      const key = [promise.policy, promise.pool, promise.grade].join('\n');
      if (!this.promises.has(key)) this.promises.set(key, promise);
    }
  }
}

/** The details of leads: those that were changed last at hand, the others in a file, as they are written into their rows. */
class RecentDetails {
  private recent = new Map<string, LeadDetails>();
  private earlier = new Map<string, LeadDetails>();

  constructor(
    private readonly file: SpillFile,
    private readonly leads: LeadTable,
  ) {}

  get(id: string): LeadDetails | undefined {
    const details = this.recent.get(id) ?? this.earlier.get(id);
    if (details) return details;
    const spilled = this.spilled(id);
    return spilled && detailsIn(spilled.toString('utf8'));
  }

  /** @param id  of a lead that is in the table */
  set(id: string, details: LeadDetails): void {
    this.recent.set(id, details);
    if (this.recent.size < DETAILS_AT_HAND) return;
    for (const [each, its] of this.earlier)
      if (!this.recent.has(each)) this.leads.setDetails(each, this.file.append(detailsText(its)));
    this.earlier = this.recent;
    this.recent = new Map();
  }

  /** As they are copied into the table, from the file where they are there: good until the next that is asked for. */
  written(id: string): Buffer {
    const details = this.recent.get(id) ?? this.earlier.get(id);
    return details ? Buffer.from(detailsText(details)) : (this.spilled(id) ?? NO_DETAILS);
  }

  private spilled(id: string): Buffer | undefined {
    const place = this.leads.detailsOf(id);
    return place === undefined ? undefined : this.file.readBytes(place);
  }
}

/** Leads and offers, while they are being written; each in a transaction of its own. */
class Tables {
  private isOpen = true;

  private constructor(
    private readonly leads: RowCopy,
    private readonly offers: RowCopy,
  ) {}

  static async open(copyInto: CopyInto): Promise<Tables> {
    const leads = await copyInto('leads', columnsOf.leads);
    try {
      return new Tables(leads, await copyInto('offers', columnsOf.offers));
    } catch (error) {
      await leads.abandon();
      throw error;
    }
  }

  /** @param details  as they are copied */
  write(lead: FollowedLead, details: Buffer): Promise<unknown> | undefined {
    const offers = offersText(lead);
    const one = this.leads.writeWritten(leadText(lead), details);
    const other = offers === '' ? undefined : this.offers.writeWritten(offers);
    return one && other ? Promise.all([one, other]) : (one ?? other);
  }

  async end(): Promise<void> {
    this.isOpen = false;
    // Both, also where one fails: a connection that is not given back is waited for.
    const ended = await Promise.allSettled([this.leads.end(), this.offers.end()]);
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  async abandon(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await Promise.allSettled([this.leads.abandon(), this.offers.abandon()]);
  }
}

/** @throws RangeError for the id of a lead that no row can have: the form of an event lets it through */
function rowable(id: string): string {
  if (!UUID.test(id)) throw new RangeError('its subject is no lead: that has a UUID');
  return id;
}

/** Without the offers themselves, which take no time. */
function* taking(counts: Iterable<TimedCount>): Generator<TimedCount> {
  for (const count of counts) if (count.step !== 'offer') yield count;
}

async function writeAll<Value>(
  copyInto: CopyInto,
  table: keyof typeof columnsOf,
  values: Iterable<Value>,
  rowOf: (value: Value) => Parameters<RowCopy['write']>[0],
): Promise<void> {
  const copy = await copyInto(table, columnsOf[table]);
  try {
    for (const value of values) {
      const full = copy.write(rowOf(value));
      if (full) await full;
    }
  } catch (error) {
    await copy.abandon();
    throw error;
  }
  await copy.end();
}
