import { Injectable } from '@nestjs/common';
import {
  type Contact,
  type FieldError,
  firstKnowledge,
  type Knowledge,
  type LeadInput,
  matchPool,
  missingFields,
  type NormalisedLead,
  normaliseLead,
  type Policy,
} from '@fairlead/decisions';
import { derivedId, encodeEvent, type EncodedEvent, LeadCompleted, type Sealed } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { isUnopenable, PersonalData } from '@fairlead/personal-data';
import { randomUUID } from 'node:crypto';
import { type HeldLead, HeldLeadsStore } from '../store/held-leads.store.js';
import { IdentitiesStore } from '../store/identities.store.js';
import { LeadsStore, type StoredLead } from '../store/leads.store.js';
import { heldLeadsFailed } from '../metrics.js';
import { type ContactKey, contactKeyOf, noteContact } from './contact-keys.js';
import { hashedKeys } from './hashed-keys.js';

/**
 * So often a contact that cannot be opened is tried again before its lead goes on without: about a day, in which somebody
 * may bring the key back.
 */
const TRIES_FOR_CONTACT = 30;

export type Completion =
  | { readonly outcome: 'completed' }
  | { readonly outcome: 'held'; readonly missing: readonly string[] }
  | { readonly outcome: 'invalid'; readonly errors: readonly FieldError[] }
  /** Somebody else changed or completed it in between. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'erased' };

/** Puts together what is known of a held lead and what came in for it. */
@Injectable()
export class CompleteLead {
  constructor(
    private readonly personalData: PersonalData,
    private readonly held: HeldLeadsStore,
    private readonly identities: IdentitiesStore,
    private readonly leads: LeadsStore,
  ) {}

  /** Somebody says more about the lead; what is said now counts, also where something else was said before. */
  async supply(unit: UnitOfWork, held: HeldLead, said: LeadInput, policy: Policy | undefined): Promise<Completion> {
    const contact = await this.#openContact(held);
    if (contact === null) return { outcome: 'erased' };
    const before = toInput(held.lead, contact);
    // The domain may be the old address's.
    if (said.email != null && said.domain == null) delete before.domain;
    const together: LeadInput = {
      ...before,
      ...said,
      engagement: { ...before.engagement, ...said.engagement },
      attributes: { ...before.attributes, ...said.attributes },
    };
    const result = normaliseLead(together, { sourceId: held.lead.sourceId, now: unit.now });
    if (!result.ok) return { outcome: 'invalid', errors: result.errors };

    const { leadId } = held;
    const keys = hashedKeys(result.lead, this.personalData).map((key) => ({ ...key, leadId }));
    const others = await this.identities.claim(unit, keys);
    if ([...others.values()].some((other) => other.leadId !== leadId)) await this.identities.noteFurther(unit, keys);
    // Before the held lead, in the order in which intake takes its locks.
    const stored = (await this.leads.lock(unit, [leadId])).get(leadId);
    if (!stored) return { outcome: 'erased' };
    const completion = await this.#proceed(unit, held, result.lead, policy);
    const missing = completion.outcome === 'held' ? completion.missing : [];
    this.leads.put(unit, [
      supplied(stored, result.lead, contactKeyOf(result.lead.contact, keys, this.personalData), missing),
    ]);
    return completion;
  }

  /**
   * A held lead was heard of again, and is known better: what it lacks may have come along. Its contact gets what it has not.
   * @returns what it lacks now; nothing, and it went on
   */
  async learn(
    unit: UnitOfWork,
    held: HeldLead,
    { facts, reachable, consent, missing }: Knowledge,
    contacts: readonly Contact[],
    policy: Policy | undefined,
  ): Promise<readonly string[]> {
    const contact = await this.#openContact(held).catch(unlessUnopenable);
    if (contact === null) return missing;
    const known = { ...held.lead, facts, reachable, ...(consent && { consent }) };
    if (!contact) return this.#keepFacts(unit, held, known);
    const all = contacts.reduce((before, more) => ({ ...more, ...before }), contact);
    const completion = await this.#proceed(unit, held, { ...known, contact: all }, policy);
    // Locked: to somebody who changes it at the same moment this could not say "try again", as it does to a caller.
    return completion.outcome === 'held' ? completion.missing : [];
  }

  /**
   * Their time is up: they go on as they are, and say what they lack.
   * @throws when one of them cannot; then they are to be taken one by one
   */
  async expire(unit: UnitOfWork, expired: readonly HeldLead[]): Promise<void> {
    const contacts = await this.personalData.unseal(expired.flatMap(sealedPlace));
    const withContact = expired.filter(({ contact }) => contact !== undefined);
    // A lead that was erased while it waited has nothing left that could go on.
    const going = expired.filter((held) => !held.contact || contacts[withContact.indexOf(held)] !== null);
    const resealed = await this.personalData.seal(
      going.flatMap((held) =>
        held.contact
          ? {
              leadId: held.leadId,
              eventId: completedId(held),
              field: 'contact',
              value: contacts[withContact.indexOf(held)],
            }
          : [],
      ),
    );
    const sealed = going.filter(({ contact }) => contact !== undefined);
    unit.say(
      going.map((held) => {
        const contact = held.contact && resealed[sealed.indexOf(held)];
        return completed(
          held,
          held.lead,
          contact,
          { by: 'hold-expired', supplied: [], missing: held.missing },
          unit.now,
        );
      }),
    );
    this.held.releaseAll(unit, expired);
  }

  /**
   * The time of this one is up, and with others it could not go on. One whose contact cannot be opened goes on without when
   * nothing is lost by that, since the contact is in `lead.received` as well, or when it has been tried often enough.
   * @returns whether it has what contact there was
   */
  async expireAlone(unit: UnitOfWork, held: HeldLead): Promise<boolean> {
    try {
      await this.expire(unit, [held]);
      return true;
    } catch (error) {
      const mayGoWithout = held.contactEvent === held.receivedEvent || held.failures >= TRIES_FOR_CONTACT;
      if (!isUnopenable(error) || !mayGoWithout) throw error;
      await this.expire(unit, [{ ...held, contact: undefined }]);
      return false;
    }
  }

  async #proceed(
    unit: UnitOfWork,
    held: HeldLead,
    lead: NormalisedLead,
    policy: Policy | undefined,
  ): Promise<Completion> {
    const needs = policy ? matchPool(lead, policy).incomplete.needs : [];
    const missing = missingFields(lead, needs);
    const { contact, ...known } = lead;
    const eventId = missing.length === 0 ? completedId(held) : randomUUID();
    const [sealed] =
      Object.keys(contact).length === 0
        ? []
        : await this.personalData.seal([{ leadId: held.leadId, eventId, field: 'contact', value: contact }]);
    if (missing.length > 0) {
      const supplied = { ...held, missing, lead: known, contact: sealed, contactEvent: eventId };
      return (await this.held.supply(unit, supplied)) ? { outcome: 'held', missing } : { outcome: 'changed' };
    }
    if (!(await this.held.release(unit, held))) return { outcome: 'changed' };
    unit.say([completed(held, known, sealed, { by: 'supplied', supplied: held.missing, missing: [] }, unit.now)]);
    return { outcome: 'completed' };
  }

  /**
   * The lead's contact cannot be opened, so it can neither go on nor have its contact added to. What came in beside that is
   * kept, and its sender is not refused for a fault of ours.
   */
  async #keepFacts(unit: UnitOfWork, held: HeldLead, together: HeldLead['lead']): Promise<readonly string[]> {
    const lead = { ...together, reachable: held.lead.reachable };
    const missing = missingFields({ ...lead, contact: {} }, held.missing);
    await this.held.supply(unit, { ...held, lead, missing });
    unit.afterCommit(() => heldLeadsFailed.inc());
    return missing;
  }

  /** @returns null for a lead that was erased */
  async #openContact(held: HeldLead): Promise<Contact | null> {
    if (!held.contact) return {};
    const [contact] = await this.personalData.unseal(sealedPlace(held));
    return contact as Contact | null;
  }
}

function unlessUnopenable(error: unknown): undefined {
  if (!isUnopenable(error)) throw error;
}

function sealedPlace({ leadId, contact, contactEvent }: HeldLead) {
  return contact ? [{ leadId, eventId: contactEvent, field: 'contact', sealed: contact }] : [];
}

function completedId({ receivedEvent }: HeldLead): string {
  return derivedId(receivedEvent, LeadCompleted.type);
}

function completed(
  held: HeldLead,
  { externalId: _, ...lead }: HeldLead['lead'],
  contact: Sealed | undefined,
  how: { by: 'supplied' | 'hold-expired'; supplied: readonly string[]; missing: readonly string[] },
  now: number,
): EncodedEvent {
  const { by, supplied, missing } = how;
  return encodeEvent(LeadCompleted, {
    id: completedId(held),
    source: '/ingestion',
    subject: held.leadId,
    time: now,
    ...(held.traceparent && { traceparent: held.traceparent }),
    data: { by, supplied: [...supplied], missing: [...missing], ...lead, ...(contact && { contact }) },
  });
}

/** A lead as it would be sent, so that what was supplied is judged together with what was there. */
function toInput({ facts, consent, externalId, occurredAt }: HeldLead['lead'], contact: Contact): LeadInput {
  const { companyDomain, emailKind: _, ...plain } = facts;
  return {
    ...contact,
    ...plain,
    ...(externalId !== undefined && { externalId }),
    ...(companyDomain !== undefined && { domain: companyDomain }),
    ...(consent && {
      consent: {
        given: consent.given,
        ...(consent.at !== undefined && { at: new Date(consent.at).toISOString() }),
        ...(consent.text !== undefined && { text: consent.text }),
      },
    }),
    occurredAt: new Date(occurredAt).toISOString(),
  };
}

/** What is known of a lead after more of it was supplied: what is said then counts, whatever was said before. */
function supplied(stored: StoredLead, lead: NormalisedLead, key: ContactKey, missing: readonly string[]): StoredLead {
  const first = firstKnowledge(lead, missing);
  const engagedAt = { ...first.engagedAt, ...stored.known?.knowledge?.engagedAt };
  const { contact } = noteContact(stored.known?.contact ?? {}, key, lead.contact);
  const hasEmail = stored.hasEmail || lead.reachable.email;
  return { ...stored, hasEmail, known: { knowledge: { ...first, engagedAt }, contact } };
}
