import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { derivedId, encodeEvent, type EncodedEvent, LeadOfferExpired } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { type DueOffer, LeadsStore } from '../store/leads.store.js';

/** Twice a second: an expiry is then on its way half a second after its time, and costs an idle system one index look. */
const EVERY_MS = 500;
/** As many as one batch of a consumer: what expired while nothing ran is worked off in pieces. */
const BATCH = 500;

/** The clock → lead.offer-expired. The deadline is in the table, so it survives restarts, and any process may say it. */
@Injectable()
export class OfferExpiryTimer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('routing/offer-expiry');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.look().finally(() => (this.running = undefined));
    }, EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async look(): Promise<void> {
    try {
      while ((await this.leads.anyDue(this.units.query, Date.now())) && (await this.expire()) === BATCH);
      this.failing = false;
    } catch (error) {
      // Tried again at the next tick. An outage is worth one line, not two a second.
      if (!this.failing) this.logger.warn({ event: 'offer-expiry.failed', error });
      this.failing = true;
    }
  }

  private async expire(): Promise<number> {
    return this.units.run(async (unit) => {
      const due = await this.leads.takeDue(unit.query, unit.now, BATCH);
      unit.say(due.map((offer) => expired(offer, unit.now)));
      return due.length;
    });
  }
}

function expired({ leadId, party, offer, acceptBy, pool }: DueOffer, now: number): EncodedEvent {
  return encodeEvent(LeadOfferExpired, {
    id: derivedId(leadId, LeadOfferExpired.type, String(offer)),
    source: '/routing',
    subject: leadId,
    time: now,
    data: { party, offer, acceptBy, pool },
  });
}
