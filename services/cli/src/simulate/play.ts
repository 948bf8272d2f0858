import {
  applyDecision,
  DIRECT,
  NamedAccountList,
  newRoutingState,
  overrideLead,
  type Partner,
  partnerOf,
  ProtectedAccounts,
  Roster,
  routeLead,
  type RoutingState,
  type Rules,
} from '@fairlead/decisions';
import { type MarketLead, QUARTER_MS, quarterBegins } from './market.js';
import type { Parameters } from './parameters.js';
import { SimulatedParty } from './party.js';
import type { PlayedPolicy } from './policies.js';

/** What leads are counted by: their grade, or why they have none. */
export const kinds = ['A', 'B', 'C', 'D', 'incomplete', 'not-qualified'] as const;
export type Kind = (typeof kinds)[number];

/** Of the leads of one kind that one party was given in a quarter; null for those that nobody was given. Whole numbers. */
export interface Count {
  readonly party: string | null;
  readonly kind: Kind;
  given: number;
  /** Of these, by the list of named accounts. */
  named: number;
  worked: number;
  qualified: number;
  won: number;
  /** Of the leads won, whole euros. */
  revenue: number;
}

export interface PlayedQuarter {
  readonly counts: readonly Count[];
  /** Entries of the list of named accounts, and of the A and B leads the share whose companies were put on it. */
  readonly list: { readonly entries: number; readonly reach: number };
  /** As the quarter began: of every party, the chance that it works a lead, the hours that it takes, and what it expects. */
  readonly parties: readonly {
    readonly party: string;
    readonly followUp: number;
    readonly hours: number;
    readonly experience: number;
  }[];
}

/** The tiers that policies commonly name, in turn. */
const tiers = ['gold', 'silver', 'registered'] as const;

/** Partners who take whatever comes, from everywhere: what tells them apart is their tier, and what they were given. */
export function rosterOf(partners: number): Roster {
  const width = String(partners).length;
  return new Roster(
    Array.from({ length: partners }, (_, index): Partner => {
      const number = String(index + 1).padStart(width, '0');
      return partnerOf(`partner-${number}`, { name: `Partner ${number}`, tier: tiers[index % tiers.length] ?? 'gold' });
    }),
  );
}

/** A vendor that goes on under one policy, quarter after quarter: the real decisions, and people who draw their conclusions. */
export class Play {
  private readonly state: RoutingState = newRoutingState();
  private readonly parties: ReadonlyMap<string, SimulatedParty>;
  private readonly partnersInTurn: readonly string[];
  private listReach: number;
  private quarter = 0;
  private dumped = 0;

  constructor(
    private readonly played: PlayedPolicy,
    private readonly roster: Roster,
    private readonly parameters: Parameters,
  ) {
    this.partnersInTurn = [...roster].map(({ id }) => id);
    this.parties = new Map([DIRECT, ...this.partnersInTurn].map((id) => [id, new SimulatedParty(id, parameters)]));
    this.listReach = parameters.listBegin;
  }

  playQuarter(leads: readonly MarketLead[]): PlayedQuarter {
    const parties = [...this.parties.values()].map(({ id, followUp, hours, experience }) => {
      return { party: id, followUp, hours, experience };
    });
    const { rules, entries } = this.rulesFor(leads);
    const list = { entries, reach: this.listReach };

    const counts = new Map<string, Count>();
    for (const lead of leads) {
      const { to, named } = this.giveTo(lead, rules);
      const count = countIn(counts, to, lead);
      count.given += 1;
      if (named) count.named += 1;
      const { worked, qualified, won } = this.parties.get(to ?? '')?.work(lead) ?? nothing;
      if (worked) count.worked += 1;
      if (qualified) count.qualified += 1;
      if (won) count.won += 1;
      if (won) count.revenue += lead.dealValue;
    }

    for (const party of this.parties.values()) party.learn();
    this.stretchList([...counts.values()]);
    this.quarter += 1;
    return { counts: [...counts.values()], list, parties };
  }

  /** Who gets the lead by the real decisions, and whether the list of named accounts had a say. */
  private giveTo({ lead, now }: MarketLead, rules: Rules): { to: string | null; named: boolean } {
    const decision = routeLead(lead, rules, this.state, now);
    applyDecision(this.state, decision.change, rules.roster);
    if (decision.outcome === 'routed') return { to: decision.data.to, named: decision.data.namedAccount !== undefined };
    if (lead.state !== 'not-qualified' || !this.played.dumpsNotQualified) return { to: null, named: false };
    const to = this.partnersInTurn[this.dumped % this.partnersInTurn.length] ?? DIRECT;
    this.dumped += 1;
    applyDecision(this.state, overrideLead(lead, to, 0, rules, this.state, now).change, rules.roster);
    return { to, named: false };
  }

  /**
   * The rules of a quarter. Direct's people see the leads first, and write companies that have brought an A or a B onto their list, as
   * many of these as they dare to; what the list may take is then the policy's say.
   */
  private rulesFor(leads: readonly MarketLead[]): { rules: Rules; entries: number } {
    const from = quarterBegins(this.quarter);
    const domains = new Set(
      leads
        .filter(({ lead, luck }) => (lead.grade === 'A' || lead.grade === 'B') && luck.listed < this.listReach)
        .map(({ domain }) => domain),
    );
    const entries = [...domains].sort().map((domain) => ({ domain, owner: DIRECT, from, until: from + QUARTER_MS }));
    const names = this.played.policy.pools.flatMap(({ namedAccounts }) => namedAccounts?.list ?? []);
    const namedAccounts = new Map(
      [...new Set(names)].map((name) => {
        return [name, new NamedAccountList(name, this.quarter + 1, { owner: DIRECT, entries })];
      }),
    );
    const { policy } = this.played;
    return {
      rules: { policy, roster: this.roster, namedAccounts, protections: ProtectedAccounts.of(0, []) },
      entries: names.length > 0 ? entries.length : 0,
    };
  }

  /** Marketing's report compares plain rates, and whoever looks better in it may take more of the good leads next time. */
  private stretchList(counts: readonly Count[]): void {
    const rateOf = (isDirect: boolean): number | undefined => {
      const side = counts.filter(({ party }) => party !== null && (party === DIRECT) === isDirect);
      const given = side.reduce((sum, each) => sum + each.given, 0);
      return given === 0 ? undefined : side.reduce((sum, each) => sum + each.qualified, 0) / given;
    };
    const [direct, channel] = [rateOf(true), rateOf(false)];
    if (direct === undefined || channel === undefined) return;
    const reach = this.listReach + this.parameters.listReaction * (direct - channel);
    this.listReach = Math.min(1, Math.max(0, reach));
  }
}

const nothing = { worked: false, qualified: false, won: false } as const;

function countIn(counts: Map<string, Count>, party: string | null, { lead }: MarketLead): Count {
  const kind: Kind = lead.grade ?? (lead.state === 'not-qualified' ? 'not-qualified' : 'incomplete');
  const key = `${party ?? ''}/${kind}`;
  let count = counts.get(key);
  if (!count)
    counts.set(key, (count = { party, kind, given: 0, named: 0, worked: 0, qualified: 0, won: 0, revenue: 0 }));
  return count;
}
