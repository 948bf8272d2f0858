import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { derivedId, encodeEvent, PolicyActivated, PolicyGuarded } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, Callers, CurrentCaller, handsOf, invalidKey, notFound, Problem } from '@fairlead/platform';
import { IsBoolean, IsString, Length, Matches } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ActivationsStore } from '../store/activations.store.js';
import { PoliciesStore } from '../store/policies.store.js';
import { type Proposal, ProposalsStore } from '../store/proposals.store.js';
import { activated } from './first-policy.js';
import { PlanView, ProposalView, shownPlan, shownProposal } from './policy-views.js';
import { handsIn, MAX_PROPOSALS, proposalRejected, propose, revokedHand } from './propose.js';

/** Those that wait, and some that were ended: who looks further back has the log. */
const SHOWN = 50;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class SetSecondApprover {
  @ApiProperty({ description: 'Whether this policy is put in force, and out of force, by two.' })
  @IsBoolean()
  needed: boolean;
}

export class RejectProposal {
  @ApiProperty({ description: 'Why. It is kept in the log in clear.', maxLength: 500 })
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;
}

export class SecondApproverView {
  @ApiProperty({ description: 'Whether a second person is needed now.' }) needed: boolean;
  @ApiPropertyOptional({ type: ProposalView, description: 'Where it waits for one that none is needed any more.' })
  proposed?: ProposalView;
}

export class ProposalsView {
  @ApiProperty({ description: 'Whether this policy is put in force, and out of force, by two.' })
  secondApprover: boolean;
  @ApiProperty({ description: 'Whether putting it in force takes two: also where the policy in force is such a one.' })
  needsTwo: boolean;
  @ApiProperty({
    type: [ProposalView],
    description: `Those that wait, then the latest of the others; ${SHOWN} at most.`,
  })
  proposals: ProposalView[];
}

export class ApprovedProposalView extends ProposalView {
  @ApiPropertyOptional({ type: PlanView, description: 'Where it comes into force at a time to come.' })
  scheduled?: PlanView;
}

/**
 * Two people: what one key proposes, another approves or rejects. Neither may have made the other, by itself or through others: whoever
 * made a key knows it, and would be both. In a session that somebody else opened, by a link, that one's key counts as well.
 */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies/:name')
export class PolicyProposalsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly callers: Callers,
    private readonly policies: PoliciesStore,
    private readonly activations: ActivationsStore,
    private readonly proposals: ProposalsStore,
  ) {}

  @Get('proposals')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'Whether this policy takes two people, and what waits for the second' })
  @ApiResponse({ status: 200, type: ProposalsView })
  async list(@Param('name') name: string): Promise<ProposalsView> {
    const { query } = this.units;
    if (!(await this.policies.find(query, name))) throw notFound('policy');
    return {
      secondApprover: await this.proposals.isGuarded(query, name),
      needsTwo: await this.proposals.needsTwo(query, name),
      proposals: (await this.proposals.latest(query, name, SHOWN)).map(shownProposal),
    };
  }

  @Put('second-approver')
  @Allow('admin')
  @ApiOperation({
    summary: 'Say whether this policy takes two people',
    description:
      'Once it does, whatever puts it in force or out of force (another version, or another policy) is proposed by one key and approved by ' +
      'another, and so is that it does not any more.',
  })
  @ApiResponse({ status: 200, type: SecondApproverView, description: 'It is so.' })
  @ApiResponse({
    status: 202,
    type: SecondApproverView,
    description: 'It is proposed, and waits for the second person.',
  })
  @ApiResponse({ status: 409, description: `${MAX_PROPOSALS} proposals wait already.` })
  async setSecondApprover(
    @Param('name') name: string,
    @Body() { needed }: SetSecondApprover,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SecondApproverView> {
    return this.units.run(async (unit) => {
      const { query, now } = unit;
      await this.proposals.lock(query);
      if (!(await this.policies.find(query, name))) throw notFound('policy');
      if (needed) {
        const changed = await this.proposals.guard(query, name, { by: caller.keyId, now });
        if (changed) unit.say([guarded(name, { needed, actor: caller.keyId }, now)]);
        return { needed };
      }
      if (!(await this.proposals.isGuarded(query, name))) return { needed };
      const { proposals, callers } = this;
      const proposal = await propose({ proposals, callers }, unit, { policy: name, version: null, at: null }, caller);
      void reply.status(202);
      return { needed: true, proposed: shownProposal(proposal) };
    });
  }

  @Post('proposals/:proposalId/approve')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Approve what somebody else proposed',
    description:
      'It takes effect at once, or at the time that was proposed, and the log names both keys. Of two who approve at once one is the second ' +
      'person; the other is told that it was done.',
  })
  @ApiResponse({ status: 200, type: ApprovedProposalView })
  @ApiResponse({
    status: 409,
    description:
      'The key proposed it itself, or one of the two keys, or of those that opened their sessions, made the other (`second-person-needed`); the key that proposed it was revoked since ' +
      '(`proposer-revoked`); another version was put in force since, so that it is proposed anew (`proposal-overtaken`); or it was approved ' +
      'or rejected before (`proposal-ended`).',
  })
  async approve(
    @Param('name') policy: string,
    @Param('proposalId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<ApprovedProposalView> {
    return this.units.run(async (unit) => {
      await this.proposals.lock(unit.query);
      const proposal = await this.found(unit, policy, id);
      await this.refuseSamePerson(proposal, caller);
      await this.refuseEnded(unit, proposal);
      const approved = await this.proposals.end(unit.query, id, {
        ...{ state: 'approved', by: caller.keyId, now: unit.now },
      });
      return { ...shownProposal(approved), ...(await this.carryOut(unit, proposal, caller.keyId)) };
    });
  }

  @Post('proposals/:proposalId/reject')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Reject what was proposed, and say why',
    description: 'Whoever proposed it takes it back in the same way. Nothing else changes.',
  })
  @ApiResponse({ status: 200, type: ProposalView })
  @ApiResponse({ status: 409, description: 'It was approved or rejected before, or overtaken.' })
  async reject(
    @Param('name') policy: string,
    @Param('proposalId') id: string,
    @Body() { reason }: RejectProposal,
    @CurrentCaller() caller: Caller,
  ): Promise<ProposalView> {
    return this.units.run(async (unit) => {
      await this.proposals.lock(unit.query);
      const proposal = await this.found(unit, policy, id);
      await this.refuseEnded(unit, proposal);
      const ended = { state: 'rejected', by: caller.keyId, reason, now: unit.now } as const;
      const rejected = await this.proposals.end(unit.query, id, ended);
      unit.say([proposalRejected(proposal, { actor: caller.keyId, reason }, unit.now)]);
      return shownProposal(rejected);
    });
  }

  private async carryOut(
    unit: UnitOfWork,
    { id, policy: name, version, at, proposedBy, openedBy }: Proposal,
    approvedBy: string,
  ): Promise<{ scheduled?: PlanView }> {
    const { query, now } = unit;
    if (version === null) {
      await this.proposals.unguard(query, name);
      unit.say([
        guarded(name, { needed: false, actor: proposedBy, approvedBy }, now, derivedId(id, PolicyGuarded.type)),
      ]);
      return {};
    }
    if (at !== null && at.getTime() > now) {
      const plan = { id, policy: name, version, at, by: proposedBy, openedBy, approvedBy };
      return { scheduled: shownPlan(await this.activations.add(query, plan, now)) };
    }
    const policy = await this.policies.find(query, name, version);
    if (!policy) throw notFound('policy');
    const changed = await this.policies.activate(query, policy, { by: proposedBy, approvedBy, now });
    if (changed)
      unit.say([activated(policy, { actor: proposedBy, approvedBy }, now, derivedId(id, PolicyActivated.type))]);
    return {};
  }

  private async found({ query }: Pick<UnitOfWork, 'query'>, policy: string, id: string): Promise<Proposal> {
    const proposal = ID.test(id) ? await this.proposals.find(query, { policy, id }) : undefined;
    if (!proposal) throw notFound('proposal');
    return proposal;
  }

  /**
   * Keys are in a database of their own: one that is revoked in the milliseconds between this answer and the commit counts as revoked just after. It is
   * asked while others who approve or activate wait, and so after whatever this had to wait for itself.
   */
  private async refuseSamePerson(proposal: Proposal, caller: Caller): Promise<void> {
    const { proposedBy } = proposal;
    const [theirs, own] = [handsIn(proposal), handsOf(caller)];
    const { isOneHand, revoked } = await this.callers.handOf(theirs, own);
    if (own.some((key) => revoked.includes(key))) throw invalidKey();
    if (isOneHand)
      throw new Problem(409, {
        type: 'second-person-needed',
        detail:
          proposedBy === caller.keyId
            ? 'This key proposed it: somebody else approves it, with a key of their own.'
            : `Of ${own.join(' and ')} here and ${theirs.join(' and ')}, by which it was proposed, one is the other or made it: whoever made a key, or ` +
              'a link to a session of its, may be who has it. Somebody else approves it, who entered with a key of their own.',
      });
    const [gone] = revoked;
    if (gone !== undefined)
      throw new Problem(409, {
        type: 'proposer-revoked',
        detail: `${revokedHand(proposal, gone)} since. Whoever still wants it proposes it anew.`,
      });
  }

  private async refuseEnded({ query }: UnitOfWork, { state, policy, endedBy }: Proposal): Promise<void> {
    if (state === 'waiting') return;
    if (state === 'overtaken') {
      const now = await this.policies.inForce(query);
      throw new Problem(409, {
        type: 'proposal-overtaken',
        detail:
          `Since this was proposed, version ${now?.version} of ${now?.document.name} was put in force: what it would change is not what was ` +
          `looked at. Propose it anew (POST /v1/policies/${policy}/activate).`,
      });
    }
    throw new Problem(409, { type: 'proposal-ended', detail: `It was ${state} before, by the key ${endedBy}.` });
  }
}

function guarded(name: string, data: Omit<PolicyGuarded['data'], 'name'>, now: number, id: string = randomUUID()) {
  return encodeEvent(PolicyGuarded, { id, source: '/routing', subject: name, time: now, data: { name, ...data } });
}
