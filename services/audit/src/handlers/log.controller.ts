import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParameter, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiProduces,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Accepts, Allow, ApiPage, invalidInput, notFound, pageLimit, Problem } from '@fairlead/platform';
import { MalformedNote, readCosignatures, readTilePath } from '@fairlead/transparency-log';
import type { FastifyReply } from 'fastify';
import { type AuditSettings, SETTINGS } from '../config.js';
import { LogReader } from '../log-reader.js';
import { LogStore } from '../store/log.store.js';

export class CheckpointView {
  @ApiProperty({ type: 'integer' }) size: number;
  @ApiProperty({ description: 'As it was published: a signed note.' }) note: string;
}

export class CheckpointsView {
  @ApiProperty({ type: [CheckpointView], description: 'The smallest first.' }) checkpoints: CheckpointView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export class PartitionView {
  @ApiProperty() topic: string;
  @ApiProperty({ type: 'integer' }) partition: number;
  @ApiProperty({ description: 'The first offset that was read …' }) from: string;
  @ApiProperty({ description: '… and the next one that will be: everything between is in one of the counts.' })
  next: string;
  @ApiProperty({ type: 'integer', description: 'Records that became entries.' }) entries: number;
  @ApiProperty({ type: 'integer', description: 'Records of events that were in the log already.' }) repeated: number;
  @ApiProperty({ type: 'integer', description: 'Records that are no events.' }) unreadable: number;
  @ApiProperty({ type: 'integer', description: 'Offsets that the broker gave to no record.' }) gaps: number;
}

export class CompletenessView {
  @ApiProperty({ type: 'integer', description: 'Entries of the log.' }) entries: number;
  @ApiProperty({ type: [PartitionView] }) partitions: PartitionView[];
}

const SIZE = /^\d{1,15}$/;
const FOR_EVER = 'private, max-age=31536000, immutable';
/** More lines than any log has witnesses: a line has some two hundred bytes. */
const MAX_COSIGNATURES_BYTES = 16 * 1024;
/** Deep enough for 10^15 entries. */
const TILES = ['a', 'a/:b', 'a/:b/:c', 'a/:b/:c/:d', 'a/:b/:c/:d/:e', 'a/:b/:c/:d/:e/:f'].map(
  (rest) => `tile/:level/:${rest}`,
);

/**
 * The log as C2SP tlog-tiles has it. What decisions look at stands in it in clear, and so do the names of partners: it is for
 * the vendor and its auditors, who may give it to whom they like.
 */
@ApiTags('log')
@ApiBearerAuth()
@Controller('log')
@Allow('admin', 'manager', 'auditor')
export class LogController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly store: LogStore,
    private readonly reader: LogReader,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
  ) {}

  @Get('checkpoint')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'The latest checkpoint: how many entries the log has, and what they come to, signed' })
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  @ApiResponse({ status: 404, description: 'None was published yet.' })
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const note = await this.store.cosignedHead(this.units.query);
    if (note === undefined) throw notFound('checkpoint');
    void reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8');
    return note;
  }

  @Post('checkpoints/:size/cosignatures')
  @HttpCode(204)
  @Accepts({ 'text/plain': 'bytes', 'application/json': 'bytes' }, { limitBytes: MAX_COSIGNATURES_BYTES })
  @ApiOperation({
    summary: 'Adds what witnesses have signed under a checkpoint',
    description:
      'Lines of c2sp.org/tlog-cosignature (`cosignature/v1`), each of a witness that this log knows. All are kept, or none; telling them again changes nothing.',
  })
  @ApiBody({ schema: { type: 'string' } })
  @ApiResponse({ status: 404, description: 'No checkpoint of that size was published.' })
  @ApiResponse({ status: 422, description: 'A line is not the right signature of a witness that this log knows.' })
  async cosign(@Param('size') sizeText: string, @Body() body: Buffer | undefined): Promise<void> {
    const size = /^(?:0|[1-9]\d{0,14})$/.test(sizeText) ? Number(sizeText) : undefined;
    const note = size === undefined ? undefined : await this.store.checkpoint(this.units.query, size);
    if (size === undefined || note === undefined) throw notFound('checkpoint');
    try {
      const cosignatures = readCosignatures(body?.toString('utf8') ?? '', note, this.settings.witnesses);
      await this.store.cosign(this.units.query, size, cosignatures);
    } catch (error) {
      if (!(error instanceof MalformedNote)) throw error;
      const title = 'Not the signature of a witness of this log';
      throw new Problem(422, { type: 'not-a-cosignature', title, detail: `Nothing was kept: ${error.message}.` });
    }
  }

  @Get('verifier.key')
  @ApiProduces('text/plain')
  @ApiOperation({
    summary: 'The key that checkpoints are verified with',
    description: 'Keep it: who gets the log and the key from one hand has to trust that hand.',
  })
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  key(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8');
    return `${this.settings.verifierKey}\n`;
  }

  @Get('checkpoints')
  @ApiOperation({
    summary: 'Checkpoints that were published',
    description:
      'All of the last ten minutes; of older ones one a minute, and after a day one an hour; and each that a witness has signed. Any ' +
      'other that somebody kept is of the same log all the same: that can be seen from the tiles.',
  })
  @ApiPage(SIZE)
  @ApiResponse({ status: 200, type: CheckpointsView })
  async checkpoints(
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<CheckpointsView> {
    const limit = pageLimit(limitText);
    if (afterText !== undefined && (typeof afterText !== 'string' || !SIZE.test(afterText)))
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const after = afterText === undefined ? -1 : Number(afterText);
    const found = await this.store.checkpoints(this.units.query, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    return { checkpoints: page, ...(found.length > limit && { next: String(page.at(-1)?.size) }) };
  }

  @Get('completeness')
  @ApiOperation({ summary: 'From which records the log was made, and that none was left out' })
  @ApiResponse({ status: 200, type: CompletenessView })
  async completeness(): Promise<CompletenessView> {
    const partitions = await this.store.partitions(this.units.query);
    const { size } = await this.store.head(this.units.query);
    return {
      entries: size,
      partitions: partitions.map(({ firstOffset: from, nextOffset: next, ...each }) => ({ ...each, from, next })),
    };
  }

  @Get(TILES)
  @ApiProduces('application/octet-stream')
  @ApiOperation({ summary: 'A tile of hashes (`tile/<L>/<N>[.p/<W>]`), or a bundle of entries (`tile/entries/…`)' })
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async tile(
    @Param() params: Record<string, string>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const { level, a, b, c, d, e, f } = params;
    const path = ['tile', level, a, b, c, d, e, f].filter((part) => part !== undefined).join('/');
    const name = readTilePath(path);
    const { published } = await this.store.head(this.units.query);
    const bytes = name && (await this.reader.tile(name, published));
    if (!bytes) throw notFound('tile');
    void reply.header('cache-control', FOR_EVER).type('application/octet-stream');
    return bytes;
  }
}
