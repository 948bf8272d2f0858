import { Controller, Get, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiExtension, ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FieldError } from '@fairlead/decisions';
import { PersonalData } from '@fairlead/personal-data';
import { Accepts, parseJson, Problem, Signed } from '@fairlead/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hash } from 'node:crypto';
import { Backlog } from '../intake/backlog.js';
import { SOURCE_ID } from '../intake/prepare-rows.js';
import { tooLarge } from '../intake/read-body.js';
import { Rejections } from '../intake/rejections.js';
import { isForm, parseForm } from '../sources/json.js';
import type { Arrival } from '../sources/source-format.js';
import { SourceVerifier, type Verified } from '../sources/source-verifier.js';
import { type ArrivalResult, TakeArrivals } from '../sources/take-arrivals.js';

/** 5 MiB hold some hundreds of contacts with all their fields; no tool sends more at once. */
const MAX_BYTES = 5 * 1024 * 1024;
/** Items of one delivery: the largest batches that we know of have a thousand. */
const MAX_ITEMS = 5_000;

const errorsSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['field', 'rule', 'detail'],
    properties: { field: { type: 'string' }, rule: { type: 'string' }, detail: { type: 'string' } },
  },
};
const resultSchema = {
  type: 'object',
  required: ['index', 'status'],
  properties: {
    index: { type: 'integer', description: 'of the item, from 0' },
    id: { type: 'string', format: 'uuid', description: 'the lead’s' },
    status: {
      type: 'string',
      description:
        'received, merged, held, rejected: a lead; engaged, ignored: what somebody known did, or nobody who is; wanted: it will be asked for; ' +
        'test: a trial of the tool; unknown: a type that is not known here, set aside',
      enum: ['received', 'merged', 'held', 'rejected', 'engaged', 'ignored', 'wanted', 'test', 'unknown'],
    },
    errors: errorsSchema,
    leftOut: {
      ...errorsSchema,
      description: 'what could not be understood and was left out of the lead, or was too long and cut',
    },
  },
};

const answerSchema = {
  type: 'object',
  required: ['results'],
  properties: { results: { type: 'array', items: resultSchema } },
};

/** A marketing tool’s own webhooks → lead.received | lead.merged | lead.held | lead.rejected | lead.engaged | lead.consent-changed */
@ApiTags('sources')
@ApiParam({ name: 'sourceId', schema: { type: 'string', pattern: SOURCE_ID.source } })
@Controller('v1/sources/:sourceId/events')
@Signed(SourceVerifier)
export class SourceEventsController {
  readonly #log = new Logger('sources');

  constructor(
    private readonly verifier: SourceVerifier,
    private readonly backlog: Backlog,
    private readonly arrivals: TakeArrivals,
    private readonly personalData: PersonalData,
    private readonly rejections: Rejections,
  ) {}

  @Post()
  @HttpCode(202)
  @Accepts(
    {
      'application/json': 'bytes',
      'application/cloudevents+json': 'bytes',
      'application/cloudevents-batch+json': 'bytes',
      'application/x-www-form-urlencoded': 'bytes',
    },
    { limitBytes: MAX_BYTES },
  )
  @ApiOperation({
    summary: 'A marketing tool’s own webhook',
    description:
      'Verified and read as the source’s format says, and answered when everything in it is stored for good. Each item is ' +
      'judged by itself. What is sent again within three days is recognised and answered as before.',
  })
  @ApiBody({ schema: { description: 'As the tool sends it.' } })
  @ApiResponse({
    status: 202,
    description: 'Stored. What became of each item.',
    schema: answerSchema,
  })
  @ApiResponse({
    status: 200,
    description: 'The same, to a tool that takes nothing else for success.',
    schema: answerSchema,
  })
  @ApiResponse({ status: 400, description: 'Proven, but not JSON.' })
  @ApiResponse({ status: 413, description: 'Too large.' })
  @ApiResponse({ status: 415, description: 'Not a content type of this format.' })
  @ApiResponse({ status: 429, description: 'Too much of the source was rejected within this hour.' })
  @ApiResponse({ status: 503, description: 'Too much at once, or no store; the tool will send it again.' })
  @ApiExtension('x-says', [
    ...['lead.received', 'lead.merged', 'lead.held', 'lead.rejected', 'lead.engaged', 'lead.consent-changed'],
  ])
  async post(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ results: readonly ArrivalResult[] }> {
    this.backlog.refuseWhenFull();
    const startedAt = Date.now();
    const verified = this.verifier.of(request);
    this.rejections.refuseWhenTooMany(verified.source.id, startedAt);
    const arrivals = readDelivery(verified);
    if (arrivals.length > MAX_ITEMS) throw tooLarge(`A delivery may have ${MAX_ITEMS} items.`);

    const { traceparent } = request.headers;
    const { source, delivery } = verified;
    const bodyHash = hash('sha256', delivery.body, 'base64');
    const results = await this.arrivals.take(arrivals, {
      source,
      // The item's own name where there is one, else its place in these bytes.
      keyOf: ({ key }, index) => this.#hash(key === undefined ? `body/${bodyHash}/${index}` : `key/${key}`),
      now: delivery.receivedAt,
      traceparentOf: () => (typeof traceparent === 'string' ? traceparent : undefined),
    });
    this.#log.log({ event: 'delivery.taken', source: source.id, ...tally(results), ms: Date.now() - startedAt });
    if (verified.format.success !== undefined) void reply.code(verified.format.success);
    return { results };
  }

  @Get()
  @ApiOperation({ summary: 'A tool asks whether the address is ours' })
  @ApiProduces('text/plain', 'application/json')
  @ApiResponse({ status: 200, description: 'What the tool wants to hear.', schema: {} })
  challenge(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { challenge } = this.verifier.of(request);
    if (!challenge) throw new Problem(404, { type: 'not-found', title: 'Not found' });
    // Bytes: to a text Fastify would add a charset, which some tools take for another type.
    void reply.header('content-type', challenge.contentType).send(Buffer.from(challenge.body));
  }

  /** Keyed: it may have been made of contact data. */
  #hash(text: string): string {
    return this.personalData.keyedHash('request', text).toString('base64');
  }
}

function readDelivery({ source, format, delivery }: Verified): readonly Arrival[] {
  const { contentType, body, receivedAt } = delivery;
  if (contentType !== 'application/json' && !format.contentTypes?.includes(contentType))
    throw unsupported(verifiedTypes(format));
  const value = isForm(contentType) ? parseForm(body) : parseJson(body, { exactIntegers: true });
  if (value === undefined)
    throw new Problem(400, { type: 'malformed-json', title: 'Malformed JSON', detail: 'The body is empty.' });
  return format.read(value, delivery, {
    mapping: source.mapping,
    canFetch: source.canFetch === true,
    now: receivedAt,
  });
}

function verifiedTypes({ contentTypes = [] }: Verified['format']): string {
  return ['application/json', ...contentTypes].join(', ');
}

function unsupported(accepted: string): Problem {
  return new Problem(415, {
    type: 'unsupported-media-type',
    detail: `A source of this format accepts ${accepted}, as UTF-8.`,
    headers: { 'accept-post': accepted },
  });
}

function tally(results: readonly { readonly status: string; readonly errors?: readonly FieldError[] }[]) {
  const counts: Record<string, number> = { items: results.length };
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
