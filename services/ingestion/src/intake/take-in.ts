import { Injectable, Logger } from '@nestjs/common';
import {
  type Arrival,
  type Identified,
  identifyArrivals,
  type IdentityKind,
  type KnownLead,
  type Match,
  matchLead,
  matchPool,
  missingFields,
  type NormalisedLead,
  type Policy,
} from '@fairlead/decisions';
import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  type Facts,
  InvalidEvent,
  LeadConsentChanged,
  LeadEngaged,
  LeadHeld,
  LeadMerged,
  LeadReceived,
  type Sealed,
} from '@fairlead/events';
import { type OpenUnit, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { ActivePolicyStore } from '../store/active-policy.store.js';
import { HeldLeadsStore, type NewlyHeld } from '../store/held-leads.store.js';
import { IdempotencyKeysStore, nameOfPart } from '../store/idempotency-keys.store.js';
import { IdentitiesStore, type Identity, nameOf } from '../store/identities.store.js';
import { LeadsStore, type StoredLead } from '../store/leads.store.js';
import { ChangeConsent } from './change-consent.js';
import { SendersStore } from '../store/senders.store.js';
import { CompleteLead } from './complete-lead.js';
import { Rejections } from './rejections.js';
import {
  type ActivityRow,
  type LeadRow,
  type PreparedRow,
  type RowResult,
  type Submission,
  toldOfKnown,
  type UnusableRow,
} from './rows.js';
import { consentIn, type Touch, touchId, Touches } from './touches.js';

export type Taken =
  { readonly outcome: 'taken'; readonly results: readonly RowResult[] } | { readonly outcome: 'other-request' };

/** Somebody known was erased while being recognised: taken in once more, it is somebody new. */
export class ErasedMeanwhile extends Error {
  override readonly name = 'ErasedMeanwhile';
}

/** How long a lead waits for what it lacks, and for what. */
interface Hold {
  readonly missing: readonly string[];
  readonly until: number;
}

const SOURCE = '/ingestion';

/**
 * Takes submissions in, in one transaction: who is new, what is held, what is said about it. Locks are taken in one order
 * (idempotency keys, identities, leads, held leads; each kind by its key), so that no two of these wait for one another.
 */
@Injectable()
export class TakeIn {
  readonly #log = new Logger('intake');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly personalData: PersonalData,
    private readonly keys: IdempotencyKeysStore,
    private readonly identities: IdentitiesStore,
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
    private readonly senders: SendersStore,
    private readonly policies: ActivePolicyStore,
    private readonly completion: CompleteLead,
    private readonly rejections: Rejections,
    private readonly consents: ChangeConsent,
  ) {}

  /**
   * A row that cannot be said as an event, by a fault of ours, is rejected, and the others are taken in: nobody's import may
   * stand still for it.
   * @returns what became of each submission, in their order; committed
   */
  async take(submissions: readonly Submission[]): Promise<Taken[]> {
    const policy = await this.policies.find();
    for (let sayable = submissions; ; sayable = await this.#withoutFirstUnsayable(sayable, policy)) {
      try {
        return await this.#take(sayable, policy);
      } catch (error) {
        if (!(error instanceof InvalidEvent)) throw error;
      }
    }
  }

  /** Looks for it in transactions that are rolled back: which rows can be said depends on those before them, too. */
  async #withoutFirstUnsayable(
    submissions: readonly Submission[],
    policy: Policy | undefined,
  ): Promise<readonly Submission[]> {
    const rows = submissions.flatMap(({ rows: own }) => own);
    let sayable = 0;
    let unsayable = rows.length;
    while (unsayable - sayable > 1) {
      const middle = Math.floor((sayable + unsayable) / 2);
      if (await this.#canBeSaid(rows.slice(0, middle), policy)) sayable = middle;
      else unsayable = middle;
    }
    const row = rows[sayable];
    if (!row || row.kind === 'unusable') throw new Error('none of these rows is the one that cannot be said');
    const { sourceId } = row.kind === 'lead' ? row.lead : row;
    this.#log.error({ event: 'intake.unsayable', leadId: row.leadId, source: sourceId });
    return submissions.map((each) => ({
      ...each,
      rows: each.rows.map((other) => (other === row ? unsayableRow(row) : other)),
    }));
  }

  async #canBeSaid(rows: readonly PreparedRow[], policy: Policy | undefined): Promise<boolean> {
    const undo = new Error('this was a trial');
    try {
      await this.units.run(async (unit) => {
        await this.#takeRows(unit, [{ rows }], policy);
        throw undo;
      });
    } catch (error) {
      if (error instanceof InvalidEvent) return false;
      if (error !== undo) throw error;
    }
    return true;
  }

  #take(submissions: readonly Submission[], policy: Policy | undefined): Promise<Taken[]> {
    return this.units.run(async (unit) => {
      const parts = submissions.flatMap(({ keyedPart }) => keyedPart ?? []);
      const bound = await this.keys.bind<RowResult[]>(unit, parts);
      const answers = submissions.map(({ keyedPart }) => keyedPart && bound.get(nameOfPart(keyedPart)));
      const fresh = submissions.filter((_, place) => (answers[place]?.outcome ?? 'bound') === 'bound');

      const results = await this.#takeRows(unit, fresh, policy);
      for (const [alongside, own] of Map.groupBy(fresh, (submission) => submission.alongside))
        await alongside?.(
          unit,
          own.flatMap(({ keyedPart }) => keyedPart ?? []),
        );

      this.keys.answer(
        unit,
        fresh.flatMap(({ keyedPart: part }, place) => (part ? { part, answer: results[place] } : [])),
      );
      let next = 0;
      return answers.map((answer): Taken => {
        if (answer?.outcome === 'other-request') return answer;
        if (answer?.outcome === 'repeated') return { outcome: 'taken', results: answer.answer };
        return { outcome: 'taken', results: results[next++] ?? [] };
      });
    });
  }

  async #takeRows(
    unit: OpenUnit,
    submissions: readonly Submission[],
    policy: Policy | undefined,
  ): Promise<RowResult[][]> {
    const rows = submissions.flatMap(({ rows: own, traceparent }) =>
      own.map((row): PreparedRow => ({ ...row, traceparent: row.traceparent ?? traceparent })),
    );
    const leads = rows.filter((row): row is LeadRow => row.kind === 'lead');
    const activities = rows.filter((row): row is ActivityRow => row.kind === 'activity');
    const unusable = rows.filter((row): row is UnusableRow => row.kind === 'unusable');
    const results = await this.#takeUsable(unit, leads, activities, policy);
    this.rejections.say(unit, submissions);
    for (const row of unusable) results.set(row, rejection(row));

    let at = 0;
    return submissions.map(({ rows: own }) => own.map(() => results.get(rows[at++] as PreparedRow) as RowResult));
  }

  /** Leads first: what somebody did counts also when it comes together with the lead. */
  async #takeUsable(
    unit: OpenUnit,
    rows: readonly LeadRow[],
    activities: readonly ActivityRow[],
    policy: Policy | undefined,
  ): Promise<Map<PreparedRow, RowResult>> {
    const claims = claimsOf(rows);
    const owners = await this.identities.claim(unit, [...claims.values()]);
    const who = identifyArrivals(rows.map(toArrival), owners);
    this.identities.reassign(unit, movedBy(claims, owners, who.owners));
    const doers = await this.#doersOf(unit, activities, who.owners, owners);

    const fresh = rows.filter((_, place) => who.arrivals[place]?.isNew === true);
    const isFresh = new Set(fresh.map(({ leadId }) => leadId));
    const again = [...new Set([...who.arrivals, ...doers.values()].map(({ leadId }) => leadId))].filter(
      (id) => !isFresh.has(id),
    );
    const stored = await this.leads.lock(unit, again);
    if (who.arrivals.some(({ leadId }) => !isFresh.has(leadId) && !stored.has(leadId))) throw new ErasedMeanwhile();
    await this.#stillTheirs(unit, [...rows, ...doers.keys()], stored, owners);
    const held = await this.held.lock(unit, [...stored.keys()]);
    const holds = new Map(fresh.map((row) => [row.leadId, holdOf(row.lead, policy, unit.now)]));

    const touches = new Touches(stored, held);
    for (const [place, row] of rows.entries()) {
      const arrival = who.arrivals[place] as Identified;
      const { missing = [], until } = holds.get(row.leadId) ?? {};
      if (arrival.isNew) touches.begin(row, missing, until !== undefined, unit.now);
      else touches.repeat(row, arrival);
    }
    for (const [row, match] of doers) touches.engage(row, match);

    const repeated = rows.flatMap((row) => touches.of(row) ?? []);
    const sealed = await this.#seal(fresh, repeated);
    const newlyHeld: NewlyHeld[] = [];
    const results = new Map<PreparedRow, RowResult>();
    for (const row of rows) {
      const { index, leadId } = row;
      const touch = touches.of(row);
      if (touch) {
        unit.say([merged(row, touch, sealed.get(row), unit.now)]);
        results.set(row, { index, id: touch.leadId, status: 'merged' });
        continue;
      }
      const hold = holds.get(leadId) ?? {};
      const { said, held: begun } = received(row, hold, sealed.get(row), unit.now);
      unit.say(said);
      if (begun) newlyHeld.push(begun);
      results.set(row, { index, id: leadId, status: begun ? 'held' : 'received' });
    }
    for (const row of activities) {
      const { index, leadId } = row;
      const touch = touches.of(row);
      if (touch) unit.say([consentChanged(row, touch, unit.now) ?? engaged(row, touch, unit.now)]);
      results.set(
        row,
        touch ? { index, id: touch.leadId, status: 'engaged' } : { index, id: leadId, status: 'ignored' },
      );
    }

    this.held.add(unit, newlyHeld);
    const completing = newlyHeld.map(({ leadId }) => leadId).filter((leadId) => touches.touched(leadId));
    // Of leads that came in the same submissions: what was put off about them is read.
    if (completing.length > 0) await unit.writeNow();
    const waiting = [
      ...held.filter(({ leadId }) => touches.touched(leadId)),
      ...(await this.held.lock(unit, completing)),
    ];
    for (const each of waiting) {
      const { knowledge, contacts } = touches.after(each.leadId);
      if (knowledge) touches.lacks(each.leadId, await this.completion.learn(unit, each, knowledge, contacts, policy));
    }
    // What came of another word on consent concerns every lead of the person; nearly nobody has another.
    const words = [...repeated, ...activities.flatMap((row) => touches.of(row) ?? [])].filter(({ changed }) =>
      changed.includes('consent'),
    );
    if (words.length > 0)
      await this.consents.pass(unit, new Map(words.map(({ leadId, row }) => [leadId, wordOf(row)] as const)));
    await this.identities.noteFurther(unit, furtherOf(repeated, who.owners));
    this.senders.note(unit, touches.senders());
    this.leads.put(unit, touches.leads(who.gainedEmail));
    return results;
  }

  /**
   * Whose these are was read before their leads were locked. Meanwhile a person may have made two of them one, or one of them two; that
   * is seldom, and is seen by the leads themselves.
   * @throws ErasedMeanwhile  when it has happened: they are then recognised anew
   */
  async #stillTheirs(
    unit: UnitOfWork,
    rows: readonly (LeadRow | ActivityRow)[],
    stored: ReadonlyMap<string, StoredLead>,
    owners: ReadonlyMap<string, KnownLead>,
  ): Promise<void> {
    const leads = [...stored.values()];
    if (leads.some(({ absorbedBy }) => absorbedBy != null)) throw new ErasedMeanwhile();
    if (leads.every(({ splits = 0 }) => splits === 0)) return;
    const keys = new Map(rows.flatMap((row) => row.keys).map((key) => [nameOf(key), key]));
    const found = await this.identities.find(unit, [...keys.values()]);
    const fresh = new Set(rows.map(({ leadId }) => leadId));
    const moved = [...found].some(([name, { leadId }]) => {
      const before = owners.get(name)?.leadId;
      return before === undefined ? !stored.has(leadId) && !fresh.has(leadId) : before !== leadId;
    });
    if (moved) throw new ErasedMeanwhile();
  }

  /** Who did what these tell; of somebody unknown nothing is told. They claim nothing: an activity is no lead. */
  async #doersOf(
    unit: UnitOfWork,
    activities: readonly ActivityRow[],
    owners: ReadonlyMap<string, string>,
    known: ReadonlyMap<string, KnownLead>,
  ): Promise<Map<ActivityRow, Match>> {
    const asked = new Map(activities.flatMap(({ keys }) => keys).map((key) => [nameOf(key), key]));
    const others = await this.identities.find(
      unit,
      [...asked].flatMap(([name, key]) => (owners.has(name) ? [] : [key])),
    );
    const matches = activities.flatMap((row): [ActivityRow, Match][] => {
      const found: Partial<Record<IdentityKind, KnownLead>> = {};
      for (const key of row.keys) {
        const leadId = owners.get(nameOf(key));
        const lead =
          known.get(nameOf(key)) ?? others.get(nameOf(key)) ?? (leadId !== undefined && { leadId, hasEmail: true });
        if (lead) found[key.kind] = lead;
      }
      const match = matchLead(
        found,
        row.keys.some(({ kind }) => kind === 'email'),
      );
      return match ? [[row, match]] : [];
    });
    return new Map(matches);
  }

  /** The contact of leads that are new, and what is new in that of others; each sealed for the event that tells it. */
  async #seal(
    fresh: readonly LeadRow[],
    repeated: readonly Touch<LeadRow>[],
  ): Promise<Map<PreparedRow, Sealed | undefined>> {
    const asked = [
      ...fresh.map((row) => ({ row, leadId: row.leadId, eventId: receivedId(row.leadId), value: row.lead.contact })),
      ...repeated.map(({ row, leadId, touch, splits, newContact }) => ({
        row,
        leadId,
        eventId: touchId(LeadMerged.type, leadId, touch, splits),
        value: newContact,
      })),
    ].filter(({ value }) => Object.keys(value).length > 0);
    const sealed = await this.personalData.seal(
      asked.map(({ leadId, eventId, value }) => ({ leadId, eventId, field: 'contact', value })),
    );
    return new Map(asked.map(({ row }, place) => [row, sealed[place]]));
  }
}

function toArrival({ leadId, lead, keys }: LeadRow): Arrival {
  return {
    leadId,
    hasEmail: lead.reachable.email,
    keys: keys.map(({ kind, key }) => ({ kind, key: key.toString('base64') })),
  };
}

/** Each identity is claimed for the first row that has it. */
function claimsOf(rows: readonly LeadRow[]): Map<string, Identity> {
  const claims = new Map<string, Identity>();
  for (const { leadId, keys } of rows) {
    for (const { kind, key } of keys) {
      const name = nameOf({ kind, key });
      if (!claims.has(name)) claims.set(name, { kind, key, leadId });
    }
  }
  return claims;
}

/** Identities that were claimed for a row which then turned out to be somebody else. */
function movedBy(
  claims: ReadonlyMap<string, Identity>,
  known: ReadonlyMap<string, unknown>,
  owners: ReadonlyMap<string, string>,
): Identity[] {
  return [...claims].flatMap(([name, claim]) => {
    const leadId = owners.get(name) ?? claim.leadId;
    return known.has(name) || leadId === claim.leadId ? [] : [{ ...claim, leadId }];
  });
}

/** What the lead's pool needs and the lead lacks; held for it only where the pool gives time. */
function holdOf(lead: NormalisedLead, policy: Policy | undefined, now: number): Partial<Hold> {
  if (!policy) return {};
  const { needs, holdForMs } = matchPool(lead, policy).incomplete;
  const missing = missingFields(lead, needs);
  if (missing.length === 0) return {};
  return holdForMs > 0 ? { missing, until: now + holdForMs } : { missing };
}

/** Addresses that came along with the id of one lead, and by which another is found: erasure has to find both. */
function furtherOf(touches: readonly Touch<LeadRow>[], owners: ReadonlyMap<string, string>): Identity[] {
  return touches.flatMap(({ row, leadId, newContact }) =>
    row.keys
      .filter(({ kind }) => kind !== 'externalId' && newContact[kind] !== undefined)
      .filter((key) => owners.get(nameOf(key)) !== leadId)
      .map((key) => ({ ...key, leadId })),
  );
}

/** What is said of a lead that is new, and what is kept of it while it is held. */
function received(
  { leadId, lead, traceparent }: LeadRow,
  { missing = [], until }: Partial<Hold>,
  contact: Sealed | undefined,
  now: number,
): { readonly said: EncodedEvent[]; readonly held?: NewlyHeld } {
  const id = receivedId(leadId);
  const { contact: _, ...known } = lead;
  const about = { source: SOURCE, subject: leadId, time: now, ...(traceparent && { traceparent }) };
  const state = until === undefined ? ('complete' as const) : ('held' as const);
  const event = encodeEvent(LeadReceived, {
    ...about,
    id,
    data: { ...known, state, missing: [...missing], ...(contact && { contact }) },
  });
  if (until === undefined) return { said: [event] };
  const data = { missing: [...missing], until };
  return {
    said: [event, encodeEvent(LeadHeld, { ...about, id: derivedId(id, LeadHeld.type), data })],
    held: { leadId, until, missing, lead: known, contact, contactEvent: id, receivedEvent: id, traceparent },
  };
}

function receivedId(leadId: string): string {
  return derivedId(leadId, LeadReceived.type);
}

function merged(
  row: LeadRow,
  { leadId, matchedBy, touch, splits, changed, otherwise, known }: Touch,
  contact: Sealed | undefined,
  now: number,
): EncodedEvent {
  const { sourceId, externalId, occurredAt } = toldOfKnown(row);
  const event = (more: { readonly otherwise?: Facts }) =>
    encodeEvent(LeadMerged, {
      ...{ id: touchId(LeadMerged.type, leadId, touch, splits), source: SOURCE, subject: leadId, time: now },
      ...(row.traceparent && { traceparent: row.traceparent }),
      data: {
        ...{ sourceId, ...(externalId !== undefined && { externalId }), matchedBy, occurredAt, touch },
        changed: [...changed],
        ...(contact && { contact }),
        ...more,
        ...(known && { known }),
      },
    });
  try {
    return event({ ...(otherwise && { otherwise }) });
  } catch (error) {
    // Two leads as large as a lead may be do not fit one entry of the log. What counts is told.
    if (error instanceof InvalidEvent && error.why === 'too-large') return event({});
    throw error;
  }
}

function engaged(
  row: ActivityRow,
  { leadId, matchedBy, touch, splits, changed, known }: Touch,
  now: number,
): EncodedEvent {
  const { sourceId, externalId, activity, doing, traceparent } = row;
  return encodeEvent(LeadEngaged, {
    ...{ id: touchId(LeadEngaged.type, leadId, touch, splits), source: SOURCE, subject: leadId, time: now },
    ...(traceparent && { traceparent }),
    data: {
      ...{ sourceId, ...(externalId !== undefined && { externalId }), matchedBy, activity },
      ...{ adds: { ...doing.adds }, sets: { ...doing.sets }, occurredAt: doing.occurredAt, touch },
      changed: [...changed],
      ...(known && { known }),
    },
  });
}

/** Of somebody who said by what they did that they agree, or agree no more; undefined of anybody else. */
function consentChanged(
  row: ActivityRow,
  { leadId, touch, splits, changed, known }: Touch,
  now: number,
): EncodedEvent | undefined {
  const consent = consentIn(row);
  if (!consent || !known) return undefined;
  const { sourceId, doing, traceparent } = row;
  return encodeEvent(LeadConsentChanged, {
    ...{ id: touchId(LeadConsentChanged.type, leadId, touch, splits), source: SOURCE, subject: leadId, time: now },
    ...(traceparent && { traceparent }),
    data: {
      ...{ sourceId, actor: 'ingestion', consent, occurredAt: doing.occurredAt, touch },
      ...{ changed: [...changed], known },
    },
  });
}

/** What was said of somebody’s consent, and when. */
function wordOf(row: LeadRow | ActivityRow): Pick<NormalisedLead, 'consent' | 'occurredAt'> {
  if (row.kind === 'lead') return toldOfKnown(row);
  const consent = consentIn(row);
  return { ...(consent && { consent }), occurredAt: row.doing.occurredAt };
}

function unsayableRow(row: LeadRow | ActivityRow): UnusableRow {
  const { index, leadId, traceparent } = row;
  const { sourceId, externalId } = row.kind === 'lead' ? row.lead : row;
  const detail = 'It was understood, but cannot be kept as it is. That is a fault of Fairlead, and in its log.';
  return {
    kind: 'unusable',
    index,
    leadId,
    traceparent,
    sourceId,
    externalId,
    errors: [{ field: 'lead', rule: 'not-kept', detail }],
  };
}

function rejection({ index, leadId, errors }: UnusableRow): RowResult {
  return { index, id: leadId, status: 'rejected', errors };
}
