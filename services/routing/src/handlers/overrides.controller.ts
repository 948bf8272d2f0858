import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { consentAllowsChannel, DIRECT, poolFor } from '@fairlead/decisions';
import { derivedId, encodeEvent, LeadOverridden, LeadRouted } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { IsString, Length, Matches } from 'class-validator';
import { type Desk, Desks } from '../desk.js';
import { decided, offerOf, routableAgain } from '../routed-lead.js';
import { LeadsStore, type RoutedLead } from '../store/leads.store.js';
import { PartnersStore } from '../store/partners.store.js';

export class OverrideLead {
  @ApiProperty({ description: '`direct`, or the id of a partner.' })
  @IsString()
  @Matches(/^[a-z0-9][a-z0-9-]{0,62}$/, { message: 'to must be direct, or the id of a partner' })
  to: string;

  @ApiProperty({
    description: 'Why. It is kept in the log in clear, for partners and auditors to read.',
    maxLength: 500,
  })
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;
}

export class OverrideView {
  @ApiProperty() to: string;
  @ApiProperty({ type: 'integer' }) offer: number;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) acceptBy: number;
  @ApiProperty({ type: 'string', nullable: true, description: 'Whom the policy would have sent it to.' })
  policyWould: string | null;
}

/** A person's word against the policy's → lead.overridden, lead.routed. Always possible, never silent. */
@ApiTags('leads')
@ApiBearerAuth()
@ApiParam({ name: 'leadId', format: 'uuid' })
@Controller('v1/leads/:leadId/override')
@Allow('admin', 'manager')
export class OverridesController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
    private readonly partners: PartnersStore,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send a lead to a party of your choice',
    description: 'Outside the promise; whoever had the lead is owed another. Actor and reason go into the log.',
  })
  @ApiResponse({ status: 200, type: OverrideView })
  @ApiResponse({ status: 404, description: 'There is no such lead, or nothing was decided about it yet.' })
  @ApiResponse({
    status: 409,
    description:
      'The party has the lead already, or the lead is closed or erased; or the party is a partner, and the person has not consented. Or the ' +
      'lead was made one with another, and whoever has that one has the person (`absorbed`).',
  })
  async override(
    @Param('leadId') leadId: string,
    @Body() body: OverrideLead,
    @CurrentCaller() caller: Caller,
  ): Promise<OverrideView> {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(leadId)) throw notFound('lead');
    return this.units.run((unit) => this.overrideIn(unit, leadId, body, caller.keyId));
  }

  private async overrideIn(
    unit: UnitOfWork,
    leadId: string,
    { to, reason }: OverrideLead,
    actor: string,
  ): Promise<OverrideView> {
    if (to !== DIRECT && !(await this.partners.exists(unit.query, to))) {
      throw invalidInput([{ field: '/to', detail: 'There is no such partner.' }]);
    }
    let found: RoutedLead | undefined;
    const desk = await this.desks.open(unit, async () => {
      found = (await this.leads.lock(unit.query, [leadId])).get(leadId);
      if (!found) throw notFound('lead');
      return { leads: [routableAgain(found, 'declined')], offers: [offerOf(found) ?? []].flat(), parties: [to] };
    });
    const lead = found as RoutedLead;
    refuseWhatCannotMove(lead, to);
    refuseWithoutConsent(lead, to, desk);

    const current = offerOf(lead);
    const policyWould = desk.policyWould(routableAgain(lead, 'declined'), lead.chosen);
    if (current) desk.withdrawn(current);
    const free = { ...lead, paidBy: null };
    const decision = desk.override(leadId, routableAgain(free, 'declined'), to, lead.made);

    desk.save();
    this.leads.saveOffers(unit, [decided(free, decision)]);
    const common = { source: '/routing', subject: leadId, time: desk.now };
    const id = randomUUID();
    unit.say([
      encodeEvent(LeadOverridden, { ...common, id, data: { to, actor, reason, policyWould } }),
      encodeEvent(LeadRouted, { ...common, id: derivedId(id, LeadRouted.type), data: decision.data }),
    ]);
    return { to, offer: decision.data.offer, acceptBy: decision.data.acceptBy, policyWould };
  }
}

function refuseWhatCannotMove({ stage, party, absorbed }: RoutedLead, to: string): void {
  if (stage === 'erased') throw new Problem(409, { type: 'lead-erased', detail: 'The lead was erased.' });
  if (stage === 'closed')
    throw new Problem(409, { type: 'lead-closed', detail: 'The lead is closed, or an opportunity.' });
  if (absorbed) {
    const detail =
      'This lead was made one with another one, which survives: whoever has that one has this person. It can be sent on once the two are split.';
    throw new Problem(409, { type: 'absorbed', detail });
  }
  if (party === to && stage !== 'unroutable') {
    throw new Problem(409, { type: 'already-there', detail: 'That party has the lead already.' });
  }
}

/** The policy gives way to a person; whether somebody's details go to a partner is for that somebody to say. */
function refuseWithoutConsent(lead: RoutedLead, to: string, { rules }: Desk): void {
  const again = routableAgain(lead, 'declined');
  if (to === DIRECT || consentAllowsChannel(again, poolFor(again, rules.policy))) return;
  const detail =
    lead.consent === 'refused'
      ? 'The person has refused their consent: their details go to no partner.'
      : 'Nobody knows whether the person agrees, and the policy needs their consent for partners. Supply it first: PATCH the lead.';
  throw new Problem(409, { type: 'no-consent', detail });
}
