import type { Consent, EngagedAt, Facts, Reachable } from '@fairlead/events';
import { fitsOneLead, MAX_FREE_VALUES } from '../normalise/lead-input.js';
import { missingFields } from '../normalise/missing-fields.js';
import type { Contact, NormalisedLead } from '../normalise/normalise-lead.js';

// What is known of somebody who comes again. The rule:
// 1. What was said stays, and gaps are filled: who was sent a lead in Germany must not find it in France by a slip of the
//    finger. Place and company are each one thing: a region of another country, or another company's domain, fills no gap.
// 2. A company's address says more than a private one, whichever came first.
// 3. What somebody did, and whether they agree, counts as it was told last, by when it happened.
// What is said otherwise and does not count is told beside it, so that it is in the log.

/** Everything that was ever said of a lead, put together, but for its contact. */
export interface Knowledge {
  readonly facts: Facts;
  readonly reachable: Reachable;
  readonly engagedAt: EngagedAt;
  readonly consent?: Consent;
  /** When the consent was given or taken back. */
  readonly consentAt?: number;
  /** What its pool needed and it still lacks. */
  readonly missing: readonly string[];
}

export interface Learned {
  readonly knowledge: Knowledge;
  /** What is known now that was not, or is known otherwise; in the order of our fields. */
  readonly changed: readonly string[];
  /** What was said otherwise than it is known, and does not count. */
  readonly otherwise?: Facts;
}

/** What somebody did, beside what they are. */
export interface Doing {
  readonly adds: Readonly<Record<string, number>>;
  readonly sets: Readonly<Record<string, number | string>>;
  readonly occurredAt: number;
}

type PlainFact = Exclude<keyof Facts, 'engagement' | 'attributes'>;

/** Facts that are one thing: they are taken together or not at all. */
const together: readonly (readonly PlainFact[])[] = [
  ['company', 'companyDomain'],
  ['country', 'region', 'city'],
  ['industry'],
  ['employees'],
  ['revenue'],
  ['product'],
];

const worthOfAddress: Readonly<Record<NonNullable<Facts['emailKind']>, number>> = {
  company: 3,
  role: 2,
  free: 1,
  disposable: 0,
};

/** What is known by the first that was said. */
export function firstKnowledge(lead: Omit<NormalisedLead, 'contact'>, missing: readonly string[]): Knowledge {
  const { facts, reachable, consent, occurredAt } = lead;
  const done = Object.entries(facts.engagement).filter(([, value]) => value !== 0);
  return {
    facts,
    reachable,
    engagedAt: Object.fromEntries(done.map(([name]) => [name, occurredAt])),
    ...(consent && { consent, consentAt: consent.at ?? occurredAt }),
    missing,
  };
}

/**
 * What is known after somebody was sent again.
 * @param newContact  the fields of contact data of which a value is new
 */
export function learn(known: Knowledge, lead: NormalisedLead, newContact: readonly (keyof Contact)[] = []): Learned {
  const changed = new Set<string>(newContact);
  const facts: Partial<Facts> = { ...known.facts };
  const otherwise: Partial<Facts> = {};
  for (const group of together) fillGroup(facts, otherwise, lead.facts, group, changed);
  const { emailKind } = lead.facts;
  if (emailKind !== undefined && emailKind !== facts.emailKind) {
    const counts = facts.emailKind === undefined || worthOfAddress[emailKind] > worthOfAddress[facts.emailKind];
    if (counts) changed.add('email');
    (counts ? facts : otherwise).emailKind = emailKind;
  }

  const attributes = { ...known.facts.attributes };
  const otherAttributes: Facts['attributes'] = {};
  const { engagement, engagedAt } = doneLast(known, lead, changed);
  for (const [name, value] of Object.entries(lead.facts.attributes)) {
    if (attributes[name] === value) continue;
    const isGap = !Object.hasOwn(attributes, name) && Object.keys(attributes).length < MAX_FREE_VALUES;
    if (isGap && fitsOneLead({ engagement, attributes: { ...attributes, [name]: value } })) {
      attributes[name] = value;
      changed.add(`attributes.${name}`);
    } else otherAttributes[name] = value;
  }

  const consent = agreedLast(known, lead);
  if (consent.consent?.given !== known.consent?.given) changed.add('consent');
  const isOtherwise = Object.keys(otherwise).length + Object.keys(otherAttributes).length > 0;
  const after = {
    facts: { ...facts, engagement, attributes },
    reachable: {
      email: known.reachable.email || lead.reachable.email,
      phone: known.reachable.phone || lead.reachable.phone,
    },
    engagedAt,
    ...consent,
  };
  return {
    knowledge: { ...after, missing: missingFields({ ...after, contact: lead.contact }, known.missing) },
    changed: [...changed],
    ...(isOtherwise && { otherwise: { ...otherwise, engagement: {}, attributes: otherAttributes } }),
  };
}

/** What is known after somebody did something. What comes late, after something newer of its kind, is added all the same. */
export function engage(known: Knowledge, { adds, sets, occurredAt }: Doing): Learned {
  const changed = new Set<string>();
  const engagement = { ...known.facts.engagement };
  const engagedAt = { ...known.engagedAt };
  const { attributes } = known.facts;
  const put = (name: string, value: number | string) => {
    if (engagement[name] === value) return;
    const isRoom = Object.hasOwn(engagement, name) || Object.keys(engagement).length < MAX_FREE_VALUES;
    if (!isRoom || !fitsOneLead({ engagement: { ...engagement, [name]: value }, attributes })) return;
    engagement[name] = value;
    changed.add(`engagement.${name}`);
  };
  for (const [name, more] of Object.entries(adds)) {
    const before = engagement[name];
    const sum = (typeof before === 'number' ? before : 0) + more;
    if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) put(name, sum);
  }
  for (const [name, value] of Object.entries(sets)) if (occurredAt >= (engagedAt[name] ?? 0)) put(name, value);
  for (const name of [...Object.keys(adds), ...Object.keys(sets)]) {
    if (!Object.hasOwn(engagement, name) || occurredAt <= (engagedAt[name] ?? -1)) continue;
    engagedAt[name] = occurredAt;
    // Done once more is done later, also where it comes to the same.
    changed.add(`engagement.${name}`);
  }
  const after = { ...known, facts: { ...known.facts, engagement }, engagedAt };
  return {
    knowledge: { ...after, missing: missingFields({ ...after, contact: {} }, known.missing) },
    changed: [...changed],
  };
}

function fillGroup(
  facts: Partial<Facts>,
  otherwise: Partial<Facts>,
  said: Facts,
  group: readonly PlainFact[],
  changed: Set<string>,
): void {
  const contradicts = group.some((fact) => differs(facts[fact], said[fact]));
  for (const fact of group) {
    const value = said[fact];
    if (value === undefined || value === facts[fact]) continue;
    if (contradicts || facts[fact] !== undefined) {
      Object.assign(otherwise, { [fact]: value });
      continue;
    }
    Object.assign(facts, { [fact]: value });
    changed.add(fact === 'companyDomain' ? 'domain' : fact);
  }
}

function differs(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** What a form or a tool says of all that somebody did so far: of each kind, whichever is newer counts. */
function doneLast(known: Knowledge, { facts, occurredAt }: NormalisedLead, changed: Set<string>) {
  const engagement = { ...known.facts.engagement };
  const engagedAt = { ...known.engagedAt };
  for (const [name, value] of Object.entries(facts.engagement)) {
    if (engagement[name] === value) continue;
    const isNew = !Object.hasOwn(engagement, name);
    if (isNew ? Object.keys(engagement).length >= MAX_FREE_VALUES : occurredAt < (engagedAt[name] ?? 0)) continue;
    const { attributes } = known.facts;
    if (!fitsOneLead({ engagement: { ...engagement, [name]: value }, attributes })) continue;
    engagement[name] = value;
    if (value !== 0) engagedAt[name] = occurredAt;
    changed.add(`engagement.${name}`);
  }
  return { engagement, engagedAt };
}

function agreedLast(
  known: Knowledge,
  { consent, occurredAt }: NormalisedLead,
): Pick<Knowledge, 'consent' | 'consentAt'> {
  const before = known.consent && { consent: known.consent, consentAt: known.consentAt ?? 0 };
  if (!consent) return before ?? {};
  const after = { consent, consentAt: consent.at ?? occurredAt };
  return before && after.consentAt < before.consentAt ? before : after;
}
