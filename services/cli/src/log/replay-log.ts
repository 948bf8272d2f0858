import {
  engine,
  type KeptTexts,
  type PolicyWould,
  type Redecided,
  type Rescored,
  RoutingReplay,
  RuleHistory,
  ScoreReplay,
} from '@fairlead/decisions/replay';
import type { FairleadEvent, LeadScored } from '@fairlead/events';
import { readEvent } from './read-event.js';
import { between, type Skim, skimEvent, upTo, withRest } from './skim-event.js';

/** A decision that came out otherwise than it was recorded, or could not be taken again. */
export interface Difference {
  /** Of the entry of the log that tells it. */
  readonly index: number;
  readonly leadId: string;
  /** Of a routing decision: its place among those of its pool. */
  readonly pool?: string;
  readonly poolSeq?: number;
  readonly was: string | null;
  readonly now: string | null;
  readonly cause: string;
}

export interface ReplayResult {
  /** Scores and routing decisions; an override is one, with what it tells of the policy. */
  readonly decisions: number;
  readonly identical: number;
  readonly different: readonly Difference[];
  /** How many differ: more than the thousand that are listed, perhaps. */
  readonly differentCount: number;
  /** Decisions that could not be taken again, and why the first of them could not. */
  readonly undecidable: number;
  readonly undecidableBecause?: string;
  /** Decisions that offered a lead which is one with another by what the log tells; absent: none. They are identical, or different. */
  readonly offersOfAbsorbed?: number;
  /** Leads whose personal data was erased. Their decisions replay: they look at none. */
  readonly erased: number;
  /** Decisions by the engine that took them; this one is `engine`. */
  readonly engines: Readonly<Record<string, number>>;
  readonly engine: string;
}

/**
 * What decisions are taken once more from. Neither what they came to nor whom they considered is read: when the same comes out, byte
 * for byte, nothing else stands there.
 */
const INPUTS: Skim = new Map([
  ['lead.scored', withRest(between('model', 'sourceId'), 'consentGiven')],
  ['lead.routed', upTo('considered')],
  ['lead.unroutable', upTo('considered')],
]);

/** What no decision follows from, of which there is much: that it happened is all that is read. */
const untouched = (): object => NOTHING;
const NOTHING = Object.freeze({});
const UNTOUCHED: Skim = new Map([
  ...INPUTS,
  ['partner.notified', untouched],
  ['lead.contacted', untouched],
  ['lead.reminded', untouched],
]);

/** More than a person reads; the others are counted. */
const LISTED = 1_000;

const OTHERWISE = 'the same engine decides otherwise: the record was changed, or its inputs were';
const OVERRIDE_OTHERWISE =
  'the policy would have done otherwise than the override says: the record was changed, or its inputs were';
const UNTOLD_OVERRIDE = 'the log does not tell who overrode the policy here, and why';
const ANOTHER_ENGINE = 'another engine';

/** An entry of the log that a decision is compared with. */
interface Told {
  readonly index: number;
  readonly text: string;
}

/**
 * Takes every decision of a log once more and compares it, byte for byte, with what was recorded. It reads entries and nothing
 * else: there is no way from here to anybody.
 */
export class LogReplay {
  private readonly rules = new RuleHistory();
  private readonly scores = new ScoreReplay(this.rules);
  private readonly routing: RoutingReplay<Told>;
  private readonly different: Difference[] = [];
  private readonly engines = new Map<string, number>();
  private entries = 0;
  private differentCount = 0;
  private decisions = 0;
  private identical = 0;
  private undecidable = 0;
  private undecidableBecause: string | undefined;
  private erased = 0;
  private readonly skim: Skim;

  /**
   * @param readElsewhere  whether somebody else reads each entry whole, and refuses what is no event
   * @param leads  where leads are kept that may be decided about again; in memory, if nothing else is said
   */
  constructor({ readElsewhere = false, leads }: { readElsewhere?: boolean; leads?: KeptTexts } = {}) {
    this.skim = readElsewhere ? UNTOUCHED : INPUTS;
    this.routing = new RoutingReplay<Told>(this.rules, (each) => this.compareRouting(each), undefined, leads);
  }

  /** @param entry  as it is in the log; what is no event fails in one way or another */
  read(entry: Buffer): void {
    const index = this.entries++;
    const text = entry.toString('utf8');
    const event = skimEvent(entry, text, this.skim);
    if (event.type === 'lead.erased') this.erased += 1;
    this.rules.read(event);
    const rescored = this.scores.read(event);
    const isDecision = event.type === 'lead.routed' || event.type === 'lead.unroutable';
    const told = { index, text: isDecision ? text : '' };
    this.routing.read(rescored ? this.compareScore(rescored, entry, { index, text }) : event, told);
  }

  end(): ReplayResult {
    this.routing.end();
    const { unfollowedOverrides, offersOfAbsorbed, notedAgain } = this.routing;
    this.decisions += notedAgain.length;
    for (const { handle, undecidable } of notedAgain) this.cannotDecide(`entry ${handle.index}: ${undecidable}`);
    if (unfollowedOverrides > 0) {
      this.decisions += unfollowedOverrides;
      this.cannotDecide(
        'the log tells who overrode the policy, and not the decision that this was',
        unfollowedOverrides,
      );
    }
    const { decisions, identical, different, differentCount, undecidable, erased } = this;
    return {
      ...{ decisions, identical, different, differentCount, undecidable, erased, engine },
      ...(this.undecidableBecause !== undefined && { undecidableBecause: this.undecidableBecause }),
      ...(offersOfAbsorbed > 0 && { offersOfAbsorbed }),
      engines: Object.fromEntries([...this.engines].sort(([one], [other]) => (one < other ? -1 : 1))),
    };
  }

  /** @returns the score as it is recorded: what came out the same need not be read */
  private compareScore(rescored: Rescored, entry: Buffer, { index, text }: Told): FairleadEvent {
    const { recorded } = rescored;
    const isOurs = this.count(recorded.data.engine);
    if ('undecidable' in rescored) {
      this.cannotDecide(rescored.undecidable);
      return readEvent(entry, text);
    }
    // What the engine is called is reported by itself; whether it decides the same is the question here.
    const again = isOurs ? rescored.again : { ...rescored.again, engine: recorded.data.engine };
    if (isSame(text, again)) {
      this.identical += 1;
      return { ...recorded, data: again };
    }
    const whole = readEvent(entry, text) as LeadScored;
    const told = ({ state, grade, score }: typeof again) => `${state}, ${grade ?? 'no grade'}, ${score} points`;
    this.differentCount += 1;
    const [was, now] = [told(whole.data), told(again)];
    this.list({ index, leadId: recorded.subject, was, now, cause: isOurs ? OTHERWISE : ANOTHER_ENGINE });
    return whole;
  }

  private compareRouting(redecided: Redecided<Told>): void {
    const {
      recorded,
      handle: { index, text },
    } = redecided;
    const { decided } = recorded.data;
    const isOurs = this.count(decided.engine);
    if ('undecidable' in redecided) return this.cannotDecide(`entry ${index}: ${redecided.undecidable}`);
    const { again, policyWould } = redecided;
    const { outcome, data } = again;
    const isAsRecorded = isSame(
      text,
      isOurs ? data : { ...data, decided: { ...data.decided, engine: decided.engine } },
    );
    const isAgainst = !policyWould || policyWould.told?.to === policyWould.again;
    if (isAsRecorded && isAgainst) {
      this.identical += 1;
      return;
    }
    this.differentCount += 1;
    const ofDecision = { leadId: recorded.subject, pool: decided.pool, poolSeq: decided.poolSeq };
    if (!isAsRecorded) {
      const was = recorded.type === 'lead.routed' ? recorded.data.to : null;
      const now = outcome === 'routed' ? data.to : null;
      this.list({ index, ...ofDecision, was, now, cause: isOurs ? OTHERWISE : ANOTHER_ENGINE });
    }
    if (!isAgainst) this.listOverride(isOurs, { index, ...ofDecision }, policyWould);
  }

  /** An override is one decision, which two events tell: whom a person chose, and against whom. */
  private listOverride(
    isOurs: boolean,
    found: Omit<Difference, 'was' | 'now' | 'cause'>,
    { told, again: now }: PolicyWould<Told>,
  ): void {
    if (!told) return this.list({ ...found, was: null, now, cause: UNTOLD_OVERRIDE });
    const cause = isOurs ? OVERRIDE_OTHERWISE : ANOTHER_ENGINE;
    this.list({ ...found, index: told.handle.index, was: told.to, now, cause });
  }

  /** @returns whether this very engine took the decision */
  private count(by: string): boolean {
    this.decisions += 1;
    this.engines.set(by, (this.engines.get(by) ?? 0) + 1);
    return by === engine;
  }

  private cannotDecide(why: string, count = 1): void {
    this.undecidable += count;
    this.undecidableBecause ??= why;
  }

  private list(found: Difference): void {
    if (this.different.length < LISTED) this.different.push(found);
  }
}

function isSame(text: string, again: object): boolean {
  // The data is what an event ends in, so this compares the bytes that were published. Piece by piece: put together first they
  // would be copied for every decision.
  const data = JSON.stringify(again);
  const at = text.length - data.length - 1;
  return at > 0 && text.endsWith('}') && text.startsWith(data, at) && text.endsWith('"data":', at);
}
