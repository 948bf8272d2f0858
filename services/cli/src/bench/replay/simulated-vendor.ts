// A vendor's months, simulated: leads come in, are scored and routed by the functions that do so live, and what becomes of
// them comes hours to weeks later, by chance with a fixed seed. Every event is encoded as the services encode it.
import {
  applyDecision,
  defaultModel,
  freePlace,
  type MadeOffer,
  modelOf,
  newRoutingState,
  note,
  partnerOf,
  type PartnerDocument,
  type PolicyDocument,
  policyOf,
  ProtectedAccounts,
  readModel,
  readPolicy,
  refuseOffer,
  type RoutableLead,
  Roster,
  routeLead,
  type RoutingDecision,
  type RoutingState,
  type Rules,
  scoreLead,
} from '@fairlead/decisions';
import {
  causedBy,
  type Consequence,
  derivedId,
  type EncodedEvent,
  encodeEvent,
  type EventDefinition,
  type Facts,
  type FairleadEvent,
  LeadAccepted,
  LeadCompleted,
  LeadContacted,
  LeadDeclined,
  LeadHeld,
  LeadLost,
  LeadMerged,
  LeadOfferExpired,
  LeadQualified,
  LeadReceived,
  LeadRouted,
  LeadScored,
  LeadUnroutable,
  LeadWon,
  ModelActivated,
  PartnerNotified,
  PolicyActivated,
  RosterChanged,
  type Sealed,
} from '@fairlead/events';
import { randomFrom } from '../routing-adversary.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGIN = Date.UTC(2026, 0, 5);
/** About 5,000 a day: a large vendor. */
const LEADS_A_MINUTE = 3.5;
const PARTNERS = 200;

const actor = 'simulation';
const countries = ['DE', 'FR', 'AT', 'NL', 'IT', 'ES', 'PL', 'SE'];
const products = ['cloud', 'storage', 'network', 'security'];
const industries = ['manufacturing', 'retail', 'logistics', 'healthcare', 'software', 'education'];
const campaigns = ['spring webinar', 'trade fair', 'price list', 'newsletter', 'search'];

const policyDocument: PolicyDocument = {
  name: 'simulated',
  pools: [
    {
      id: 'smb',
      match: { employees: { below: 500 } },
      promise: { direct: 40, channel: 60 },
      promiseByGrade: { A: { direct: 50, channel: 50 } },
      tiers: { gold: 3, silver: 2, registered: 1 },
      offer: { acceptWithin: '4h', maxOffers: 3, then: 'direct', revealContact: 'on-accept' },
    },
    {
      id: 'rest',
      match: {},
      promise: { direct: 50, channel: 50 },
      tiers: { gold: 3, silver: 2, registered: 1 },
      offer: { acceptWithin: '24h', maxOffers: 3, then: 'direct', revealContact: 'on-offer' },
    },
  ],
};

/** A lead between two of its events. */
interface Life {
  readonly cause: FairleadEvent;
  readonly lead: RoutableLead;
  readonly offer: MadeOffer & { readonly number: number };
  readonly paidBy: MadeOffer['paidBy'];
  readonly refusedBy: readonly string[];
}

/** The events of a simulated vendor, in the order in which they happened, without an end. */
export function* simulatedVendor(seed = 1): Generator<EncodedEvent> {
  yield* new Vendor(seed).events();
}

class Vendor {
  private readonly random: () => number;
  private readonly state: RoutingState = newRoutingState();
  private readonly later = new Map<number, (() => void)[]>();
  private readonly rules: Rules;
  private readonly model = modelOf(accepted(readModel(defaultModel)), 1);
  private said: EncodedEvent[] = [];
  private now = BEGIN;
  private count = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    const partners = Array.from({ length: PARTNERS }, (_, index) => this.partner(index));
    this.rules = {
      policy: policyOf(accepted(readPolicy(policyDocument)), 1),
      roster: new Roster(partners.map(({ id, document }) => partnerOf(id, document))),
      namedAccounts: new Map(),
      protections: ProtectedAccounts.of(0, []),
    };
    this.announce(partners);
  }

  *events(): Generator<EncodedEvent> {
    for (let minute = 0; ; minute++) {
      for (const due of this.later.get(minute) ?? []) {
        this.now += 1 + this.any(200);
        due();
      }
      this.later.delete(minute);
      for (let due = LEADS_A_MINUTE * this.random() * 2; due > this.random(); due--) {
        this.now += 1 + this.any(5_000);
        this.arrive();
      }
      yield* this.said;
      this.said = [];
      this.now = Math.max(this.now, BEGIN + (minute + 1) * MINUTE);
    }
  }

  private announce(partners: readonly { id: string; document: PartnerDocument }[]): void {
    const say = <D extends EventDefinition>(definition: D, subject: string, data: Consequence<D>['data']): void => {
      const id = derivedId('simulation', definition.type, subject);
      this.said.push(encodeEvent(definition, { id, source: '/simulation', subject, time: this.now, data }));
    };
    const { hash } = this.model;
    say(ModelActivated, defaultModel.name, {
      ...{ name: defaultModel.name, version: 1, hash, actor },
      model: { ...defaultModel },
    });
    partners.forEach(({ id, document }, index) => {
      const roster = new Roster(partners.slice(0, index + 1).map((each) => partnerOf(each.id, each.document)));
      say(RosterChanged, id, { partner: { id, ...document }, version: 1, hash: roster.hash, actor });
    });
    const { policy } = this.rules;
    say(PolicyActivated, policyDocument.name, {
      ...{ name: policyDocument.name, version: 1, hash: policy.hash, actor },
      policy: { ...policyDocument },
    });
  }

  private partner(index: number): { id: string; document: PartnerDocument } {
    const tier = ['gold', 'silver', 'registered'][index % 3] as string;
    const country = countries[index % countries.length] as string;
    const serves = index % 5 === 0 ? {} : { products: [products[index % products.length] as string] };
    const caps = { perDay: 40, open: 400 };
    return {
      id: `partner-${index}`,
      document: { name: `Partner ${index}`, tier, territories: [country], caps, ...serves },
    };
  }

  private arrive(): void {
    const lead = derivedId('simulation', 'lead', String((this.count += 1)));
    const facts = this.facts();
    const isHeld = this.random() < 0.04;
    const consent = { given: true, at: this.now - 1_000, text: 'I would like to hear more by e-mail and phone.' };
    const about = { sourceId: 'website', contact: this.sealed(), reachable: { email: true, phone: isHeld }, facts };
    const received = this.say(
      encodeEvent(LeadReceived, {
        id: derivedId(lead, LeadReceived.type),
        source: '/ingestion',
        subject: lead,
        time: this.now,
        data: {
          ...about,
          externalId: `form-${this.count}`,
          state: isHeld ? 'held' : 'complete',
          missing: isHeld ? ['country'] : [],
          consent,
          occurredAt: this.now - 1_000,
        },
      }),
    );
    if (this.random() < 0.03)
      this.after(2 * DAY, () => {
        const more = { sourceId: 'website', matchedBy: 'email', occurredAt: this.now, touch: 2 } as const;
        this.follow(received, LeadMerged, '/ingestion', { ...more, changed: [] });
      });
    if (!isHeld) return this.score(received, about, 'received');
    const held = this.follow(received, LeadHeld, '/ingestion', { missing: ['country'], until: this.now + 2 * DAY });
    this.after(DAY, () => {
      const supplied = { by: 'supplied' as const, supplied: ['country'], missing: [], occurredAt: this.now };
      this.score(
        this.follow(held, LeadCompleted, '/ingestion', { ...about, ...supplied, consent }),
        about,
        'completed',
      );
    });
  }

  private score(
    cause: FairleadEvent,
    { facts, reachable, sourceId }: { facts: Facts; reachable: { email: boolean; phone: boolean }; sourceId: string },
    why: 'received' | 'completed',
  ): void {
    this.now += 2;
    const data = {
      ...scoreLead({ facts, reachable, missing: [] }, this.model, this.now),
      ...{
        sourceId,
        facts,
        reachable,
        consentGiven: true,
        consent: 'given' as const,
        receivedAt: Date.parse(cause.time),
        cause: why,
      },
    };
    const scored = this.follow(cause, LeadScored, '/scoring', data);
    const { state, grade, model } = data;
    this.now += 2;
    const lead: RoutableLead = { state, grade, facts, sourceId, model: model.hash, consent: 'given' };
    this.routed(scored, lead, routeLead(lead, this.rules, this.state, this.now), []);
  }

  private routed(
    cause: FairleadEvent,
    lead: RoutableLead,
    decision: RoutingDecision,
    refusedBy: readonly string[],
  ): void {
    applyDecision(this.state, decision.change, this.rules.roster);
    if (decision.outcome !== 'routed') {
      this.follow(cause, LeadUnroutable, '/routing', decision.data);
      return;
    }
    const { data, paidBy } = decision;
    const routed = this.follow(cause, LeadRouted, '/routing', data);
    const offer = { pool: data.decided.pool, quality: lead.grade ?? 'incomplete', party: data.to, paidBy } as const;
    const life = { cause: routed, lead, offer: { ...offer, number: data.offer }, paidBy, refusedBy };
    if (data.to !== 'direct') this.notified(routed, data.to);
    this.answer(life, data.acceptBy);
  }

  private notified(routed: FairleadEvent, party: string): void {
    this.now += 5;
    this.follow(routed, PartnerNotified, '/partner-notification', {
      ...{ party, endpointId: 'crm', deliveryId: derivedId(routed.id, 'delivery'), eventId: routed.id },
      ...{ eventType: routed.type, attempt: 1, status: 204, durationMs: 3 + this.any(40) },
    });
  }

  private answer(life: Life, acceptBy: number): void {
    const { party, number } = life.offer;
    const chance = this.random();
    const about = () => ({ party, offer: number, at: this.now });
    if (chance < 0.1)
      this.after(HOUR, () => {
        const declined = this.follow(life.cause, LeadDeclined, '/outcome-tracking', { ...about(), reason: 'capacity' });
        this.offerAgain({ ...life, cause: declined }, 'declined');
      });
    else if (chance < 0.15)
      this.after(acceptBy - this.now + MINUTE, () => {
        const ended = { pool: life.offer.pool, party, offer: number, acceptBy };
        const expired = this.follow(life.cause, LeadOfferExpired, '/outcome-tracking', ended);
        this.offerAgain({ ...life, cause: expired }, 'expired');
      });
    else
      this.after(HOUR, () => {
        this.follow(life.cause, LeadAccepted, '/outcome-tracking', about());
        this.after(DAY, () => {
          this.follow(life.cause, LeadContacted, '/outcome-tracking', about());
          this.after(5 * DAY, () => this.end(life));
        });
      });
  }

  private offerAgain(life: Life, because: 'declined' | 'expired'): void {
    const { cause, lead, offer, paidBy } = life;
    this.now += 2;
    refuseOffer(this.state, offer, this.rules.roster);
    const refusedBy = [...life.refusedBy, offer.party];
    const earlier = { pool: offer.pool, made: offer.number, refusedBy, because, paidBy };
    this.routed(cause, lead, routeLead({ ...lead, earlier }, this.rules, this.state, this.now), refusedBy);
  }

  private end(life: Life): void {
    const { party, number } = life.offer;
    const about = () => ({ party, offer: number, at: this.now });
    const ended = (event: FairleadEvent): void => {
      freePlace(this.state, life.offer, this.rules.roster);
      note(this.state, event.id);
    };
    if (this.random() < 0.65) {
      const lost = { ...about(), reason: 'no-budget' } as const;
      return ended(this.follow(life.cause, LeadLost, '/outcome-tracking', lost));
    }
    ended(this.follow(life.cause, LeadQualified, '/outcome-tracking', about()));
    this.after(20 * DAY, () => {
      if (this.random() < 0.3) {
        const amount = { value: 1_000 + this.any(90_000), currency: 'EUR' };
        this.follow(life.cause, LeadWon, '/outcome-tracking', { ...about(), amount });
      } else this.follow(life.cause, LeadLost, '/outcome-tracking', { ...about(), reason: 'no-budget' });
    });
  }

  private facts(): Facts {
    const company = this.any(50_000);
    const country = countries[this.any(countries.length)] as string;
    return {
      company: `Company ${company} GmbH`,
      companyDomain: `company-${company}.example`,
      country,
      industry: industries[this.any(industries.length)],
      employees: Math.floor(10 ** (this.random() * 4.5)),
      product: products[this.any(products.length)],
      emailKind: 'company',
      engagement: { pageViews: this.any(40), emailClicks: this.any(10), webinars: this.any(3) },
      attributes: { campaign: campaigns[this.any(campaigns.length)] as string },
    };
  }

  /** As long as the sealed contact of a person; nobody has its key. */
  private sealed(): Sealed {
    const base64 = (characters: number): string =>
      Array.from({ length: characters }, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'[this.any(32)]).join('');
    return { v: 1, key: 1, nonce: base64(16), ciphertext: base64(240) };
  }

  private follow<D extends EventDefinition>(
    cause: FairleadEvent,
    definition: D,
    source: string,
    data: Consequence<D>['data'],
  ): FairleadEvent {
    return this.say(causedBy(cause, definition, { source, time: this.now, data }));
  }

  private say(event: EncodedEvent): FairleadEvent {
    this.said.push(event);
    const { id, type, subject, key } = event;
    return { id, type, subject, partitionkey: key, time: new Date(this.now).toISOString() } as FairleadEvent;
  }

  /** Some time later: on average after that long, and never more than twice. */
  private after(averageMs: number, what: () => void): void {
    const minute = Math.floor((this.now - BEGIN + averageMs * 2 * this.random()) / MINUTE) + 1;
    const due = this.later.get(minute);
    if (due) due.push(what);
    else this.later.set(minute, [what]);
  }

  private any(below: number): number {
    return Math.floor(this.random() * below);
  }
}

function accepted<T>(reading: { ok: true; document: T } | { ok: false }): T {
  if (!reading.ok) throw new RangeError('the simulation has a document that cannot be read');
  return reading.document;
}
