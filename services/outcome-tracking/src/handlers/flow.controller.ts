import { Controller, Get, Headers, type BeforeApplicationShutdown, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, Callers, CurrentCaller, invalidInput, Problem, secretOf } from '@fairlead/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { FlowStore } from '../store/flow.store.js';
import { FlowView, flowView } from '../view/flow-view.js';
import { orRefusal } from './or-refusal.js';

const DEFAULT_MINUTES = 60;
/** A week: further back reports are the better answer. */
const MAX_MINUTES = 10_080;
/** As many points as a small line can show. */
const PIECES = 30;
/** Quick enough to see something happen, and less work for all who watch than one list a second. */
const EVERY_MS = 2_000;
/** Of one process. Who comes later asks again and again instead, which works as well. */
const MOST_WATCHERS = 100;
/** Then the watcher comes again by itself. */
const WATCH_MS = 600_000;
/** What a client has not read yet: one that does not read is let go. */
const MOST_UNREAD_BYTES = 262_144;

const STREAM = 'text/event-stream';

/** Whether leads flow, and what waits for somebody: one look, or a stream of them. */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/flow')
@Allow('admin', 'manager', 'auditor', 'partner')
export class FlowController implements BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private watchers = 0;

  constructor(
    private readonly reads: Reads,
    private readonly flow: FlowStore,
    private readonly callers: Callers,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What came in of late, and where it is',
    description:
      'Counts of leads by state, and what waits for somebody. A partner sees its own offers. With `accept: text/event-stream` the same ' +
      'again every two seconds, as `data:` lines, for ten minutes.',
  })
  @ApiQuery({
    name: 'minutes',
    required: false,
    description: 'How far back.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_MINUTES, default: DEFAULT_MINUTES },
  })
  @ApiResponse({ status: 200, type: FlowView })
  @ApiResponse({ status: 503, description: 'Too much is being asked for at once, or for too long a time.' })
  async look(
    @Query() query: Record<string, unknown>,
    @Headers('accept') accept: string | undefined,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FlowView | PassThrough> {
    const minutes = minutesOf(query);
    const partner = caller.role === 'partner' ? (caller.partnerId ?? '') : undefined;
    const now = await this.now(minutes, partner);
    if (accept?.split(',').some((type) => type.trim().startsWith(STREAM)) !== true) return now;

    if (this.watchers >= MOST_WATCHERS)
      throw new Problem(503, {
        type: 'too-many',
        detail: 'Too many are watching. Ask now and then.',
        retryAfterSeconds: 10,
      });
    void reply.header('content-type', STREAM).header('x-accel-buffering', 'no');
    const stream = new PassThrough({ highWaterMark: MOST_UNREAD_BYTES });
    const [secret, address] = [secretOf(request), request.ip];
    void this.watch(stream, now, async () =>
      (await this.callers.isStillRight(secret, address)) ? this.now(minutes, partner) : 'refused',
    );
    return stream;
  }

  /** Before the server waits for the requests that are under way: a stream would be one that never ends. */
  beforeApplicationShutdown(): void {
    this.stopped.abort();
  }

  private async now(minutes: number, partner: string | undefined): Promise<FlowView> {
    const window = { until: Date.now(), minutes, pieces: PIECES };
    const { query } = this.reads;
    return orRefusal(async () =>
      flowView(window, await this.flow.counts(query, window, partner), await this.flow.waiting(query, window, partner)),
    );
  }

  /**
   * Until the client leaves, does not read, or its time is over; its key or session is not valid any more; or this process stops. A look that
   * fails is left out.
   */
  private async watch(stream: PassThrough, first: FlowView, next: () => Promise<FlowView | 'refused'>): Promise<void> {
    this.watchers += 1;
    const over = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(WATCH_MS), whenClosed(stream)]);
    try {
      stream.write(`retry: ${EVERY_MS}\n\n`);
      for (let view: FlowView | 'refused' | undefined = first; view !== 'refused' && !over.aborted;) {
        if (view && !stream.write(`data: ${JSON.stringify(view)}\n\n`)) break;
        await pause(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
        view = over.aborted ? undefined : await next().catch(() => undefined);
      }
    } finally {
      this.watchers -= 1;
      stream.end();
    }
  }
}

function whenClosed(stream: PassThrough): AbortSignal {
  const closed = new AbortController();
  stream.once('close', () => closed.abort());
  return closed.signal;
}

function minutesOf(query: Record<string, unknown>): number {
  const unknown = Object.keys(query).filter((name) => name !== 'minutes');
  const { minutes = String(DEFAULT_MINUTES) } = query;
  const errors = [
    ...unknown.map((name) => ({ field: name.slice(0, 64), detail: 'This parameter is not known here.' })),
    ...(typeof minutes === 'string' && /^[1-9]\d{0,4}$/.test(minutes) && Number(minutes) <= MAX_MINUTES
      ? []
      : [{ field: 'minutes', detail: `must be a whole number from 1 to ${MAX_MINUTES}` }]),
  ];
  if (errors.length > 0) throw invalidInput(errors);
  return Number(minutes);
}
