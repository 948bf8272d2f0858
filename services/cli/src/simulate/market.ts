import { defaultModel, modelOf, type RoutableLead, scoreLead } from '@fairlead/decisions';
import type { Facts } from '@fairlead/events';
import { type Chance, chanceFor } from '../demo/random.js';
import type { Parameters } from './parameters.js';

/** 91 days of 24 hours. */
export const QUARTER_MS = 91 * 86_400_000;
/** 2026-01-01, in milliseconds since the epoch. Only the order of moments matters here, and that no clock is asked. */
const BEGIN = 1_767_225_600_000;

/**
 * A lead, and what would become of it. Its chances are drawn when it comes in and not when somebody works it, so that it has the same
 * under every policy: what then differs is the policy's doing alone.
 */
export interface MarketLead {
  /** All that scoring and routing know of it. */
  readonly lead: RoutableLead;
  readonly now: number;
  readonly domain: string;
  /** How good it is in truth, 0 to 1. Nobody in the simulation knows it; whoever works the lead finds out what came of it. */
  readonly quality: number;
  /** Each from 0 up to 1, against which a chance is held. */
  readonly luck: Readonly<Record<'listed' | 'worked' | 'hours' | 'opportunity' | 'won', number>>;
  /** What the deal is worth if it is won, whole euros. */
  readonly dealValue: number;
}

/** The model that grades them: the real one that is in force until a vendor activates its own. */
export const model = modelOf(defaultModel, 1);

export function quarterBegins(quarter: number): number {
  return BEGIN + quarter * QUARTER_MS;
}

/** The leads of a quarter (from 0), in the order in which they come in, graded by the real model from what shows of them. */
export function marketQuarter(seed: number, quarter: number, count: number, parameters: Parameters): MarketLead[] {
  const some = chanceFor(seed, `quarter ${quarter}`);
  const begin = quarterBegins(quarter);
  return Array.from({ length: count }, (_, index) =>
    marketLead(some, begin + Math.floor((index * QUARTER_MS) / count), parameters),
  );
}

function marketLead(some: Chance, now: number, parameters: Parameters): MarketLead {
  const { notQualified, incomplete, companies, dealLeast, dealMost } = parameters;
  const kind = some.weighted([
    ['not-qualified', notQualified],
    ['incomplete', incomplete],
    ['lead', 1 - notQualified - incomplete],
  ] as const);
  const interest = some.next();
  const company = some.between(1, companies);
  const domain = `company-${company}.example`;
  const shown = shownOf(some, interest, parameters.noise);
  const facts: Facts = {
    companyDomain: domain,
    ...(shown.company && { company: `Company ${company}` }),
    ...shown.facts,
    attributes: kind === 'not-qualified' ? { relation: some.oneOf(nobodies) } : {},
  };
  const missing = kind === 'incomplete' ? ['contact'] : [];
  const reachable = kind === 'incomplete' ? { email: false, phone: false } : { email: true, phone: shown.phone };
  const { state, grade } = scoreLead({ facts, reachable, missing, occurredAt: now }, model, now);
  return {
    lead: { state, grade, facts, sourceId: 'website', model: model.hash, consent: 'given' },
    ...{ now, domain },
    // Few leads are good, and most are not: the square of an even chance.
    quality: kind === 'not-qualified' ? 0 : interest * interest,
    luck: {
      ...{ listed: some.next(), worked: some.next(), hours: some.next() },
      ...{ opportunity: some.next(), won: some.next() },
    },
    dealValue: some.between(dealLeast, dealMost),
  };
}

const countries = ['DE', 'FR', 'GB', 'NL', 'AT', 'SE'];
const industries = ['manufacturing', 'retail', 'logistics', 'healthcare', 'software'];
const nobodies = ['student', 'applicant', 'competitor', 'press'];
/** From and to, of six sizes. */
const sizes = [
  [2, 9],
  [10, 49],
  [50, 249],
  [250, 999],
  [1_000, 4_999],
  [5_000, 40_000],
] as const;

/**
 * What shows of a lead. The more interested it is, the more it tells of itself and the more it does; but each single fact is, in the share of cases that
 * `noise` says, that of any other lead.
 */
function shownOf(some: Chance, interest: number, noise: number) {
  const shown = (): number => (some.is(noise) ? some.next() : interest);
  const tells = (least: number, most: number): boolean => some.is(least + (most - least) * shown());
  const [from, to] = sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * shown()))] ?? sizes[0];
  const visits = 1 + Math.floor(8 * shown() * some.next());
  return {
    company: tells(0, 0.9),
    phone: tells(0, 0.8),
    facts: {
      employees: some.between(from, to),
      emailKind: tells(0.1, 0.9) ? 'company' : 'free',
      ...(tells(0.2, 1) && { country: some.oneOf(countries) }),
      ...(tells(0, 0.8) && { industry: some.oneOf(industries) }),
      ...(tells(0.1, 0.9) && { product: 'cloud' }),
      ...(tells(0, 0.4) && { revenue: some.between(2, 400) * 1_000_000 }),
      engagement: {
        visits,
        ...(tells(0, 0.5) && { pricingViews: some.between(1, 3) }),
        ...(tells(0, 0.5) && { downloads: some.between(1, 3) }),
        ...(tells(0, 0.4) && { webinars: 1 }),
        ...(tells(0, 0.2) && { demoRequests: 1 }),
      },
    },
  } as const;
}
