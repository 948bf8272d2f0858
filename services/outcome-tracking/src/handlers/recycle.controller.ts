import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { judgeRecycling } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { LeadWasErased, PersonalData } from '@fairlead/personal-data';
import { Allow, type Caller, CurrentCaller, notFound, Problem } from '@fairlead/platform';
import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { standingNow } from '../pending-answer.js';
import { LeadsStore, type TrackedLead } from '../store/leads.store.js';
import { recyclingId, tellRecycling } from '../tell-recycling.js';
import { LeadView } from '../view/lead-view.js';
import { ReadLead } from '../view/read-lead.js';
import { AcceptLead, MAX_NOTE } from './answers.dto.js';
import { isLeadId } from './lead-id.js';

/** What is told where nobody says more. */
const BY_HAND = 'by-hand';

export class RecycleLead extends AcceptLead {
  @ApiPropertyOptional({
    description: `Why, in a word or two, as others may read it: \`new-phone-number\`. \`${BY_HAND}\`, if not given.`,
    pattern: '^[a-z][a-z0-9-]{0,62}$',
  })
  @IsOptional()
  @IsString()
  @Matches(/^[a-z][a-z0-9-]{0,62}$/, { message: 'reason must be words of small letters, with hyphens between them' })
  reason?: string;

  @ApiPropertyOptional({
    description: 'Free text. Kept encrypted, and erased with the lead.',
    minLength: 1,
    maxLength: MAX_NOTE,
  })
  @IsOptional()
  @IsString()
  @Length(1, MAX_NOTE)
  note?: string;
}

/**
 * A person's word that a returned lead is offered again → lead.recycled. Possible whatever the policy says, and never silent; but not of one
 * that was made one with another.
 */
@ApiTags('leads')
@ApiBearerAuth()
@ApiParam({ name: 'leadId', format: 'uuid' })
@Controller('v1/leads/:leadId/recycle')
@Allow('admin', 'manager')
export class RecycleController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly personalData: PersonalData,
    private readonly readLead: ReadLead,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Offer a returned lead again',
    description:
      'To somebody who has not had it, as the policy in force says of a new lead. Who did it goes into the log. Repeating it has the same ' +
      'result; `offer`, the one that was returned, makes that so even when the lead is offered again by then.',
  })
  @ApiResponse({ status: 200, type: LeadView })
  @ApiResponse({ status: 400, description: 'The body is not valid; every wrong field is named.' })
  @ApiResponse({ status: 404, description: 'There is no such lead.' })
  @ApiResponse({
    status: 409,
    description:
      'The lead’s last offer was not returned: somebody has it, or it is closed (`not-returned`); or it is a deal from elsewhere ' +
      '(`closed-elsewhere`). Or it was made one with another lead, `into`, and whoever has that one has the person (`absorbed`).',
  })
  @ApiResponse({ status: 410, description: 'The lead was erased.' })
  async recycle(
    @Param('leadId') leadId: string,
    @Body() body: RecycleLead,
    @CurrentCaller() caller: Caller,
  ): Promise<LeadView> {
    if (!isLeadId(leadId)) throw notFound('lead');
    // Undefined when there is none.
    const { offer: number, reason = BY_HAND, note: said } = (body as RecycleLead | undefined) ?? {};
    const note = said === undefined ? undefined : await this.#sealed(leadId, number, said);
    const lead = await this.units.run(async (unit) => {
      const before = (await this.leads.lock(unit, [leadId])).get(leadId);
      const offer = toRecycle(before, number);
      if (!before || !offer) return before;
      const { pending, event } = tellRecycling(leadId, offer, { reason, at: unit.now, actor: caller.keyId, note });
      const after = { ...before, pending: [...before.pending, pending] };
      this.leads.savePending(unit, [{ before, after }]);
      unit.say([event]);
      return after;
    });
    const view = lead && (await this.readLead.view(lead, caller));
    if (!view) throw notFound('lead');
    return view;
  }

  /** Before the lead is locked, because the keys live in another database; and only of one that would be offered again. */
  async #sealed(leadId: string, number: number | undefined, note: string) {
    const offer = toRecycle(await this.leads.find(this.units.query, leadId), number);
    if (!offer) return undefined;
    try {
      const place = { leadId, eventId: recyclingId(leadId, offer), field: 'note' };
      const [sealed] = await this.personalData.seal([{ ...place, value: note }]);
      return sealed;
    } catch (error) {
      if (error instanceof LeadWasErased) throw problems['lead-erased']();
      throw error;
    }
  }
}

/** The offer that was returned; undefined where the lead is offered again already. */
function toRecycle(lead: TrackedLead | undefined, number: number | undefined) {
  if (!lead) throw notFound('lead');
  const verdict = judgeRecycling(standingNow(lead), number);
  if (verdict.outcome === 'refused') throw problems[verdict.why]();
  if (verdict.outcome === 'repeated') return undefined;
  const { absorbedInto } = lead.details;
  if (absorbedInto !== null) throw problems.absorbed(absorbedInto);
  return verdict.offer;
}

const problems = {
  'lead-erased': () => new Problem(410, { type: 'lead-erased', detail: 'The personal data of this lead were erased.' }),
  'not-returned': () =>
    new Problem(409, {
      type: 'not-returned',
      detail: 'Only a lead whose last offer was returned can be offered again; somebody has this one, or it is closed.',
    }),
  'closed-elsewhere': () =>
    new Problem(409, {
      type: 'closed-elsewhere',
      detail: 'This is a deal from elsewhere, which was never scored here: send its lead as a new one.',
    }),
  absorbed: (into: string) =>
    new Problem(409, {
      type: 'absorbed',
      detail:
        'This lead was made one with another one, which survives: whoever has that one has this person. It can be offered again once the two are split.',
      members: { into },
    }),
} as const;
