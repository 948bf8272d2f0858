import { Controller, Get, Param, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  DIRECT,
  explain,
  type Partner,
  partnerOf,
  type Policy,
  policyOf,
  type RecordedDecision,
} from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { DecisionsStore } from '../store/decisions.store.js';
import { PartnersStore } from '../store/partners.store.js';

const PARTY = /^[a-z0-9][a-z0-9-]{0,62}$/;

export class PartyExplanationView {
  @ApiProperty() party: string;
  @ApiProperty({ description: 'Whether this decision gave it the lead.' }) got: boolean;
  @ApiProperty({ type: [String], description: 'Why it could not have got it; empty when it got it, or could have.' })
  refusals: readonly string[];
  @ApiProperty({ type: [String], description: 'The same in sentences.' }) because: readonly string[];
}

export class DecisionExplanationView {
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) at: number;
  @ApiProperty() pool: string;
  @ApiProperty({ type: 'integer', description: 'Dense: no number of a pool is ever left out.' }) poolSeq: number;
  @ApiProperty({ description: 'name@version, as it was when this was decided' }) policy: string;
  @ApiProperty({ enum: ['routed', 'unroutable'] }) outcome: string;
  @ApiPropertyOptional({ description: 'Who was offered the lead; to a partner, another partner has no name.' })
  to?: string;
  @ApiPropertyOptional({ type: 'integer' }) offer?: number;
  @ApiProperty({ type: [String] }) because: readonly string[];
  @ApiPropertyOptional({ type: PartyExplanationView }) party?: PartyExplanationView;
}

export class ExplanationView {
  @ApiProperty({ format: 'uuid' }) leadId: string;
  @ApiProperty({ type: 'string', nullable: true, enum: ['A', 'B', 'C', 'D'] }) grade: string | null;
  @ApiProperty({ type: [DecisionExplanationView], description: 'The first decision first.' })
  decisions: readonly DecisionExplanationView[];
}

/** Refusals that a lead has in common with every other one of its kind: to such a partner the lead does not exist. */
const NOT_ITS_CONCERN: ReadonlySet<string> = new Set(['outside-territory', 'product-not-carried', 'not-on-roster']);

/** Why a lead went where it went, and why a party got it or did not: from what was recorded when it was decided. */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/leads/:leadId/explanation')
@Allow('admin', 'manager', 'auditor', 'partner')
export class ExplanationsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly decisions: DecisionsStore,
    private readonly partners: PartnersStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Why a lead went where it went',
    description:
      'Every decision about the lead, in sentences and as data. A partner may ask about leads of its territory and products, and is told about itself; ' +
      'others are not named to it.',
  })
  @ApiParam({ name: 'leadId', format: 'uuid' })
  @ApiQuery({
    name: 'partner',
    required: false,
    description: 'Why this one got it, or did not: a partner’s id, or `direct`. A partner’s key asks about itself.',
    schema: { type: 'string', pattern: PARTY.source },
  })
  @ApiResponse({ status: 200, type: ExplanationView })
  @ApiResponse({ status: 404, description: 'There is no such lead for you, or nothing was decided about it yet.' })
  async explain(
    @Param('leadId') leadId: string,
    @Query() query: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<ExplanationView> {
    const { partner: wanted, ...unknown } = query;
    const strangers = Object.keys(unknown).map((name) => ({ field: name.slice(0, 64), detail: 'is not known here' }));
    if (strangers.length > 0) throw invalidInput(strangers);
    const own = caller.role === 'partner' ? (caller.partnerId ?? '') : undefined;
    const party = own ?? partyOf(wanted);
    if (own !== undefined && wanted !== undefined && wanted !== own) throw notFound('lead');
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(leadId)) throw notFound('lead');

    const recorded = await this.decisions.about(this.units.query, leadId);
    const [first] = recorded;
    if (!first) throw notFound('lead');
    const partners = await this.asThen(party, recorded);
    const policies = await this.policies(recorded);
    const nameOf = (each: string) => (own === undefined || each === own || each === DIRECT ? each : 'another partner');
    const decisions = recorded.map((decision, index) =>
      view(decision, policies, { party, partner: partners[index] }, nameOf),
    );
    if (own !== undefined && decisions.every((each) => each.party?.refusals.some((why) => NOT_ITS_CONCERN.has(why))))
      throw notFound('lead');
    return { leadId, grade: first.lead.grade, decisions };
  }

  /** The partner as it was when each of these was decided. */
  private async asThen(
    party: string | undefined,
    recorded: readonly RecordedDecision[],
  ): Promise<readonly (Partner | undefined)[]> {
    if (party === undefined || party === DIRECT) return [];
    if (!(await this.partners.exists(this.units.query, party))) throw notFound('partner');
    const rosters = recorded.map(({ told }) => ({ hash: told.data.decided.roster, at: told.data.decided.now }));
    const documents = await this.partners.asOf(this.units.query, party, rosters);
    return documents.map((document) => document && partnerOf(party, document));
  }

  private async policies(recorded: readonly RecordedDecision[]): Promise<ReadonlyMap<string, Policy>> {
    const versions = recorded.map(({ told }) => told.data.decided.policy);
    const rows = await this.decisions.policies(this.units.query, versions);
    return new Map(rows.map(({ name, version, document }) => [`${name}@${version}`, policyOf(document, version)]));
  }
}

function partyOf(wanted: unknown): string | undefined {
  if (wanted === undefined) return undefined;
  if (typeof wanted === 'string' && PARTY.test(wanted)) return wanted;
  throw invalidInput([{ field: 'partner', detail: 'must be direct, or the id of a partner' }]);
}

function view(
  decision: RecordedDecision,
  policies: ReadonlyMap<string, Policy>,
  { party, partner }: { party: string | undefined; partner: Partner | undefined },
  nameOf: (party: string) => string,
): DecisionExplanationView {
  const { outcome, data } = decision.told;
  const { pool, poolSeq, now, policy } = data.decided;
  const named = `${policy.name}@${policy.version}`;
  const inForce = policies.get(named);
  if (!inForce) throw new Error(`policy ${named} of a decision is not stored`);
  const { decision: because, party: about, refusals } = explain(decision, inForce, party, partner, nameOf);
  return {
    at: now,
    pool,
    poolSeq,
    policy: named,
    outcome,
    ...('to' in data && { to: nameOf(data.to), offer: data.offer }),
    because,
    ...(party !== undefined && { party: { party, got: 'to' in data && data.to === party, refusals, because: about } }),
  };
}
