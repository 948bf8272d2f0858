import { Body, Controller, HttpCode, Param, Patch, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { checkShape, LeadInput } from '@fairlead/decisions';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { Allow, type Caller, CurrentCaller, notFound, Problem, publishedSchema } from '@fairlead/platform';
import { Type } from '@sinclair/typebox';
import type { FastifyRequest } from 'fastify';
import { ChangeConsent, type ChangedConsent } from '../intake/change-consent.js';
import { CompleteLead, type Completion } from '../intake/complete-lead.js';
import { leadsCompleted } from '../metrics.js';
import { ActivePolicyStore } from '../store/active-policy.store.js';
import { HeldLeadsStore } from '../store/held-leads.store.js';
import { IdempotencyKeysStore, type KeyedPart, nameOfPart } from '../store/idempotency-keys.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { ApiIdempotencyKey, KeyedRequest } from './keyed-request.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** By these a lead is known: they cannot be changed. */
const FIXED = ['externalId', 'source'] as const;
/** Somebody else supplied something at the same moment: read again. More than this, and it is not a coincidence. */
const MAX_ATTEMPTS = 5;

interface HeldLeadView {
  readonly id: string;
  readonly status: 'completed' | 'held' | 'changed';
  readonly missing: readonly string[];
}

const view = {
  type: 'object',
  required: ['id', 'status', 'missing'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    status: { type: 'string', enum: ['completed', 'held', 'changed'] },
    missing: { type: 'array', items: { type: 'string' } },
  },
};

/** PATCH /v1/leads/{leadId} → lead.completed; of a lead that goes its way already, lead.consent-changed */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/leads')
export class HeldLeadsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly held: HeldLeadsStore,
    private readonly keys: IdempotencyKeysStore,
    private readonly policies: ActivePolicyStore,
    private readonly completion: CompleteLead,
    private readonly consents: ChangeConsent,
    private readonly personalData: PersonalData,
  ) {}

  @Patch(':leadId')
  @HttpCode(200)
  @Allow('source', 'manager', 'admin')
  @ApiOperation({
    summary: 'Supply what a held lead lacks, or say of any lead whether the person agrees',
    description:
      'A held lead goes on when nothing is missing any more; until then the answer says what is. Of a lead that went on before, ' +
      '`consent` alone can be changed (`changed`): partners are offered no lead whose person does not agree.',
  })
  @ApiParam({ name: 'leadId', format: 'uuid' })
  @ApiBody({ schema: publishedSchema('LeadCompletion', Type.Omit(LeadInput, FIXED)) })
  @ApiIdempotencyKey()
  @ApiResponse({ status: 200, schema: view })
  @ApiResponse({ status: 400, description: 'A field is unknown or of the wrong type; it is named.' })
  @ApiResponse({ status: 404, description: 'There is no such lead, or it is not from your source.' })
  @ApiResponse({
    status: 409,
    description: 'The lead is not held: it went on before, and there is more in this than `consent`.',
  })
  @ApiResponse({ status: 410, description: 'The lead was erased.' })
  @ApiResponse({
    status: 422,
    description: 'The lead would not be usable like this; each field that is wrong is named.',
  })
  async patch(
    @Req() request: FastifyRequest,
    @Param('leadId') leadId: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
  ): Promise<HeldLeadView> {
    const shape = checkShape(body);
    if (!shape.ok) throw invalid(400, shape.errors);
    const fixed = FIXED.filter((field) => Object.hasOwn(shape.input, field));
    if (fixed.length > 0)
      throw invalid(
        400,
        fixed.map((field) => ({ field, detail: 'It cannot be changed.' })),
      );
    const part = KeyedRequest.of(request, caller, this.personalData)?.part(
      0,
      [{ text: JSON.stringify(shape.input) }],
      true,
    );
    const policy = await this.policies.find();

    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const answer = await this.units
        .run(async (unit) => {
          const repeated = part && (await this.#bind(unit, part));
          if (repeated) return repeated;
          const lead = UUID.test(leadId) ? await this.leads.find(unit, leadId) : undefined;
          if (!lead || (caller.role === 'source' && lead.sourceId !== caller.sourceId)) throw notFound('lead');
          if (lead.erased) throw erased();
          const [held] = await this.held.find(unit, [leadId]);
          const completion = held
            ? await this.completion.supply(unit, held, shape.input, policy)
            : await this.#changeConsent(unit, leadId, shape.input, caller);

          if (completion.outcome === 'changed') throw new ChangedMeanwhile();
          const completed = viewOf(leadId, completion);
          if (part) this.keys.answer(unit, [{ part, answer: completed }]);
          if (completed.status === 'completed') unit.afterCommit(() => leadsCompleted.inc({ by: 'supplied' }));
          return completed;
        })
        .catch((error: unknown) => {
          if (error instanceof ChangedMeanwhile) return undefined;
          throw error;
        });
      if (answer) return answer;
    }
    throw new Problem(409, { type: 'changed', detail: 'Others are changing this lead at this moment: try again.' });
  }

  /** Of a lead that is not held. */
  #changeConsent(unit: UnitOfWork, leadId: string, input: LeadInput, caller: Caller): Promise<ChangedConsent> {
    const { consent, ...more } = input;
    if (consent == null || Object.keys(more).length > 0) throw notHeld();
    return this.consents.change(unit, leadId, consent, { actor: caller.keyId, sourceId: caller.sourceId });
  }

  async #bind(unit: UnitOfWork, part: KeyedPart): Promise<HeldLeadView | undefined> {
    const bound = (await this.keys.bind<HeldLeadView>(unit, [part])).get(nameOfPart(part));
    if (bound?.outcome === 'repeated') return bound.answer;
    if (bound?.outcome !== 'other-request') return undefined;
    throw new Problem(422, {
      type: 'idempotency-key-reused',
      detail: 'This Idempotency-Key was used for another request: use a new one for each.',
    });
  }
}

/** Undoes what was written in the attempt. */
class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

function viewOf(id: string, completion: Exclude<Completion, { outcome: 'changed' }> | ChangedConsent): HeldLeadView {
  switch (completion.outcome) {
    case 'consent-changed':
      return { id, status: 'changed', missing: [] };
    case 'not-kept':
      throw new Problem(409, {
        type: 'not-kept',
        detail: 'The lead came in before it was kept what is known of it: send it once more, with the consent.',
      });
    case 'completed':
      return { id, status: 'completed', missing: [] };
    case 'held':
      return { id, status: 'held', missing: completion.missing };
    case 'invalid':
      throw invalid(422, completion.errors);
    case 'erased':
      throw erased();
  }
}

function invalid(status: 400 | 422, errors: readonly { field: string; detail: string }[]): Problem {
  return new Problem(status, { type: 'invalid-input', title: 'Invalid input', errors });
}

function erased(): Problem {
  return new Problem(410, { type: 'erased', detail: 'The lead was erased.' });
}

function notHeld(): Problem {
  return new Problem(409, {
    type: 'not-held',
    detail: 'The lead is not held: nothing is waited for. What can be changed of it is `consent`, alone.',
  });
}
