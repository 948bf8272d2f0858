import { LeadIds, type Offer, type Standing, writeTraits } from '@fairlead/decisions/fold';
import { type TrackedLead, unseen } from '../store/leads.store.js';
import { RareTexts } from './rare-texts.js';
import type { SpillFile } from '@fairlead/persistence/spill-file';

/** A lead while a log is folded: without its details, which are large and change seldom, and for which others stand. */
export interface FollowedLead extends TrackedLead {
  /** Whether its rows are in the tables as they are. */
  readonly isWritten: boolean;
  readonly traits: string;
}

const NO_TRAITS = writeTraits(null, undefined);

/** Before its first event. */
export function unfollowed(id: string, at: number): FollowedLead {
  return { ...unseen(id, at), traits: NO_TRAITS, isWritten: false };
}

/** Of nearly every offer, each of which is read some seven times. */
const NO_CORRECTIONS: Offer['corrections'] = [];

/** What stands for null, in a number. */
const NONE = NaN;

// A record: a lead and the first of its offers; of each further offer one more, in which only the offer is used.
const NEXT = 0;
const STATE = 1;
const GRADE = 2;
const SCORE = 3;
const RECEIVED_AT = 4;
const TOUCHES = 5;
const EVENTS = 6;
const IS_WRITTEN = 7;
const TRAITS = 8;
const OFFER = 9;
const OFFER_FIELDS = 20;
const RECORD = OFFER + OFFER_FIELDS;

/** Of a page, nearly a megabyte: little is ever empty, and few are made. */
const RECORDS = 4_096;

/** A lead that was offered more often stays where it is: what is put aside must fit into a chunk of the file. */
const MOST_RECORDS_ASIDE = 1_000;

/**
 * All leads of a log while it is folded, and where their details are. In numbers, outside of JavaScript's heap: a fold touches each
 * lead some seven times with thousands of others between, and as objects they would live just long enough to be moved twice by the
 * garbage collector and then thrown away by the slow one. Some 40 bytes for each lead; 232 more, and as many for each offer after
 * its first, for one that was not put aside.
 */
export class LeadTable {
  private readonly ids = new LeadIds();
  /** By lead, its first record; of one that was put aside, -1 less its place in the file. */
  private readonly places = new Numbers();
  /** By lead, where its details are. */
  private readonly details = new Numbers();
  private readonly pages: Float64Array[] = [];
  private count = 0;
  private readonly free: number[] = [];
  private readonly words = new Words();
  private readonly traits: RareTexts;

  /** @param aside  for leads that are put aside, and what does not fit into a number */
  constructor(private readonly aside: SpillFile) {
    this.traits = new RareTexts(aside);
  }

  get(id: string): FollowedLead | undefined {
    const lead = this.ids.find(id);
    return lead === undefined ? undefined : this.read(id, this.fetch(lead));
  }

  set({ id, receivedAt, touches, events, traits, standing, isWritten }: FollowedLead): void {
    const known = this.ids.find(id);
    const place = known === undefined ? this.add() : this.fetch(known);
    if (known === undefined) {
      const lead = this.ids.add(id);
      this.places.set(lead, place);
      this.details.set(lead, NONE);
    }
    const { state, grade, score, offers } = standing;
    const page = this.pageOf(place);
    const at = placeIn(place);
    page[at + STATE] = this.words.numberOf(state);
    page[at + GRADE] = this.words.numberOf(grade);
    page[at + SCORE] = score ?? NONE;
    page[at + RECEIVED_AT] = receivedAt;
    page[at + TOUCHES] = touches;
    page[at + EVENTS] = events ?? NONE;
    page[at + IS_WRITTEN] = isWritten ? 1 : 0;
    page[at + TRAITS] = this.traits.numberOf(traits);
    for (let index = 0, record = place; index < offers.length; index++) {
      if (index > 0) record = this.nextOf(record);
      this.writeOffer(this.pageOf(record), placeIn(record) + OFFER, offers[index] as Offer);
    }
  }

  /**
   * Puts a lead into the file that will hardly be asked for again. It comes back by itself when it is.
   * @param id  of a lead that is here
   */
  putAside(id: string): void {
    const lead = this.mustFind(id);
    const place = this.places.at(lead);
    if (place < 0) return;
    const records = [...this.recordsFrom(place)];
    if (records.length > MOST_RECORDS_ASIDE) return;
    const bytes = new Float64Array(records.length * RECORD);
    for (const [at, record] of records.entries())
      bytes.set(this.pageOf(record).subarray(placeIn(record), placeIn(record) + RECORD), at * RECORD);
    this.places.set(lead, -1 - this.aside.appendBytes(new Uint8Array(bytes.buffer)));
    this.free.push(...records);
  }

  /** Where its details are; undefined: nowhere yet. */
  detailsOf(id: string): number | undefined {
    const lead = this.ids.find(id);
    const details = lead === undefined ? NONE : this.details.at(lead);
    return Number.isNaN(details) ? undefined : details;
  }

  /** @param id  of a lead that is here */
  setDetails(id: string, details: number): void {
    this.details.set(this.mustFind(id), details);
  }

  /** Those whose rows are not written, or not as they are, in the order in which they came. None of them was put aside. */
  *unwritten(): Generator<FollowedLead> {
    for (let lead = 0; lead < this.ids.count; lead++) {
      const place = this.places.at(lead);
      if (place >= 0 && this.pageOf(place)[placeIn(place) + IS_WRITTEN] === 0)
        yield this.read(this.ids.at(lead), place);
    }
  }

  /** What each lead was offered. */
  *offers(): Generator<readonly Offer[]> {
    for (let lead = 0; lead < this.ids.count; lead++) {
      const place = this.places.at(lead);
      const at = this.fetch(lead);
      const offers = this.offersFrom(at);
      if (place < 0) {
        // It stays where it was put.
        this.free.push(...this.recordsFrom(at));
        this.places.set(lead, place);
      }
      if (offers.length > 0) yield offers;
    }
  }

  private mustFind(id: string): number {
    const lead = this.ids.find(id);
    if (lead === undefined) throw new RangeError('a lead that is not here');
    return lead;
  }

  /** Where its first record is, back from the file where it was put aside. */
  private fetch(lead: number): number {
    const place = this.places.at(lead);
    if (place >= 0) return place;
    const read = this.aside.readBytes(-1 - place);
    const bytes = new Float64Array(read.length / Float64Array.BYTES_PER_ELEMENT);
    new Uint8Array(bytes.buffer).set(read);
    const records = Array.from({ length: bytes.length / RECORD }, () => this.add());
    for (const [at, record] of records.entries()) {
      this.pageOf(record).set(bytes.subarray(at * RECORD, (at + 1) * RECORD), placeIn(record));
      this.pageOf(record)[placeIn(record) + NEXT] = records[at + 1] ?? NONE;
    }
    this.places.set(lead, records[0] as number);
    return records[0] as number;
  }

  private read(id: string, place: number): FollowedLead {
    const page = this.pageOf(place);
    const at = placeIn(place);
    const { words } = this;
    return {
      ...unfollowed(id, page[at + RECEIVED_AT] as number),
      touches: page[at + TOUCHES] as number,
      events: numberIn(page, at + EVENTS),
      traits: this.traits.at(page[at + TRAITS] as number),
      standing: {
        state: words.at(page[at + STATE]) as Standing['state'],
        grade: words.at(page[at + GRADE]) as Standing['grade'],
        score: numberIn(page, at + SCORE),
        offers: this.offersFrom(place),
      },
      isWritten: page[at + IS_WRITTEN] === 1,
    };
  }

  private offersFrom(place: number): Offer[] {
    const offers: Offer[] = [];
    for (let record = place; !Number.isNaN(record);) {
      const page = this.pageOf(record);
      const at = placeIn(record);
      if (Number.isNaN(page[at + OFFER])) break;
      offers.push(this.readOffer(page, at + OFFER));
      record = page[at + NEXT] as number;
    }
    return offers;
  }

  private *recordsFrom(place: number): Generator<number> {
    for (let record = place; !Number.isNaN(record); record = this.pageOf(record)[placeIn(record) + NEXT] as number)
      yield record;
  }

  private readOffer(page: Float64Array, at: number): Offer {
    const { words } = this;
    const currency = words.at(page[at + 17]);
    const corrections = words.at(page[at + 18]);
    const traits = numberIn(page, at + 19);
    return {
      number: page[at] as number,
      party: words.at(page[at + 1]) as string,
      pool: words.at(page[at + 2]) as string,
      policy: words.at(page[at + 3]) as string,
      grade: words.at(page[at + 4]) as Offer['grade'],
      kind: words.at(page[at + 5]) as Offer['kind'],
      reveal: words.at(page[at + 6]) as Offer['reveal'],
      offeredAt: page[at + 7] as number,
      acceptBy: page[at + 8] as number,
      stage: words.at(page[at + 9]) as Offer['stage'],
      deliveredAt: numberIn(page, at + 10),
      acceptedAt: numberIn(page, at + 11),
      contactedAt: numberIn(page, at + 12),
      qualifiedAt: numberIn(page, at + 13),
      closedAt: numberIn(page, at + 14),
      reason: words.at(page[at + 15]),
      amount: currency === null ? null : { value: page[at + 16] as number, currency },
      traits: traits === null ? null : this.traits.at(traits),
      // Written down as a word: few offers have any, and then each others than the next.
      corrections: corrections === null ? NO_CORRECTIONS : (JSON.parse(corrections) as Offer['corrections']),
    };
  }

  private writeOffer(page: Float64Array, at: number, offer: Offer): void {
    const { words } = this;
    page[at] = offer.number;
    page[at + 1] = words.numberOf(offer.party);
    page[at + 2] = words.numberOf(offer.pool);
    page[at + 3] = words.numberOf(offer.policy);
    page[at + 4] = words.numberOf(offer.grade);
    page[at + 5] = words.numberOf(offer.kind);
    page[at + 6] = words.numberOf(offer.reveal);
    page[at + 7] = offer.offeredAt;
    page[at + 8] = offer.acceptBy;
    page[at + 9] = words.numberOf(offer.stage);
    page[at + 10] = offer.deliveredAt ?? NONE;
    page[at + 11] = offer.acceptedAt ?? NONE;
    page[at + 12] = offer.contactedAt ?? NONE;
    page[at + 13] = offer.qualifiedAt ?? NONE;
    page[at + 14] = offer.closedAt ?? NONE;
    page[at + 15] = words.numberOf(offer.reason);
    page[at + 16] = offer.amount?.value ?? NONE;
    page[at + 17] = words.numberOf(offer.amount?.currency ?? null);
    page[at + 18] = words.numberOf(offer.corrections.length === 0 ? null : JSON.stringify(offer.corrections));
    page[at + 19] = offer.traits === null ? NONE : this.traits.numberOf(offer.traits);
  }

  /** The record of the next offer, which is made when there is none. */
  private nextOf(record: number): number {
    const page = this.pageOf(record);
    const at = placeIn(record) + NEXT;
    if (Number.isNaN(page[at])) page[at] = this.add();
    return page[at] as number;
  }

  /** A record in which nothing is. */
  private add(): number {
    const free = this.free.pop();
    if (free !== undefined) {
      this.pageOf(free).fill(NONE, placeIn(free), placeIn(free) + RECORD);
      return free;
    }
    if (this.count === this.pages.length * RECORDS) this.pages.push(new Float64Array(RECORDS * RECORD).fill(NONE));
    return this.count++;
  }

  private pageOf(place: number): Float64Array {
    return this.pages[Math.floor(place / RECORDS)] as Float64Array;
  }
}

function placeIn(place: number): number {
  return (place % RECORDS) * RECORD;
}

function numberIn(page: Float64Array, at: number): number | null {
  const value = page[at] as number;
  return Number.isNaN(value) ? null : value;
}

/** Words as numbers: stages, parties, reasons, of which a log has as many as a vendor. */
class Words {
  private readonly words: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(word: string | null): number {
    if (word === null) return NONE;
    let number = this.numbers.get(word);
    if (number === undefined) {
      number = this.words.push(word) - 1;
      this.numbers.set(word, number);
    }
    return number;
  }

  at(number: number | undefined): string | null {
    return this.words[number as number] ?? null;
  }
}

/** Numbers of a page: little is ever empty, and few are made. */
const PAGE = 16_384;

/** A list of numbers that grows, outside of JavaScript's heap and without ever being copied. */
class Numbers {
  private readonly pages: Float64Array[] = [];

  at(index: number): number {
    return this.pages[Math.floor(index / PAGE)]?.[index % PAGE] as number;
  }

  /** @param index  at most one more than the last that was set */
  set(index: number, value: number): void {
    const page = (this.pages[Math.floor(index / PAGE)] ??= new Float64Array(PAGE));
    page[index % PAGE] = value;
  }
}
