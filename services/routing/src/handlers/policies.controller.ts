import { Body, Controller, Get, HttpCode, Param, Post, Put, Query as QueryParameter, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { contentHash, PolicyDocument, readPolicyDraft } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  Accepts,
  Allow,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  publishedSchema,
} from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { PolicyChecks } from '../policy-checks.js';
import { PoliciesStore } from '../store/policies.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { ApiNumberedPage, paged, pageOf } from './paging.js';
import { PolicyVersionView, PolicyView, scopeOf, shownPolicy, shownVersion } from './policy-views.js';
import { ApiVersion, MAX_VERSION, VERSION, versionOf } from './versions.js';
import { notingLines, shownWarnings, WarningView } from './warnings.js';

export class PolicyHistoryView extends PolicyView {
  @ApiProperty({ type: [PolicyVersionView], description: 'All versions, the newest first.' })
  versions: PolicyVersionView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export class PoliciesView {
  @ApiProperty({ type: [PolicyView] }) policies: PolicyView[];
}

export class CheckedPolicyView extends PolicyView {
  @ApiProperty({
    type: [WarningView],
    description: 'What should be known before it is activated; it is stored all the same.',
  })
  warnings: WarningView[];
}

export class PolicyCheckView {
  @ApiProperty() name: string;
  @ApiProperty() hash: string;
  @ApiProperty({ type: [WarningView] }) warnings: WarningView[];
}

const WARNED =
  'Everything that is wrong is answered at once, and nothing is stored. Warnings tell what is possible but should be ' +
  'known: a promise to the channel with no active partner that can take the pool’s leads (`no-able-partner`), or with ' +
  'such partners that together may take nothing a day, or less than half of what the promise comes to with the leads of ' +
  'late (`too-little-capacity`); a list of named accounts that is not there (`list-missing`) or has taken more of a ' +
  'grade than the ceiling allows (`list-above-ceiling`); a pool that no lead reaches because those before it take all ' +
  '(`never-reached`), or that has leads in common with them, which go to the first (`overlap`); a tier that no partner ' +
  'is of (`tier-without-partner`), and partners of a tier without weight (`tier-not-served`).';

/** Policies: written as drafts, activated by an event. Whoever is promised something may read what. */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
    private readonly checks: PolicyChecks,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'The newest version of every policy, and the active one',
    description: 'A partner sees the active one.',
  })
  @ApiResponse({ status: 200, type: PoliciesView })
  async list(@CurrentCaller() caller: Caller): Promise<PoliciesView> {
    return { policies: (await this.policies.list(this.units.query, scopeOf(caller))).map(shownPolicy) };
  }

  @Get(':name')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'A policy: its newest version, or the one asked for, and its history',
    description: 'A partner sees the versions that were ever in force: unless asked otherwise, the one that was last.',
  })
  @ApiVersion()
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: PolicyHistoryView })
  async get(
    @Param('name') name: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('version') version?: unknown,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<PolicyHistoryView> {
    const { after, limit } = pageOf(afterText, limitText);
    const scope = scopeOf(caller);
    const { query } = this.units;
    const policy = await this.policies.find(query, name, versionOf(version), scope);
    if (!policy) throw notFound('policy');
    const below = Math.min(Number(after ?? MAX_VERSION), MAX_VERSION);
    const found = await this.policies.versions(query, name, { below, limit: limit + 1, scope });
    const { rows, next } = paged(found, limit, (row) => row.version);
    const spans = await this.policies.spans(
      query,
      name,
      rows.map((row) => row.version),
    );
    const versions = rows.map((row) => shownVersion(row, spans.get(row.version)));
    return { ...shownPolicy(policy), versions, ...(next !== undefined && { next }) };
  }

  @Get(':name/versions/:version')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'One version of a policy, and when it was in force' })
  @ApiParam({ name: 'version', schema: VERSION })
  @ApiResponse({ status: 200, type: PolicyVersionView })
  async version(
    @Param('name') name: string,
    @Param('version') version: string,
    @CurrentCaller() caller: Caller,
  ): Promise<PolicyVersionView> {
    const number = versionOf(version);
    const policy = await this.policies.find(this.units.query, name, number, scopeOf(caller));
    if (!policy) throw notFound('policy');
    const spans = await this.policies.spans(this.units.query, name, [policy.version]);
    return shownVersion(policy, spans.get(policy.version));
  }

  @Put(':name')
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Write a policy as a draft',
    description: `JSON or YAML. The same document again changes nothing. ${WARNED}`,
  })
  @ApiBody({ schema: publishedSchema('PolicyDocument', PolicyDocument) })
  @ApiResponse({ status: 201, type: CheckedPolicyView, description: 'A new version, not active yet.' })
  @ApiResponse({ status: 200, type: CheckedPolicyView, description: 'The newest version says the same.' })
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedPolicyView> {
    const { read, lineOf } = notingLines(readPolicyDraft);
    const document = readBody(body, read);
    if (document.name !== name) throw invalidInput([{ field: '/name', detail: 'must be the name in the address' }]);
    const warnings = await this.checks.check(this.units.query, document, Date.now());
    const { stored, created } = await this.units.run(({ query, now }) =>
      this.policies.add(query, document, { by: caller.keyId, now }),
    );
    void reply.status(created ? 201 : 200);
    return { ...shownPolicy(stored), warnings: shownWarnings(warnings, lineOf) };
  }

  @Post('check')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Check a policy without storing it',
    description: `Answers what writing it as a draft would: errors, or its hash and the warnings. ${WARNED}`,
  })
  @ApiBody({ schema: publishedSchema('PolicyDocument', PolicyDocument) })
  @ApiResponse({ status: 200, type: PolicyCheckView, description: 'It could be written.' })
  async check(@Body() body: unknown): Promise<PolicyCheckView> {
    const { read, lineOf } = notingLines(readPolicyDraft);
    const document = readBody(body, read);
    const warnings = await this.checks.check(this.units.query, document, Date.now());
    return { name: document.name, hash: contentHash(document), warnings: shownWarnings(warnings, lineOf) };
  }
}
