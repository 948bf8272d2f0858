// Routing alone: decisions a second in the core, in memory and on one thread, as the service calls it; no servers.
import {
  applyDecision,
  type NamedAccount,
  NamedAccountList,
  newRoutingState,
  type Partner,
  partnerOf,
  type PartnerDocument,
  policyOf,
  ProtectedAccounts,
  type PolicyDocument,
  type RoutableLead,
  Roster,
  routeLead,
  type RoutingState,
  type Rules,
  weigh,
} from '@fairlead/decisions';
import { loadavg } from 'node:os';
import { randomFrom } from './routing-adversary.js';

export interface CoreOptions {
  /** Decisions in each round of each case. */
  readonly decisions: number;
  /** Of which the median counts; others come before to warm up. */
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
}

export interface CoreCase {
  readonly name: string;
  readonly partners: number;
  /** How many of them can take any one lead. */
  readonly canTake: number;
  readonly namedAccounts: number;
  /** `alike`: as many leads from every place, the hardest case for the machine's caches. */
  readonly places: 'unequal' | 'alike';
  /** Whether what was weighed is noted for each decision, as the service does to explain it later. */
  readonly noted: boolean;
  /** Decisions a second. */
  readonly toReach: number;
}

export interface CoreFigure extends CoreCase {
  /** Decisions a second: the median of the rounds. */
  readonly perSecond: number;
  readonly slowest: number;
  readonly fastest: number;
}

export interface CoreResult {
  readonly figures: readonly CoreFigure[];
  /** What 100,000 partners on the roster cost, when ten of them can take a lead, against 10. */
  readonly growth: { readonly times: number; readonly toReach: number };
  /** Of the machine over the last minute, before and after: above 1 something else was measured with it. */
  readonly load: { readonly before: number; readonly after: number };
}

const TEN_CAN = 100_000;
const THOUSAND_CAN = 50_000;
const GROWTH = 2;

const ten = { canTake: 10, namedAccounts: 0, places: 'unequal', noted: false, toReach: TEN_CAN } as const;
const thousand = { ...ten, partners: 1_000, canTake: 1_000, toReach: THOUSAND_CAN } as const;
const cases: readonly CoreCase[] = [
  { ...ten, name: '10 partners, ten can take it', partners: 10 },
  { ...ten, name: '1,000 partners, ten can take it', partners: 1_000 },
  { ...ten, name: '100,000 partners, ten can take it', partners: 100_000 },
  { ...ten, name: '100,000, all places alike', partners: 100_000, places: 'alike' },
  { ...thousand, name: '1,000 partners, all can take it' },
  { ...ten, name: '1 named account', partners: 1_000, namedAccounts: 1 },
  { ...ten, name: '100 named accounts', partners: 1_000, namedAccounts: 100 },
  { ...ten, name: '10,000 named accounts', partners: 1_000, namedAccounts: 10_000 },
  { ...ten, name: '1,000, ten can, with notes to explain', partners: 1_000, noted: true },
  { ...thousand, name: '1,000, all can, with notes to explain', noted: true },
];

/** Code is compiled, and every place has its partners' credits, before anything counts. */
const WARM_UP_ROUNDS = 2;
/** Different leads; each decision takes one of them at random. */
const LEADS = 20_000;
const COMPANIES = 30_000;

export async function benchCore({ decisions, rounds, onProgress }: CoreOptions): Promise<CoreResult> {
  const before = loadavg()[0] ?? NaN;
  const roads = cases.map((each) => {
    onProgress(`preparing: ${each.name}`);
    return { each, road: new Road(each), rates: [] as number[] };
  });
  // Case by case within a round: what disturbs the machine for a while then disturbs all of them.
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    onProgress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
    for (const { each, road, rates } of roads) {
      const rate = road.run(each.canTake > 100 ? Math.ceil(decisions / 10) : decisions);
      if (round >= 0) rates.push(rate);
      // Progress is shown, and Ctrl-C heard, between two of them.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const figures = roads.map(({ each, rates }) => {
    const sorted = rates.toSorted((a, b) => a - b);
    const at = (place: number): number => sorted[place] ?? NaN;
    return { ...each, perSecond: at(sorted.length >> 1), slowest: at(0), fastest: at(sorted.length - 1) };
  });
  const [few, , many] = figures;
  return {
    figures,
    load: { before, after: loadavg()[0] ?? NaN },
    growth: { times: (few?.perSecond ?? NaN) / (many?.perSecond ?? NaN), toReach: GROWTH },
  };
}

/**
 * Decides about one lead after the other: `routeLead`, `weigh` where notes are taken, then `applyDecision`. All of the state is in memory, as in
 * a replay; the service reads of it what a batch needs.
 */
class Road {
  private readonly rules: Rules;
  private readonly leads: readonly RoutableLead[];
  private readonly state: RoutingState = newRoutingState();
  private readonly random = randomFrom(2);
  private now = Date.UTC(2026, 0, 1);

  constructor(private readonly each: CoreCase) {
    this.rules = rulesOf(each);
    this.leads = leadsOf(each);
    // Of the documents of all partners; computed once for each roster, and by the service when it has read one.
    void this.rules.roster.hash;
  }

  /** @returns decisions a second */
  run(decisions: number): number {
    const { leads, rules, state, random } = this;
    const { noted } = this.each;
    const order = Uint16Array.from({ length: decisions }, () => Math.floor(random() * LEADS));
    const began = performance.now();
    for (let count = 0; count < decisions; count++) {
      const lead = leads[order[count] ?? 0] as RoutableLead;
      this.now += 7;
      const decision = routeLead(lead, rules, state, this.now);
      if (noted) weigh(lead, rules, state, this.now, decision.change.to);
      applyDecision(state, decision.change, rules.roster);
    }
    return decisions / ((performance.now() - began) / 1_000);
  }
}

// --- What leads, partners and policies of such a vendor look like ----------------------------------------------------

const products = [
  ...['cloud', 'storage', 'network', 'security', 'analytics', 'telephony', 'printing', 'backup', 'identity', 'support'],
];
const industries = ['manufacturing', 'retail', 'logistics', 'healthcare', 'software', 'education'];
const tiers = ['gold', 'silver', 'registered'];
const grades = ['A', 'B', 'B', 'C', 'C', 'C', 'C', 'D', 'D', null] as const;
const LIST = 'named';

/** A place and a product, which ten partners serve. */
interface Niche {
  readonly country: string;
  readonly region: string;
  readonly product: string;
}

function nichesOf({ partners, canTake }: CoreCase): readonly Niche[] {
  const count = partners / canTake;
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const perPlace = Math.min(count, products.length);
  return Array.from({ length: count }, (_, index) => {
    const place = Math.floor(index / perPlace);
    const state = Math.floor(place / 20);
    const country = `${letters[Math.floor(state / 26) % 26]}${letters[state % 26]}`;
    return { country, region: `${country}-${(place % 20) + 1}`, product: products[index % perPlace] ?? '' };
  });
}

const pool = {
  promise: { direct: 40, channel: 60 },
  promiseByGrade: { A: { direct: 50, channel: 50 } },
  tiers: { gold: 3, silver: 2, registered: 1 },
  offer: { acceptWithin: '4h', maxOffers: 3, then: 'direct', revealContact: 'on-accept' },
} as const;

function rulesOf(each: CoreCase): Rules {
  const named = each.namedAccounts > 0 ? { namedAccounts: { list: LIST, ceiling: 15 } } : {};
  const policy: PolicyDocument = {
    name: 'bench',
    pools: [
      { id: 'smb', match: { employees: { below: 500 } }, ...pool, ...named },
      { id: 'rest', match: {}, ...pool, ...named },
    ],
  };
  const entries = Array.from({ length: each.namedAccounts }, (_, index): NamedAccount => {
    const whose = { owner: 'jane', from: Date.UTC(2025, 0, 1) };
    return index % 2 === 0 ? { domain: domainOf(index), ...whose } : { company: companyOf(index), ...whose };
  });
  return {
    policy: policyOf(policy, 1),
    roster: new Roster(partnersOf(each)),
    namedAccounts: new Map(
      entries.length > 0 ? [[LIST, new NamedAccountList(LIST, 1, { owner: 'jane', entries })]] : [],
    ),
    protections: ProtectedAccounts.of(0, []),
  };
}

function* partnersOf(each: CoreCase): Generator<Partner> {
  const niches = nichesOf(each);
  for (let index = 0; index < each.partners; index++) {
    const { region, product } = niches[Math.floor(index / each.canTake)] as Niche;
    const serves = niches.length > 1 ? { territories: [region], products: [product] } : {};
    const document: PartnerDocument = {
      name: `Partner ${index}`,
      tier: tiers[index % 3] ?? '',
      // High enough that nobody reaches them, so that ten can take every lead; but they are counted.
      caps: { perDay: 1_000_000, open: 1_000_000 },
      ...serves,
    };
    yield partnerOf(`partner-${index}`, throughJson(document));
  }
}

/**
 * Places bring leads as unequally as places do: the k-th about one k-th of what the first brings. Everything else of a lead
 * differs by chance.
 */
function leadsOf(each: CoreCase): readonly RoutableLead[] {
  const niches = nichesOf(each);
  const random = randomFrom(3);
  const any = (count: number): number => Math.floor(random() * count);
  const niche = (): number =>
    each.places === 'alike' ? any(niches.length) : Math.floor((niches.length + 1) ** random()) - 1;
  return Array.from({ length: LEADS }, () => {
    const { country, region, product } = niches[Math.min(niche(), niches.length - 1)] as Niche;
    const company = any(COMPANIES);
    const grade = grades[any(grades.length)] ?? null;
    return throughJson<RoutableLead>({
      state: grade === null ? 'incomplete' : 'graded',
      grade,
      sourceId: ['web', 'webinar', 'fair'][any(3)] ?? '',
      model: 'f'.repeat(64),
      consent: 'given',
      facts: {
        country,
        region,
        product,
        company: companyOf(company),
        companyDomain: domainOf(company),
        industry: industries[any(industries.length)] ?? '',
        employees: Math.floor(10 ** (random() * 4.5)),
        engagement: { pageViews: any(40), emailClicks: any(10) },
        attributes: { campaign: `campaign-${any(20)}` },
      },
    });
  });
}

function companyOf(index: number): string {
  return `Müller & Company ${index} GmbH`;
}

function domainOf(index: number): string {
  return `company-${index}.example`;
}

/** Documents and events come to the service as JSON: their texts are what its parser makes. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
