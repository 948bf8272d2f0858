import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { PersonalData } from '@fairlead/personal-data';
import { TakeAnswer } from '../take-answer.js';
import { LeadView, standingFor } from '../view/lead-view.js';
import { ReadLead } from '../view/read-lead.js';
import { isLeadId } from './lead-id.js';
import { problemOf } from './answer-problems.js';
import { AcceptLead, DeclineLead, ReportOutcome } from './answers.dto.js';
import { partyOf } from './party-of.js';
import { given, reported, type Said } from './reported-outcome.js';

/** RFC 9110 field values without spaces at the ends; longer ones are no identifiers. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** What partners and direct say about their leads → lead.accepted | declined | contacted | qualified | won | lost | returned | amended */
@ApiTags('answers')
@ApiBearerAuth()
@ApiParam({ name: 'leadId', format: 'uuid' })
@ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'Binds a repetition to this very request.',
  schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source },
})
@ApiResponse({ status: 400, description: 'The body is not valid; every wrong field is named.' })
@ApiResponse({ status: 404, description: 'There is no such lead, or it was never offered to you. Try again shortly.' })
@ApiResponse({ status: 409, description: 'The answer cannot follow what is known of the offer; `type` says why.' })
@ApiResponse({ status: 410, description: 'The lead was erased.' })
@ApiResponse({ status: 422, description: 'The Idempotency-Key was used for another request.' })
@Controller('v1/leads/:leadId')
@Allow('partner', 'manager', 'admin')
export class AnswersController {
  constructor(
    private readonly answers: TakeAnswer,
    private readonly leads: ReadLead,
    private readonly personalData: PersonalData,
  ) {}

  @Post('accept')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Accept an offer',
    description:
      'A partner’s key answers for the partner, a manager’s for direct. Repeating it has the same result. ' +
      'The answer holds the contact details that acceptance reveals.',
  })
  @ApiResponse({ status: 200, type: LeadView })
  accept(
    @Param('leadId') leadId: string,
    // Undefined when there is none; a union type would leave it unvalidated.
    @Body() body: AcceptLead,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<LeadView> {
    return this.#answer(caller, leadId, key, { type: 'accepted', ...given(body) });
  }

  @Post('decline')
  @HttpCode(200)
  @ApiOperation({ summary: 'Decline an offer, and say why' })
  @ApiResponse({ status: 200, type: LeadView })
  decline(
    @Param('leadId') leadId: string,
    @Body() body: DeclineLead,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<LeadView> {
    return this.#answer(caller, leadId, key, { type: 'declined', ...given(body) });
  }

  @Post('outcomes')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Report what became of a lead',
    description:
      'Steps may be skipped forward, never back: contacted, qualified, then won or lost; or returned. What was reported wrongly is corrected ' +
      'by a report that says what it `corrects`: both stay in the log, and figures count the right one, once.',
  })
  @ApiResponse({ status: 200, type: LeadView })
  outcome(
    @Param('leadId') leadId: string,
    @Body() body: ReportOutcome,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<LeadView> {
    return this.#answer(caller, leadId, key, reported(body));
  }

  async #answer(caller: Caller, leadId: string, key: string | undefined, said: Said): Promise<LeadView> {
    if (!isLeadId(leadId)) throw notFound('lead');
    const partner = caller.role === 'partner' ? partyOf(caller) : undefined;
    const { keyId } = caller;
    const idempotency =
      key === undefined ? undefined : { caller: keyId, key: checked(key), request: this.#fingerprint(leadId, said) };
    const taken = await this.answers.take({
      ...said,
      leadId,
      party: partyOf(caller),
      actor: keyId,
      idempotency,
    });
    switch (taken.outcome) {
      case 'key-used-for-another-request':
        throw new Problem(422, {
          type: 'idempotency-key-reused',
          detail: 'This Idempotency-Key was used for another request: use a new one for each.',
        });
      case 'refused':
        throw problemOf(taken.why, taken.lead !== undefined && standingFor(taken.lead, partner) !== undefined);
      case 'taken':
      case 'repeated': {
        const view = await this.leads.view(taken.lead, caller);
        if (!view) throw notFound('lead');
        return view;
      }
    }
  }

  /** Keyed: a note is free text, and a hash alone would tell whoever guesses it that the guess is right. */
  #fingerprint(leadId: string, said: object): Buffer {
    return this.personalData.keyedHash('request', JSON.stringify([leadId, said]));
  }
}

function checked(key: string): string {
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw invalidInput([{ field: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }]);
}
