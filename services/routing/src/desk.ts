import { Injectable, Logger } from '@nestjs/common';
import {
  applyDecision,
  creditEntries,
  type CreditEntry,
  DIRECT,
  freePlace,
  type DecisionOrder,
  Loads,
  type MadeOffer,
  newRoutingState,
  note,
  overrideLead,
  policyWould,
  poolFor,
  type Quality,
  refuseOffer,
  returnLead,
  type RoutableLead,
  routeLead,
  type Routed,
  type RoutingDecision,
  type RoutingState,
  type Rules,
  tellNoted,
  UNCLAIMED,
  weigh,
  withdrawOffer,
} from '@fairlead/decisions';
import { AnswersNoted, derivedId, encodeEvent } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { decisionTime } from './decision-time.js';
import { DecisionsStore, type StoredDecision } from './store/decisions.store.js';
import { accountOf, PoolsStore } from './store/pools.store.js';
import { RulesStore } from './store/rules.store.js';

/** What is about to happen, so that the desk can read all that it takes in one statement, however many leads there are. */
export interface Agenda {
  /** Leads to be decided about. */
  readonly leads?: readonly RoutableLead[];
  /** Offers that end. */
  readonly offers?: readonly MadeOffer[];
  /** Parties that are given a lead whatever the rules say. */
  readonly parties?: readonly string[];
  /** Leads of which it must be known whether they were decided about before. */
  readonly leadIds?: readonly string[];
}

/** A wrong clock beside this one goes on with every batch; a line a minute is enough to be seen. */
const WARN_EVERY_MS = 60_000;

/** As many as one decision can tell (`decided.noted`). */
const MAX_NOTED = 500;

/** Opens the desk at which a unit of work decides: pools locked, rules read. */
@Injectable()
export class Desks {
  private readonly logger = new Logger('routing/desk');
  private warnedOf = 0;

  constructor(
    readonly pools: PoolsStore,
    private readonly rules: RulesStore,
    readonly decisions: DecisionsStore,
  ) {}

  async open(unit: UnitOfWork, agendaUnder: (rules: Rules) => Promise<Agenda> | Agenda): Promise<Desk> {
    const { query, now } = unit;
    const { pools, order, times } = await this.pools.lock(query);
    const rules = await this.rules.inForce(query);
    const agenda = await agendaUnder(rules);
    const { leadIds = [] } = agenda;
    const { credits, loads, known, absorbed } = await this.pools.read(query, pools, {
      ...needed(agenda, rules),
      leadIds,
    });
    const state = newRoutingState({
      pools,
      loads: new Loads(loads.map(({ party, ...load }) => [party, load])),
      order: { step: order.step, noted: [...order.noted] },
    });
    const time = decisionTime(now, times);
    if (time.wrong !== undefined) this.warnOf(time.wrong, time.now);
    return new Desk(rules, state, time.now, { known, absorbed }, unit, this, { credits, order });
  }

  /** Once of a clock that was put right, also when its time stays in a pool that decides nothing any more. */
  private warnOf(decidedAt: number, now: number): void {
    if (Math.abs(decidedAt - this.warnedOf) < WARN_EVERY_MS) return;
    this.warnedOf = decidedAt;
    this.logger.warn({ event: 'routing.wrong-clock', decidedAt, aheadMs: decidedAt - now });
  }
}

/** One unit of work's hold on the state of all pools. What happens here is folded into the state, and saved at the end. */
export class Desk {
  private readonly seqBefore: ReadonlyMap<string, number>;
  private readonly orderBefore: DecisionOrder;
  private readonly creditsBefore: ReadonlyMap<string, number>;
  private readonly loadsBefore: ReadonlyMap<string, unknown>;
  private readonly made: StoredDecision[] = [];

  constructor(
    readonly rules: Rules,
    private readonly state: RoutingState,
    /** The time of every decision made here. */
    readonly now: number,
    /** Those of the leads asked about that were decided about before, and those that are one with another. */
    readonly asked: { readonly known: ReadonlySet<string>; readonly absorbed: ReadonlySet<string> },
    private readonly unit: UnitOfWork,
    private readonly stores: { readonly pools: PoolsStore; readonly decisions: DecisionsStore },
    before: { readonly credits: readonly CreditEntry[]; readonly order: DecisionOrder },
  ) {
    this.seqBefore = new Map([...state.pools].map(([id, { poolSeq }]) => [id, poolSeq]));
    this.orderBefore = before.order;
    this.creditsBefore = new Map(before.credits.map((row) => [keyOf(row), row.credit]));
    this.loadsBefore = new Map(state.loads);
  }

  route(leadId: string, lead: RoutableLead): RoutingDecision {
    return this.folded(leadId, lead, () => routeLead(lead, this.rules, this.state, this.now));
  }

  /** Whom a person's override goes against; nothing changes. */
  policyWould(lead: RoutableLead, chosen: string | null): string | null {
    return policyWould(lead, chosen, this.rules, this.state, this.now);
  }

  override(leadId: string, lead: RoutableLead, to: string, made: number): Routed {
    return this.folded(leadId, lead, () => overrideLead(lead, to, made, this.rules, this.state, this.now));
  }

  /** Decides, notes what was weighed for it, and folds the decision into the state. */
  private folded<Decision extends RoutingDecision>(
    leadId: string,
    lead: RoutableLead,
    decide: () => Decision,
  ): Decision {
    const decision = decide();
    const weighed = weigh(lead, this.rules, this.state, this.now, decision.change.to);
    applyDecision(this.state, decision.change, this.rules.roster);
    const { outcome, data } = decision;
    this.made.push({ leadId, lead, weighed, told: { outcome, data } as StoredDecision['told'] });
    return decision;
  }

  refused(offer: MadeOffer): void {
    refuseOffer(this.state, offer, this.rules.roster);
  }

  /** @param eventId  of the answer that gave the lead back */
  returned(offer: MadeOffer, eventId: string): void {
    returnLead(this.state, offer, this.rules.roster);
    this.noted(eventId);
  }

  /** @param eventId  of the erasure that took it; a person's override is followed by a decision, which tells it */
  withdrawn(offer: MadeOffer, eventId?: string): void {
    withdrawOffer(this.state, offer, this.rules.roster);
    if (eventId !== undefined) this.noted(eventId);
  }

  /** The lead is no longer in work. @param eventId  of the answer or the erasure that says so */
  done(offer: MadeOffer, eventId: string): void {
    freePlace(this.state, offer, this.rules.roster);
    this.noted(eventId);
  }

  /** The next decision tells what was noted; when that becomes too much for one, an event of its own does. */
  private noted(eventId: string): void {
    note(this.state, eventId);
    if (this.state.order.noted.length < MAX_NOTED) return;
    const { step, noted } = tellNoted(this.state);
    const id = derivedId(eventId, AnswersNoted.type);
    const data = { step, noted: [...noted] };
    this.unit.say([encodeEvent(AnswersNoted, { id, source: '/routing', subject: 'routing', time: this.now, data })]);
  }

  /** Writes, at the end of the unit, what has changed here. */
  save(): void {
    const { unit, stores, state } = this;
    const { step, noted } = this.orderBefore;
    if (state.order.step !== step || state.order.noted.length !== noted.length)
      stores.pools.saveOrder(unit, state.order);
    const pools = [...state.pools].filter(([id, { poolSeq }]) => poolSeq !== (this.seqBefore.get(id) ?? 0));
    stores.pools.savePools(unit, pools, this.now);
    const credits = creditEntries(state).filter((row) => row.credit !== (this.creditsBefore.get(keyOf(row)) ?? 0));
    stores.pools.saveCredits(unit, credits);
    const loads = [...state.loads].filter(([party, load]) => load !== this.loadsBefore.get(party));
    stores.pools.saveLoads(
      unit,
      loads.map(([party, load]) => ({ party, ...load })),
    );
    stores.decisions.add(unit, this.made);
  }
}

function keyOf({ pool, grade, level, party }: Omit<CreditEntry, 'credit'>): string {
  return `${pool}/${grade}/${level}/${party}`;
}

/** Whose credits and loads decide: of every party that could be offered one of these leads, or that gives one up. */
function needed({ leads = [], offers = [], parties: others = [] }: Agenda, rules: Rules) {
  const accounts = new Set(offers.map(({ pool, quality }) => accountOf(pool, quality)));
  const parties = new Set([DIRECT, 'channel', UNCLAIMED, ...others, ...offers.map(({ party }) => party)]);
  const seen = new Set<object>();
  for (const lead of leads) {
    const pool = poolFor(lead, rules.policy);
    accounts.add(accountOf(pool.id, lead.grade ?? ('incomplete' satisfies Quality)));
    const candidates = rules.roster.candidatesFor(lead.facts, pool);
    if (seen.has(candidates)) continue;
    seen.add(candidates);
    for (const { id } of candidates.able) parties.add(id);
    // What they are owed is told, although they cannot have the lead.
    for (const { party } of candidates.refused) parties.add(party);
  }
  return { accounts, parties };
}
