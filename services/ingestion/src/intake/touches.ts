import {
  type Contact,
  engage,
  firstKnowledge,
  type Identified,
  type IdentityKind,
  type Knowledge,
  learn,
  type Learned,
  type Match,
  type NormalisedLead,
} from '@fairlead/decisions';
import { derivedId, type Facts, type KnownLead } from '@fairlead/events';
import type { HeldLead } from '../store/held-leads.store.js';
import type { KnownOfLead, StoredLead } from '../store/leads.store.js';
import type { Sender } from '../store/senders.store.js';
import { noteContact } from './contact-keys.js';
import type { NearKey } from './near-keys.js';
import { type ActivityRow, type LeadRow, toldOfKnown } from './rows.js';

/** One more time that a lead was heard of: it was sent again, or did something. */
export interface Touch<Row extends LeadRow | ActivityRow = LeadRow | ActivityRow> {
  readonly row: Row;
  readonly leadId: string;
  readonly matchedBy: IdentityKind;
  /** The lead's first submission is 1. */
  readonly touch: number;
  readonly splits: number | undefined;
  readonly changed: readonly string[];
  readonly otherwise?: Facts;
  /** The lead after it; absent where that was never kept. */
  readonly known?: KnownLead;
  /** What contact data is new. */
  readonly newContact: Contact;
}

interface Current {
  readonly lead: StoredLead;
  readonly state: 'complete' | 'held';
  /** What it was sent with in these submissions. */
  readonly contacts: readonly Contact[];
}

/** What becomes of leads, and of what is known of them, in one transaction: submission by submission, in their order. */
export class Touches {
  private readonly current = new Map<string, Current>();
  private readonly changed = new Set<string>();
  private readonly again: Sender[] = [];
  private readonly touches = new Map<LeadRow | ActivityRow, Touch>();

  /** @param stored  leads that were there before, locked; those of them that are held, in `held` */
  constructor(stored: ReadonlyMap<string, StoredLead>, held: readonly HeldLead[]) {
    const waiting = new Map(held.map((each) => [each.leadId, each]));
    for (const [id, lead] of stored) {
      const hold = waiting.get(id);
      const known = hold ? { contact: {}, ...lead.known, knowledge: knowledgeOfHeld(hold, lead.known) } : lead.known;
      this.current.set(id, { lead: { ...lead, known }, state: hold ? 'held' : 'complete', contacts: [] });
    }
  }

  /** Somebody new. */
  begin(
    { leadId: id, lead, contactKey, near }: LeadRow,
    missing: readonly string[],
    isHeld: boolean,
    now: number,
  ): void {
    const { contact } = noteContact({}, contactKey, lead.contact);
    // What is taken for complete lacks nothing, whatever its pool would have liked to know.
    const knowledge = firstKnowledge(lead, isHeld ? missing : []);
    const { sourceId, externalId = null, reachable } = lead;
    this.put({
      lead: {
        id,
        sourceId,
        externalId,
        receivedAt: now,
        touches: 1,
        hasEmail: reachable.email,
        known: { knowledge, contact },
        near,
      },
      state: isHeld ? 'held' : 'complete',
      contacts: [lead.contact],
    });
  }

  /** Somebody known was sent again. */
  repeat(row: LeadRow, { leadId, matchedBy }: Exclude<Identified, { isNew: true }>): void {
    const { lead, state, contacts } = this.current.get(leadId) as Current;
    const { sourceId, externalId = null } = row.lead;
    // What its first source calls it stands with the lead.
    if (sourceId !== lead.sourceId || (externalId !== null && externalId !== lead.externalId))
      this.again.push({ leadId, sourceId, externalId });
    const before = lead.known?.contact ?? recognisedBy(row, matchedBy);
    const { contact, fresh } = noteContact(before, row.contactKey, row.lead.contact);
    const known = lead.known?.knowledge;
    const learned = known ? learn(known, toldOfKnown(row), fresh) : { changed: fresh };
    const newContact = Object.fromEntries(fresh.map((field) => [field, row.lead.contact[field]]));
    this.note(row, leadId, matchedBy, learned, newContact, {
      lead: {
        ...lead,
        touches: lead.touches + 1,
        known: { ...knowledgeIn(learned), contact },
        near: nearOfBoth(lead, row, fresh),
      },
      state,
      contacts: [...contacts, row.lead.contact],
    });
  }

  /** Somebody known did something. */
  engage(row: ActivityRow, { leadId, matchedBy }: Match): void {
    const current = this.current.get(leadId);
    // Erased in between: nobody is known by this any more.
    if (!current) return;
    const { lead } = current;
    const known = lead.known?.knowledge;
    const learned = known ? learnedBy(row, engage(known, row.doing)) : { changed: [] };
    const contact = lead.known?.contact ?? {};
    this.note(
      row,
      leadId,
      matchedBy,
      learned,
      {},
      {
        ...current,
        lead: { ...lead, touches: lead.touches + 1, known: { ...knowledgeIn(learned), contact } },
      },
    );
  }

  /** What this row came to; undefined for a lead that is new, and for an activity of nobody who is known. */
  of<Row extends LeadRow | ActivityRow>(row: Row): Touch<Row> | undefined {
    return this.touches.get(row) as Touch<Row> | undefined;
  }

  /** Whether the lead was heard of again. */
  touched(leadId: string): boolean {
    return [...this.touches.values()].some((touch) => touch.leadId === leadId);
  }

  /** What is known of a lead after all this, and the contact data that it came with. */
  after(leadId: string): { readonly knowledge: Knowledge | undefined; readonly contacts: readonly Contact[] } {
    const { lead, contacts } = this.current.get(leadId) as Current;
    return { knowledge: lead.known?.knowledge, contacts };
  }

  /** The lead went on, or waits for this. */
  lacks(leadId: string, missing: readonly string[]): void {
    const current = this.current.get(leadId) as Current;
    const { knowledge, contact = {} } = current.lead.known ?? {};
    const known = { contact, ...(knowledge && { knowledge: { ...knowledge, missing } }) };
    this.put({ ...current, lead: { ...current.lead, known } });
  }

  /** Who else sent these leads, or calls them otherwise by now. */
  senders(): readonly Sender[] {
    return this.again;
  }

  /** Every lead that is new or otherwise than it was. */
  leads(gainedEmail: readonly string[]): StoredLead[] {
    const gained = new Set(gainedEmail);
    return [...this.changed].map((id) => {
      const { lead } = this.current.get(id) as Current;
      return gained.has(id) ? { ...lead, hasEmail: true } : lead;
    });
  }

  private note(
    row: LeadRow | ActivityRow,
    leadId: string,
    matchedBy: IdentityKind,
    { changed, otherwise }: Pick<Learned, 'changed' | 'otherwise'>,
    newContact: Contact,
    after: Current,
  ): void {
    this.put(after);
    const known = toldOf(after.lead, after.state);
    this.touches.set(row, {
      ...{ row, leadId, matchedBy, touch: after.lead.touches, splits: after.lead.splits, changed, newContact },
      ...(otherwise && { otherwise }),
      ...(known && { known }),
    });
  }

  private put(after: Current): void {
    this.current.set(after.lead.id, after);
    this.changed.add(after.lead.id);
  }
}

/** Somebody agrees, or agrees no more, and says nothing else by it. */
export function learnConsent(
  known: Knowledge,
  sourceId: string,
  { consent, occurredAt }: Pick<NormalisedLead, 'consent' | 'occurredAt'>,
): Learned {
  return learn(known, { ...NOTHING_ELSE, sourceId, ...(consent && { consent }), occurredAt });
}

const NOTHING_ELSE = {
  contact: {},
  reachable: { email: false, phone: false },
  facts: { engagement: {}, attributes: {} },
} as const;

function learnedBy(row: ActivityRow, engaged: Learned): Learned {
  const consent = consentIn(row);
  if (!consent) return engaged;
  const agreed = learnConsent(engaged.knowledge, row.sourceId, { consent, occurredAt: row.doing.occurredAt });
  return { ...agreed, changed: [...engaged.changed, ...agreed.changed] };
}

/** What somebody said of their consent by what they did. */
export function consentIn({ agrees, doing }: ActivityRow): NormalisedLead['consent'] {
  return agrees === undefined ? undefined : { given: agrees, at: doing.occurredAt };
}

/** What was compared before is not compared again. */
function nearOfBoth({ near = [] }: StoredLead, row: LeadRow, fresh: readonly string[]): readonly NearKey[] {
  return fresh.length > 0 ? [...near, ...row.near] : near;
}

function knowledgeIn(learned: Partial<Learned>): Pick<KnownOfLead, 'knowledge'> {
  return learned.knowledge ? { knowledge: learned.knowledge } : {};
}

/** While a lead is held, what is known of it stands there; when it did what, only here. */
function knowledgeOfHeld({ lead, missing }: HeldLead, known: KnownOfLead | null): Knowledge {
  const first = firstKnowledge(lead, missing);
  const before = known?.knowledge;
  return {
    ...first,
    engagedAt: { ...first.engagedAt, ...before?.engagedAt },
    ...(first.consent && before?.consentAt !== undefined && { consentAt: before.consentAt }),
  };
}

/** Of a lead of which nothing was kept, this much of its contact is known: it was recognised by it. */
function recognisedBy({ contactKey }: LeadRow, matchedBy: IdentityKind) {
  const key = matchedBy === 'externalId' ? undefined : contactKey[matchedBy];
  return key === undefined ? {} : { [matchedBy]: [key] };
}

/**
 * The id of the event that tells a touch. Touches are numbered without gaps, so nothing can be said twice; after a split they begin
 * anew, and are told by ids of their own.
 * @param splits  how often the lead was split from another
 */
export function touchId(type: string, leadId: string, touch: number, splits = 0): string {
  return derivedId(leadId, type, splits === 0 ? String(touch) : `${touch}, ${splits} times split`);
}

/** A lead as events tell it; undefined where what is known of it was never kept. */
export function toldOf(
  { sourceId, receivedAt, known }: Pick<StoredLead, 'sourceId' | 'receivedAt' | 'known'>,
  state: 'complete' | 'held',
): KnownLead | undefined {
  if (!known?.knowledge) return undefined;
  const { facts, reachable, engagedAt, consent, missing } = known.knowledge;
  return {
    ...{ sourceId, state, missing: [...missing], reachable, facts, engagedAt },
    ...(consent && { consent }),
    receivedAt,
  };
}
