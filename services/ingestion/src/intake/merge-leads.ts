import { Injectable } from '@nestjs/common';
import { type Contact, learn, type NearReason, type NormalisedLead } from '@fairlead/decisions';
import { derivedId, encodeEvent, LeadAbsorbed, LeadMerged } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { HeldLeadsStore } from '../store/held-leads.store.js';
import { type KnownOfLead, LeadsStore, type StoredLead } from '../store/leads.store.js';
import { MergesStore } from '../store/merges.store.js';
import { type ProposedMerge, ProposedMergesStore } from '../store/proposed-merges.store.js';
import type { ContactKeys, ContactPart } from './contact-keys.js';
import { touchId } from './touches.js';

/** Makes one lead of two that turned out to be one person. */
@Injectable()
export class MergeLeads {
  constructor(
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
    private readonly proposals: ProposedMergesStore,
    private readonly merges: MergesStore,
    private readonly personalData: PersonalData,
  ) {}

  /**
   * The one that came first survives. The other is not told to anybody any more unless somebody has it: what is under way with
   * it runs its course, and one that is held is let go of, with its contact going to the survivor.
   * @returns undefined when there are no two leads any more
   */
  async merge(
    unit: UnitOfWork,
    { leadId, otherId, why }: Pick<ProposedMerge, 'leadId' | 'otherId' | 'why'>,
    { reason, by }: { readonly reason: string; readonly by: string },
  ): Promise<{ into: string; absorbed: string } | undefined> {
    const ids = [leadId, otherId];
    const found = [...(await this.leads.lock(unit, ids)).values()].filter(({ absorbedBy }) => absorbedBy === null);
    const [first, other] = found.toSorted((one, two) => one.receivedAt - two.receivedAt || (one.id < two.id ? -1 : 1));
    if (!first || !other) return undefined;
    const holds = await this.held.lock(unit, ids);
    const hold = holds.find(({ leadId }) => leadId === other.id);
    const [contact = {}] = hold?.contact
      ? await this.personalData.unseal([
          { leadId: other.id, eventId: hold.contactEvent, field: 'contact', sealed: hold.contact },
        ])
      : [];

    const touch = first.touches + 1;
    const id = touchId(LeadMerged.type, first.id, touch, first.splits);
    const newContact = (contact ?? {}) as Contact;
    const [sealed] =
      Object.keys(newContact).length === 0
        ? []
        : await this.personalData.seal([{ leadId: first.id, eventId: id, field: 'contact', value: newContact }]);
    const before = first.known?.knowledge;
    const learned =
      before && learn(before, asLead(other, newContact, why), Object.keys(newContact) as (keyof Contact)[]);
    const known: KnownOfLead = {
      contact: contactOfBoth(first.known?.contact ?? {}, other.known?.contact ?? {}),
      ...(learned && { knowledge: learned.knowledge }),
    };

    if (hold) await this.held.release(unit, hold);
    const moved = await this.proposals.absorb(unit, first.id, other.id);
    const hasEmail = first.hasEmail || other.hasEmail;
    this.leads.put(unit, [{ ...first, touches: touch, hasEmail, known }]);
    await this.merges.keep(unit, {
      ...{ mergeEvent: id, into: first.id, absorbed: other.id, changed: learned?.changed ?? [] },
      before: { touches: first.touches, hasEmail: first.hasEmail, known: first.known },
      ...{ afterKnown: known, ...moved, held: hold ?? null },
    });
    const { knowledge } = known;
    const state = holds.some(({ leadId }) => leadId === first.id) ? ('held' as const) : ('complete' as const);
    unit.say([
      encodeEvent(LeadMerged, {
        ...{ id, source: '/ingestion', subject: first.id, time: unit.now },
        data: {
          ...{
            sourceId: other.sourceId,
            matchedBy: 'proposal',
            occurredAt: other.receivedAt,
            touch,
            absorbed: other.id,
          },
          changed: [...(learned?.changed ?? [])],
          ...(sealed && { contact: sealed }),
          ...(learned?.otherwise && { otherwise: learned.otherwise }),
          ...(knowledge && {
            known: {
              ...{ sourceId: first.sourceId, state, missing: [...knowledge.missing], reachable: knowledge.reachable },
              ...{ facts: knowledge.facts, engagedAt: knowledge.engagedAt },
              ...(knowledge.consent && { consent: knowledge.consent }),
              receivedAt: first.receivedAt,
            },
          }),
        },
      }),
      encodeEvent(LeadAbsorbed, {
        ...{ id: derivedId(id, LeadAbsorbed.type), source: '/ingestion', subject: other.id, time: unit.now },
        data: { into: first.id, merge: id, actor: by, reason },
      }),
    ]);
    return { into: first.id, absorbed: other.id };
  }
}

/** The other lead as if it were sent now: with all that is known of it. */
function asLead({ sourceId, receivedAt, known }: StoredLead, contact: Contact, why: NearReason): NormalisedLead {
  const { facts: all, reachable, consent } = known?.knowledge ?? {};
  // Of two spellings of an address one may be a slip, whose domain is no company.
  const { companyDomain: _, emailKind: __, ...others } = all ?? { engagement: {}, attributes: {} };
  const facts = all && why !== 'address' ? all : others;
  return {
    sourceId,
    contact,
    reachable: reachable ?? { email: false, phone: false },
    facts,
    ...(consent && { consent }),
    occurredAt: receivedAt,
  };
}

function contactOfBoth(one: ContactKeys, other: ContactKeys): ContactKeys {
  const parts = new Set([...Object.keys(one), ...Object.keys(other)] as ContactPart[]);
  return Object.fromEntries(
    [...parts].map((part) => [part, [...new Set([...(one[part] ?? []), ...(other[part] ?? [])])].slice(0, 8)]),
  );
}
