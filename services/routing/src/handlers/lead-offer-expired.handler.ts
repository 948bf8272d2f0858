import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadOfferExpired } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Refusals } from '../refusals.js';

/** lead.offer-expired → lead.routed to somebody else | lead.unroutable */
@Controller()
export class LeadOfferExpiredHandler {
  constructor(private readonly refusals: Refusals) {}

  @EventPattern<string>(LeadOfferExpired.type, consumerId('routing'))
  async offerAgain(@Payload() expired: readonly LeadOfferExpired[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.refusals.offerAgain(expired, 'expired', unit);
  }
}
