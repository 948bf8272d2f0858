import { Body, Controller, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { LeadInput, type Mapping } from '@fairlead/decisions';
import { PersonalData } from '@fairlead/personal-data';
import {
  Accepts,
  Allow,
  type Caller,
  CurrentCaller,
  Problem,
  type ProblemOptions,
  publishedSchema,
} from '@fairlead/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Backlog } from '../intake/backlog.js';
import { Intake } from '../intake/intake.js';
import { type Preparation, prepareRows, SOURCE_ID } from '../intake/prepare-rows.js';
import { limited, malformed, MAX_ROWS, MAX_STREAM_BYTES, type RawRow, tooLarge } from '../intake/read-body.js';
import { Rejections } from '../intake/rejections.js';
import { readCsv } from '../intake/read-csv.js';
import { readJson } from '../intake/read-json.js';
import { readNdjson } from '../intake/read-ndjson.js';
import type { RowResult } from '../intake/rows.js';
import { mappingFor } from '../sources/mapping-for.js';
import { CLOUDEVENT, CLOUDEVENTS, isBinary, readEvents } from '../sources/cloudevents.js';
import { SourcesStore } from '../store/sources.store.js';
import { type AcceptedSubmission, PART_ROWS as ACCEPTED_PART_ROWS } from '../store/submissions.store.js';
import { AcceptSubmission } from '../submissions/accept-submission.js';
import { GatherLeads, MAX_GATHERED_BYTES } from '../submissions/gather-leads.js';
import { onOneLine } from '../submissions/rows-as-sent.js';
import { Waiting } from '../submissions/waiting.js';
import { ApiIdempotencyKey, KeyedRequest } from './keyed-request.js';
import { type IntakeOptions, readIntakeOptions } from './intake-options.js';
import { rowSchema } from './row-schema.js';

/** 5 MiB hold some 10,000 leads, and are parsed in one go (50 ms): more belongs into a stream, line by line. */
const MAX_JSON_BYTES = 5 * 1024 * 1024;
/** Rows that are taken in together: statements cost little per row, and requests of others wait but a few milliseconds. */
const PART_ROWS = 250;

const leadSchema = publishedSchema('LeadInput', LeadInput);
const listSchema = {
  type: 'array',
  items: {},
  description: 'Leads, as one alone is sent. What is none is rejected by itself, and the answer tells why.',
};
/** Bodies that are not JSON of ours. */
const otherBodies = {
  [CLOUDEVENT]: {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', minLength: 1 },
      source: { type: 'string', minLength: 1 },
      type: { type: 'string', minLength: 1 },
      data: leadSchema,
    },
  },
  [CLOUDEVENTS]: { ...listSchema, description: 'CloudEvents, each with a lead as its data.' },
  'application/x-ndjson': { type: 'string', description: 'A lead on each line.' },
  'text/csv': { type: 'string', description: 'A table with a header.' },
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
    private readonly submissions: AcceptSubmission,
    private readonly gathering: GatherLeads,
    private readonly waiting: Waiting,
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
    { limitBytes: MAX_JSON_BYTES, schemas: otherBodies },
  )
  @ApiOperation({
    summary: 'Send leads: one, a list, lines of JSON, a table, or CloudEvents with a lead each as their data',
    description:
      'Answered when the leads are stored for good. In a list each lead is judged by itself: the answer tells by its index ' +
      `what became of it. JSON may have ${MAX_JSON_BYTES} bytes; lines and tables ${MAX_STREAM_BYTES} bytes and ${MAX_ROWS} rows. ` +
      'What is sent with `Prefer: respond-async`, and is no table, is answered when it is stored as it came, encrypted; what ' +
      'becomes of each lead, also that it cannot be used, is to be read under `Location` from then on.',
  })
  @ApiBody({ schema: { oneOf: [leadSchema, listSchema] } })
  @ApiQuery({
    name: 'source',
    required: false,
    description: 'Where the leads come from. A source’s key has its own.',
    schema: { type: 'string', pattern: SOURCE_ID.source },
  })
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
  @ApiIdempotencyKey()
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`respond-async` (RFC 7240), with anything but a table: not to wait until each lead is taken in.',
    schema: { type: 'string' },
  })
  @ApiResponse({
    status: 202,
    description:
      'Stored. What became of each lead; or, with `Preference-Applied: respond-async`, where that is to be read.',
    headers: {
      Location: { description: 'Of what was not waited for.', schema: { type: 'string' } },
      'Preference-Applied': { schema: { type: 'string', enum: ['respond-async'] } },
    },
    schema: {
      oneOf: [
        { type: 'object', required: ['results'], properties: { results: { type: 'array', items: rowSchema } } },
        {
          type: 'object',
          required: ['submission'],
          properties: {
            submission: {
              type: 'object',
              required: ['id', 'rows'],
              properties: { id: { type: 'string', format: 'uuid' }, rows: { type: 'integer' } },
            },
          },
        },
      ],
    },
  })
  @ApiResponse({ status: 400, description: 'The body cannot be read, or a parameter or column is wrong; it is named.' })
  @ApiResponse({ status: 404, description: 'There is no such source, or it is not yours.' })
  @ApiResponse({ status: 413, description: 'Too large.' })
  @ApiResponse({ status: 415, description: 'Not one of the content types.' })
  @ApiResponse({
    status: 422,
    description: 'The one lead that was sent, and waited for, is rejected, or the Idempotency-Key was used before.',
  })
  @ApiResponse({
    status: 429,
    description:
      'Too much of the source was rejected within this hour, or too much was accepted that is not taken in yet.',
  })
  @ApiResponse({ status: 503, description: 'Too much at once, or no store; Retry-After says when to try again.' })
  @ApiExtension('x-says', ['lead.received', 'lead.merged', 'lead.held', 'lead.rejected'])
  async post(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ results: readonly RowResult[] } | { submission: Pick<AcceptedSubmission, 'id' | 'rows'> }> {
    this.backlog.refuseWhenFull();
    const options = await readIntakeOptions(request, caller, this.sources);
    if (options.source) this.rejections.refuseWhenTooMany(options.source.id, Date.now());
    const keyed = KeyedRequest.of(request, caller, this.personalData);

    // Without a body there need not be a content type, and then nothing has read it.
    if (body === undefined) throw malformed('no-body', 'No body', 'There is no body: no lead was sent.');
    if (Buffer.isBuffer(body)) {
      const { isOne, isEvents, rows, mapping } = readWhole(body, request, options);
      // Before anything is taken: how many they are is known here, as it is not of a stream.
      if (rows.length > MAX_ROWS) throw tooLarge(`A request may have ${MAX_ROWS} rows.`);
      if (prefersNotToWait(request)) {
        await this.waiting.refuseWhenFull();
        const lines = rows.map((row) => onOneLine(row, isOne && !isEvents));
        const given = givenOf(request, { ...options, mapping: mapping ?? 'none' }, caller);
        const [only] = lines;
        if (isOne && only && body.length <= MAX_GATHERED_BYTES) {
          const keyedPart = keyed?.single(rows[0] as RawRow);
          const single = { ...given, row: only, bytes: body.length, ...(keyedPart && { keyedPart }) };
          return accepted(reply, { id: await this.gathering.gather(single), rows: 1 });
        }
        return accepted(reply, await this.#accept(given, keyed, [lines]));
      }
      const results = await this.#takeIn(request, options, keyed, parts([rows]), mapping);
      const [only] = results;
      if (isOne && only?.status === 'rejected') throw rejectedLead(only);
      return { results };
    }
    if (Number(request.headers['content-length'] ?? 0) > MAX_STREAM_BYTES) throw tooLarge();
    const stream = limited(body as Readable);
    const isCsv = options.contentType === 'text/csv';
    if (!isCsv && prefersNotToWait(request)) {
      await this.waiting.refuseWhenFull();
      return accepted(reply, await this.#accept(givenOf(request, options, caller), keyed, readNdjson(stream)));
    }
    const rows = isCsv
      ? readCsv(stream, { mapping: mappingFor(options, 'csv'), strict: options.strict })
      : readNdjson(stream);
    const mapping = isCsv ? undefined : mappingFor(options, 'ndjson', 'json');
    return { results: await this.#takeIn(request, options, keyed, parts(rows), mapping) };
  }

  #accept(
    given: Given,
    keyed: KeyedRequest | undefined,
    rows: AsyncIterable<readonly RawRow[]> | Iterable<readonly RawRow[]>,
  ): Promise<AcceptedSubmission> {
    const asked = { ...given, idempotencyKey: keyed?.key ?? null };
    return this.submissions.accept(partsOnly(parts(rows, ACCEPTED_PART_ROWS)), asked, keyed?.about ?? '');
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
): {
  readonly isOne: boolean;
  readonly isEvents: boolean;
  readonly rows: readonly RawRow[];
  readonly mapping: Mapping | undefined;
} {
  const { contentType } = options;
  const whole = readJson(body);
  if (contentType === CLOUDEVENTS && whole.isOne)
    throw malformed(
      'malformed-batch',
      'Malformed batch',
      'A batch of CloudEvents is a list; one alone is sent as application/cloudevents+json.',
    );
  const mapping = mappingFor(options, 'json', 'ndjson', 'cloudevents');
  if (contentType === 'application/json' && !isBinary({ contentType, headers }))
    return { ...whole, isEvents: false, mapping };
  // What they hold is mapped here, and not once more.
  return { ...readEvents(whole.rows, { contentType, headers, mapping }), isEvents: true, mapping: undefined };
}

/** Rows in parts of the same size however the body came in, so that a repeated request has the same parts. */
async function* parts(
  blocks: AsyncIterable<readonly RawRow[]> | Iterable<readonly RawRow[]>,
  size = PART_ROWS,
): AsyncGenerator<{ rows: readonly RawRow[]; isLast: boolean }, void, undefined> {
  let waiting: RawRow[] = [];
  for await (const block of blocks) {
    waiting = waiting.length === 0 ? [...block] : waiting.concat(block);
    // One part is held back, because only then it is known whether it is the last.
    let from = 0;
    for (; waiting.length - from > size; from += size) {
      yield { rows: waiting.slice(from, from + size), isLast: false };
    }
    waiting = waiting.slice(from);
  }
  if (waiting.length > 0) yield { rows: waiting, isLast: true };
}

async function* partsOnly(
  blocks: AsyncIterable<{ readonly rows: readonly RawRow[] }>,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  for await (const { rows } of blocks) yield rows;
}

type Given = Pick<AcceptedSubmission, 'caller' | 'sourceId' | 'mapping' | 'strict' | 'traceparent'>;

/** What is kept with rows that are taken in later. */
function givenOf(
  { headers: { traceparent } }: FastifyRequest,
  { source, mapping, strict }: Pick<IntakeOptions, 'source' | 'mapping' | 'strict'>,
  { keyId }: Caller,
): Given {
  return {
    ...{ caller: keyId, sourceId: source?.id ?? null, mapping: mapping ?? null, strict },
    traceparent: typeof traceparent === 'string' ? traceparent : null,
  };
}

function accepted(
  reply: FastifyReply,
  { id, rows }: Pick<AcceptedSubmission, 'id' | 'rows'>,
): { submission: Pick<AcceptedSubmission, 'id' | 'rows'> } {
  void reply.headers({ 'preference-applied': 'respond-async', location: `/v1/submissions/${id}` });
  return { submission: { id, rows } };
}

/** RFC 7240: a list of preferences, of which others are passed over. */
function prefersNotToWait({ headers: { prefer } }: FastifyRequest): boolean {
  if (prefer === undefined) return false;
  if (prefer === 'respond-async') return true;
  return /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i.test([prefer].flat().join(','));
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
