import {
  type AnswersNoted,
  type ConsentState,
  type DecisionStamp,
  derivedId,
  type FairleadEvent,
  type LeadAccepted,
  type LeadOverridden,
  LeadRouted,
  type LeadScored,
  type LeadSplit,
  type LeadUnroutable,
} from '@fairlead/events';
import { consentAllowsChannel } from '../route/consent.js';
import { Loads } from '../route/loads.js';
import { DIRECT } from '../route/party.js';
import type { Quality } from '../route/policy.js';
import {
  ABSORBED,
  type OfferedAgain,
  overrideLead,
  policyWould,
  poolFor,
  type RoutableLead,
  routeLead,
  type RoutingDecision,
  type Rules,
} from '../route/route-lead.js';
import {
  applyDecision,
  freePlace,
  type MadeOffer,
  newRoutingState,
  note,
  refuseOffer,
  returnLead,
  type RoutingState,
  tellNoted,
  withdrawCredit,
  withdrawOffer,
} from '../route/routing-state.js';
import type { Side } from '../route/routing-state.js';
import { LeadIds } from './lead-ids.js';
import { type KeptTexts, TextsInMemory } from './kept-texts.js';
import { type RuleHistory, RuleMissing } from './rule-history.js';
import { type JudgedAt, type Known, type Recycling, ToldOfLead } from './told-of-lead.js';

type Recorded = LeadRouted | LeadUnroutable;
type Answer = FairleadEvent<string, { readonly party: string; readonly offer: number }>;

/** A decision taken once more, beside the one that was recorded; an override with what the policy would have done. */
export type Redecided<Handle> = { readonly recorded: Recorded; readonly handle: Handle } & (
  | { readonly again: RoutingDecision; readonly policyWould?: PolicyWould<Handle> }
  | {
      readonly undecidable: string;
      /** Where there was nothing to decide: who has the lead, and keeps it; null: nobody. */
      readonly has?: string | null;
    }
);

/** Whom the policy would have sent an overridden lead to, as it comes out, and as it was told. */
export interface PolicyWould<Handle> {
  readonly again: string | null;
  /** Absent: the log does not tell who sent the lead elsewhere, and why. */
  readonly told?: { readonly to: string | null; readonly handle: Handle };
}

/** Decisions that wait for one before them; partitions are never so far apart, and each is some kilobytes. */
const MAX_WAITING = 50_000;

/** Under other rules nobody can have refused a lead that nobody had, and one that somebody has is not routed because it is judged better. */
export const NOTHING_TO_DECIDE = 'there was nothing to decide by then';

/** Other rules than those that a decision was taken under, for the same lead at the same moment. */
export type OtherRules = (rules: Rules, stamp: DecisionStamp) => Rules;

/** A step that was read, and comes when all before it have come. */
interface Waiting<Handle> {
  readonly event: Recorded | AnswersNoted;
  readonly handle: Handle;
  /** Of an override, what was told of the policy. */
  readonly told?: PolicyWould<Handle>['told'];
}

/** A lead between two decisions. */
interface Life {
  /** Where it is kept, as JSON: most leads are decided about once, and never asked for again. */
  lead: number;
  quality: Quality;
  pool: string;
  made: number;
  party: string | null;
  /** Whom the policy chose last, whatever people have done with the lead since; null: nobody. */
  chosen: string | null;
  paidBy: Side | null;
  /** Whether its current offer can still end: neither refused, nor an opportunity, nor closed. */
  current: boolean;
  /** Whether it holds no place: it was offered under other rules only, and nobody can have answered that. */
  unanswered: boolean;
  /** Whether, as it is recorded, it was never offered to anybody. */
  unoffered: boolean;
  /** Why it would have been offered, if it had not been one with another lead; null: it is not so. */
  withheld: OfferedAgain | 'first' | null;
  /** Whether its party has given it back, and nothing was decided since. */
  returned: boolean;
  refusedBy: readonly string[];
  /** How many offers there had been when it was last recycled. */
  recycledAfter: number;
}

/** The same for all leads that nobody has refused, which are most. */
const NOBODY: readonly string[] = Object.freeze([]);

/** Of a lead about which nothing was decided yet. */
const UNDECIDED = {
  ...{ pool: '', made: 0, party: null, paidBy: null, current: false, unanswered: false, unoffered: true },
  ...{ returned: false, recycledAfter: 0, chosen: null, withheld: null, refusedBy: NOBODY },
} as const;

/** What was told of a lead, and where it is since something was decided about it. */
class FollowedLead extends ToldOfLead {
  life: Life | undefined = undefined;
}

/**
 * Takes every routing decision of a log once more, from nothing but what the log says. Credits and caps are folded again in the
 * order in which they were (`step`), whatever the order in which partitions came into the log: a decision waits until
 * everything that it followed from has been read.
 *
 * What is kept is one life for each lead that may still be offered to somebody, an id for each other one, and whatever waits.
 */
export class RoutingReplay<Handle> {
  private state: RoutingState = newRoutingState();
  private under: Rules | undefined;
  /** Leads that became opportunities, were closed or erased: nobody decides about them any more. */
  private readonly closed = new LeadIds();
  private readonly leads = new Map<string, FollowedLead>();
  private offeredThoughAbsorbed = 0;
  /** Answers and erasures that a decision may have noted, by their ids; of a return, which offer it ended. */
  private readonly answers = new Map<string, Pick<Answer, 'type' | 'subject'> & { readonly offer?: number }>();
  /** What overrides told of the policy, by the id of the decision that follows. */
  private readonly overridden = new Map<
    string,
    NonNullable<PolicyWould<Handle>['told']> & { readonly sentTo: string }
  >();
  /** Why nothing is decided any more. */
  private broken: string | undefined;
  /** Notes of answers that are none, as another entry has their step. Whoever asks says so: no decision does. */
  readonly notedAgain: { readonly handle: Handle; readonly undecidable: string }[] = [];
  private readonly waiting = new Map<number, Waiting<Handle>>();

  /**
   * @param onDecided  called for each decision, in the order in which they were taken
   * @param insteadOf  other rules than those that a decision was taken under: what would have been decided? Leads, answers and
   * overrides stay what they were: whoever has a lead then declines or works on it as whoever had it did. That is an
   * assumption about people, and no longer a fact. Who is offered a lead that was nobody's answers nothing: the offer counts for
   * credits and for the day, and takes no place under `open`, which otherwise nothing would ever free.
   * @param texts  where leads are kept between two decisions; in memory, if nothing else is said
   */
  constructor(
    private readonly rules: RuleHistory,
    private readonly onDecided: (redecided: Redecided<Handle>) => void,
    private readonly insteadOf?: OtherRules,
    private readonly texts: KeptTexts = new TextsInMemory(),
  ) {}

  /** @param handle  given back with the decision: what the caller needs to compare it by */
  read(event: FairleadEvent, handle: Handle): void {
    switch (event.type) {
      case 'lead.scored':
        if (!this.hasClosed(event.subject))
          this.toldOf(event.subject).judge(event as LeadScored, {
            isDecided: this.lifeOf(event.subject) !== undefined,
            isOffered: this.lifeOf(event.subject)?.unoffered === false,
          });
        break;
      case 'lead.declined':
        this.toldOf(event.subject).refuse((event as Answer).data.offer, 'declined');
        break;
      case 'lead.offer-expired':
        this.toldOf(event.subject).refuse((event as Answer).data.offer, 'expired');
        break;
      case 'lead.accepted':
        this.toldOf(event.subject).accepted = (event as LeadAccepted).data.offer;
        break;
      case 'lead.qualified':
      case 'lead.won':
      case 'lead.lost':
      case 'lead.returned':
      case 'lead.erased':
        // Of a lead whose last offer has ended nothing can be noted any more; a decision that waits may still bring one. Under
        // other rules the lead may be nobody's, and the record notes the answer of whoever had it all the same.
        if (this.insteadOf || !this.hasEnded(event.subject) || this.waiting.size > 0)
          this.answers.set(event.id, {
            ...{ type: event.type, subject: event.subject },
            ...(event.type === 'lead.returned' && { offer: (event as Answer).data.offer }),
          });
        break;
      case 'lead.recycled':
        this.toldOf(event.subject).recycle(event.id);
        break;
      case 'lead.absorbed':
        this.toldOf(event.subject).absorbed = true;
        return;
      case 'lead.split':
        if ((event as LeadSplit).data.part !== 'absorbed') return;
        this.toldOf(event.subject).split(event.id);
        break;
      case 'lead.overridden':
        // Under other rules a person's word is taken as it was given: against whom, only the record says.
        if (!this.insteadOf) {
          const { to: sentTo, policyWould: to } = (event as LeadOverridden).data;
          this.overridden.set(derivedId(event.id, LeadRouted.type), { sentTo, to, handle });
        }
        return;
      case 'lead.routed':
      case 'lead.unroutable': {
        const { step } = (event as Recorded).data.decided;
        const told = this.toldOverride(event as Recorded);
        if (step === undefined) {
          const undecidable = 'it was recorded before decisions told their order';
          this.onDecided({ recorded: event as Recorded, handle, undecidable });
          this.broken ??= `it follows decisions that were recorded before they told their order`;
        } else if (this.broken !== undefined)
          this.onDecided({ recorded: event as Recorded, handle, undecidable: this.broken });
        else if (this.isTaken(step))
          this.onDecided({ recorded: event as Recorded, handle, undecidable: alreadyHad(step) });
        else this.waiting.set(step, { event: event as Recorded, handle, ...(told && { told }) });
        break;
      }
      case 'answers.noted': {
        const { step } = (event as AnswersNoted).data;
        if (this.isTaken(step)) this.notedAgain.push({ handle, undecidable: alreadyHad(step) });
        else if (this.broken === undefined) this.waiting.set(step, { event: event as AnswersNoted, handle });
        break;
      }
      default:
        // Perhaps a rule that a decision waits for.
        if (this.waiting.size === 0) return;
    }
    this.advance();
    if (this.waiting.size > MAX_WAITING) this.end();
  }

  /** At the end of the log: tells of each decision that still waits what it waits for. */
  end(): void {
    if (this.waiting.size === 0) return;
    const steps = [...this.waiting.keys()].sort((one, other) => one - other);
    const next = steps[0] as number;
    const last = this.state.order.step;
    // What waits comes after all that was decided, and the next of it for something that the log has not said.
    this.breakOff(next > last + 1 ? `the log lacks steps ${last + 1} to ${next - 1}` : (this.missing(next) as string));
  }

  /**
   * What credits and caps were after a gap nobody can know, so whatever follows one is not decided: it would come out
   * otherwise, and be taken for a finding. The first one says what is missing.
   */
  private breakOff(missing: string): void {
    let why = missing;
    for (const step of [...this.waiting.keys()].sort((one, other) => one - other)) {
      const { event, handle } = this.waiting.get(step) as Waiting<Handle>;
      this.waiting.delete(step);
      if (event.type === 'answers.noted') continue;
      this.onDecided({ recorded: event, handle, undecidable: why });
      why = this.broken ??= `it follows a gap: ${missing}`;
    }
    this.broken ??= `it follows a gap: ${missing}`;
  }

  /** What was told before this decision of the override that it is: it stands there, as the log has a lead's events in their order. */
  private toldOverride({ id, data }: Recorded): PolicyWould<Handle>['told'] {
    const told = this.overridden.get(id);
    if (!told || !('to' in data) || data.to !== told.sentTo) return undefined;
    this.overridden.delete(id);
    return told;
  }

  /**
   * How many decisions offered a lead to somebody that was one with another by what the log tells: as those did that were taken before that
   * was looked at. What they looked at they do not tell; they are taken again as they were.
   */
  get offersOfAbsorbed(): number {
    return this.offeredThoughAbsorbed;
  }

  /** How many overrides the log tells without the decision that each of them was. */
  get unfollowedOverrides(): number {
    return this.overridden.size;
  }

  /** Whether another entry has been read that has this step: each is one decision's, or that of one note of answers. */
  private isTaken(step: number): boolean {
    return step <= this.state.order.step || this.waiting.has(step);
  }

  private advance(): void {
    for (;;) {
      const next = this.state.order.step + 1;
      const waiting = this.waiting.get(next);
      if (!waiting || this.missing(next) !== undefined) return;
      this.waiting.delete(next);
      const { event, handle, told } = waiting;
      if (event.type === 'answers.noted') {
        this.fold(event.data.noted);
        tellNoted(this.state);
        continue;
      }
      this.fold(event.data.decided.noted ?? []);
      const life = this.lifeOf(event.subject);
      if (life && this.isIdle(event, life)) {
        tellNoted(this.state);
        const has = life.current ? life.party : null;
        this.onDecided({ recorded: event, handle, undecidable: NOTHING_TO_DECIDE, has });
        life.unoffered &&= event.type === 'lead.unroutable';
      } else {
        // Of the policy in force, which others are not held against.
        const isAgainst = life && isOverride(event) && !this.insteadOf;
        const against = isAgainst ? { again: this.policyWould(event, life), ...(told && { told }) } : undefined;
        this.onDecided({
          recorded: event,
          handle,
          again: this.decide(event),
          ...(against && { policyWould: against }),
        });
      }
    }
  }

  /** What the log has not said yet of what this step followed from; undefined: nothing. */
  private missing(step: number): string | undefined {
    const event = this.waiting.get(step)?.event;
    if (!event) return undefined;
    const noted = event.type === 'answers.noted' ? event.data.noted : (event.data.decided.noted ?? []);
    const unseen = noted.find((id) => !this.answers.has(id));
    if (unseen !== undefined) return `the log lacks the answer ${unseen}`;
    if (event.type === 'answers.noted') return undefined;
    const life = this.lifeOf(event.subject);
    if (!life || (!this.insteadOf && this.isJudgedAgain(event, life))) {
      if (this.judgedFor(event) === undefined) return 'the log does not say how the lead was scored';
    } else if (!this.insteadOf && !isOverride(event) && !this.isFollowed(event, life))
      return `the log does not say how offer ${life.made} ended`;
    try {
      this.rules.rulesOf(event.data.decided);
      return undefined;
    } catch (error) {
      if (error instanceof RuleMissing) return `the log does not tell ${error.message}`;
      throw error;
    }
  }

  /** Under other rules: whether the lead is not where it was when this was decided. */
  private isIdle(event: Recorded, life: Life): boolean {
    if (!this.insteadOf || isOverride(event)) return false;
    const told = this.toldOf(event.subject);
    if (told.recyclingFor(event)) return !life.returned;
    if (told.splitFor(event)) return life.withheld === null;
    const judged = this.judgedFor(event);
    if (this.isJudgedAgain(event, life)) return life.current || judged === undefined;
    if (!judged) return !life.current;
    // By consent: what it means for whoever has the lead here, or for nobody who could have it.
    const rules = this.rulesFor(event.data.decided);
    const lead = { ...this.again(life, 'consent-given'), consent: judged.consent };
    const allows = consentAllowsChannel(lead, poolFor(lead, rules.policy));
    return life.current ? allows || life.party === DIRECT : !allows;
  }

  private decide(event: Recorded): RoutingDecision {
    const { decided } = event.data;
    const rules = this.enter(decided);
    const { subject } = event;
    const life = this.lifeOf(subject);
    const told = this.toldOf(subject);
    // Before it was looked at, no decision followed from it.
    const asked = (consent: ConsentState) => ({ consent: decided.consent === undefined ? undefined : consent });
    const judged = life && isOverride(event) ? undefined : this.judgedFor(event);
    const recycling = told.recyclingFor(event);
    const split = told.splitFor(event);
    let decision: RoutingDecision;
    let because: OfferedAgain | 'first' = 'first';
    if (judged && (!life || this.isJudgedAgain(event, life))) {
      told.follow(judged);
      const lead = { ...judged.lead, ...asked(told.consent) };
      decision = routeLead({ ...lead, ...this.ifAbsorbed(event, judged) }, rules, this.state, decided.now);
      if (life) this.texts.forget?.(life.lead);
      const quality = lead.grade ?? 'incomplete';
      const place = this.texts.append(JSON.stringify(lead));
      told.life = { ...UNDECIDED, lead: place, quality };
    } else {
      if (!life) throw new Error(`decision ${event.id} was not waited for`);
      const offer = offerOf(life);
      if (judged) {
        told.follow(judged);
        because = offer ? 'consent-withdrawn' : 'consent-given';
        if (offer && life.unanswered) withdrawCredit(this.state, offer);
        else if (offer) withdrawOffer(this.state, offer, rules.roster);
        life.paidBy = null;
        const lead = { ...this.again(life, because), ...asked(told.consent), ...this.ifAbsorbed(event, judged) };
        decision = routeLead(lead, rules, this.state, decided.now);
      } else if (isOverride(event)) {
        if (offer && life.unanswered) withdrawCredit(this.state, offer);
        else if (offer) withdrawOffer(this.state, offer, rules.roster);
        life.paidBy = null;
        const { to } = event.data as LeadRouted['data'];
        decision = overrideLead(this.overriddenLead(event, life), to, life.made, rules, this.state, decided.now);
      } else if (split && life.withheld !== null) {
        told.followSplit(split);
        because = life.withheld;
        const { earlier, ...first } = this.again(life, because === 'first' ? 'declined' : because);
        const lead = { ...first, ...asked(split.consent), ...(because !== 'first' && earlier && { earlier }) };
        decision = routeLead(lead, rules, this.state, decided.now);
      } else if (recycling) {
        this.recycle(life, told, recycling);
        because = 'recycled';
        const lead = { ...this.again(life, because), ...asked(told.consent), ...this.ifAbsorbed(event, recycling) };
        decision = routeLead(lead, rules, this.state, decided.now);
      } else {
        // Under other rules the lead may have been offered less often.
        const { offer: ended, refusal } = told.refusalOf(this.insteadOf ? undefined : life.made) ?? {
          offer: life.made,
          refusal: { because: 'declined', ...told.known },
        };
        because = refusal.because;
        told.forgetRefusal(ended);
        if (offer) {
          refuseOffer(this.state, offer, rules.roster);
          life.refusedBy = [...life.refusedBy, offer.party];
        }
        const lead = { ...this.again(life, because), ...asked(refusal.consent), ...this.ifAbsorbed(event, refusal) };
        decision = routeLead(lead, rules, this.state, decided.now);
      }
    }
    applyDecision(this.state, decision.change, rules.roster);
    const after = told.life as Life;
    this.follow(after, decision);
    if (!isOverride(event)) after.chosen = after.party;
    after.withheld = decision.outcome === 'unroutable' && decision.data.reason === ABSORBED ? because : null;
    after.unoffered &&= event.type === 'lead.unroutable';
    after.returned = false;
    // Whoever has it keeps it, however it is judged from now on, unless it is of the person's consent that it tells otherwise.
    if (!after.unoffered) told.offered();
    const offer = offerOf(after);
    after.unanswered = event.type === 'lead.unroutable' && offer !== undefined;
    if (offer && after.unanswered) freePlace(this.state, offer, rules.roster);
    return decision;
  }

  /** What the policy would have done with the lead, before a person took it from whoever had it. */
  private policyWould(event: Recorded, life: Life): string | null {
    const { decided } = event.data;
    const rules = this.enter(decided);
    const lead = this.overriddenLead(event, life);
    return policyWould(lead, life.chosen, rules, this.state, decided.now);
  }

  /** A lead as it was when a person sent it elsewhere. */
  private overriddenLead({ subject, data: { decided } }: Recorded, life: Life): RoutableLead {
    const lead = this.again(life, 'declined');
    // A person is in no order with what scores tell: routing may have heard of one that stands here already, or not. It tells what
    // it knew of consent; what nobody had told it did not know.
    const told = this.toldOf(subject);
    const isTold = decided.consent === undefined || told.hasTold(decided.consent);
    return { ...lead, consent: isTold ? decided.consent : told.consent };
  }

  private follow(life: Life, decision: RoutingDecision): void {
    life.pool = decision.change.pool;
    if (decision.outcome === 'routed') {
      life.made = decision.data.offer;
      life.party = decision.data.to;
      life.paidBy = decision.paidBy;
      life.current = true;
    } else Object.assign(life, { party: null, paidBy: null, current: false });
  }

  /** From here on it is decided about as it was judged last, and refused by whoever returned it. */
  private recycle(life: Life, told: ToldOfLead, recycling: Recycling): void {
    told.followRecycling(recycling);
    const { judged } = recycling;
    if (life.party !== null) life.refusedBy = [...life.refusedBy, life.party];
    life.recycledAfter = life.made;
    life.paidBy = null;
    // Judged last before it was recycled the time before: that is what it is known as already.
    if (judged === undefined || judged === life.lead) return;
    this.texts.forget?.(life.lead);
    life.lead = judged;
    life.quality = (JSON.parse(this.texts.read(judged)) as RoutableLead).grade ?? 'incomplete';
  }

  /**
   * Whether the lead was one with another, for a decision that looked at that. One that offered it did not, or it would not have; what
   * others came to says it. Under other rules the record says no more of it than that.
   */
  private ifAbsorbed({ type, data }: Recorded, { absorbed }: Pick<Known, 'absorbed'>): { readonly absorbed?: true } {
    if (!absorbed) return {};
    if (type === 'lead.routed') {
      this.offeredThoughAbsorbed += 1;
      return {};
    }
    return this.insteadOf || ('reason' in data && data.reason === ABSORBED) ? { absorbed } : {};
  }

  /** Whether this decides about a lead that went to nobody and was judged better since; any other follows from a refusal, or a split. */
  private isJudgedAgain(event: Recorded, { unoffered }: Life): boolean {
    return unoffered && !isOverride(event) && !this.toldOf(event.subject).splitFor(event);
  }

  /** What a decision about a lead follows from, if it was a score. */
  private judgedFor(event: Recorded): JudgedAt | undefined {
    return this.toldOf(event.subject).judgedFor(event, this.lifeOf(event.subject) === undefined);
  }

  private toldOf(subject: string): FollowedLead {
    let told = this.leads.get(subject);
    if (!told) this.leads.set(subject, (told = new FollowedLead(this.texts)));
    return told;
  }

  private lifeOf(subject: string): Life | undefined {
    return this.leads.get(subject)?.life;
  }

  /** Whether the log has said what a decision about a lead that was offered follows from. */
  private isFollowed(event: Recorded, life: Life): boolean {
    const told = this.toldOf(event.subject);
    if (told.recyclingFor(event) || told.splitFor(event)) return true;
    return this.judgedFor(event) !== undefined || told.refusalOf(life.made) !== undefined;
  }

  /** A lead that was offered before, as it was judged. */
  private again({ lead, pool, made, refusedBy, paidBy, recycledAfter }: Life, because: OfferedAgain): RoutableLead {
    const judged = JSON.parse(this.texts.read(lead)) as RoutableLead;
    const earlier = { pool, made, refusedBy, because, paidBy };
    return { ...judged, earlier: { ...earlier, ...(recycledAfter > 0 && { recycledAfter }) } };
  }

  private hasClosed(subject: string): boolean {
    return this.closed.find(subject) !== undefined;
  }

  private hasEnded(subject: string): boolean {
    return this.hasClosed(subject) || this.lifeOf(subject)?.current === false;
  }

  /** Folds answers in that led to no decision. */
  private fold(ids: readonly string[]): void {
    for (const id of ids) {
      const answer = this.answers.get(id) as { type: string; subject: string; offer?: number };
      this.answers.delete(id);
      note(this.state, id);
      const life = this.lifeOf(answer.subject);
      const offer = life && offerOf(life);
      const roster = this.under?.roster;
      if (!life || !offer || !roster) continue;
      const told = this.toldOf(answer.subject);
      // It was offered in the record later than here, where it took no place that could be given back.
      if (life.unanswered) life.unanswered = false;
      else if (answer.type === 'lead.returned') returnLead(this.state, offer, roster);
      else if (answer.type === 'lead.erased' && told.accepted !== life.made) withdrawOffer(this.state, offer, roster);
      else freePlace(this.state, offer, roster);
      life.current = false;
      if (answer.type === 'lead.returned') {
        life.returned = true;
        told.forgetAnswersUpTo(answer.offer ?? life.made);
        continue;
      }
      told.close();
      this.leads.delete(answer.subject);
      this.texts.forget?.(life.lead);
      if (!this.hasClosed(answer.subject)) this.closed.add(answer.subject);
    }
  }

  private rulesFor(stamp: DecisionStamp): Rules {
    const recorded = this.rules.rulesOf(stamp);
    return this.insteadOf ? this.insteadOf(recorded, stamp) : recorded;
  }

  /** The rules of a decision. What is remembered of who has room belongs to the rules before. */
  private enter(stamp: DecisionStamp): Rules {
    const rules = this.rulesFor(stamp);
    const { policy, roster } = this.under ?? {};
    this.under = rules;
    if (rules.policy !== policy || rules.roster !== roster)
      this.state = { ...this.state, loads: new Loads(this.state.loads) };
    return rules;
  }
}

/** Which of two entries is the right one nobody can know: the first is compared, and no other passes in silence. */
function alreadyHad(step: number): string {
  return `step ${step} is that of an entry before it already`;
}

function isOverride(event: Recorded): boolean {
  return event.type === 'lead.routed' && event.data.why === 'override';
}

function offerOf({ quality, pool, party, paidBy, current }: Life): MadeOffer | undefined {
  return current && party !== null ? { pool, quality, party, paidBy } : undefined;
}
