import type { Offer, Standing } from '@fairlead/decisions/replay';
import { type TrackedLead, unseen } from '../store/leads.store.js';

/** A lead while a log is folded: without its details, which are large and change seldom, and for which others stand. */
export interface FollowedLead extends TrackedLead {
  /** Whether its rows are in the tables as they are. */
  readonly isWritten: boolean;
}

/** Before its first event. */
export function unfollowed(id: string, at: number): FollowedLead {
  return { ...unseen(id, at), isWritten: false };
}

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
const DETAILS = 8;
const OFFER = 9;
const OFFER_FIELDS = 18;
const RECORD = OFFER + OFFER_FIELDS;

/** Of a page, nearly a megabyte: little is ever empty, and few are made. */
const RECORDS = 4_096;

/**
 * All leads of a log while it is folded, and where their details are. In numbers, outside of JavaScript's heap: a fold touches each
 * lead some seven times with thousands of others between, and as objects they would live just long enough to be moved twice by the
 * garbage collector and then thrown away by the slow one. 216 bytes for each lead, and for each offer after its first.
 */
export class LeadTable {
  private readonly places = new Map<string, number>();
  private readonly pages: Float64Array[] = [];
  private count = 0;
  private readonly words = new Words();

  get(id: string): FollowedLead | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.read(id, place);
  }

  set({ id, receivedAt, touches, events, standing, isWritten }: FollowedLead): void {
    let place = this.places.get(id);
    if (place === undefined) this.places.set(id, (place = this.add()));
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
    for (let index = 0, record = place; index < offers.length; index++) {
      if (index > 0) record = this.nextOf(record);
      this.writeOffer(this.pageOf(record), placeIn(record) + OFFER, offers[index] as Offer);
    }
  }

  /** Where its details are; undefined: nowhere yet. */
  detailsOf(id: string): number | undefined {
    const place = this.places.get(id);
    const details = place === undefined ? NONE : (this.pageOf(place)[placeIn(place) + DETAILS] as number);
    return Number.isNaN(details) ? undefined : details;
  }

  /** @param id  of a lead that is here */
  setDetails(id: string, details: number): void {
    const place = this.places.get(id);
    if (place === undefined) throw new RangeError('details of a lead that is not here');
    this.pageOf(place)[placeIn(place) + DETAILS] = details;
  }

  /** Those whose rows are not written, or not as they are, in the order in which they came. */
  *unwritten(): Generator<FollowedLead> {
    for (const [id, place] of this.places)
      if (this.pageOf(place)[placeIn(place) + IS_WRITTEN] === 0) yield this.read(id, place);
  }

  private read(id: string, place: number): FollowedLead {
    const page = this.pageOf(place);
    const at = placeIn(place);
    const { words } = this;
    return {
      ...unfollowed(id, page[at + RECEIVED_AT] as number),
      touches: page[at + TOUCHES] as number,
      events: numberIn(page, at + EVENTS),
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

  private readOffer(page: Float64Array, at: number): Offer {
    const { words } = this;
    const currency = words.at(page[at + 17]);
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
  }

  /** The record of the next offer, which is made when there is none. */
  private nextOf(record: number): number {
    const page = this.pageOf(record);
    const at = placeIn(record) + NEXT;
    if (Number.isNaN(page[at])) page[at] = this.add();
    return page[at] as number;
  }

  private add(): number {
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
