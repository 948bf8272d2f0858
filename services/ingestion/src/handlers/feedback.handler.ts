import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadErased } from '@fairlead/events';
import { consumerId, mixed, type UnitOfWork } from '@fairlead/messaging';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { type FeedbackEvent, feedbackEvents, feedbackOf } from '../feedback/entry.js';
import { FeedbackStore, type NewEntry } from '../store/feedback.store.js';
import { SendersStore } from '../store/senders.store.js';

/** What becomes of a lead → an entry for each source that sent it. */
@Controller()
export class FeedbackHandler {
  constructor(
    private readonly senders: SendersStore,
    private readonly feedback: FeedbackStore,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  @EventPattern<string[]>([...feedbackEvents], consumerId('ingestion'), mixed('feedback'))
  async note(@Payload() batch: readonly FeedbackEvent[], @Ctx() unit: UnitOfWork): Promise<void> {
    // As when the topic is read from its beginning: what would be dropped at once is not kept.
    const recent = batch.filter(({ time }) => Date.parse(time) >= unit.now - this.settings.feedbackRetentionMs);
    const erased = batch.filter(({ type }) => type === LeadErased.type).map(({ subject }) => subject);
    const senders = await this.senders.of(unit.query, [...new Set(recent.map(({ subject }) => subject))]);

    const entries = entriesOf(recent, senders);

    if (erased.length > 0) {
      await this.feedback.withhold(unit.query, erased);
      await this.senders.forget(unit.query, erased);
    }
    await this.feedback.add(unit, entries);
  }
}

/** Of a lead that is erased nothing is told any more but that. */
function entriesOf(events: readonly FeedbackEvent[], senders: Awaited<ReturnType<SendersStore['of']>>): NewEntry[] {
  const byLead = Map.groupBy(senders, ({ leadId }) => leadId);
  return events.flatMap((event) => {
    const { id: eventId, subject: leadId, type } = event;
    const { at, told } = feedbackOf(event);
    const saidAt = Date.parse(event.time);
    return (byLead.get(leadId) ?? []).flatMap(({ sourceId, externalId, isErased }): NewEntry[] =>
      isErased && type !== LeadErased.type ? [] : [{ sourceId, eventId, leadId, externalId, type, at, saidAt, told }],
    );
  });
}
