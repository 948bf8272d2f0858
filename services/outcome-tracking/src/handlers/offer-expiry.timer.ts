import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { currentOffer, type Offer, ranOut } from '@fairlead/decisions';
import { derivedId, encodeEvent, type EncodedEvent, LeadOfferExpired } from '@fairlead/events';
import { Clock, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { standingNow } from '../pending-answer.js';
import { type LeadChange, LeadsStore } from '../store/leads.store.js';

/** Twice a second: an expiry is then on its way half a second after its time, and costs an idle system one index look. */
const EVERY_MS = 500;
/** As many as one batch of a consumer: what expired while nothing ran is worked off in pieces. */
const BATCH = 500;

/**
 * The clock → lead.offer-expired. The deadline is in the table, so it survives restarts, and any process may say it.
 *
 * Said here, where acceptances are taken, and under the same lock of the lead: which of the two was first is settled by that
 * lock and stands so in the log. A partner that was answered 200 is never told later that its time had run out.
 */
@Injectable()
export class OfferExpiryTimer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('outcome-tracking/offer-expiry');
  private readonly clock = new Clock({
    everyMs: EVERY_MS,
    look: async (stopping) => {
      while (!stopping() && (await this.leads.anyDue(this.units.query, Date.now())) && (await this.expire()) === BATCH);
    },
    onFailure: (error, isFirst) => {
      if (isFirst) this.logger.warn({ event: 'offer-expiry.failed', error });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
  ) {}

  onApplicationBootstrap(): void {
    this.clock.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.clock.stop();
  }

  private async expire(): Promise<number> {
    return this.units.run(async (unit) => {
      const due = await this.leads.lockDue(unit, BATCH);
      const leads = due.length === 0 ? [] : [...(await this.leads.lock(unit, due)).values()];

      const expiries = leads.flatMap((before) => {
        const offer = currentOffer(standingNow(before));
        return offer && ranOut(offer, unit.now) ? [{ before, offer, event: expired(before.id, offer, unit) }] : [];
      });

      const changes = expiries.map(({ before, offer, event }): LeadChange => {
        const step = { type: 'expired', offer: offer.number, at: offer.acceptBy } as const;
        return { before, after: { ...before, pending: [...before.pending, { eventId: event.id, step }] } };
      });
      this.leads.savePending(unit, changes);
      unit.say(expiries.map(({ event }) => event));
      return due.length;
    });
  }
}

function expired(leadId: string, { party, number, acceptBy, pool }: Offer, { now }: UnitOfWork): EncodedEvent {
  return encodeEvent(LeadOfferExpired, {
    id: derivedId(leadId, LeadOfferExpired.type, String(number)),
    source: '/outcome-tracking',
    subject: leadId,
    time: now,
    data: { party, offer: number, acceptBy, pool },
  });
}
