/**
 * One lead, in units of credit. Divisible by every number up to 30 and by 100, so that shares in percent and the usual
 * small weights divide without remainder. Credits stay exact up to 3,867 leads (2^53 units); to force one there somebody
 * would have to choose, lead by lead, which of more than 15,000 parties are eligible.
 */
export const LEAD = 2_329_089_562_800;

/** What holds the credit of leads that were given back: no party can have this id. */
export const UNCLAIMED = '-';

/** A party that can take the lead, and its weight: a positive integer. All weights together stay below 2^31. */
export interface Eligible {
  readonly id: string;
  readonly weight: number;
}

/**
 * What each party is owed, in units, at one level of one pool and grade. Absent means 0. With UNCLAIMED they always add
 * up to 0: what one is owed, others have had too much of. A Map will do; a `Ledger` is faster.
 */
export interface Credits extends Iterable<[party: string, credit: number]> {
  get(party: string): number | undefined;
  has(party: string): boolean;
  set(party: string, credit: number): unknown;
  values(): Iterable<number>;
}

export interface Allocation<Party extends Eligible = Eligible> {
  readonly eligible: readonly Party[];
  /** Which of them gets the lead. */
  readonly winner: number;
  /** What each of them is owed after the lead, in their order. */
  readonly after: readonly number[];
  readonly unclaimedAfter: number;
}

/**
 * Chooses who gets the next lead, so that what each has received stays as close as it can to what it was promised.
 *
 * Every eligible party earns credit in proportion to its weight, together one lead; the winner pays one lead. With n
 * eligible parties and t = 1/(2n − 2):
 * - if some credit exceeds 1 − t, or none reaches t, the largest credit wins;
 * - otherwise, among those with credit ≥ t, the one whose credit would first reach 1 − t: least (1 − t − credit)/share.
 * Ties break by id.
 *
 * Bounds. When the same parties are eligible for every lead the first case never occurs, and this is Tijdeman's rule for
 * the chairman assignment problem (R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980): at
 * every moment each party is within 1 − t of a lead of its exact share, so never off by a whole lead; with two parties,
 * by ½. When eligibility varies, no bound holds in general (the carpool problem: R. Fagin, J. Williams, "A fair carpool
 * scheduling algorithm", IBM J. Res. Dev. 27, 1983; M. Ajtai et al., "Fairness in scheduling", J. Algorithms 29, 1998);
 * over random eligible sets this rule strays by 1.5 leads at most, and the property tests hold it to 2.
 *
 * Integers. A share is rounded down to a unit, and the winner pays what was earned, so the remainder of the division
 * (fewer units than there are parties) is the winner's gain, and all credits add up to 0. t is rounded up to a unit.
 * What was given back before (`giveBack`) is not earned again: so much less than a lead is shared out, and the winner
 * pays it besides.
 *
 * @param eligible  at least one; a list that never changes, see `Ledger`
 */
export function allocate<Party extends Eligible>(
  eligible: readonly Party[],
  credits: Pick<Credits, 'get'>,
  givenBack = 0,
): Allocation<Party> {
  const unclaimed = -(credits.get(UNCLAIMED) ?? 0) + givenBack;
  const claimed = Math.min(unclaimed, LEAD);
  const group = claimed === 0 ? groupIn(credits, eligible) : undefined;
  const { after, earned } = group ? group.earn() : earn(eligible, credits, LEAD - claimed);

  const winner = chooseWinner(eligible, after);
  after[winner]! -= earned + claimed;
  return { eligible, winner, after, unclaimedAfter: claimed - unclaimed };
}

interface Earned {
  /** What each is owed once the amount is shared out. */
  readonly after: number[];
  /** How much of it was: less than a unit for each party is left. */
  readonly earned: number;
}

function earn(eligible: readonly Eligible[], credits: Pick<Credits, 'get'>, amount: number): Earned {
  const total = totalWeight(eligible);
  const after = new Array<number>(eligible.length);
  let earned = 0;
  for (let index = 0; index < eligible.length; index++) {
    const { id, weight } = eligible[index]!;
    const share = shareOf(amount, weight, total);
    after[index] = (credits.get(id) ?? 0) + share;
    earned += share;
  }
  return { after, earned };
}

/** Writes what an allocation decided into the credits. */
export function settle(credits: Credits, { eligible, after, unclaimedAfter }: Allocation): void {
  const group = groupIn(credits, eligible);
  if (group) group.settle(after);
  else for (let index = 0; index < eligible.length; index++) credits.set(eligible[index]!.id, after[index]!);
  if (unclaimedAfter !== 0 || credits.has(UNCLAIMED)) credits.set(UNCLAIMED, unclaimedAfter);
}

/** What each of them is owed, by its place in the list. */
export function owedTo(eligible: readonly Eligible[], credits: Pick<Credits, 'get'>): (index: number) => number {
  const group = groupIn(credits, eligible);
  return group ? (index) => group.owed(index) : (index) => credits.get(eligible[index]!.id) ?? 0;
}

function groupIn(credits: Pick<Credits, 'get'>, eligible: readonly Eligible[]): Group | undefined {
  return credits instanceof Ledger ? credits.groupOf(eligible) : undefined;
}

/** Two are looked up faster than their group is. */
const SMALLEST_GROUP = 3;

/**
 * Credits that remember where those of a list of parties stand. Most leads of one kind can be taken by the same
 * partners, and looking each of a thousand up by its id costs five times what the decision does.
 */
export class Ledger implements Credits {
  private readonly places = new Map<string, number>();
  private readonly credits: number[] = [];
  readonly #groups = new WeakMap<readonly Eligible[], Group>();

  constructor(credits: Iterable<readonly [party: string, credit: number]> = []) {
    for (const [party, credit] of credits) this.set(party, credit);
  }

  get(party: string): number | undefined {
    const place = this.places.get(party);
    return place === undefined ? undefined : this.credits[place];
  }

  has(party: string): boolean {
    return this.places.has(party);
  }

  set(party: string, credit: number): void {
    const place = this.places.get(party);
    if (place !== undefined) this.credits[place] = credit;
    else this.places.set(party, this.credits.push(credit) - 1);
  }

  values(): Iterable<number> {
    return this.credits.values();
  }

  *[Symbol.iterator](): Iterator<[party: string, credit: number]> {
    for (const [party, place] of this.places) yield [party, this.credits[place]!];
  }

  /**
   * @param eligible  a list that never changes
   * @returns undefined as long as one of them has no credit yet: a place is given with the first
   */
  groupOf(eligible: readonly Eligible[]): Group | undefined {
    if (eligible.length < SMALLEST_GROUP) return undefined;
    let group = this.#groups.get(eligible);
    if (!group) {
      const places: number[] = [];
      for (const { id } of eligible) {
        const place = this.places.get(id);
        if (place === undefined) return undefined;
        places.push(place);
      }
      group = new Group(eligible, this.credits, places);
      this.#groups.set(eligible, group);
    }
    return group;
  }
}

/** A list of parties in a ledger: where their credits are, and what each earns by a whole lead. */
class Group {
  private readonly shares: readonly number[];
  private readonly earned: number;

  constructor(
    eligible: readonly Eligible[],
    private readonly credits: number[],
    private readonly places: readonly number[],
  ) {
    const total = totalWeight(eligible);
    this.shares = eligible.map(({ weight }) => shareOf(LEAD, weight, total));
    this.earned = this.shares.reduce((sum, share) => sum + share, 0);
  }

  owed(index: number): number {
    return this.credits[this.places[index]!]!;
  }

  /** As the function `earn`, for a whole lead. */
  earn(): Earned {
    const { credits, places, shares } = this;
    const after = new Array<number>(places.length);
    for (let index = 0; index < places.length; index++) after[index] = credits[places[index]!]! + shares[index]!;
    return { after, earned: this.earned };
  }

  settle(after: readonly number[]): void {
    const { credits, places } = this;
    for (let index = 0; index < places.length; index++) credits[places[index]!] = after[index]!;
  }
}

/**
 * How much a party gets back that refused its offer (declined it, let it run out, returned the lead): half of the lead
 * it paid, and never so much that it is owed something afterwards. It had its turn, and did not get a lead by it; half is
 * between the two. With nothing back, one that declines what is really not for it would lose its share; with all of it
 * back, one that refuses everything would be first again for every next lead. So whoever refuses everything is offered
 * at most twice its share.
 */
export function backForRefusing(credits: Pick<Credits, 'get'>, party: string): number {
  return Math.max(0, Math.min(LEAD / 2, -(credits.get(party) ?? 0)));
}

/** Gives the party so much back; until the next allocation at this level it is nobody's. */
export function giveBack(credits: Credits, party: string, amount: number): void {
  if (amount === 0) return;
  credits.set(party, (credits.get(party) ?? 0) + amount);
  credits.set(UNCLAIMED, (credits.get(UNCLAIMED) ?? 0) - amount);
}

function totalWeight(eligible: readonly Eligible[]): number {
  let total = 0;
  for (let index = 0; index < eligible.length; index++) total += eligible[index]!.weight;
  if (!(total > 0 && total < 2 ** 31)) throw new RangeError(`weights add up to ${total}, not to 1 up to 2^31 − 1`);
  return total;
}

const HALF = 2 ** 21;

/**
 * ⌊amount·weight/total⌋, exact although the product exceeds 2^53: long division with two digits of 21 bits.
 * Every intermediate stays below 2^53, because amount < 2^42 and weight ≤ total < 2^31; and a quotient of integers below
 * 2^53 is never rounded up to the next integer.
 */
function shareOf(amount: number, weight: number, total: number): number {
  const high = Math.floor(amount / HALF);
  const low = amount - high * HALF;
  const quotient = Math.floor((high * weight) / total);
  const rest = high * weight - quotient * total;
  return quotient * HALF + Math.floor((rest * HALF + low * weight) / total);
}

/** @param credits  after earning, in the order of `eligible` */
function chooseWinner(eligible: readonly Eligible[], credits: readonly number[]): number {
  const n = eligible.length;
  if (n === 1) return 0;
  const threshold = Math.ceil(LEAD / (2 * n - 2));
  const ceiling = LEAD - threshold;

  let largest = 0;
  for (let index = 1; index < n; index++) {
    const ahead = credits[index]! - credits[largest]!;
    if (ahead > 0 || (ahead === 0 && eligible[index]!.id < eligible[largest]!.id)) largest = index;
  }
  if (credits[largest]! > ceiling || credits[largest]! < threshold) return largest;

  let first = -1;
  for (let index = 0; index < n; index++) {
    if (credits[index]! < threshold) continue;
    if (first < 0) first = index;
    else {
      // (ceiling − credit)/weight orders as (ceiling − credit)/share does.
      const order = compareProducts(
        ceiling - credits[index]!,
        eligible[first]!.weight,
        ceiling - credits[first]!,
        eligible[index]!.weight,
      );
      if (order < 0 || (order === 0 && eligible[index]!.id < eligible[first]!.id)) first = index;
    }
  }
  return first;
}

/** Sign of a·b − c·d for non-negative integers, exact: in floating point where that settles it, else in big integers. */
function compareProducts(a: number, b: number, c: number, d: number): number {
  // Partners of one tier weigh the same, and theirs are the ties that are frequent.
  if (b === d) return a - c;
  const left = a * b;
  const right = c * d;
  // Each product is off by at most 2^-53 of itself.
  if (Math.abs(left - right) > (left + right) * 2 ** -50) return left - right;
  const exact = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d);
  return exact < 0n ? -1 : exact > 0n ? 1 : 0;
}
