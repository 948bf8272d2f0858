import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { scorable } from '@fairlead/decisions';
import { LeadConsentChanged, LeadEngaged, LeadMerged, LeadSplit } from '@fairlead/events';
import { consumerId, mixed, type UnitOfWork } from '@fairlead/messaging';
import { scoreLeads } from '../score-leads.js';
import { ModelsStore } from '../store/models.store.js';

/** lead.merged, lead.engaged, lead.consent-changed, lead.split → lead.scored once more, where the lead is complete and known better than before. */
@Controller()
export class LeadChangedHandler {
  constructor(private readonly models: ModelsStore) {}

  @EventPattern<string[]>(
    [LeadMerged.type, LeadEngaged.type, LeadConsentChanged.type, LeadSplit.type],
    consumerId('scoring'),
    mixed('changes'),
  )
  async score(
    @Payload() changes: readonly (LeadMerged | LeadEngaged | LeadConsentChanged | LeadSplit)[],
    @Ctx() unit: UnitOfWork,
  ): Promise<void> {
    // Each tells all that is known by then, so of a batch the last one is enough: a hundred page views are one score.
    const last = new Map(
      changes.flatMap((cause) => {
        const ready = scorable(cause);
        return ready ? [[cause.subject, { cause, scorable: ready }] as const] : [];
      }),
    );
    await scoreLeads([...last.values()], this.models, unit);
  }
}
