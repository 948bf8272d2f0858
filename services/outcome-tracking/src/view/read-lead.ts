import { Injectable, Logger } from '@nestjs/common';
import { type Contact, contactTogether } from '@fairlead/decisions';
import type { Caller } from '@fairlead/platform';
import { UnitsOfWork } from '@fairlead/messaging';
import { isUnopenable, PersonalData } from '@fairlead/personal-data';
import { LeadsStore, type TrackedLead } from '../store/leads.store.js';
import {
  consentView,
  type ContactView,
  isRefused,
  isRevealed,
  type LeadView,
  standingFor,
  unreadable,
  viewOf,
} from './lead-view.js';

@Injectable()
export class ReadLead {
  readonly #log = new Logger('leads');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly personalData: PersonalData,
  ) {}

  /** Undefined when there is no such lead for this caller. */
  async find(id: string, caller: Caller): Promise<LeadView | undefined> {
    const lead = await this.leads.find(this.units.query, id);
    return lead && this.view(lead, caller);
  }

  async view(lead: TrackedLead, caller: Caller): Promise<LeadView | undefined> {
    const standing = standingFor(lead, caller.role === 'partner' ? (caller.partnerId ?? '') : undefined);
    if (!standing) return undefined;
    const view = viewOf(lead, standing);
    const entitled =
      caller.role === 'admin' ||
      caller.role === 'manager' ||
      (caller.role === 'partner' && isRevealed(standing) && !isRefused(lead));
    if (!entitled) return view;
    try {
      const consent = consentView(lead);
      return { ...view, contact: await this.#contactOf(lead), ...(consent && { consent }) };
    } catch (error) {
      if (!isUnopenable(error)) throw error;
      // Everything else is known, and an answer that was taken is taken: whoever asks is told what is missing, and why.
      this.#log.error({ event: 'lead.contact-unreadable', leadId: lead.id, why: error.name });
      return { ...view, contact: null, contactUnreadable: unreadable(error) };
    }
  }

  async #contactOf({ id, details }: TrackedLead): Promise<ContactView | null> {
    const { contact, contactEvent, furtherContacts } = details;
    const sealed = [
      ...(contact && contactEvent !== null ? [{ event: contactEvent, sealed: contact }] : []),
      ...furtherContacts,
    ];
    if (sealed.length === 0) return null;
    const contacts = await this.personalData.unseal(
      sealed.map(({ event, sealed: one }) => ({ leadId: id, eventId: event, field: 'contact', sealed: one })),
    );
    // Null: erased.
    const there = contacts.filter((each): each is Contact => each !== null);
    return there.length > 0 ? contactTogether(there) : null;
  }
}
