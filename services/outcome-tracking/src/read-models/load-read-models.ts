import { join } from 'node:path';
import { type FairleadEvent, PolicyActivated } from '@fairlead/events';
import { add, type Cell, cellOf, type Promised, type Tally, tallyOf } from '@fairlead/decisions/replay';
import { copyText, type RowCopy } from '@fairlead/persistence';
import { foldEvent, isLeadEvent, type LeadEvent, timeOf } from '../fold-event.js';
import { promisesIn } from '../promises-in.js';
import { withoutGrade } from '../store/counts.store.js';
import { type LeadDetails, type TrackedLead, unseen } from '../store/leads.store.js';
import { columnsOf, countRow, detailsFormat, leadRow, offerRow } from './rows.js';
import { SpilledMap } from './spilled-map.js';

/** Leads whose standing is kept in memory, at least; at half a kilobyte each. Most events are of a lead that had one lately. */
const STANDINGS_IN_MEMORY = 20_000;
/** Details are large, and change in the first moments of a lead. */
const DETAILS_IN_MEMORY = 1_000;

/** Events that may change a lead's details. */
const detailing: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['lead.received', 'lead.completed', 'lead.rejected', 'lead.scored', 'lead.erased'] as const),
]);

/** Of a lead of which no event told any. */
const NO_DETAILS = copyText(Array<null>(8).fill(null));

type Standing = Omit<TrackedLead, 'details'>;
const { details: noDetails } = unseen('', 0);

/**
 * Folds a whole log into the read models, and writes these into empty tables: the same fold that the service does event by event,
 * with each row written once. Memory grows by about 200 bytes for each lead.
 */
export class ReadModelsLoad {
  private readonly standings: SpilledMap<Standing>;
  private readonly details: SpilledMap<LeadDetails>;
  /** The first promise of a key stays, as in the table. */
  private readonly promises = new Map<string, Promised>();

  /** @param folder  for leads that have had no event for long */
  constructor(folder: string) {
    this.standings = new SpilledMap<Standing>(join(folder, 'standings'), STANDINGS_IN_MEMORY, {
      write: JSON.stringify,
      read: (text) => JSON.parse(text) as Standing,
    });
    this.details = new SpilledMap(join(folder, 'details'), DETAILS_IN_MEMORY, detailsFormat);
  }

  /** Takes an event, in the order of the log. */
  read(event: FairleadEvent): void {
    if (event.type === PolicyActivated.type) return this.note(event as PolicyActivated);
    if (!isLeadEvent(event)) return;
    const id = event.subject;
    const known = this.standings.get(id) ?? unseen(id, timeOf(event));
    // What an event does not change need not be looked up: the fold hands it on as it was given.
    const before = (detailing.has(event.type) ? this.details.get(id) : undefined) ?? noDetails;
    const { details, ...standing } = foldEvent({ ...known, details: before }, event);
    this.standings.set(id, standing);
    if (details !== before) this.details.set(id, details);
  }

  /**
   * Writes everything, once, into tables that are empty; each in a transaction of its own.
   * @param copyInto  begins to copy rows into a table; statements must be given the time that it takes
   */
  async write(copyInto: (table: string, columns: readonly string[]) => Promise<RowCopy>): Promise<void> {
    const opened: RowCopy[] = [];
    const into = async (table: keyof typeof columnsOf): Promise<RowCopy> => {
      const copy = await copyInto(table, columnsOf[table]);
      opened.push(copy);
      return copy;
    };
    try {
      const counts = await this.writeLeads(await into('leads'), await into('offers'));
      const cells = await into('offer_counts');
      for (const { cell, tally } of counts.values()) await cells.write(countRow(cell, tally));
      const promises = await into('promises');
      for (const { policy, pool, grade, directPercent } of this.promises.values())
        await promises.write([policy, pool, grade ?? withoutGrade, directPercent]);
      await Promise.all(opened.map((copy) => copy.end()));
    } catch (error) {
      await Promise.all(opened.map((copy) => copy.abandon().catch(() => undefined)));
      throw error;
    }
  }

  private async writeLeads(leads: RowCopy, offers: RowCopy): Promise<Map<string, { cell: Cell; tally: Tally }>> {
    const counts = new Map<string, { cell: Cell; tally: Tally }>();
    for (const [id, lead] of this.standings.entries()) {
      await leads.writeWritten(`${copyText(leadRow(lead))}\t${this.detailsText(id, lead)}`);
      for (const offer of lead.standing.offers) {
        await offers.write(offerRow(id, offer));
        const cell = cellOf(offer);
        const key = Object.values(cell).join('\n');
        const counted = counts.get(key);
        if (counted) counted.tally = add(counted.tally, tallyOf(offer));
        else counts.set(key, { cell, tally: tallyOf(offer) });
      }
    }
    return counts;
  }

  private detailsText(id: string, { standing }: Standing): string {
    // Whatever comes after it: nothing of an erased lead is kept.
    const details = standing.state === 'erased' ? this.details.get(id) : undefined;
    if (details) return detailsFormat.write({ ...details, contact: null, contactEvent: null });
    return this.details.text(id) ?? NO_DETAILS;
  }

  /** Removes the files; also after a failure. */
  close(): void {
    this.standings.close();
    this.details.close();
  }

  private note(event: PolicyActivated): void {
    for (const promise of promisesIn(event) ?? []) {
      const key = [promise.policy, promise.pool, promise.grade].join('\n');
      if (!this.promises.has(key)) this.promises.set(key, promise);
    }
  }
}
