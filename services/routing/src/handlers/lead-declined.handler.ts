import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadDeclined } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Refusals } from '../refusals.js';

/** lead.declined → lead.routed to somebody else | lead.unroutable */
@Controller()
export class LeadDeclinedHandler {
  constructor(private readonly refusals: Refusals) {}

  @EventPattern<string>(LeadDeclined.type, consumerId('routing'))
  async offerAgain(@Payload() declined: readonly LeadDeclined[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.refusals.offerAgain(declined, 'declined', unit);
  }
}
