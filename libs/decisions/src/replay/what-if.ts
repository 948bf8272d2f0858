import type { DecisionStamp, FairleadEvent, LeadReceived, LeadRouted, LeadUnroutable } from '@fairlead/events';
import { engine } from '../engine.js';
import type { NamedAccountList } from '../route/named-account-list.js';
import type { Policy } from '../route/policy.js';
import { type Partner, Roster } from '../route/roster.js';
import type { Rules } from '../route/route-lead.js';
import type { Model } from '../score/model.js';
import { estimateOutcomes, type OutcomeEstimates } from '../trust/estimate-outcomes.js';
import { OutcomesOfLog } from './offer-outcomes.js';
import { NOTHING_TO_DECIDE, type Redecided, RoutingReplay } from './replay-routing.js';
import { ScoreReplay } from './replay-scores.js';
import { RuleHistory } from './rule-history.js';

/** What is put in the place of what was in force, for the whole of the log; at least one of them. */
export interface Otherwise {
  readonly policy?: Policy;
  readonly model?: Model;
  /** By id: a partner as it is taken to have been all along; null: there was no such partner. Others are as they were. */
  readonly partners?: ReadonlyMap<string, Partner | null>;
}

/** What makes the difference: the smallest set of changes that comes to the same by itself, `policy` or `policy + model`. */
export type Cause = string;

/** A decision that comes out otherwise. */
export interface Changed {
  readonly leadId: string;
  readonly pool: string;
  readonly poolSeq: number;
  /** Whoever has the lead after it; null: nobody. */
  readonly was: string | null;
  readonly now: string | null;
  readonly cause: Cause;
}

/** Offers by grade and party. `grade` was is that of the record, now that of the model in use: a lead may count in two rows. */
export interface Share {
  readonly grade: string;
  /** null: nobody. */
  readonly party: string | null;
  readonly was: number;
  readonly now: number;
}

/** A to D, or why there is none. */
export type Quality = 'A' | 'B' | 'C' | 'D' | 'incomplete' | 'not-qualified';

/** How a lead stands after its last decision: with somebody, given to nobody to be nurtured, or to nobody at all. */
export type Fate = 'offered' | 'nurture' | 'nobody';

export interface WhatIfResult {
  readonly with: {
    readonly policy?: { readonly name: string; readonly hash: string };
    readonly model?: { readonly name: string; readonly hash: string };
    readonly partners?: { readonly changed: number; readonly removed: number };
  };
  readonly decisions: number;
  readonly leads: number;
  /** The first thousand; `changed` counts all. */
  readonly different: readonly Changed[];
  readonly changed: number;
  readonly changedLeads: number;
  readonly causes: Readonly<Record<Cause, number>>;
  readonly shares: readonly Share[];
  /** Leads by their grade as recorded and with the other model. Every lead that was decided is in one row. */
  readonly grades: readonly { readonly was: Quality; readonly now: Quality; readonly leads: number }[];
  readonly fates: Readonly<Record<Fate, { readonly was: number; readonly now: number }>>;
  /** Leads that nobody was ever offered, and somebody would have been: what they would have answered nobody knows. */
  readonly newlyOffered: number;
  readonly noLongerOffered: number;
  /** Leads of the log about which nothing was decided, and so nothing is here. */
  readonly notDecided: { readonly held: number; readonly notScored: number; readonly notRouted: number };
  /** Decisions that cannot be taken again, and why the first of them cannot. */
  readonly undecidable: number;
  readonly undecidableBecause?: string;
  /** Decisions that another engine took: what differs may be its doing. `replay` tells. */
  readonly byOtherEngines: number;
  readonly estimates: OutcomeEstimates;
}

/** More than a person reads. */
const LISTED = 1_000;

/**
 * Decides the leads of a log under other rules, each when it was decided. Decisions are exact; answers are those of the record,
 * given by whoever has the lead then (see `RoutingReplay`). With several changes each set of them is decided as well, which tells
 * what is whose doing: three of them take seven runs side by side.
 */
export class WhatIf {
  private readonly rules = new RuleHistory();
  private readonly outcomes = new OutcomesOfLog();
  private readonly pending = new Pending();
  /** Smallest sets first; the last has all changes. */
  private readonly variations: readonly Variation[];
  private readonly counts = new Counts();

  constructor(private readonly otherwise: Otherwise) {
    const sets = setsOf(otherwise);
    this.variations = sets.map(
      (set, index) =>
        new Variation(set, this.rules, (redecided) => {
          const outcomes = this.pending.add(redecided.recorded.id, index, sets.length, redecided);
          if (outcomes) this.compare(outcomes);
        }),
    );
  }

  read(event: FairleadEvent): void {
    this.rules.read(event);
    this.outcomes.read(event);
    this.counts.read(event);
    for (const variation of this.variations) variation.read(event);
  }

  end(): WhatIfResult {
    for (const variation of this.variations) variation.end();
    for (const { undecidable } of this.variations.at(-1)?.notedAgain ?? []) this.counts.cannotNote(undecidable);
    const { policy, model, partners } = this.otherwise;
    const named = (document: { name: string }, hash: string) => ({ name: document.name, hash });
    return {
      with: {
        ...(policy && { policy: named(policy, policy.hash) }),
        ...(model && { model: named(model.document, model.hash) }),
        ...(partners && {
          partners: {
            changed: [...partners.values()].filter((partner) => partner !== null).length,
            removed: [...partners.values()].filter((partner) => partner === null).length,
          },
        }),
      },
      ...this.counts.result(this.outcomes),
    };
  }

  private compare(outcomes: readonly Redecided<undefined>[]): void {
    const all = outcomes.at(-1) as Redecided<undefined>;
    const gap = gapOf(all);
    if (gap !== undefined) return this.counts.cannotDecide(all.recorded, gap);
    const [was, now] = [endOf(all.recorded), again(all)];
    const party = partyAfter(all);
    const cause =
      was.party === party
        ? undefined
        : this.variations[outcomes.findIndex((each) => gapOf(each) === undefined && partyAfter(each) === party)]?.cause;
    this.counts.decided(all.recorded, was, { end: now, party }, cause);
  }
}

/** A log decided with one set of changes. */
class Variation {
  readonly cause: Cause;
  private readonly scores: ScoreReplay | undefined;
  private readonly routing: RoutingReplay<undefined>;
  private readonly rosters = new WeakMap<Roster, Roster>();
  private readonly instead = new WeakMap<Rules, Map<string, Rules>>();
  /** Lists by which the other policy reserves. */
  private readonly lists: readonly string[];

  constructor(
    private readonly otherwise: Otherwise,
    private readonly rules: RuleHistory,
    onDecided: (redecided: Redecided<undefined>) => void,
  ) {
    this.cause = causeOf(otherwise);
    const { policy, model } = otherwise;
    this.lists = [...new Set(policy?.pools.flatMap(({ namedAccounts }) => namedAccounts?.list ?? []))];
    if (model) this.scores = new ScoreReplay(rules, model);
    this.routing = new RoutingReplay(rules, onDecided, (recorded, stamp) => this.rulesInstead(recorded, stamp));
  }

  read(event: FairleadEvent): void {
    const rescored = this.scores?.read(event);
    if (!rescored) this.routing.read(event, undefined);
    // What cannot be scored again cannot be routed again: without its score the replay says so.
    else if ('again' in rescored) this.routing.read({ ...rescored.recorded, data: rescored.again }, undefined);
  }

  end(): void {
    this.routing.end();
  }

  get notedAgain(): RoutingReplay<undefined>['notedAgain'] {
    return this.routing.notedAgain;
  }

  /** The same ones are the same object, as what is remembered of candidates and caps hangs on it. */
  private rulesInstead(recorded: Rules, { now }: DecisionStamp): Rules {
    const { policy = recorded.policy, partners } = this.otherwise;
    const lists = this.lists.flatMap((name) => recorded.namedAccounts.get(name) ?? this.rules.listAt(name, now) ?? []);
    const key = lists.map(({ name, hash }) => `${name}#${hash}`).join(' ');
    let byLists = this.instead.get(recorded);
    if (!byLists) this.instead.set(recorded, (byLists = new Map<string, Rules>()));
    let rules = byLists.get(key);
    if (!rules) {
      const roster = partners ? this.rosterInstead(recorded.roster, partners) : recorded.roster;
      const namedAccounts = this.otherwise.policy
        ? new Map(lists.map((list): [string, NamedAccountList] => [list.name, list]))
        : recorded.namedAccounts;
      byLists.set(key, (rules = { ...recorded, policy, roster, namedAccounts }));
    }
    return rules;
  }

  private rosterInstead(recorded: Roster, changes: ReadonlyMap<string, Partner | null>): Roster {
    let roster = this.rosters.get(recorded);
    if (!roster) {
      const partners = new Map([...recorded].map((partner) => [partner.id, partner]));
      for (const [id, partner] of changes) {
        if (partner) partners.set(id, partner);
        else partners.delete(id);
      }
      this.rosters.set(recorded, (roster = new Roster(partners.values())));
    }
    return roster;
  }
}

/** Decisions that some variations have taken and others not yet. */
class Pending {
  private readonly byDecision = new Map<string, Redecided<undefined>[]>();

  /** @returns what all came to, when the last of them comes */
  add(id: string, variation: number, of: number, redecided: Redecided<undefined>): Redecided<undefined>[] | undefined {
    if (of === 1) return [redecided];
    const outcomes = this.byDecision.get(id) ?? [];
    outcomes[variation] = redecided;
    if (Object.keys(outcomes).length < of) {
      this.byDecision.set(id, outcomes);
      return undefined;
    }
    this.byDecision.delete(id);
    return outcomes;
  }
}

/** How a decision ends, as far as anybody sees it. */
interface End {
  readonly party: string | null;
  readonly quality: Quality;
  readonly fate: Fate;
}

interface LeadCount {
  was: End;
  now: End;
  everWas: boolean;
  everNow: boolean;
  isChanged: boolean;
}

class Counts {
  private readonly different: Changed[] = [];
  private readonly causes = new Map<Cause, number>();
  private readonly shares = new Map<string, { grade: string; party: string | null; was: number; now: number }>();
  private readonly leads = new Map<string, LeadCount>();
  /** Leads that were heard of and not decided about, and what they wait for. */
  private readonly waiting = new Map<string, 'held' | 'notScored' | 'notRouted'>();
  private decisions = 0;
  private changed = 0;
  private undecidable = 0;
  private undecidableBecause: string | undefined;
  private byOtherEngines = 0;

  read({ type, subject, data }: FairleadEvent): void {
    if (type === 'lead.received')
      this.waiting.set(subject, (data as LeadReceived['data']).state === 'held' ? 'held' : 'notScored');
    else if (type === 'lead.completed') this.waiting.set(subject, 'notScored');
    else if (type === 'lead.scored' && this.waiting.has(subject)) this.waiting.set(subject, 'notRouted');
    else if (type === 'lead.routed' || type === 'lead.unroutable' || type === 'lead.erased') {
      this.waiting.delete(subject);
      if (type !== 'lead.erased' && (data as LeadRouted['data']).decided.engine !== engine) this.byOtherEngines += 1;
    }
  }

  /** @param then  how it ends; undefined: there was nothing to decide, and `party` has the lead, and keeps it */
  decided(
    { subject: leadId, data }: Recorded,
    was: End,
    { end: then, party }: { readonly end: End | undefined; readonly party: string | null },
    cause: Cause | undefined,
  ): void {
    this.decisions += 1;
    let lead = this.leads.get(leadId);
    // No offer: whoever has it was counted when it was made.
    const offered = then ?? { ...(lead?.now ?? was), party: null };
    const now = then ?? lead?.now ?? offered;
    if (!lead) this.leads.set(leadId, (lead = { was, now, everWas: false, everNow: false, isChanged: false }));
    this.share(was).was += 1;
    this.share(offered).now += 1;
    Object.assign(lead, { was, now });
    lead.everWas ||= was.party !== null;
    lead.everNow ||= offered.party !== null;
    if (cause === undefined) return;
    lead.isChanged = true;
    this.changed += 1;
    this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
    const { pool, poolSeq } = data.decided;
    if (this.different.length < LISTED)
      this.different.push({ leadId, pool, poolSeq, was: was.party, now: party, cause });
  }

  cannotDecide({ subject }: Recorded, because: string): void {
    this.undecidable += 1;
    this.undecidableBecause ??= `lead ${subject}: ${because}`;
  }

  cannotNote(because: string): void {
    this.undecidable += 1;
    this.undecidableBecause ??= `answers that were noted: ${because}`;
  }

  result(outcomes: OutcomesOfLog): Omit<WhatIfResult, 'with'> {
    const { decisions, different, changed, undecidable, undecidableBecause, byOtherEngines } = this;
    const leads = [...this.leads.values()];
    const count = (is: (lead: LeadCount) => boolean) => leads.filter(is).length;
    const fate = (of: Fate) => ({ was: count(({ was }) => was.fate === of), now: count(({ now }) => now.fate === of) });
    const waits = (for_: string) => [...this.waiting.values()].filter((what) => what === for_).length;
    const shares = inOrder(this.shares);
    const offers = shares.flatMap(({ party, ...share }) => (party === null ? [] : [{ party, ...share }]));
    return {
      ...{ decisions, leads: leads.length, different, changed },
      changedLeads: count(({ isChanged }) => isChanged),
      causes: Object.fromEntries([...this.causes].sort(([one], [other]) => (one < other ? -1 : 1))),
      shares,
      grades: this.grades(leads),
      fates: { offered: fate('offered'), nurture: fate('nurture'), nobody: fate('nobody') },
      newlyOffered: count(({ everWas, everNow }) => everNow && !everWas),
      noLongerOffered: count(({ everWas, everNow }) => everWas && !everNow),
      notDecided: { held: waits('held'), notScored: waits('notScored'), notRouted: waits('notRouted') },
      undecidable,
      ...(undecidableBecause !== undefined && { undecidableBecause }),
      byOtherEngines,
      estimates: estimateOutcomes(outcomes.end(), offers),
    };
  }

  private grades(leads: readonly LeadCount[]): WhatIfResult['grades'] {
    const grades = new Map<string, { was: Quality; now: Quality; leads: number }>();
    for (const { was, now } of leads) {
      const key = `${was.quality}/${now.quality}`;
      const row = grades.get(key) ?? { was: was.quality, now: now.quality, leads: 0 };
      row.leads += 1;
      grades.set(key, row);
    }
    return inOrder(grades);
  }

  private share({ quality: grade, party }: End) {
    const key = `${grade}/${party ?? ''}`;
    let share = this.shares.get(key);
    if (!share) this.shares.set(key, (share = { grade, party, was: 0, now: 0 }));
    return share;
  }
}

type Recorded = LeadRouted | LeadUnroutable;

function endOf(decision: Pick<LeadRouted, 'type' | 'data'> | Pick<LeadUnroutable, 'type' | 'data'>): End {
  if (decision.type === 'lead.routed') {
    const { to: party, grade } = (decision as LeadRouted).data;
    return { party, quality: grade ?? 'incomplete', fate: 'offered' };
  }
  const { grade, reason, then } = (decision as LeadUnroutable).data;
  const quality = grade ?? (reason === 'not-qualified' ? 'not-qualified' : 'incomplete');
  return { party: null, quality, fate: then === 'nurture' ? 'nurture' : 'nobody' };
}

/** How it ends this time; undefined: nobody had it by then, or somebody had, and so there is nothing to decide. */
function again(redecided: Redecided<undefined>): End | undefined {
  if ('undecidable' in redecided) return undefined;
  const { outcome, data } = redecided.again;
  return endOf({ type: `lead.${outcome}`, data } as Parameters<typeof endOf>[0]);
}

/** Who has the lead then: whoever it is offered to, or had it already. */
function partyAfter(redecided: Redecided<undefined>): string | null {
  return 'undecidable' in redecided ? (redecided.has ?? null) : (again(redecided)?.party ?? null);
}

function gapOf(redecided: Redecided<undefined>): string | undefined {
  return 'undecidable' in redecided && redecided.undecidable !== NOTHING_TO_DECIDE ? redecided.undecidable : undefined;
}

/** Every set of the changes, the smallest first, in the order policy, model, roster. */
function setsOf({ policy, model, partners }: Otherwise): Otherwise[] {
  const changes: Otherwise[] = [
    ...(policy ? [{ policy }] : []),
    ...(model ? [{ model }] : []),
    ...(partners ? [{ partners }] : []),
  ];
  const sets = changes.reduce<Otherwise[]>(
    (before, change) => [...before, ...before.map((set) => ({ ...set, ...change }))],
    [{}],
  );
  const size = (set: Otherwise) => Object.keys(set).length;
  return sets.filter((set) => size(set) > 0).sort((one, other) => size(one) - size(other));
}

function causeOf({ policy, model, partners }: Otherwise): Cause {
  return [policy && 'policy', model && 'model', partners && 'roster'].filter((name) => name !== undefined).join(' + ');
}

function inOrder<T>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}
