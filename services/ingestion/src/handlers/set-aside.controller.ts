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
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, ApiPage, type Caller, CurrentCaller, invalidInput, notFound, pageLimit } from '@fairlead/platform';
import { type SetAsideItem, type SetAsidePosition, SetAsideStore } from '../store/set-aside.store.js';
import { SourcesStore } from '../store/sources.store.js';

/** Each has up to 64 KiB: a hundred are some megabytes. */
const MAX_PAGE = 100;
/** When it came in, to the microsecond, and what it is. */
const POSITION = /^(\d{1,17})\.([A-Za-z0-9_-]{1,64})$/;

export class SetAsideView {
  @ApiProperty({ description: 'The tool’s word for it.' }) type: string;
  @ApiProperty({ format: 'date-time' }) receivedAt: string;
  @ApiPropertyOptional({ description: 'As it came; for an admin alone, since it may hold anything about anybody.' })
  item?: string;
  @ApiPropertyOptional({ enum: ['too-large', 'unreadable'], description: 'Why even an admin is not shown it.' })
  missing?: string;
}

export class SetAsidePage {
  @ApiProperty({ type: [SetAsideView] }) items: SetAsideView[];
  @ApiPropertyOptional({ description: 'There are more: give this as `after`.' }) next?: string;
}

/** What tools sent and nobody here could read. */
@ApiTags('sources')
@ApiBearerAuth()
@ApiParam({ name: 'sourceId' })
@Controller('v1/sources/:sourceId/set-aside')
@Allow('manager', 'admin')
export class SetAsideController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly sources: SourcesStore,
    private readonly setAside: SetAsideStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What this tool sent and is of no known type, the newest first',
    description: 'A thousand of a source are kept, for thirty days. What is in them, an admin is shown.',
  })
  @ApiPage(POSITION, MAX_PAGE)
  @ApiResponse({ status: 200, type: SetAsidePage })
  @ApiResponse({ status: 404, description: 'There is no such source.' })
  async list(
    @Param('sourceId') id: string,
    @CurrentCaller() { role }: Caller,
    @Query('after') after?: unknown,
    @Query('limit') limit?: unknown,
  ): Promise<SetAsidePage> {
    const position = positionOf(after);
    const size = Math.min(pageLimit(limit), MAX_PAGE);
    if (!(await this.sources.find(id))) throw notFound('source');
    const found = await this.setAside.list(this.units.query, id, size + 1, position);
    const page = found.slice(0, size);
    const last = page.at(-1)?.position;
    return {
      items: page.map((item) => viewOf(item, role === 'admin')),
      ...(found.length > size && last && { next: `${last.micros}.${last.hash.toString('base64url')}` }),
    };
  }
}

function viewOf({ type, receivedAt, item, missing }: SetAsideItem, isShown: boolean): SetAsideView {
  return {
    ...{ type, receivedAt: receivedAt.toISOString() },
    ...(isShown && item !== null && { item }),
    ...(missing && { missing }),
  };
}

function positionOf(after: unknown): SetAsidePosition | undefined {
  if (after === undefined) return undefined;
  const [, micros, hash] = POSITION.exec(typeof after === 'string' ? after : '') ?? [];
  if (micros === undefined || hash === undefined)
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  return { micros, hash: Buffer.from(hash, 'base64url') };
}
