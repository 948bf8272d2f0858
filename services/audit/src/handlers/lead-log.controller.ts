import { Controller, Get, Param, Query as QueryParameter, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { LeadRouted } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, ApiPage, type Caller, CurrentCaller, invalidInput, notFound, pageLimit } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { LogReader } from '../log-reader.js';
import { LogStore } from '../store/log.store.js';

export class TimelineEntryView {
  @ApiProperty({ type: 'integer', description: 'Its place in the log.' }) index: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'The event as it is in the log; contact details are sealed.',
  })
  event: object;
}

export class TimelineView {
  @ApiProperty({ format: 'uuid' }) leadId: string;
  @ApiProperty({ type: [TimelineEntryView], description: 'In the order in which they came into the log.' })
  entries: TimelineEntryView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

/** Of one lead, the latest; each is read from the log, to see whose it was. */
const MAX_OFFERS = 100;
const INDEX = /^\d{1,15}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A lead's life, as the log has it. */
@ApiTags('leads')
@ApiBearerAuth()
@ApiParam({ name: 'leadId', format: 'uuid' })
@Controller('v1/leads/:leadId')
@Allow('admin', 'manager', 'auditor')
export class LeadLogController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly store: LogStore,
    private readonly reader: LogReader,
  ) {}

  @Get('timeline')
  @ApiOperation({ summary: 'Everything that was said of a lead, from the log' })
  @ApiPage(INDEX)
  @ApiResponse({ status: 200, type: TimelineView })
  @ApiResponse({ status: 404, description: 'The log says nothing of such a lead, or not yet.' })
  async timeline(
    @Param('leadId') leadId: string,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<TimelineView> {
    const limit = pageLimit(limitText);
    const after = indexOf('after', afterText) ?? -1;
    if (!UUID.test(leadId)) throw notFound('lead');
    const { published } = await this.store.head(this.units.query);
    const found = await this.store.placesOf(this.units.query, leadId, {
      ...{ after, below: published, limit: limit + 1 },
    });
    if (found.length === 0 && after === -1) throw notFound('lead');
    const page = found.slice(0, limit);
    const entries = await this.reader.entries(
      page.map(({ index }) => index),
      published,
    );
    return {
      leadId,
      entries: page.map(({ index }, at) => ({ index, event: JSON.parse(String(entries[at])) as object })),
      ...(found.length > limit && { next: String(page.at(-1)?.index) }),
    };
  }

  @Get('receipt')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiProduces('text/plain')
  @ApiOperation({
    summary: 'Shows that an event of the lead is in the log, without the log',
    description:
      'A `c2sp.org/tlog-proof@v1` text: of the event with that index, or of the lead’s last one. A partner gets that of the lead’s ' +
      'last offer to it, with the hash of the entry as `extra`: the entry itself tells of others, and whoever may see it can hold ' +
      'it against that hash.',
  })
  @ApiQuery({
    name: 'index',
    required: false,
    description: 'Of the event, as the timeline has it.',
    schema: { type: 'string', pattern: INDEX.source },
  })
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  @ApiResponse({ status: 404, description: 'The log has no such event for you, or not yet.' })
  async receipt(
    @Param('leadId') leadId: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
    @QueryParameter('index') indexText?: unknown,
  ): Promise<string> {
    const wanted = indexOf('index', indexText);
    if (!UUID.test(leadId)) throw notFound('lead');
    const { note, published } = await this.store.head(this.units.query);
    const isPartner = caller.role === 'partner';
    const index = isPartner
      ? await this.offerTo(caller.partnerId ?? '', leadId, wanted, published)
      : await this.store.placeOf(this.units.query, leadId, { index: wanted, below: published });
    if (note === null || index === undefined) throw notFound('event');
    const receipt = await this.reader.receipt(index, note, { withLeaf: isPartner });
    void reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
    return receipt;
  }

  /** Where the log says that the lead was offered to the partner: at that index, or the last time. */
  private async offerTo(
    partner: string,
    leadId: string,
    wanted: number | undefined,
    published: number,
  ): Promise<number | undefined> {
    // Of the offers alone: of a lead that is engaged with for years there are thousands of other events.
    const indices = await this.store.latestPlacesOf(this.units.query, leadId, {
      ...{ type: LeadRouted.type, index: wanted, below: published, limit: MAX_OFFERS },
    });
    const entries = await this.reader.entries(indices, published);
    return indices.findLast((_, at) => {
      const { data } = JSON.parse(String(entries[at])) as LeadRouted;
      return data.to === partner;
    });
  }
}

function indexOf(field: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !INDEX.test(text))
    throw invalidInput([{ field, detail: 'must be the index of an entry' }]);
  return Number(text);
}
