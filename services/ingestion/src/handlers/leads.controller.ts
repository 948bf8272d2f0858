import { Body, Controller, HttpCode, Logger, Post, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { LeadInput, type Mapping } from '@fairlead/decisions';
import { PersonalData } from '@fairlead/personal-data';
import { Accepts, Allow, type Caller, CurrentCaller, Problem, type ProblemOptions } from '@fairlead/platform';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Backlog } from '../intake/backlog.js';
import { Intake } from '../intake/intake.js';
import { type Preparation, prepareRows } from '../intake/prepare-rows.js';
import { limited, MAX_ROWS, MAX_STREAM_BYTES, type RawRow, tooLarge } from '../intake/read-body.js';
import { Rejections } from '../intake/rejections.js';
import { readCsv } from '../intake/read-csv.js';
import { readJson } from '../intake/read-json.js';
import { readNdjson } from '../intake/read-ndjson.js';
import type { RowResult } from '../intake/rows.js';
import { CLOUDEVENT, CLOUDEVENTS, isBinary, readEvents } from '../sources/cloudevents.js';
import { SourcesStore } from '../store/sources.store.js';
import { KeyedRequest } from './keyed-request.js';
import { type IntakeOptions, readIntakeOptions } from './intake-options.js';

/** 5 MiB hold some 10,000 leads, and are parsed in one go (50 ms): more belongs into a stream, line by line. */
const MAX_JSON_BYTES = 5 * 1024 * 1024;
/** Rows that are taken in together: statements cost little per row, and requests of others wait but a few milliseconds. */
const PART_ROWS = 250;

const leadSchema = LeadInput as unknown as Record<string, unknown>;
const rowSchema = {
  type: 'object',
  required: ['index', 'id', 'status'],
  properties: {
    index: { type: 'integer', description: 'of the row, from 0' },
    id: {
      type: 'string',
      format: 'uuid',
      description: 'the lead’s; of a merged one, that of the lead it was merged into',
    },
    status: { type: 'string', enum: ['received', 'merged', 'held', 'rejected', 'engaged', 'ignored'] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'rule', 'detail'],
        properties: { field: { type: 'string' }, rule: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** POST /v1/leads → lead.received | lead.merged | lead.held | lead.rejected */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/leads')
export class LeadsController {
  readonly #log = new Logger('intake');

  constructor(
    private readonly intake: Intake,
    private readonly backlog: Backlog,
    private readonly sources: SourcesStore,
    private readonly personalData: PersonalData,
    private readonly rejections: Rejections,
  ) {}

  @Post()
  @HttpCode(202)
  @Allow('source', 'manager', 'admin')
  @Accepts(
    {
      'application/json': 'bytes',
      [CLOUDEVENT]: 'bytes',
      [CLOUDEVENTS]: 'bytes',
      'application/x-ndjson': 'stream',
      'text/csv': 'stream',
    },
    { limitBytes: MAX_JSON_BYTES },
  )
  @ApiOperation({
    summary: 'Send leads: one, a list, lines of JSON, a table, or CloudEvents with a lead each as their data',
    description:
      'Answered when the leads are stored for good. In a list each lead is judged by itself: the answer tells by its index ' +
      `what became of it. JSON may have ${MAX_JSON_BYTES} bytes; lines and tables ${MAX_STREAM_BYTES} bytes and ${MAX_ROWS} rows.`,
  })
  @ApiConsumes('application/json', CLOUDEVENT, CLOUDEVENTS, 'application/x-ndjson', 'text/csv')
  @ApiBody({ schema: { oneOf: [leadSchema, { type: 'array', items: leadSchema }] } })
  @ApiQuery({ name: 'source', required: false, description: 'Where the leads come from. A source’s key has its own.' })
  @ApiQuery({
    name: 'mapping',
    required: false,
    description: 'A mapping as JSON, instead of the source’s own; `none`: ours already.',
  })
  @ApiQuery({
    name: 'strict',
    required: false,
    enum: ['true', 'false'],
    description: 'Refuse columns that are not mapped.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Sent again within a day, it is answered as before.',
  })
  @ApiResponse({
    status: 202,
    description: 'Stored. What became of each lead.',
    schema: { type: 'object', required: ['results'], properties: { results: { type: 'array', items: rowSchema } } },
  })
  @ApiResponse({ status: 400, description: 'The body cannot be read, or a parameter or column is wrong; it is named.' })
  @ApiResponse({ status: 404, description: 'There is no such source, or it is not yours.' })
  @ApiResponse({ status: 413, description: 'Too large.' })
  @ApiResponse({ status: 415, description: 'Not one of the content types.' })
  @ApiResponse({
    status: 422,
    description: 'The one lead that was sent is rejected, or the Idempotency-Key was used before.',
  })
  @ApiResponse({ status: 429, description: 'Too much of the source was rejected within this hour.' })
  @ApiResponse({ status: 503, description: 'Too much at once, or no store; Retry-After says when to try again.' })
  @ApiExtension('x-says', ['lead.received', 'lead.merged', 'lead.held', 'lead.rejected'])
  async post(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
  ): Promise<{ results: readonly RowResult[] }> {
    this.backlog.refuseWhenFull();
    const options = await readIntakeOptions(request, caller, this.sources);
    if (options.source) this.rejections.refuseWhenTooMany(options.source.id, Date.now());
    const keyed = KeyedRequest.of(request, caller, this.personalData);

    if (Buffer.isBuffer(body)) {
      const { isOne, rows, mapping } = readWhole(body, request, options);
      // Before anything is taken: how many they are is known here, as it is not of a stream.
      if (rows.length > MAX_ROWS) throw tooLarge(`A request may have ${MAX_ROWS} rows.`);
      const results = await this.#takeIn(request, options, keyed, parts([rows]), mapping);
      const [only] = results;
      if (isOne && only?.status === 'rejected') throw rejectedLead(only);
      return { results };
    }
    if (Number(request.headers['content-length'] ?? 0) > MAX_STREAM_BYTES) throw tooLarge();
    const stream = limited(body as Readable);
    const isCsv = options.contentType === 'text/csv';
    const rows = isCsv
      ? readCsv(stream, { mapping: mappingFor(options, 'csv'), strict: options.strict })
      : readNdjson(stream);
    const mapping = isCsv ? undefined : mappingFor(options, 'ndjson', 'json');
    return { results: await this.#takeIn(request, options, keyed, parts(rows), mapping) };
  }

  /** One part after the other, so that rows count in their order; the next is read while one is stored. */
  async #takeIn(
    request: FastifyRequest,
    { source, strict }: IntakeOptions,
    keyed: KeyedRequest | undefined,
    rows: AsyncIterable<{ rows: readonly RawRow[]; isLast: boolean }>,
    mapping: Mapping | undefined,
  ): Promise<RowResult[]> {
    const startedAt = Date.now();
    const results: RowResult[] = [];
    let storing: Promise<void> = Promise.resolve();
    let count = 0;
    let part = 0;
    let rejectedBefore = 0;
    const { traceparent } = request.headers;
    const preparation: Omit<Preparation, 'now'> = {
      ...{ source, mapping, strict, personalData: this.personalData },
      findSource: (id) => this.sources.find(id),
    };
    try {
      for await (const { rows: raw, isLast } of rows) {
        if (count + raw.length > MAX_ROWS) throw tooLarge(`A request may have ${MAX_ROWS} rows.`);
        const prepared = await prepareRows(raw, count, { ...preparation, now: Date.now() });
        const keyedPart = keyed?.part(part, raw, isLast);
        const mayWait = part > 0;
        count += raw.length;
        part += 1;
        await storing;
        const submission = {
          rows: prepared,
          rejectedBefore,
          ...(keyedPart && { keyedPart }),
          ...(typeof traceparent === 'string' && { traceparent }),
        };
        rejectedBefore += prepared.filter(({ kind }) => kind === 'unusable').length;
        storing = this.intake.submit(submission, { mayWait }).then((taken) => void results.push(...taken));
        // Its failure is met at the next `await`; until then it must not count as unhandled.
        storing.catch(() => undefined);
      }
      await storing;
    } catch (error) {
      await storing.catch(() => undefined);
      throw results.length > 0 ? brokenOff(error, results.length, keyed !== undefined) : error;
    }
    if (part > 1)
      this.#log.log({ event: 'leads.imported', source: source?.id, ...tally(results), ms: Date.now() - startedAt });
    return results;
  }
}

/** JSON: leads, or events with a lead each. */
function readWhole(
  body: Buffer,
  { headers }: FastifyRequest,
  options: IntakeOptions,
): { readonly isOne: boolean; readonly rows: readonly RawRow[]; readonly mapping: Mapping | undefined } {
  const { contentType } = options;
  const whole = readJson(body);
  const mapping = mappingFor(options, 'json', 'ndjson', 'cloudevents');
  if (contentType === 'application/json' && !isBinary({ contentType, headers })) return { ...whole, mapping };
  // What they hold is mapped here, and not once more.
  return { ...whole, ...readEvents(whole.rows, { contentType, headers, mapping }), mapping: undefined };
}

/** Rows in parts of the same size however the body came in, so that a repeated request has the same parts. */
async function* parts(
  blocks: AsyncIterable<readonly RawRow[]> | Iterable<readonly RawRow[]>,
): AsyncGenerator<{ rows: readonly RawRow[]; isLast: boolean }, void, undefined> {
  let waiting: RawRow[] = [];
  for await (const block of blocks) {
    waiting = waiting.length === 0 ? [...block] : waiting.concat(block);
    // One part is held back, because only then it is known whether it is the last.
    let from = 0;
    for (; waiting.length - from > PART_ROWS; from += PART_ROWS) {
      yield { rows: waiting.slice(from, from + PART_ROWS), isLast: false };
    }
    waiting = waiting.slice(from);
  }
  if (waiting.length > 0) yield { rows: waiting, isLast: true };
}

/** A source's mapping is about its own format; one that comes with the request is about the request. */
function mappingFor({ mapping, source }: IntakeOptions, ...formats: readonly string[]): Mapping | undefined {
  if (mapping) return mapping === 'none' ? undefined : mapping;
  return source && formats.includes(source.format) ? source.mapping : undefined;
}

function rejectedLead({ errors = [] }: RowResult): Problem {
  return new Problem(422, {
    type: 'lead-rejected',
    title: 'Lead rejected',
    detail: 'The lead cannot be used as it is; each field that is wrong is named.',
    errors,
  });
}

/** A long request failed on its way: whoever sent it must know how far it came. */
function brokenOff(error: unknown, taken: number, hasKey: boolean): unknown {
  if (!(error instanceof Problem)) return error;
  const { type, title, detail, errors } = error.details as unknown as { type: string; title: string } & ProblemOptions;
  const hint = hasKey
    ? 'Sent again with the same Idempotency-Key, it goes on from there.'
    : 'Sent again, they will be recognised.';
  return new Problem(error.getStatus(), {
    type: type.replace('urn:fairlead:problem:', ''),
    title,
    detail: `${detail ?? ''} The first ${taken} rows were taken in before. ${hint}`.trim(),
    ...(errors && { errors }),
    headers: error.headers,
  });
}

function tally(results: readonly RowResult[]): Record<string, number> {
  const counts: Record<string, number> = { rows: results.length, received: 0, merged: 0, held: 0, rejected: 0 };
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
