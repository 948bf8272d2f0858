import type { Facts } from '@fairlead/events';
import { contentHash } from '../document/content-hash.js';
import { folded } from '../document/shapes.js';
import type { PartnerDocument } from './partner.js';
import type { Pool } from './policy.js';

/** Infinity: no cap. */
export interface Caps {
  readonly perDay: number;
  readonly open: number;
}

/** A partner as decisions read it. */
export interface Partner {
  readonly id: string;
  /** Of its document as it was written. */
  readonly hash: string;
  readonly tier: string;
  readonly weight: number | undefined;
  readonly paused: boolean;
  /** Empty: everywhere. A region whose country is there too is left out: it adds nothing. */
  readonly territories: readonly string[];
  /** Folded; empty: every product. */
  readonly products: readonly string[];
  readonly certifications: ReadonlySet<string>;
  readonly caps: Caps;
}

/** Why a partner is not offered a lead; the first five follow from policy and roster alone. */
export type Refusal =
  | 'outside-territory'
  | 'product-not-carried'
  | 'paused'
  | 'not-certified'
  | 'tier-not-served'
  | 'cap-reached'
  | 'declined-before'
  // The person has not agreed, or refused; direct's as well, where the pool needs consent for everyone.
  | 'no-consent'
  // Direct's own: the pool promises it, or the channel, nothing of this grade; or the lead was reserved for direct.
  | 'no-share'
  | 'named-account'
  // The account is another partner's; of that partner itself, that this roster does not have it.
  | 'protected-account'
  | 'not-on-roster';

/** A partner that may take a kind of lead, and its weight in the pool. */
export interface Candidate {
  readonly id: string;
  readonly weight: number;
  readonly caps: Caps;
}

/** Who may take a kind of lead, as far as policy and roster say; caps and the lead's own history come on top. */
export interface Candidates {
  /** Ascending by id. */
  readonly able: readonly Candidate[];
  /** Serve the territory and carry the product, but are refused all the same: the first twenty by id. */
  readonly refused: readonly { readonly party: string; readonly refusals: readonly Refusal[] }[];
  /** Every partner that is not able, each under the first of its refusals. */
  readonly refusedCounts: Readonly<Partial<Record<Refusal, number>>>;
}

/** Shown of those who are refused; an event has room for no more. */
const SHOWN = 20;
/** With weights up to 10,000 a pool's weights add up to less than 2^31, which allocate.ts needs to stay exact. */
export const MAX_PARTNERS = 200_000;
/** Candidates remembered, over all kinds of lead: some 32 MB. Beyond, the memory starts anew. */
const MAX_REMEMBERED = 4_000_000;

const ANY = '*';

/** @param document  as `readPartner` answered it */
export function partnerOf(id: string, document: PartnerDocument): Partner {
  const territories = new Set(document.territories ?? []);
  return {
    id,
    hash: contentHash(document),
    tier: document.tier,
    weight: document.weight,
    paused: document.status === 'paused',
    territories: [...territories].filter((place) => place.length === 2 || !territories.has(place.slice(0, 2))),
    products: [...new Set((document.products ?? []).map(folded))],
    certifications: new Set((document.certifications ?? []).map(folded)),
    caps: { perDay: document.caps?.perDay ?? Infinity, open: document.caps?.open ?? Infinity },
  };
}

/**
 * All partners at one moment, indexed by territory and product, so that a decision costs what the partners cost that
 * could take the lead, and not what all of them cost. Never changed: another roster is another object.
 */
export class Roster {
  private readonly partners: ReadonlyMap<string, Partner>;
  /** territory → product → partners; `*` stands for all of either. A partner is in one place per pair, never in two. */
  private readonly byTerritory = new Map<string, Map<string, Partner[]>>();
  private readonly products = new Set<string>();
  private remembered = new WeakMap<Pool, Map<string, Map<string | undefined, Candidates>>>();
  private rememberedCount = 0;
  private computedHash: string | undefined;

  constructor(partners: Iterable<Partner>) {
    const sorted = [...partners].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (sorted.length > MAX_PARTNERS) throw new RangeError(`a roster has at most ${MAX_PARTNERS} partners`);
    this.partners = new Map(sorted.map((partner) => [partner.id, partner]));
    for (const partner of sorted) {
      for (const territory of orAny(partner.territories)) {
        const byProduct = entry(this.byTerritory, territory, () => new Map<string, Partner[]>());
        for (const product of orAny(partner.products)) entry(byProduct, product, () => []).push(partner);
      }
      for (const product of partner.products) this.products.add(product);
    }
  }

  get size(): number {
    return this.partners.size;
  }

  get(id: string): Partner | undefined {
    return this.partners.get(id);
  }

  [Symbol.iterator](): Iterator<Partner> {
    return this.partners.values();
  }

  /** Content hash of the object that has each partner's id as a key and the content hash of its document as the value. */
  get hash(): string {
    return (this.computedHash ??= rosterHash([...this.partners.values()].map(({ id, hash }) => [id, hash])));
  }

  /** Who may take such a lead from the pool. Leads of one place and product share the answer, so it is kept. */
  candidatesFor({ country, region, product }: Pick<Facts, 'country' | 'region' | 'product'>, pool: Pool): Candidates {
    const wanted = product === undefined ? ANY : this.namedProduct(product);
    const places = entry(this.remembered, pool, () => new Map<string, Map<string | undefined, Candidates>>());
    // A region that is remembered is one that partners name: most leads need no other look at the territories.
    let products = region === undefined || region === ANY ? undefined : places.get(region);
    let candidates = products?.get(wanted);
    if (!candidates) {
      // What no partner names makes no difference between leads, and would let strangers fill the memory.
      const place = this.namedPlace(region) ?? this.namedPlace(country ?? region?.slice(0, 2)) ?? ANY;
      products = entry(places, place, () => new Map<string | undefined, Candidates>());
      candidates = products.get(wanted);
      if (!candidates) {
        candidates = this.judge(place, wanted, pool);
        this.remember(products, wanted, candidates);
      }
    }
    return candidates;
  }

  /** What policy and roster keep the partner from such a lead by, whoever else could take it; empty: nothing does. */
  refusalsOf(id: string, facts: Pick<Facts, 'country' | 'region' | 'product'>, pool: Pool): Refusal[] {
    const partner = this.partners.get(id);
    if (!partner) return ['not-on-roster'];
    const { refused, refusedCounts } = new Roster([partner]).candidatesFor(facts, pool);
    return refused[0]?.refusals.slice() ?? (Object.keys(refusedCounts) as Refusal[]);
  }

  private namedPlace(place: string | undefined): string | undefined {
    return place !== undefined && this.byTerritory.has(place) ? place : undefined;
  }

  private namedProduct(product: string): string | undefined {
    const name = folded(product);
    return this.products.has(name) ? name : undefined;
  }

  private remember(kinds: Map<string | undefined, Candidates>, kind: string | undefined, candidates: Candidates): void {
    this.rememberedCount += candidates.able.length + 1;
    if (this.rememberedCount > MAX_REMEMBERED) {
      this.remembered = new WeakMap();
      this.rememberedCount = 0;
    } else kinds.set(kind, candidates);
  }

  /**
   * @param place  a country, a region, or `*` for a lead from nowhere in particular
   * @param product  folded; `*` for a lead that names none and can be anybody's; undefined for one that nobody names
   */
  private judge(place: string, product: string | undefined, pool: Pool): Candidates {
    const serving = new Set<string>();
    const carrying = new Map<string, Partner>();
    for (const territory of new Set([ANY, place.slice(0, 2), place])) {
      for (const [carried, partners] of this.byTerritory.get(territory) ?? []) {
        for (const partner of partners) {
          serving.add(partner.id);
          if (carried === ANY || product === ANY || carried === product) carrying.set(partner.id, partner);
        }
      }
    }

    const able: Candidate[] = [];
    const refused: { party: string; refusals: Refusal[] }[] = [];
    const refusedCounts: Partial<Record<Refusal, number>> = {};
    const count = (refusal: Refusal, by: number) => {
      if (by > 0) refusedCounts[refusal] = (refusedCounts[refusal] ?? 0) + by;
    };
    count('outside-territory', this.partners.size - serving.size);
    count('product-not-carried', serving.size - carrying.size);
    for (const partner of [...carrying.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const refusals = lastingRefusals(partner, pool);
      const [first] = refusals;
      const weight = partner.weight ?? pool.tierWeight(partner.tier);
      if (first === undefined && weight !== undefined) able.push({ id: partner.id, weight, caps: partner.caps });
      else if (first !== undefined) {
        count(first, 1);
        if (refused.length < SHOWN) refused.push({ party: partner.id, refusals });
      }
    }
    return { able, refused, refusedCounts };
  }
}

function lastingRefusals(partner: Partner, pool: Pool): Refusal[] {
  const refusals: Refusal[] = [];
  if (partner.paused) refusals.push('paused');
  if (!pool.certifications.every((needed) => partner.certifications.has(needed))) refusals.push('not-certified');
  if (partner.weight === undefined && pool.tierWeight(partner.tier) === undefined) refusals.push('tier-not-served');
  return refusals;
}

/** @param hashes  id and document hash of every partner */
export function rosterHash(hashes: Iterable<readonly [id: string, hash: string]>): string {
  return contentHash(Object.fromEntries(hashes));
}

function orAny(values: readonly string[]): readonly string[] {
  return values.length > 0 ? values : [ANY];
}

function entry<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
