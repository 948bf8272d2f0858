import { Controller, Get, Param, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { Reads, UnitsOfWork } from '@fairlead/messaging';
import { Allow, ApiPage, type Caller, CurrentCaller, invalidInput, notFound, pageLimit } from '@fairlead/platform';
import type { RowResult } from '../intake/rows.js';
import { type Progress, SubmissionsStore } from '../store/submissions.store.js';
import { rowSchema } from './row-schema.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Index of the last row of a page. */
const ROW = /^\d{1,6}$/;

export class SubmissionView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['waiting', 'done'] }) state: string;
  @ApiProperty({ description: 'Rows that were sent.' }) rows: number;
  @ApiProperty({ description: 'Rows that have been taken in by now.' }) takenIn: number;
  @ApiProperty({ format: 'date-time' }) acceptedAt: string;
  @ApiPropertyOptional({ format: 'date-time' }) finishedAt?: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'How many rows became what.' })
  counts: Record<string, number>;
  @ApiProperty({ type: 'array', items: rowSchema, description: 'What became of rows, in their order.' })
  results: readonly RowResult[];
  @ApiPropertyOptional({ description: 'There are more: give this as `after`.' }) next?: string;
}

/** GET /v1/submissions/{submissionId}: what became of leads whose sender did not wait. */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/submissions')
@Allow('source', 'manager', 'admin')
export class SubmissionsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly reads: Reads,
    private readonly submissions: SubmissionsStore,
  ) {}

  @Get(':submissionId')
  @ApiOperation({
    summary: 'What became of leads that were sent with Prefer: respond-async',
    description: 'How far it has come, and what each row came to. Kept for a day after the last row was taken in.',
  })
  @ApiParam({ name: 'submissionId', format: 'uuid' })
  @ApiPage(ROW)
  @ApiResponse({ status: 200, type: SubmissionView })
  @ApiResponse({
    status: 404,
    description: 'There is no such submission, or it is not yours, or it is more than a day ago.',
  })
  async find(
    @Param('submissionId') id: string,
    @CurrentCaller() { role, sourceId }: Caller,
    @Query('after') after?: unknown,
    @Query('limit') limit?: unknown,
  ): Promise<SubmissionView> {
    if (after !== undefined && !(typeof after === 'string' && ROW.test(after)))
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const size = pageLimit(limit);
    // A source’s key that names no source sees nothing.
    const own = role === 'source' ? (sourceId ?? '') : undefined;
    const found = UUID.test(id) ? await this.submissions.find(this.units.query, id, own) : undefined;
    if (!found) throw notFound('submission');
    if (found.place !== undefined) return this.#single(id, found, found.place, after !== undefined);
    const from = after === undefined ? 0 : Number(after) + 1;
    const [counts, results] = [
      await this.submissions.counts(this.reads.query, id),
      await this.submissions.results(this.reads.query, id, from, size),
    ];
    const last = results.at(-1)?.index;
    return {
      id,
      state: found.finishedAt ? 'done' : 'waiting',
      rows: found.rows,
      takenIn: found.rows - found.waiting,
      acceptedAt: found.acceptedAt.toISOString(),
      ...(found.finishedAt && { finishedAt: found.finishedAt.toISOString() }),
      counts,
      results,
      ...(last !== undefined && last + 1 < found.rows && { next: String(last) }),
    };
  }

  /** A lead that was sent alone: to its sender it is a submission of its own. */
  async #single(
    id: string,
    { id: gathered, acceptedAt, finishedAt }: Progress,
    place: number,
    isFurther: boolean,
  ): Promise<SubmissionView> {
    const [result] = await this.submissions.results(this.reads.query, gathered, place, 1);
    return {
      ...{ id, state: result ? 'done' : 'waiting', rows: 1, takenIn: result ? 1 : 0 },
      acceptedAt: acceptedAt.toISOString(),
      ...(result && finishedAt && { finishedAt: finishedAt.toISOString() }),
      counts: result ? { [result.status]: 1 } : {},
      results: result && !isFurther ? [{ ...result, index: 0 }] : [],
    };
  }
}
