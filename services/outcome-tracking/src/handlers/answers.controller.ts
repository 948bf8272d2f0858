import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  type Caller,
  CurrentCaller,
  type FieldError,
  invalidInput,
  notFound,
  Problem,
} from '@fairlead/platform';
import { PersonalData } from '@fairlead/personal-data';
import type { GivenAnswer } from '../answer-desk.js';
import { TakeAnswer } from '../take-answer.js';
import { LeadView, standingFor } from '../view/lead-view.js';
import { ReadLead } from '../view/read-lead.js';
import { isLeadId } from './lead-id.js';
import { problemOf } from './answer-problems.js';
import { AcceptLead, DeclineLead, ReportOutcome } from './answers.dto.js';

/** RFC 9110 field values without spaces at the ends; longer ones are no identifiers. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** What partners and direct say about their leads → lead.accepted | declined | contacted | qualified | won | lost | returned */
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
    description: 'Steps may be skipped forward, never back: contacted, qualified, then won or lost; or returned.',
  })
  @ApiResponse({ status: 200, type: LeadView })
  outcome(
    @Param('leadId') leadId: string,
    @Body() body: ReportOutcome,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<LeadView> {
    refuseMismatch(body);
    const at = body.at == null ? undefined : instantOf(body.at);
    return this.#answer(caller, leadId, key, { ...given(body), type: body.type, at });
  }

  async #answer(
    caller: Caller,
    leadId: string,
    key: string | undefined,
    said: Omit<GivenAnswer, 'leadId' | 'party' | 'actor' | 'idempotency'>,
  ): Promise<LeadView> {
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

/** A manager answers for direct: the vendor's own people are a party like any other. */
function partyOf({ role, partnerId }: Caller): string {
  return role === 'partner' ? (partnerId ?? '') : 'direct';
}

/** A field that was sent as null counts as not sent. */
function given(body: Partial<Omit<ReportOutcome, 'type' | 'at'>> | undefined) {
  return {
    offer: body?.offer ?? undefined,
    reason: body?.reason ?? undefined,
    amount: body?.amount ?? undefined,
    note: body?.note ?? undefined,
  };
}

function refuseMismatch({ type, reason, amount }: ReportOutcome): void {
  const errors: FieldError[] = [];
  if (type === 'returned' && reason == null) errors.push({ field: '/reason', detail: 'returned needs a reason' });
  if (type !== 'returned' && type !== 'lost' && reason != null)
    errors.push({ field: '/reason', detail: 'only lost and returned have a reason' });
  if (type !== 'won' && amount != null) errors.push({ field: '/amount', detail: 'only won has an amount' });
  if (errors.length > 0) throw invalidInput(errors);
}

function instantOf(at: string): number {
  const instant = Date.parse(at);
  // The pattern lets 2026-02-30T25:00:00Z through.
  if (!Number.isInteger(instant) || instant < 0)
    throw invalidInput([{ field: '/at', detail: 'there is no such time' }]);
  return instant;
}

function checked(key: string): string {
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw invalidInput([{ field: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }]);
}
