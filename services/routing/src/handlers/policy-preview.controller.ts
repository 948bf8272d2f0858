import { setImmediate } from 'node:timers/promises';
import { Body, Controller, Get, HttpCode, Param, Post, Query as QueryParameter } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  accountsMetBy,
  type DatedLead,
  engine,
  policyOf,
  type Preview,
  type PreviewMaterial,
  previewPolicy,
  type Rules,
} from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, invalidInput, notFound, Problem } from '@fairlead/platform';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { PartnersStore } from '../store/partners.store.js';
import { PoliciesStore, type StoredPolicy } from '../store/policies.store.js';
import { type PastLead, RecentLeadsStore } from '../store/recent-leads.store.js';
import { RulesStore } from '../store/rules.store.js';
import { PreviewMaterialView } from './preview-material.view.js';
import { ApiVersion, MAX_VERSION, versionOf } from './versions.js';

/** Two previews of so many leads take some 30 ms and, with what they were told, a few megabytes. */
const MAX_LEADS = 1_000;
/** A megabyte, and some 40 ms to make ready in a browser. Whoever has more partners has the preview made here. */
const MAX_PARTNERS_SENT = 2_000;
/** Leads are routed in between: nobody waits longer for a turn than for one batch. */
const SLICE_MS = 20;
/** Only a roster of very many partners comes near it; whoever waits longer has given up. */
const LIMIT_MS = 10_000;
/** At once, in this process: each holds its leads in memory and takes its part of the processor. */
const MAX_AT_ONCE = 2;

export class PreviewPolicy {
  @ApiPropertyOptional({ description: 'The newest, if not given.', minimum: 1, type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version?: number;

  @ApiPropertyOptional({
    description: 'How many of the last leads.',
    minimum: 1,
    maximum: MAX_LEADS,
    default: MAX_LEADS,
    type: 'integer',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_LEADS)
  leads?: number;
}

export class PreviewedPolicy {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty() hash: string;
}

export class PreviewCountView {
  @ApiProperty() pool: string;
  @ApiProperty({ enum: ['A', 'B', 'C', 'D', 'incomplete', 'not-qualified'] }) grade: string;
  @ApiProperty({ type: String, nullable: true, description: '`direct`, a partner, or null: nobody.' }) party:
    string | null;
  @ApiProperty({ type: 'integer', description: 'Leads, under the policy asked about.' }) proposed: number;
  @ApiProperty({ type: 'integer', description: 'Leads, under the policy in force.' }) inForce: number;
}

export class PreviewView {
  @ApiProperty({ type: PreviewedPolicy }) proposed: PreviewedPolicy;
  @ApiProperty({ type: PreviewedPolicy }) inForce: PreviewedPolicy;
  @ApiProperty({ type: 'integer', description: 'How many leads there were to decide about.' }) leads: number;
  @ApiProperty({ type: 'integer', description: 'How many of them would be offered to another party first.' })
  elsewhere: number;
  @ApiProperty({ type: 'integer', description: 'How many of them would be in a pool of another name.' })
  inAnotherPool: number;
  @ApiProperty({ type: [PreviewCountView] }) counts: PreviewCountView[];
}

/** What a policy would have done with the leads that came last. */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies/:name/preview')
export class PolicyPreviewController {
  private underWay = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
    private readonly leads: RecentLeadsStore,
    private readonly rules: RulesStore,
    private readonly partners: PartnersStore,
  ) {}

  @Post()
  @HttpCode(200)
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({
    summary: 'Who would get the last leads under this policy, beside who gets them under the one in force',
    description:
      'Their first decisions are made once more in memory, with no effect: with the roster and lists of now, each side from ' +
      'a state in which nobody is owed anything. Offers count as answered at once, so that caps on open leads hold at 0 ' +
      'alone; those of a day hold for the days on which the leads came.',
  })
  @ApiResponse({ status: 200, type: PreviewView })
  @ApiResponse({ status: 422, description: `It takes longer than ${LIMIT_MS / 1_000} seconds.` })
  @ApiResponse({ status: 429, description: 'Others are under way.' })
  // Undefined when there is none; a union type would leave it unvalidated.
  async preview(@Param('name') name: string, @Body() body: PreviewPolicy): Promise<PreviewView> {
    const { version, leads = MAX_LEADS } = (body as PreviewPolicy | undefined) ?? {};
    const policy = await this.policies.find(this.units.query, name, version);
    if (!policy) throw notFound('policy');
    if (this.underWay >= MAX_AT_ONCE) {
      const detail = 'Other previews are under way: try again in a moment.';
      throw new Problem(429, { type: 'busy', detail, retryAfterSeconds: 1 });
    }
    this.underWay += 1;
    try {
      const inForce = await this.rules.inForce(this.units.query);
      const proposed: Rules = { ...inForce, policy: policyOf(policy.document, policy.version) };
      const dated = await this.latest(leads);
      const preview = await finished(previewPolicy(dated, proposed, inForce));
      return { proposed: shown(proposed), inForce: shown(inForce), ...preview, counts: [...preview.counts] };
    } finally {
      this.underWay -= 1;
    }
  }

  @Get('material')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({
    summary: 'What such a preview is made of, for whoever makes it elsewhere',
    description:
      'The last leads as they were decided about, without what became of them and without what names a person; the rules of ' +
      'both sides as they were written; and of named accounts and claims what these leads meet. With the functions that `engine` ' +
      'names, it comes to the same figures. The page of the console makes its previews of it.',
  })
  @ApiVersion('version', { description: 'The newest, if not given.' })
  @ApiQuery({
    name: 'leads',
    required: false,
    description: 'How many of the last leads.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LEADS, default: MAX_LEADS },
  })
  @ApiResponse({ status: 200, type: PreviewMaterialView })
  @ApiResponse({
    status: 422,
    description: `\`too-many-partners\`: more than ${MAX_PARTNERS_SENT}. The preview is then to be made here.`,
  })
  async material(
    @Param('name') name: string,
    @QueryParameter('version') version?: unknown,
    @QueryParameter('leads') count?: unknown,
  ): Promise<PreviewMaterialView> {
    const leads = leadsOf(count);
    const { query } = this.units;
    const proposed = await this.policies.find(query, name, versionOf(version));
    if (!proposed) throw notFound('policy');
    const partners = await this.partners.page(query, { after: '', limit: MAX_PARTNERS_SENT + 1 });
    if (partners.length > MAX_PARTNERS_SENT) {
      const detail = `There are more than ${MAX_PARTNERS_SENT} partners: POST the preview instead.`;
      throw new Problem(422, { type: 'too-many-partners', detail });
    }
    const rules = await this.rules.inForce(query);
    const inForce = await this.policies.find(query, rules.policy.name, rules.policy.version);
    if (!inForce) throw new Error('the active policy is not stored');
    const dated = await this.latest(leads);
    const material = {
      proposed: written(proposed),
      inForce: written(inForce),
      partners: partners.map(({ id, document }) => ({ id, document })),
      ...accountsMetBy(dated, rules),
      leads: dated,
    } satisfies PreviewMaterial;
    return { engine, ...material };
  }

  private async latest(leads: number): Promise<DatedLead[]> {
    return inTime(await this.leads.latest(this.units.query, leads), Date.now());
  }
}

function leadsOf(count: unknown): number {
  if (count === undefined) return MAX_LEADS;
  const leads = typeof count === 'string' && /^\d{1,4}$/.test(count) ? Number(count) : 0;
  if (leads < 1 || leads > MAX_LEADS)
    throw invalidInput([{ field: 'leads', detail: `must be a whole number from 1 to ${MAX_LEADS}` }]);
  return leads;
}

function written({ name, version, hash, document }: StoredPolicy) {
  return { name, version, hash, document };
}

/** Takes the steps in slices, between which the process does its other work. */
async function finished(steps: Generator<undefined, Preview, undefined>): Promise<Preview> {
  const begun = performance.now();
  let slice = begun;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    if (performance.now() - slice < SLICE_MS) continue;
    await setImmediate();
    slice = performance.now();
    if (slice - begun > LIMIT_MS) {
      const detail = `It takes longer than ${LIMIT_MS / 1_000} seconds: ask for fewer leads.`;
      throw new Problem(422, { type: 'preview-too-long', detail });
    }
  }
}

/** Leads of which it is not known when they came stand before the others, and are taken to have come with the first. */
function inTime(leads: readonly PastLead[], now: number): DatedLead[] {
  const first = leads.find(({ decidedAt }) => decidedAt !== null)?.decidedAt ?? now;
  return leads.map(({ state, grade, sourceId, model, facts, consent, decidedAt }) => ({
    at: decidedAt ?? first,
    lead: { state, grade, sourceId, model, facts, consent },
  }));
}

function shown({ policy: { name, version, hash } }: Rules): PreviewedPolicy {
  return { name, version, hash };
}
