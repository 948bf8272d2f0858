import { Injectable } from '@nestjs/common';
import {
  type Contact,
  type FieldError,
  identifyArrivals,
  leadFields,
  matchPool,
  missingFields,
  type NormalisedLead,
  type Policy,
} from '@fairlead/decisions';
import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  LeadHeld,
  LeadMerged,
  LeadReceived,
  LeadRejected,
} from '@fairlead/events';
import { type OpenUnit, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { ActivePolicyStore } from '../store/active-policy.store.js';
import { HeldLeadsStore, type NewlyHeld } from '../store/held-leads.store.js';
import { IdempotencyKeysStore, nameOfPart } from '../store/idempotency-keys.store.js';
import { IdentitiesStore, type Identity, nameOf } from '../store/identities.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { CompleteLead } from './complete-lead.js';
import type { PreparedRow, RowResult, Submission } from './rows.js';

type Usable = Extract<PreparedRow, { ok: true }> & { readonly traceparent: string | undefined };
type Unusable = Extract<PreparedRow, { ok: false }> & { readonly traceparent: string | undefined };

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
  constructor(
    private readonly units: UnitsOfWork,
    private readonly personalData: PersonalData,
    private readonly keys: IdempotencyKeysStore,
    private readonly identities: IdentitiesStore,
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
    private readonly policies: ActivePolicyStore,
    private readonly completion: CompleteLead,
  ) {}

  /** @returns what became of each submission, in their order; committed */
  async take(submissions: readonly Submission[]): Promise<Taken[]> {
    const policy = await this.policies.find();
    return this.units.run(async (unit) => {
      const parts = submissions.flatMap(({ keyedPart }) => keyedPart ?? []);
      const bound = await this.keys.bind<RowResult[]>(unit, parts);
      const answers = submissions.map(({ keyedPart }) => keyedPart && bound.get(nameOfPart(keyedPart)));
      const fresh = submissions.filter((_, place) => (answers[place]?.outcome ?? 'bound') === 'bound');

      const results = await this.#takeRows(unit, fresh, policy);
      for (const { alongside } of fresh) await alongside?.(unit);

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
    const rows = submissions.flatMap(({ rows: own, traceparent }) => own.map((row) => ({ ...row, traceparent })));
    const usable = rows.filter((row): row is Usable => row.ok);
    const unusable = rows.filter((row): row is Unusable => !row.ok);
    const taken = await this.#takeLeads(unit, usable, policy);
    unit.say(unusable.flatMap((row) => rejected(row, unit.now)));

    const results = new Map<PreparedRow, RowResult>([
      ...usable.map((row, place) => [row, taken[place] as RowResult] as const),
      ...unusable.map((row) => [row, rejection(row)] as const),
    ]);
    let at = 0;
    return submissions.map(({ rows: own }) => own.map(() => results.get(rows[at++] as PreparedRow) as RowResult));
  }

  async #takeLeads(unit: OpenUnit, rows: readonly Usable[], policy: Policy | undefined): Promise<RowResult[]> {
    const arrivals = rows.map(({ leadId, lead, keys }) => ({
      leadId,
      hasEmail: lead.reachable.email,
      keys: keys.map(({ kind, key }) => ({ kind, key: key.toString('base64') })),
    }));
    const claims = claimsOf(rows);
    const owners = await this.identities.claim(unit, [...claims.values()]);
    const who = identifyArrivals(arrivals, owners);
    this.identities.reassign(unit, movedBy(claims, owners, who.owners));

    const isNew = (place: number) => who.arrivals[place]?.isNew === true;
    const fresh = rows.filter((_, place) => isNew(place));
    const touches = new Map<string, number>(fresh.map(({ leadId }) => [leadId, 1]));
    const times = new Map<string, number>();
    for (const { leadId, isNew: first } of who.arrivals) if (!first) times.set(leadId, (times.get(leadId) ?? 0) + 1);
    const known = [...times].filter(([id]) => !touches.has(id));
    const before = await this.leads.touch(
      unit,
      known.map(([id, count]) => ({ id, times: count, gainedEmail: who.gainedEmail.includes(id) })),
    );
    if (before.size < known.length) throw new ErasedMeanwhile();
    for (const [id, count] of before) touches.set(id, count);
    this.leads.add(
      unit,
      fresh.map(({ leadId, lead }) => ({
        id: leadId,
        sourceId: lead.sourceId,
        touches: 1 + (times.get(leadId) ?? 0),
        hasEmail: lead.reachable.email || who.gainedEmail.includes(leadId),
      })),
    );

    const holds = new Map(fresh.map((row) => [row.leadId, holdOf(row.lead, policy, unit.now)]));
    const { said, held } = await this.#receive(unit, fresh, holds);
    this.held.add(unit, held);
    const results = rows.map((row, place): RowResult => {
      const arrival = who.arrivals[place];
      if (!arrival || arrival.isNew) {
        unit.say(said.get(row.leadId) ?? []);
        return {
          index: row.index,
          id: row.leadId,
          status: holds.get(row.leadId)?.until === undefined ? 'received' : 'held',
        };
      }
      const touch = (touches.get(arrival.leadId) ?? 1) + 1;
      touches.set(arrival.leadId, touch);
      unit.say([merged(row, arrival, touch, unit.now)]);
      return { index: row.index, id: arrival.leadId, status: 'merged' };
    });
    const again = rows.flatMap((row, place) => {
      const arrival = who.arrivals[place];
      return arrival && !arrival.isNew ? [{ leadId: arrival.leadId, lead: row.lead }] : [];
    });
    const heldNow = new Set(held.map(({ leadId }) => leadId));
    // Of a lead that came in the same submissions: what was put off about it is read.
    if (again.some(({ leadId }) => heldNow.has(leadId))) await unit.writeNow();
    await this.completion.completeFromDuplicates(unit, again, policy);
    return results;
  }

  /** What is said of leads that are new, and what is kept of those that are held. */
  async #receive(
    unit: UnitOfWork,
    rows: readonly Usable[],
    holds: ReadonlyMap<string, Partial<Hold>>,
  ): Promise<{ said: Map<string, EncodedEvent[]>; held: NewlyHeld[] }> {
    const eventIds = rows.map(({ leadId }) => derivedId(leadId, LeadReceived.type));
    const withContact = rows.flatMap(({ leadId, lead: { contact } }, place) =>
      isEmpty(contact) ? [] : [{ leadId, eventId: eventIds[place] as string, field: 'contact', value: contact }],
    );
    const sealed = await this.personalData.seal(withContact);
    const contacts = new Map(withContact.map(({ leadId }, place) => [leadId, sealed[place]]));

    const held: NewlyHeld[] = [];
    const said = rows.map(({ leadId, lead, traceparent }, place): [string, EncodedEvent[]] => {
      const id = eventIds[place] as string;
      const { missing = [], until } = holds.get(leadId) ?? {};
      const contact = contacts.get(leadId);
      const { contact: _, ...known } = lead;
      const about = { source: SOURCE, subject: leadId, time: unit.now, ...(traceparent && { traceparent }) };
      const state = until === undefined ? ('complete' as const) : ('held' as const);
      const received = encodeEvent(LeadReceived, {
        ...about,
        id,
        data: { ...known, state, missing: [...missing], ...(contact && { contact }) },
      });
      if (until === undefined) return [leadId, [received]];

      held.push({ leadId, until, missing, lead: known, contact, contactEvent: id, receivedEvent: id, traceparent });
      const data = { missing: [...missing], until };
      return [leadId, [received, encodeEvent(LeadHeld, { ...about, id: derivedId(id, LeadHeld.type), data })]];
    });
    return { said: new Map(said), held };
  }
}

function isEmpty(contact: Contact): boolean {
  return Object.keys(contact).length === 0;
}

/** Each identity is claimed for the first row that has it. */
function claimsOf(rows: readonly Usable[]): Map<string, Identity> {
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

function merged(
  { lead, traceparent }: Usable,
  { leadId, matchedBy }: { leadId: string; matchedBy: 'externalId' | 'email' | 'phone' },
  touch: number,
  now: number,
): EncodedEvent {
  const { sourceId, externalId, occurredAt } = lead;
  return encodeEvent(LeadMerged, {
    // A lead's touches are numbered without gaps, so this cannot be said twice.
    id: derivedId(leadId, LeadMerged.type, String(touch)),
    source: SOURCE,
    subject: leadId,
    time: now,
    ...(traceparent && { traceparent }),
    data: { sourceId, ...(externalId !== undefined && { externalId }), matchedBy, occurredAt, touch, changed: [] },
  });
}

function rejected({ leadId, sourceId, externalId, errors, traceparent }: Unusable, now: number): EncodedEvent[] {
  // Nobody to tell it to, and nothing to tell it by.
  if (sourceId === undefined) return [];
  return [
    encodeEvent(LeadRejected, {
      id: derivedId(leadId, LeadRejected.type),
      source: SOURCE,
      subject: leadId,
      time: now,
      ...(traceparent && { traceparent }),
      data: {
        sourceId,
        ...(externalId !== undefined && { externalId }),
        errors: errors.slice(0, 50).map(({ field, rule }) => ({ field: loggedField(field), rule })),
      },
    }),
  ];
}

function rejection({ index, leadId, errors }: Unusable): RowResult {
  return { index, id: leadId, status: 'rejected', errors };
}

const ours: ReadonlySet<string> = new Set([
  ...leadFields,
  ...['engagement', 'attributes', 'lead', 'row', 'consent.given', 'consent.at', 'consent.text'],
]);

/** The sender is told the name that it used. The log keeps names of ours only: a column may be named after a person. */
function loggedField(field: FieldError['field']): string {
  if (ours.has(field)) return field;
  return /^(engagement|attributes)\./.exec(field) ? field.replace(/\..*$/su, '.*') : '*';
}
