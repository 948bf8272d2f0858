import { Body, Controller, Delete, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { normaliseLead } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { PersonalData } from '@fairlead/personal-data';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { IsBoolean, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { setTimeout as sleep } from 'node:timers/promises';
import { EraseLead } from '../erasure/erase-lead.js';
import { hashedKeys } from '../intake/hashed-keys.js';
import type { HashedKey } from '../intake/rows.js';
import {
  type Erasure,
  type ErasureReason,
  erasureReasons,
  ErasuresStore,
  type FoundLead,
} from '../store/erasures.store.js';
import { SubmissionsStore } from '../store/submissions.store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** What most erasures are: somebody asked for it. */
const DEFAULT_REASON: ErasureReason = 'subject-request';

export class EraseSubject {
  @ApiPropertyOptional({ description: 'The person’s address, in any spelling. It is not kept.', maxLength: 320 })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  email?: string | null;

  @ApiPropertyOptional({
    description: 'The person’s number, with + and the code of its country. It is not kept.',
    example: '+49 30 901820',
    maxLength: 50,
  })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  phone?: string | null;

  @ApiPropertyOptional({ format: 'uuid', description: 'One of the person’s leads. Instead of an address or a number.' })
  @IsOptional()
  @Matches(UUID)
  leadId?: string | null;

  @ApiPropertyOptional({ enum: erasureReasons, default: DEFAULT_REASON })
  @IsOptional()
  @IsIn(erasureReasons)
  reason?: ErasureReason;

  @ApiPropertyOptional({ description: 'Only tell which leads would be erased.', default: false })
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;
}

export class ErasureView {
  @ApiProperty({ format: 'uuid' }) leadId: string;
  @ApiProperty({ enum: ['erased'] }) status: string;
  @ApiProperty({ enum: erasureReasons }) reason: string;
  @ApiProperty({ description: 'Id of the key with which it was asked for first.' }) requestedBy: string;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;
  @ApiProperty({ format: 'date-time' }) erasedAt: string;
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    isArray: true,
    description: 'Other leads of the same person, by somebody’s decision: erased with it.',
  })
  alsoErased?: string[];
}

export class FoundView {
  @ApiProperty({ format: 'uuid' }) leadId: string;
  @ApiProperty({ enum: ['found', 'erased'] }) status: string;
  @ApiProperty() source: string;
  @ApiProperty({ format: 'date-time' }) receivedAt: string;
}

export class SubjectErased {
  @ApiProperty() dryRun: boolean;
  @ApiProperty({ type: FoundView, isArray: true }) leads: FoundView[];
}

/** Most of what is accepted is taken in within seconds; and whoever asks is a person, or its tool. */
const WAIT_MS = 20_000;
const LOOK_AGAIN_MS = 100;

/** DELETE /v1/leads/{leadId}/personal-data, POST /v1/erasures → lead.erased. Cannot be undone, hence for administrators. */
@ApiTags('personal data')
@ApiBearerAuth()
@Controller('v1')
@Allow('admin')
export class ErasuresController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly erasures: ErasuresStore,
    private readonly erasing: EraseLead,
    private readonly personalData: PersonalData,
    private readonly submissions: SubmissionsStore,
  ) {}

  @Delete('leads/:leadId/personal-data')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Erase the personal data of a lead, for good',
    description:
      'Its key is deleted: name, addresses, and free text become unreadable in every table, topic, log and backup, of all ' +
      'submissions that became this lead. So are those of every lead that somebody decided is the same person’s, which `alsoErased` names: ' +
      'whoever was made one with another by mistake is split from it first. Asked again, the answer is the same.',
  })
  @ApiParam({ name: 'leadId', format: 'uuid' })
  @ApiQuery({ name: 'reason', required: false, enum: erasureReasons })
  @ApiResponse({ status: 200, type: ErasureView })
  @ApiResponse({ status: 404, description: 'There is no such lead.' })
  @ApiResponse({
    status: 503,
    description:
      'The key database is away: what was begun is finished when it is back. Or leads that came before are not taken in yet.',
  })
  @ApiExtension('x-says', ['lead.erased'])
  async erase(
    @Param('leadId') leadId: string,
    @Query('reason') reason: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<ErasureView> {
    if (reason !== undefined && !isReason(reason))
      throw invalidInput([{ field: 'reason', detail: `must be one of ${erasureReasons.join(', ')}` }]);
    if (!UUID.test(leadId)) throw notFound('lead');
    await this.#untilTakenIn();
    const [erasure, ...others] = await this.#erase(leadId, reason, caller);
    if (!erasure) throw notFound('lead');
    return viewOf(erasure, others);
  }

  @Post('erasures')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Erase a person: the personal data of every lead that holds this address or number',
    description:
      'By `email`, `phone`, or both: then every lead that holds one of them. In a body and not in a path, so that they are in no ' +
      'log of any server on the way. Or by `leadId`, which is one of the person’s. With each lead go those that somebody decided are the ' +
      'same person’s.',
  })
  @ApiResponse({ status: 200, type: SubjectErased })
  @ApiResponse({ status: 400, description: 'It is no address or no number; the answer does not repeat it.' })
  @ApiResponse({ status: 404, description: 'There is no lead of this id.' })
  @ApiResponse({
    status: 503,
    description:
      'The key database is away: what was begun is finished when it is back. Or leads that came before are not taken in yet.',
  })
  @ApiExtension('x-says', ['lead.erased'])
  async eraseSubject(@Body() body: EraseSubject, @CurrentCaller() caller: Caller): Promise<SubjectErased> {
    const dryRun = body.dryRun === true;
    const find = this.#findingOf(body);
    await this.#untilTakenIn();
    const found = await find();
    const erased = new Set(found.flatMap((each) => (each.erased ? each.leadId : [])));
    if (!dryRun)
      for (const { leadId } of found)
        if (!erased.has(leadId))
          for (const each of await this.#erase(leadId, body.reason ?? undefined, caller)) erased.add(each.leadId);
    return {
      dryRun,
      leads: found.map(({ leadId, source, receivedAt }) => ({
        ...{ leadId, source, status: erased.has(leadId) ? 'erased' : 'found' },
        receivedAt: receivedAt.toISOString(),
      })),
    };
  }

  /** Says what is wrong with what was asked before anything is waited for. */
  #findingOf({ leadId, ...by }: EraseSubject): () => Promise<FoundLead[]> {
    const { query } = this.units;
    if (leadId == null || leadId === '') {
      const keys = this.#keysOf(by);
      return () => this.erasures.leadsOf(query, keys);
    }
    if ([by.email, by.phone].some((each) => each != null && each !== ''))
      throw invalidInput([{ field: '/leadId', detail: 'say an address or a number, or a lead, and not both' }]);
    return async () => {
      const found = await this.erasures.personOf(query, [leadId]);
      if (found.length === 0) throw notFound('lead');
      return found;
    };
  }

  /** What was accepted before may be about the same person, who would be there again after it. */
  async #untilTakenIn(): Promise<void> {
    const acceptedUntil = new Date();
    for (const until = Date.now() + WAIT_MS; await this.submissions.areWaiting(this.units.query, acceptedUntil);) {
      if (Date.now() >= until)
        throw new Problem(503, {
          type: 'leads-are-waiting',
          title: 'Leads are waiting',
          detail:
            'Leads that were accepted before are not taken in yet, and may be of the same person. Nothing was erased.',
          retryAfterSeconds: 10,
        });
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** By what the person's leads are found. Read as every lead's is, or they would not be. */
  #keysOf({ email, phone }: Pick<EraseSubject, 'email' | 'phone'>): HashedKey[] {
    const given = Object.entries({ email, phone }).filter(([, value]) => value != null && value !== '');
    if (given.length === 0)
      throw invalidInput([{ field: '/email', detail: 'say an email, a phone, or both, or a leadId' }]);
    const read = normaliseLead(Object.fromEntries(given), { sourceId: 'erasure', now: Date.now() });
    if (read.ok) return hashedKeys(read.lead, this.personalData);
    throw invalidInput(
      read.errors.map(({ field }) => ({
        field: `/${field}`,
        detail:
          field === 'phone' ? 'is not a phone number with + and the code of its country' : 'is not an e-mail address',
      })),
    );
  }

  async #erase(leadId: string, reason: ErasureReason = DEFAULT_REASON, { keyId }: Caller): Promise<Erasure[]> {
    try {
      return await this.erasing.erase({ leadId, reason, requestedBy: keyId });
    } catch (error) {
      if (!isTransient(error)) throw error;
      const problem = new Problem(503, {
        type: 'not-erased-yet',
        title: 'Not erased yet',
        detail: 'A database does not answer. What was begun is finished when it is back; ask again to be sure.',
        retryAfterSeconds: 2,
      });
      problem.cause = error;
      throw problem;
    }
  }
}

function isReason(text: string): text is ErasureReason {
  return (erasureReasons as readonly string[]).includes(text);
}

function viewOf(
  { leadId, reason, requestedBy, requestedAt, erasedAt }: Erasure,
  others: readonly Erasure[],
): ErasureView {
  return {
    ...{ leadId, status: 'erased', reason, requestedBy },
    requestedAt: new Date(requestedAt).toISOString(),
    erasedAt: new Date(erasedAt ?? requestedAt).toISOString(),
    ...(others.length > 0 && { alsoErased: others.map((each) => each.leadId) }),
  };
}
