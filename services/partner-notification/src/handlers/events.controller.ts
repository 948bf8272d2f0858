import { Controller, Get, Inject, Logger, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  Allow,
  ApiPage,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  pageLimit,
  Problem,
} from '@fairlead/platform';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { Contacts, UNREADABLE } from '../delivery/contacts.js';
import { webhookBody } from '../delivery/webhook.js';
import { subscribable } from '../delivery/webhook-events.js';
import { type PartyEvent, PartyEventsStore } from '../store/party-events.store.js';
import { WaitingReaders } from './waiting-readers.js';
import { refuseOthers } from './narrowing.js';

const PARTY_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** As `next` says it. */
const POSITION = /^\d{1,18}$/;
/** Below what proxies and clients wait for by themselves. */
const MAX_WAIT_SECONDS = 30;
/** An event with its lead is some 3 KB. */
const MAX_PAGE = 200;
/** Somebody has to look after the keys first. */
const RETRY_AFTER_SECONDS = 60;
/** Pages of which nothing is told, one after the other, before the reader is asked to ask again. */
const MAX_LOOKS = 5;

export class EventsPage {
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Each as the body of its webhook: a CloudEvent.',
  })
  events: unknown[];
  @ApiProperty({ pattern: POSITION.source, description: 'Give this as `after` next time, when you have stored these.' })
  next: string;
  @ApiProperty({ description: 'Whether there are more already.' }) more: boolean;
}

/** What a party is told, for a party that has no server to be told by webhook. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/events')
@Allow('admin', 'manager', 'partner')
export class EventsController {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly events: PartyEventsStore,
    private readonly contacts: Contacts,
    private readonly waiting: WaitingReaders,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What a party is told, without a server',
    description:
      'The same as webhooks tell, and as they would tell it now: contact data only while the lead is the party’s, and no offer that ' +
      'has ended. Of one lead in order; none is left out, whenever it was committed. It needs no endpoint.',
  })
  @ApiQuery({ name: 'type', required: false, enum: subscribable })
  @ApiQuery({
    name: 'waitSeconds',
    required: false,
    description: 'Where there is nothing yet: how long to wait for it.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0 },
  })
  @ApiPage(POSITION, MAX_PAGE)
  @ApiResponse({ status: 200, type: EventsPage })
  @ApiResponse({ status: 503, description: 'A contact cannot be opened: somebody has to look after the keys.' })
  async read(
    @Param('partnerId') party: string,
    @CurrentCaller() caller: Caller,
    @Query() asked: Record<string, unknown>,
  ): Promise<EventsPage> {
    refuseOthers(party, caller, 'partner');
    if (!PARTY_ID.test(party)) throw notFound('partner');
    const after = asked['after'] ?? '0';
    if (typeof after !== 'string' || !POSITION.test(after))
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const limit = Math.min(pageLimit(asked['limit']), MAX_PAGE);
    const types = typesOf(asked['type']);
    const waitMs = waitOf(asked['waitSeconds']) * 1_000;
    // Before the look, so that nothing can come in between.
    const waiting = this.waiting.wait(party, waitMs);
    try {
      const page = await this.#look(party, after, limit, types);
      if (page.events.length > 0 || page.more || waitMs === 0) return page;
      await waiting.over;
      return await this.#look(party, page.next, limit, types);
    } finally {
      waiting.end();
    }
  }

  /** From there on, past what is not told, until there is something or nothing is left. */
  async #look(party: string, after: string, limit: number, types: readonly string[]): Promise<EventsPage> {
    let next = after;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      let found = await this.events.page(this.units.query, party, next, limit);
      if (found.length < limit && (await this.events.hasUnread(this.units.query, [party])).length > 0) {
        await this.units.run((unit) => this.events.number(unit, party));
        found = await this.events.page(this.units.query, party, next, limit);
      }
      const told = found.filter(({ ended, eventType }) => ended === null && types.includes(eventType));
      const { events, readable } = await this.#built(told);
      if (readable < told.length) {
        if (events.length === 0) throw unreadable();
        return { events, next: told[readable - 1]?.position ?? next, more: true };
      }
      next = found.at(-1)?.position ?? next;
      if (events.length > 0 || found.length < limit) return { events, next, more: found.length === limit };
    }
    return { events: [], next, more: true };
  }

  /** Up to the first one whose contact cannot be opened: what it promises must not be missing. */
  async #built(told: readonly PartyEvent[]): Promise<{ events: unknown[]; readable: number }> {
    const due = told.map((event) => ({ ...event, id: event.eventId }));
    const contacts = await this.contacts.open(due);
    const bad = contacts.indexOf(UNREADABLE);
    const readable = bad < 0 ? told.length : bad;
    if (bad >= 0) this.logger.error({ event: 'webhooks.contact-unreadable', leadId: told[bad]?.leadId });
    const events = due
      .slice(0, readable)
      .map((each, i) => JSON.parse(webhookBody(each, contacts[i], this.settings.publicUrl).toString()) as unknown);
    return { events, readable };
  }
}

function unreadable(): Problem {
  return new Problem(503, {
    type: 'contact-unreadable',
    detail: 'A contact cannot be opened at the moment.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function typesOf(type: unknown): readonly string[] {
  if (type === undefined) return subscribable;
  const asked = subscribable.filter((each) => each === type);
  if (asked.length === 0) throw invalidInput([{ field: 'type', detail: `must be one of ${subscribable.join(', ')}` }]);
  return asked;
}

function waitOf(seconds: unknown): number {
  if (seconds === undefined) return 0;
  const wait = typeof seconds === 'string' && /^\d{1,2}$/.test(seconds) ? Number(seconds) : -1;
  if (wait < 0 || wait > MAX_WAIT_SECONDS)
    throw invalidInput([{ field: 'waitSeconds', detail: `must be a whole number from 0 to ${MAX_WAIT_SECONDS}` }]);
  return wait;
}
