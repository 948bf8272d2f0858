import { Controller, Get, Param, Query as QueryParameter } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { compareDocuments } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { PoliciesStore } from '../store/policies.store.js';
import { ApiNumberedPage, pageOf } from './paging.js';
import { scopeOf } from './policy-views.js';
import { ApiVersion, versionOf } from './versions.js';

/** What a policy may have at some place. A schema without a type would be given that of the property: an object. */
const ANY_JSON = {
  oneOf: ['object', 'array', 'string', 'number', 'boolean', 'null'].map((type) => ({ type }) as { type: 'object' }),
};

export class DifferenceView {
  @ApiProperty({ description: 'JSON Pointer in which pools stand by their ids: `/pools/smb/promise/direct`.' })
  path: string;
  @ApiProperty({ enum: ['added', 'removed', 'changed'] }) change: 'added' | 'removed' | 'changed';
  @ApiPropertyOptional({ ...ANY_JSON, description: 'Any JSON; absent where added.' })
  from?: unknown;
  @ApiPropertyOptional({ ...ANY_JSON, description: 'Any JSON; absent where removed.' })
  to?: unknown;
}

export class ComparedVersion {
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty() hash: string;
}

export class ComparisonView {
  @ApiProperty() name: string;
  @ApiProperty({ type: ComparedVersion }) from: ComparedVersion;
  @ApiProperty({ type: ComparedVersion }) to: ComparedVersion;
  @ApiProperty({ type: [DifferenceView] }) differences: DifferenceView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

/** What changed from one version of a policy to another. */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies/:name/compare')
export class PolicyComparisonController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'The differences between two versions of a policy',
    description:
      'At the smallest place that differs. Lists of words are compared as sets; where the order of the pools is another, ' +
      'the ids before and after stand under `/pools`. A partner compares versions that were ever in force.',
  })
  @ApiVersion('from', { required: true })
  @ApiVersion('to', { description: 'The newest, if not given.' })
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: ComparisonView })
  async compare(
    @Param('name') name: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('from') from?: unknown,
    @QueryParameter('to') to?: unknown,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<ComparisonView> {
    const { after, limit } = pageOf(afterText, limitText);
    if (from === undefined) throw invalidInput([{ field: 'from', detail: 'must be a version of the policy' }]);
    const find = async (version: unknown, field: string) =>
      this.policies.find(this.units.query, name, versionOf(version, field), scopeOf(caller));
    const [one, other] = [await find(from, 'from'), await find(to, 'to')];
    if (!one || !other) throw notFound('version of the policy');

    // Versions never change, so the number of a difference is where it stays.
    const differences = compareDocuments(one.document, other.document);
    const start = Number(after ?? 0);
    return {
      name,
      from: { version: one.version, hash: one.hash },
      to: { version: other.version, hash: other.hash },
      differences: differences.slice(start, start + limit),
      ...(differences.length > start + limit && { next: String(start + limit) }),
    };
  }
}
