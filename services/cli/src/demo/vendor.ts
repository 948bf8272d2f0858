// The fictitious vendor of the sample campaign: who its partners are, and the policy that it has published.

/** How somebody works the leads that it is offered. Shares of 1; what is not said is ordinary diligence. */
export interface Habits {
  /** Declines, and the reason that it gives. */
  readonly declines: number;
  readonly reason: string;
  /** Lets the offer run out, in the first half of the campaign; then it has more people. */
  readonly forgets: number;
  /** Seconds between the webhook and the answer. */
  readonly answersAfter: readonly [from: number, to: number];
  /** Its receiver answers the first so many webhooks with 500: a deployment that went wrong. */
  readonly breaksAtFirst: number;
  /** How much better or worse it sells than the others do with the same leads. */
  readonly skill: number;
}

export interface Party {
  readonly id: string;
  readonly name: string;
  readonly habits: Habits;
}

export interface Partner extends Party {
  readonly tier: 'gold' | 'silver' | 'registered';
  readonly territories: readonly string[];
  readonly products?: readonly string[];
  readonly certifications?: readonly string[];
}

const diligent: Habits = {
  declines: 0.03,
  reason: 'capacity',
  forgets: 0,
  answersAfter: [0, 0.4],
  breaksAtFirst: 0,
  skill: 1,
};

export const vendorName = 'Brightwater Systems';

/** The vendor's own sales team: a party like any other. */
export const direct: Party = { id: 'direct', name: 'Direct sales', habits: { ...diligent, declines: 0.02 } };

export const partners: readonly Partner[] = [
  {
    id: 'alpenblick',
    name: 'Alpenblick IT',
    tier: 'gold',
    territories: ['DE', 'AT', 'CH'],
    habits: diligent,
  },
  {
    id: 'nordwind',
    name: 'Nordwind Systemhaus',
    tier: 'gold',
    territories: ['DE', 'NL', 'SE', 'DK', 'NO'],
    habits: { ...diligent, declines: 0.12, reason: 'capacity' },
  },
  {
    id: 'thameside',
    name: 'Thameside Consulting',
    tier: 'silver',
    territories: ['GB', 'IE'],
    habits: { ...diligent, answersAfter: [0.5, 3] },
  },
  {
    id: 'lumiere',
    name: 'Lumière Conseil',
    tier: 'silver',
    territories: ['FR', 'BE', 'CH'],
    habits: { ...diligent, skill: 1.15 },
  },
  {
    id: 'fjordtech',
    name: 'Fjordtech',
    tier: 'silver',
    territories: ['SE', 'DK', 'NO'],
    // As many as it takes to be asked with one webhook at a time: the next one, five seconds later, arrives.
    habits: { ...diligent, breaksAtFirst: 3 },
  },
  {
    id: 'kiezwerk',
    name: 'Kiezwerk Digital',
    tier: 'registered',
    territories: ['DE'],
    products: ['harbor', 'tide'],
    habits: { ...diligent, forgets: 0.3, skill: 0.9 },
  },
  {
    id: 'canalside',
    name: 'Canalside Tech',
    tier: 'registered',
    territories: ['NL', 'BE', 'GB'],
    products: ['ledger', 'harbor'],
    habits: { ...diligent, declines: 0.08, reason: 'no-fit' },
  },
  {
    id: 'midi',
    name: 'Midi Informatique',
    tier: 'registered',
    territories: ['FR'],
    products: ['harbor'],
    habits: { ...diligent, declines: 0.1, reason: 'product-mismatch' },
  },
];

/** One lead that a person moves: always possible, never silent. */
export const override = {
  from: 'direct',
  to: 'fjordtech',
  toName: 'Fjordtech',
  reason: 'Fjordtech has looked after this customer for years',
} as const;

export const parties: readonly Party[] = [direct, ...partners];

/** Where the leads come from. */
export const sources = [
  { id: 'website', weight: 45 },
  { id: 'webinar', weight: 35 },
  { id: 'trade-fair', weight: 20 },
] as const;

export const namedAccountsList = 'brightwater-strategic';

/** Accounts that direct has reserved, with owners and dates, for everyone to see. */
export const namedAccounts = {
  owner: 'sales-operations',
  entries: ['Hollenbeck Maschinenbau', 'Groupe Valmorin', 'Castlemere Foods', 'Oresund Shipping'].map((company) => ({
    company,
    owner: 'key-accounts',
    from: '2024-01-01',
  })),
};

/**
 * A campaign of weeks is played in half a minute, so the time to accept is seconds, where a real policy has hours. All
 * else is what such a vendor would publish.
 */
export const policy = {
  name: 'brightwater',
  pools: [
    {
      id: 'enterprise',
      match: { employees: { from: 1000 } },
      promise: { direct: 60, channel: 40 },
      tiers: { gold: 3, silver: 1 },
      offer: { acceptWithin: '12s', maxOffers: 2, then: 'direct', revealContact: 'on-accept' },
      incomplete: { needs: ['contact'], holdFor: '5s', then: 'route' },
      namedAccounts: { list: namedAccountsList, ceiling: 15 },
    },
    {
      id: 'dach',
      match: { countries: ['DE', 'AT', 'CH'] },
      promise: { direct: 40, channel: 60 },
      promiseByGrade: { A: { direct: 50, channel: 50 } },
      tiers: { gold: 3, silver: 2, registered: 1 },
      offer: { acceptWithin: '12s', maxOffers: 2, then: 'direct', revealContact: 'on-accept' },
      incomplete: { needs: ['contact'], holdFor: '5s', then: 'route' },
    },
    {
      id: 'rest-of-europe',
      match: {},
      promise: { direct: 35, channel: 65 },
      tiers: { gold: 3, silver: 2, registered: 1 },
      offer: { acceptWithin: '12s', maxOffers: 2, then: 'direct', revealContact: 'on-offer' },
      incomplete: { needs: ['contact'], holdFor: '5s', then: 'route' },
    },
  ],
} as const;
