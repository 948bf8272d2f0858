import { Injectable } from '@nestjs/common';
import type { Caller } from '@fairlead/platform';
import { UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { LeadsStore, type TrackedLead } from '../store/leads.store.js';
import { type ContactView, isRevealed, type LeadView, standingFor, viewOf } from './lead-view.js';

@Injectable()
export class ReadLead {
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
      caller.role === 'admin' || caller.role === 'manager' || (caller.role === 'partner' && isRevealed(standing));
    return entitled ? { ...view, contact: await this.#contactOf(lead) } : view;
  }

  async #contactOf({ id, details: { contact, contactEvent } }: TrackedLead): Promise<ContactView | null> {
    if (!contact || contactEvent === null) return null;
    const [unsealed] = await this.personalData.unseal([
      { leadId: id, eventId: contactEvent, field: 'contact', sealed: contact },
    ]);
    return unsealed ?? null;
  }
}
