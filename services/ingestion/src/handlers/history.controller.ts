import { Body, Controller, HttpCode, Logger, Post, Query, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtension,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { DealInput, type FieldError } from '@fairlead/decisions';
import { Accepts, Allow, invalidInput, notFound, publishedSchema } from '@fairlead/platform';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Backlog } from '../intake/backlog.js';
import { isSourceId, SOURCE_ID } from '../intake/prepare-rows.js';
import { limited, malformed, type RawRow, tooLarge } from '../intake/read-body.js';
import { readJson } from '../intake/read-json.js';
import { readNdjson } from '../intake/read-ndjson.js';
import { type DealResult, TakeHistory } from '../intake/take-history.js';
import { SourcesStore } from '../store/sources.store.js';

/** Some seconds of work; more is sent in several requests. A deal has half a kilobyte, and may have more. */
const MAX_DEALS = 5_000;
const MAX_DEALS_BYTES = 5 * 1024 * 1024;
/** Deals that are taken in together, in one transaction. */
const PART_DEALS = 500;

export class DealErrorView {
  @ApiProperty() field: string;
  @ApiProperty({ description: 'For programs: `before-contact`, `required`.' }) rule: string;
  @ApiProperty() detail: string;
}

export class DealResultView {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Which one it is about, from 0.' })
  index: number;
  @ApiPropertyOptional({ format: 'uuid', description: 'The lead that the deal is; not of a deal that is rejected.' })
  id?: string;
  @ApiProperty({
    enum: ['imported', 'changed', 'known', 'rejected'],
    description:
      '`imported`: a deal that was not known. `changed`: something was told otherwise, which counts from now on. `known`: it says nothing ' +
      'new. `rejected`: a field is wrong, or missing.',
  })
  status: 'imported' | 'changed' | 'known' | 'rejected';
  @ApiPropertyOptional({ type: [DealErrorView], description: 'What is wrong with it.' }) errors?: FieldError[];
}

export class DealResults {
  @ApiProperty({ type: [DealResultView], description: 'One for each that was sent, in their order.' })
  results: DealResultView[];
}

/** POST /v1/history → lead.imported */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/history')
@Allow('manager', 'admin')
export class HistoryController {
  readonly #log = new Logger('history');

  constructor(
    private readonly history: TakeHistory,
    private readonly backlog: Backlog,
    private readonly sources: SourcesStore,
  ) {}

  @Post()
  @HttpCode(200)
  @Accepts(
    { 'application/json': 'bytes', 'application/x-ndjson': 'stream' },
    {
      limitBytes: MAX_DEALS_BYTES,
      schemas: { 'application/x-ndjson': { type: 'string', description: 'A deal on each line.' } },
    },
  )
  @ApiOperation({
    summary: 'Import deals that were routed and closed elsewhere: a list, or lines of JSON',
    description:
      `They are counted under the pool and the policy \`legacy\`; nobody is notified of them. At most ${MAX_DEALS} deals and ` +
      `${MAX_DEALS_BYTES} bytes in one request. Each is judged by itself, those with the same id in their order: what one says replaces what was ` +
      'told before, what it leaves out stays, and the same list sent once more says nothing new. Contact data are not taken.',
  })
  @ApiBody({ schema: { type: 'array', maxItems: MAX_DEALS, items: publishedSchema('DealInput', DealInput) } })
  @ApiQuery({
    name: 'source',
    required: true,
    description: 'Where the deals come from: whose ids their externalId are.',
    schema: { type: 'string', pattern: SOURCE_ID.source },
  })
  @ApiResponse({ status: 200, type: DealResults, description: 'What became of each.' })
  @ApiResponse({ status: 400, description: 'The body cannot be read, or the parameter is wrong; nothing was taken.' })
  @ApiResponse({ status: 404, description: 'There is no such source.' })
  @ApiResponse({ status: 413, description: 'Too many, or too large; nothing was taken.' })
  @ApiResponse({ status: 503, description: 'Too much is waiting for Kafka; Retry-After says when to try again.' })
  @ApiExtension('x-says', ['lead.imported'])
  async import(
    @Req() request: FastifyRequest,
    @Body() body: AsyncIterable<Buffer> | Buffer | undefined,
    @Query() query: Record<string, unknown>,
  ): Promise<DealResults> {
    this.backlog.refuseWhenFull();
    const source = await this.#sourceIn(query);
    const rows = await rowsIn(body);
    const { traceparent } = request.headers;
    const startedAt = Date.now();
    const results: DealResult[] = [];
    for (let from = 0; from < rows.length; from += PART_DEALS) {
      const part = rows.slice(from, from + PART_DEALS);
      const trace = typeof traceparent === 'string' ? traceparent : undefined;
      results.push(...(await this.history.take(source, part, from, trace)));
    }
    this.#log.log({ event: 'history.imported', source, ...tally(results), ms: Date.now() - startedAt });
    return { results: results as DealResultView[] };
  }

  async #sourceIn(query: Record<string, unknown>): Promise<string> {
    const unknown = Object.keys(query).filter((name) => name !== 'source');
    const errors = unknown.map((name) => ({ field: name.slice(0, 64), detail: 'This parameter is not known here.' }));
    const { source } = query;
    if (typeof source !== 'string') errors.push({ field: 'source', detail: 'It must be there, once.' });
    if (errors.length > 0) throw invalidInput(errors);
    const found = isSourceId(source as string) ? await this.sources.find(source as string) : undefined;
    if (!found) throw notFound('source');
    return found.id;
  }
}

/** JSON comes as bytes, lines as what is coming in. All of it is told apart before anything is taken. */
async function rowsIn(body: AsyncIterable<Buffer> | Buffer | undefined): Promise<readonly RawRow[]> {
  if (body === undefined) throw malformed('no-body', 'No body', 'There is no body: no deal was sent.');
  const rows: RawRow[] = [];
  if (Buffer.isBuffer(body)) {
    const { isOne, rows: all } = readJson(body);
    if (isOne) throw malformed('no-list', 'No list', 'The body must be a list of deals.');
    rows.push(...all);
  } else {
    for await (const lines of readNdjson(limited(body as Readable, MAX_DEALS_BYTES))) {
      rows.push(...lines);
      if (rows.length > MAX_DEALS) break;
    }
  }
  if (rows.length > MAX_DEALS) throw tooLarge(`A request may have ${MAX_DEALS} deals.`);
  return rows;
}

function tally(results: readonly DealResult[]): Record<string, number> {
  const counts: Record<string, number> = { rows: results.length, imported: 0, changed: 0, known: 0, rejected: 0 };
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
