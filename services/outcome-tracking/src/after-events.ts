import { Injectable } from '@nestjs/common';
import { currentOffer } from '@fairlead/decisions';
import type { EncodedEvent } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import type { LeadEvent } from './fold-event.js';
import type { PoolRules } from './rules-in.js';
import { tellRecycling } from './tell-recycling.js';
import type { LeadChange } from './store/leads.store.js';
import { keyOf, PoolRulesStore } from './store/pool-rules.store.js';
import { WatchedLeadsStore } from './store/watched-leads.store.js';
import { type Afterwards, afterwards, type Watched } from './watch-leads.js';

/**
 * What follows from events of leads beside the view of them: whom to remind when, and lead.recycled of those that are offered again. By the
 * policy that the current offer was made by, whichever is in force by now: that is what its party was promised.
 */
@Injectable()
export class AfterEvents {
  constructor(
    private readonly rules: PoolRulesStore,
    private readonly watched: WatchedLeadsStore,
  ) {}

  /** @returns the changes, with what was said here on top of what the log says */
  async follow(unit: UnitOfWork, batch: readonly LeadEvent[], changes: readonly LeadChange[]): Promise<LeadChange[]> {
    const offered = changes.flatMap(({ after }) => currentOffer(after.standing) ?? []);
    const pools = new Map(offered.map((offer) => [keyOf(offer), offer]));
    const rules =
      pools.size === 0 ? new Map<string, PoolRules>() : await this.rules.of(unit.query, [...pools.values()]);
    const repaired = await this.#repaired(unit, changes, batch);

    const events = Map.groupBy(batch, ({ subject }) => subject);
    const decided = changes.map((change): [LeadChange, Afterwards] => {
      const { id, standing } = change.after;
      const offer = currentOffer(standing);
      return [change, afterwards(change, events.get(id) ?? [], offer && rules.get(keyOf(offer)), repaired.has(id))];
    });

    const said: EncodedEvent[] = [];
    const after = decided.map(([change, { recycled }]): LeadChange => {
      const offer = currentOffer(change.after.standing);
      if (recycled === undefined || !offer) return change;
      const { pending, event } = tellRecycling(change.after.id, offer, { reason: recycled, at: unit.now });
      said.push(event);
      return { ...change, after: { ...change.after, pending: [...change.after.pending, pending] } };
    });
    this.watched.save(
      unit,
      decided.flatMap(([, { watching }]): Watched[] => (typeof watching === 'string' ? [] : [watching])),
    );
    this.watched.forget(
      unit,
      decided.flatMap(
        ([
          {
            after: { id },
          },
          { watching },
        ]) => (watching === 'nothing' ? [id] : []),
      ),
    );
    unit.say(said);
    return after;
  }

  /** Of returned leads that are scored now, those that were repaired before. */
  async #repaired(
    unit: UnitOfWork,
    changes: readonly LeadChange[],
    batch: readonly LeadEvent[],
  ): Promise<ReadonlySet<string>> {
    const scored = new Set(batch.flatMap(({ type, subject }) => (type === 'lead.scored' ? [subject] : [])));
    const ids = changes
      .filter(({ after }) => after.standing.state === 'returned' && scored.has(after.id))
      .map(({ after }) => after.id);
    if (ids.length === 0) return new Set();
    const known = await this.watched.of(unit, ids);
    return new Set([...known.values()].filter((each) => each.repaired).map(({ leadId }) => leadId));
  }
}
