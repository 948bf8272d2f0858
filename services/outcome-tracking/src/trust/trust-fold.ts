import { join } from 'node:path';
import { type FairleadEvent, PolicyActivated } from '@fairlead/events';
import type { Promised, Together } from '@fairlead/decisions';
import type { LeadStage } from '@fairlead/decisions/fold';
import { SpillFile } from '@fairlead/persistence/spill-file';
import { foldEvent, isLeadEvent, timeOf } from '../fold-event.js';
import { promisesIn } from '../promises-in.js';
import { LeadTable, unfollowed } from '../read-models/lead-table.js';
import { nowhere, partitionOfLead, type Position } from '../store/position.store.js';
import { OffersCounted } from './offers-counted.js';
import { ReturnsCounted } from './returns-counted.js';
import { type ScorecardAnswer, scorecardAnswer, type ScorecardQuery } from './scorecard-answer.js';
import { countsFor, type TrustAnswer, tooManyKinds, trustAnswer } from './trust-answer.js';
import type { TrustQuery } from './trust-query.js';

/** Where most leads stay: of them nothing is kept in memory but where they are in the file. */
const atRest: ReadonlySet<LeadStage> = new Set([
  ...(['rejected', 'not-qualified', 'unroutable', 'won', 'lost', 'returned', 'erased'] as const),
]);

/** Folds a log into the figures of trust, by the fold that the service has, and without a database. */
export class TrustFold {
  private readonly file: SpillFile;
  private readonly leads: LeadTable;
  /** A version of a policy never changes: the first promise of a key stays, as in the table. */
  private readonly promises = new Map<string, Promised>();
  private readonly counted = [...nowhere];
  /** Of the last event that was folded. */
  lastAt = 0;

  /**
   * @param folder  for what does not fit into memory
   * @param asOf  how far to fold; all, where nothing is said
   */
  constructor(
    folder: string,
    private readonly asOf?: Position,
  ) {
    this.file = new SpillFile(join(folder, 'offers'));
    this.leads = new LeadTable(this.file);
  }

  /** How many events of each partition are folded. */
  get position(): Position {
    return this.counted;
  }

  /** How many events that it was to be folded from have not come. */
  get missing(): number {
    return (this.asOf ?? []).reduce((sum, events, partition) => sum + events - (this.counted[partition] as number), 0);
  }

  /** Takes an event, in the order of the log. */
  read(event: FairleadEvent): void {
    // Whatever order topics were read in: what an offer is measured against is what its policy promised.
    if (event.type === PolicyActivated.type) return this.note(event as PolicyActivated);
    if (!isLeadEvent(event)) return;
    const id = event.subject;
    const partition = partitionOfLead(id);
    const read = this.counted[partition] as number;
    if (read === this.asOf?.[partition]) return;
    this.counted[partition] = read + 1;
    this.lastAt = Math.max(this.lastAt, timeOf(event));
    const lead = foldEvent(this.leads.get(id) ?? unfollowed(id, timeOf(event)), event);
    this.leads.set(lead);
    if (atRest.has(lead.standing.state)) this.leads.putAside(id);
  }

  /** The answer to the query, or of how many kinds the attribute has too many. */
  answer(query: TrustQuery): TrustAnswer | { readonly tooManyKinds: number } {
    const offersCounted = new OffersCounted(query);
    for (const offers of this.leads.offers()) for (const offer of offers) offersCounted.add(offer);
    const counts = countsFor(query, offersCounted.end());
    const kinds = tooManyKinds(counts);
    if (kinds !== undefined) return { tooManyKinds: kinds };
    return trustAnswer(query, counts, [...this.promises.values()], this.position);
  }

  /** @param together  what it tells of all partners together */
  scorecard(query: ScorecardQuery, together: Together): ScorecardAnswer {
    const [offersCounted, returns] = [new OffersCounted(query), new ReturnsCounted(query)];
    for (const offers of this.leads.offers()) {
      returns.add(offers);
      for (const offer of offers) offersCounted.add(offer);
    }
    const counts = { counted: offersCounted.end().counted, returns: returns.end() };
    return scorecardAnswer(query, counts, [...this.promises.values()], this.position, together);
  }

  close(): void {
    this.file.close();
  }

  private note(event: PolicyActivated): void {
    for (const promise of promisesIn(event) ?? []) {
      const key = [promise.policy, promise.pool, promise.grade].join('\n');
      if (!this.promises.has(key)) this.promises.set(key, promise);
    }
  }
}
