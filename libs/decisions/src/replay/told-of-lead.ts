import { type ConsentState, derivedId, type LeadScored } from '@fairlead/events';
import type { EarlierOffers, RoutableLead } from '../route/route-lead.js';
import type { KeptTexts } from './kept-texts.js';

/** Scores of one lead that may still be decided upon: more are between two decisions only while routing stands still. */
const MAX_SCORES = 10_000;

/** The same for all leads: of most there is nothing of a kind, and an empty list for each takes as much as its id. */
const NOTHING: never[] = Object.freeze<never[]>([]) as never[];

/** What was known of a lead when something was said of it: that is what the decision after it looks at. */
export interface Known {
  readonly consent: ConsentState;
  /** Whether it was one with another lead. */
  readonly absorbed: boolean;
}

interface Judged {
  readonly eventId: string;
  readonly lead: RoutableLead;
  /** What it told of the person's consent; undefined: nothing, as it was before that was told. */
  readonly consent: ConsentState | undefined;
  /** Whether the lead was one with another. */
  readonly absorbed: boolean;
}

export interface JudgedAt extends Judged {
  /** Among what the lead was judged since the decision before. */
  readonly place: number;
}

/** How an offer ended. */
export interface Refusal extends Known {
  readonly because: EarlierOffers['because'];
}

/** A lead that was returned is offered again, as it was known by then. */
export interface Recycling extends Known {
  readonly eventId: string;
  /** Where the last judgement of it is kept; undefined: it was judged once. */
  readonly judged: number | undefined;
}

/** A lead is its own again: one that was withheld is offered. */
export interface Split extends Known {
  readonly eventId: string;
}

/** Its id is derived from what it follows from, and so says what that was. */
interface Decision {
  readonly id: string;
  readonly type: string;
}

/**
 * What the log has told of one lead that a decision about it may follow from, until one has. The log may tell of the next thing before the
 * decision that followed from the last one, so each is kept with what was known of the lead at that moment.
 */
export class ToldOfLead {
  /** Of the person's consent, when the lead was judged last for a decision. */
  consent: ConsentState = 'unknown';
  /** Whether it is one with another lead, as far as the log is read. */
  absorbed = false;
  /** Its last offer that was accepted; 0: none. */
  accepted = 0;
  /**
   * What it was judged, in that order. Once somebody was offered it, only what told otherwise of the person's consent, by which an
   * offer may be taken back, or made after all.
   */
  private scored: Judged[] = NOTHING;
  /** Where it is kept as it was judged last, when it was judged more than once: as such it is recycled. */
  private judgedLast: number | undefined;
  /** By the offer that ended: its first refusal counts. */
  private refusals: Map<number, Refusal> | undefined;
  private recyclings: readonly Recycling[] = NOTHING;
  private splits: readonly Split[] = NOTHING;

  /** @param leads  where leads are kept between two decisions */
  constructor(private readonly leads: KeptTexts) {}

  /** By now. */
  get known(): Known {
    return { consent: lastTold(this.scored) ?? this.consent, absorbed: this.absorbed };
  }

  /**
   * @param isDecided  whether anything was decided about it yet
   * @param isOffered  whether it was offered: whoever has it keeps it, unless it is of the person's consent that this tells otherwise
   */
  judge({ id, data }: LeadScored, { isDecided, isOffered }: { isDecided: boolean; isOffered: boolean }): void {
    const { absorbed } = this;
    const judged = { eventId: id, lead: routable(data), consent: data.consent, absorbed };
    if (isDecided || this.scored.length > 0) this.keepLast(judged.lead);
    if (isOffered && otherwiseThan(this.known.consent, [judged]).length === 0) return;
    if (this.scored.length === 0) this.scored = [judged];
    else this.scored.push(judged);
    if (this.scored.length > MAX_SCORES) this.scored.shift();
  }

  /**
   * What a decision was taken upon that follows from a score; none, and it follows from something else.
   * @param isFirst  whether nothing was decided about the lead before
   */
  judgedFor({ id, type }: Decision, isFirst: boolean): JudgedAt | undefined {
    const { scored } = this;
    // Of one there is nothing to tell apart, and that is nearly every lead.
    const place =
      isFirst && scored.length === 1 ? 0 : scored.findIndex(({ eventId }) => derivedId(eventId, type) === id);
    const found = scored[place];
    return found && { ...found, place };
  }

  /** It was decided about as it was judged so: with what that tells of the person's consent, or one before it did. */
  follow({ place }: JudgedAt): void {
    this.consent = lastTold(this.scored.slice(0, place + 1)) ?? this.consent;
    this.scored = behind(place, this.scored);
  }

  /** Somebody was offered it: from now on it is judged for nothing but what tells otherwise of the person's consent. */
  offered(): void {
    if (this.scored.length > 0) this.scored = behind(-1, otherwiseThan(this.consent, this.scored));
  }

  /** Whether anything that was told said so of the person's consent. */
  hasTold(consent: ConsentState): boolean {
    return this.consent === consent || this.scored.some((judged) => judged.consent === consent);
  }

  refuse(offer: number, because: Refusal['because']): void {
    this.refusals ??= new Map();
    if (!this.refusals.has(offer)) this.refusals.set(offer, { because, ...this.known });
  }

  /** Of an offer, or of the first that was refused. */
  refusalOf(offer?: number): { readonly offer: number; readonly refusal: Refusal } | undefined {
    const [first] = this.refusals?.keys() ?? [];
    const of = offer ?? first;
    const refusal = of === undefined ? undefined : this.refusals?.get(of);
    return of === undefined || !refusal ? undefined : { offer: of, refusal };
  }

  forgetRefusal(offer: number): void {
    this.refusals?.delete(offer);
  }

  /** What was answered to that offer and those before it. Answers to later ones may have been read already. */
  forgetAnswersUpTo(offer: number): void {
    if (this.accepted <= offer) this.accepted = 0;
    for (const ended of this.refusals?.keys() ?? []) if (ended <= offer) this.refusals?.delete(ended);
  }

  recycle(eventId: string): void {
    this.recyclings = [...this.recyclings, { eventId, ...this.known, judged: this.judgedLast }];
  }

  recyclingFor(decision: Decision): Recycling | undefined {
    return causeOf(decision, this.recyclings);
  }

  /** It was decided about as it was known when it was recycled; where it is kept as such is not ours to forget any more. */
  followRecycling(recycling: Recycling): void {
    this.recyclings = after(recycling, this.recyclings);
    this.consent = recycling.consent;
    if (this.judgedLast === recycling.judged) this.judgedLast = undefined;
  }

  split(eventId: string): void {
    this.absorbed = false;
    this.splits = [...this.splits, { eventId, ...this.known }];
  }

  splitFor(decision: Decision): Split | undefined {
    return causeOf(decision, this.splits);
  }

  followSplit(split: Split): void {
    this.splits = after(split, this.splits);
  }

  /** Nobody decides about it any more. */
  close(): void {
    this.recyclings = NOTHING;
    this.forgetLast();
  }

  private keepLast(lead: RoutableLead): void {
    this.forgetLast();
    this.judgedLast = this.leads.append(JSON.stringify(lead));
  }

  private forgetLast(): void {
    const place = this.judgedLast;
    this.judgedLast = undefined;
    const isAwaited = this.recyclings.some(({ judged }) => judged === place);
    if (place !== undefined && !isAwaited) this.leads.forget?.(place);
  }
}

function causeOf<Cause extends { readonly eventId: string }>(
  { id, type }: Decision,
  causes: readonly Cause[],
): Cause | undefined {
  return causes.find(({ eventId }) => derivedId(eventId, type) === id);
}

/** Without that one and those before it: what comes after may have been told already. */
function after<Cause extends { readonly eventId: string }>({ eventId }: Cause, causes: readonly Cause[]): Cause[] {
  return behind(
    causes.findIndex((each) => each.eventId === eventId),
    causes,
  );
}

/** Without the one at that place, and those before it. */
function behind<Each>(place: number, all: readonly Each[]): Each[] {
  return place + 1 < all.length ? all.slice(place + 1) : NOTHING;
}

/** Of these scores those that tell otherwise of the person's consent than what was told before them. */
function otherwiseThan(consent: ConsentState, judged: readonly Judged[]): Judged[] {
  let before = consent;
  return judged.filter((each) => {
    const isOtherwise = each.consent !== undefined && each.consent !== before;
    before = each.consent ?? before;
    return isOtherwise;
  });
}

function lastTold(judged: readonly Judged[]): ConsentState | undefined {
  return judged.findLast(({ consent }) => consent !== undefined)?.consent;
}

/** A lead as decisions look at it, from the event that judged it; what is known of its consent is added by each decision. */
function routable({ state, grade, facts, sourceId, model }: LeadScored['data']): RoutableLead {
  return { state, grade, facts, sourceId, model: model.hash, consent: undefined };
}
