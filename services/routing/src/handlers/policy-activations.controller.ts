import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query as QueryParameter, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { clockSkewMs, readMoment } from '@fairlead/decisions';
import { derivedId, encodeEvent, PolicyActivationCancelled } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, Callers, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ActivationsStore, type Plan } from '../store/activations.store.js';
import { PoliciesStore, type StoredPolicy } from '../store/policies.store.js';
import { ProposalsStore } from '../store/proposals.store.js';
import { activated } from './first-policy.js';
import { ApiNumberedPage, paged, pageOf } from './paging.js';
import {
  EndedPlanView,
  PlanView,
  PolicyView,
  ProposalView,
  scopeOf,
  shownEndedPlan,
  shownPlan,
  shownPolicy,
  shownProposal,
  shownSpan,
  SpanView,
} from './policy-views.js';
import { propose } from './propose.js';
import { MAX_VERSION } from './versions.js';

/** A person keeps them in view; whoever plans more than this plans by program what was meant to be announced. */
const MAX_PLANS = 100;
/** A year: further away a mistyped year is likelier than a plan. */
const MAX_AHEAD_MS = 366 * 86_400_000;

/** Of the plans that ended: what became of one that was made lately. Who looks further back has the log. */
const ENDED_SHOWN = 20;

export class ActivatePolicy {
  @ApiPropertyOptional({ description: 'The newest, if not given.', minimum: 1, type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'When; now, if not given. UTC unless it says otherwise.' })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;
}

export class ActivatedPolicyView extends PolicyView {
  @ApiPropertyOptional({ type: PlanView, description: 'Where it is planned for later.' }) scheduled?: PlanView;
  @ApiPropertyOptional({ type: ProposalView, description: 'Where it takes two, and waits for the second person.' })
  proposed?: ProposalView;
}

export class ActivationView extends SpanView {
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiPropertyOptional({ format: 'uuid', description: 'The plan that it carried out.' }) scheduled?: string;
}

export class ActivationsView {
  @ApiProperty({
    type: [PlanView],
    description: 'Planned and not carried out yet, the earliest first. Not for partners.',
  })
  scheduled: PlanView[];
  @ApiProperty({
    type: [EndedPlanView],
    description: `What became of earlier plans: carried out, cancelled, or proposed. The latest first, ${ENDED_SHOWN} at most, whatever the page. Not for partners.`,
  })
  ended: EndedPlanView[];
  @ApiProperty({ type: [ActivationView], description: 'The latest first.' }) activations: ActivationView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

/** When a version of a policy came into force, and when one will. */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies/:name')
export class PolicyActivationsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
    private readonly activations: ActivationsStore,
    private readonly proposals: ProposalsStore,
    private readonly callers: Callers,
  ) {}

  @Post('activate')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Distribute leads under this policy, from now on or from a stated time on',
    description:
      'Credits stay where the id of a pool stays. Offers that are open stay open, under the terms they were made. An ' +
      'older version is activated in the same way: that takes a change back. At a time to come it is carried out ' +
      'within two seconds, whatever is restarted in between, by the event `policy.activated`; the version is settled now. Where it takes two people ' +
      '(`PUT …/second-approver`), of this policy or of the one in force, it is proposed only.',
  })
  @ApiResponse({ status: 200, type: ActivatedPolicyView, description: 'In force.' })
  @ApiResponse({ status: 202, type: ActivatedPolicyView, description: 'Planned; or proposed.' })
  @ApiResponse({ status: 409, description: `${MAX_PLANS} activations are planned already, or too many proposed.` })
  async activate(
    @Param('name') name: string,
    // Undefined when there is none; a union type would leave it unvalidated.
    @Body() body: ActivatePolicy,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ActivatedPolicyView> {
    const { version, at } = (body as ActivatePolicy | undefined) ?? {};
    return this.units.run(async (unit) => {
      const planned = plannedTime(at, unit.now);
      const policy = await this.policies.find(unit.query, name, version);
      if (!policy) throw notFound('policy');
      await this.proposals.lock(unit.query);
      // What is in force stays: nobody has to agree to that.
      if (!(policy.active && planned === undefined) && (await this.proposals.needsTwo(unit.query, name))) {
        const { proposals, callers } = this;
        const wanted = { policy: name, version: policy.version, at: planned === undefined ? null : new Date(planned) };
        const proposed = shownProposal(await propose({ proposals, callers }, unit, wanted, caller));
        void reply.status(202);
        return { ...shownPolicy(policy), proposed };
      }
      if (planned !== undefined) {
        void reply.status(202);
        return { ...shownPolicy(policy), scheduled: shownPlan(await this.plan(unit, policy, planned, caller)) };
      }
      const changed = await this.policies.activate(unit.query, policy, { by: caller.keyId, now: unit.now });
      if (changed) unit.say([activated(policy, { actor: caller.keyId }, unit.now)]);
      return { ...shownPolicy(policy), active: true };
    });
  }

  @Get('activations')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'When versions of this policy were in force, which are planned to be, and what became of earlier plans',
  })
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: ActivationsView })
  async list(
    @Param('name') name: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<ActivationsView> {
    const { after, limit } = pageOf(afterText, limitText);
    const { query } = this.units;
    const scope = scopeOf(caller);
    if (!(await this.policies.find(query, name, undefined, scope))) throw notFound('policy');
    const isOurs = scope === 'all';
    const scheduled = isOurs ? (await this.activations.waiting(query, name)).map(shownPlan) : [];
    const ended = isOurs ? (await this.activations.ended(query, name, ENDED_SHOWN)).map(shownEndedPlan) : [];
    const found = await this.activations.page(query, name, { before: after, limit: limit + 1 });
    const { rows, next } = paged(found, limit, ({ seq }) => seq);
    const activations = rows.map((row) => ({
      version: row.version,
      ...shownSpan(row),
      ...(row.plan !== null && { scheduled: row.plan }),
    }));
    return { scheduled, ended, activations, ...(next !== undefined && { next }) };
  }

  @Delete('activations/:activationId')
  @HttpCode(204)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Cancel a planned activation',
    description:
      'Also one that two people approved: what is in force stays, and the log says who took it back ' +
      '(`policy.activation-cancelled`).',
  })
  @ApiResponse({ status: 204, description: 'It will not be carried out.' })
  @ApiResponse({ status: 409, description: 'It was carried out, or cancelled, before.' })
  async cancel(
    @Param('name') policy: string,
    @Param('activationId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw notFound('planned activation');
    const outcome = await this.units.run(async (unit) => {
      const { query, now } = unit;
      const plan = await this.activations.cancel(query, { policy, id }, { by: caller.keyId, now });
      if (typeof plan === 'object') unit.say([cancelled(plan, caller.keyId, now)]);
      return plan;
    });
    if (outcome === 'unknown') throw notFound('planned activation');
    if (outcome === 'ended') {
      const detail = 'It was carried out or cancelled before. Another version is activated instead.';
      throw new Problem(409, { type: 'activation-ended', detail });
    }
  }

  private async plan({ query, now }: UnitOfWork, policy: StoredPolicy, at: number, caller: Caller): Promise<Plan> {
    const plan = await this.activations.add(
      query,
      {
        id: randomUUID(),
        policy: policy.name,
        version: policy.version,
        at: new Date(at),
        by: caller.keyId,
        openedBy: caller.openedBy ?? null,
        approvedBy: null,
      },
      now,
    );
    if ((await this.activations.countWaiting(query)) > MAX_PLANS) {
      const detail = `${MAX_PLANS} activations are planned already: cancel one, or wait.`;
      throw new Problem(409, { type: 'too-many-activations', detail });
    }
    return plan;
  }
}

function cancelled({ id, policy: name, version, at, by, approvedBy }: Plan, actor: string, now: number) {
  return encodeEvent(PolicyActivationCancelled, {
    ...{ id: derivedId(id, PolicyActivationCancelled.type), source: '/routing', subject: name, time: now },
    data: { name, version, at: at.getTime(), plannedBy: by, ...(approvedBy !== null && { approvedBy }), actor },
  });
}

/** @returns a time to come, in milliseconds since the epoch; undefined: now */
function plannedTime(at: string | undefined, now: number): number | undefined {
  if (at === undefined) return undefined;
  const time = readMoment(at);
  const wrong = (detail: string) => invalidInput([{ field: '/at', detail }]);
  if (time === undefined) throw wrong('must be a time as RFC 3339 writes it, such as 2026-01-31T09:00:00Z');
  if (time > now + MAX_AHEAD_MS) throw wrong('must be at most 366 days away');
  // What was decided meanwhile was decided under another policy; only between two clocks a time just past is now.
  if (time < now - clockSkewMs) throw wrong('is in the past: a policy cannot have been in force before');
  return time > now ? time : undefined;
}
