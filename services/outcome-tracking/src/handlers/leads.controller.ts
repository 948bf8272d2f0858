import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { durationMs, leadStages } from '@fairlead/decisions';
import { Reads } from '@fairlead/messaging';
import { Allow, ApiPage, type Caller, CurrentCaller, invalidInput, notFound, pageLimit } from '@fairlead/platform';
import { LeadsStore, type PagePosition } from '../store/leads.store.js';
import { instant, LeadPage, type LeadSummary, LeadView, standingFor, summaryOf } from '../view/lead-view.js';
import { ReadLead } from '../view/read-lead.js';
import { isLeadId } from './lead-id.js';
import { orRefusal } from './or-refusal.js';

interface Filter {
  readonly pattern: RegExp;
  readonly detail: string;
}

const filters = {
  state: { pattern: new RegExp(`^(?:${leadStages.join('|')})$`), detail: `must be one of ${leadStages.join(', ')}` },
  grade: { pattern: /^(?:[ABCD]|none)$/, detail: 'must be A, B, C, D or none' },
  party: { pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, detail: 'must be direct or the id of a partner' },
  source: { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, detail: 'must be the id of a source' },
  silentFor: { pattern: /^[1-9][0-9]{0,3}[smhd]$/, detail: 'must be a duration such as 14d, 48h or 90m' },
} satisfies Record<string, Filter>;
/** When the last lead of the page before was received, or offered, or its party silent since, in milliseconds since the epoch, and its id. */
const POSITION = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Leads as they stand. A partner sees those that it was offered, and of them what concerns itself. */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/leads')
@Allow('admin', 'manager', 'auditor', 'partner')
export class LeadsController {
  constructor(
    private readonly reads: Reads,
    private readonly leads: LeadsStore,
    private readonly readLead: ReadLead,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Leads, newest first',
    description:
      'Without contact data: those are read one by one. In the order in which they were received; for a partner, in the order ' +
      'in which it was offered them last.',
  })
  @ApiQuery({ name: 'state', required: false, enum: leadStages })
  @ApiQuery({ name: 'grade', required: false, enum: ['A', 'B', 'C', 'D', 'none'] })
  @ApiQuery({
    name: 'party',
    required: false,
    description: 'Who was offered the lead last.',
    schema: { type: 'string', pattern: filters.party.pattern.source },
  })
  @ApiQuery({ name: 'source', required: false, schema: { type: 'string', pattern: filters.source.pattern.source } })
  @ApiQuery({
    name: 'silentFor',
    required: false,
    description:
      'Only leads that somebody has accepted and has said nothing of for so long (`14d`, `48h`, `90m`), longest silent first, each with ' +
      '`silentSince`.',
    schema: { type: 'string', pattern: filters.silentFor.pattern.source },
  })
  @ApiPage(POSITION)
  @ApiResponse({ status: 200, type: LeadPage })
  @ApiResponse({ status: 503, description: 'Too many lists at once, or this one takes too long: narrow it down.' })
  async list(@Query() query: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<LeadPage> {
    const { after: afterText, limit: limitText, ...rest } = query;
    const limit = pageLimit(limitText);
    const after = positionOf(afterText);
    const filter = filterOf(rest);
    const partner = caller.role === 'partner' ? (caller.partnerId ?? '') : undefined;
    // Another partner's leads are no leads to a partner.
    if (partner !== undefined && filter.party !== undefined && filter.party !== partner) return { leads: [] };

    const { query: read } = this.reads;
    if (filter.silentFor !== undefined) {
      const { silentFor, ...narrowed } = filter;
      const before = Date.now() - durationMs(silentFor);
      const wanted = { ...narrowed, before, ...(partner !== undefined && { party: partner }) };
      const silent = await orRefusal(() => this.leads.pageOfSilent(read, wanted, limit + 1, after));
      return silentPage(silent, limit, partner);
    }
    const found = await orRefusal(() =>
      partner === undefined
        ? this.leads.page(read, filter, limit + 1, after)
        : this.leads.pageOf(read, partner, filter, limit + 1, after),
    );
    const page = found.slice(0, limit).flatMap((lead) => {
      const standing = standingFor(lead, partner);
      return standing ? [{ lead, standing }] : [];
    });
    const last = page.at(-1);
    const at = partner === undefined ? last?.lead.receivedAt : last?.standing.offers.at(-1)?.offeredAt;
    return {
      leads: page.map(({ lead, standing }): LeadSummary => summaryOf(lead, standing)),
      ...(found.length > limit && last && { next: `${at}.${last.lead.id}` }),
    };
  }

  @Get(':leadId')
  @ApiOperation({
    summary: 'One lead',
    description:
      'Contact details are for managers, and for the partner that the policy reveals them to. ' +
      'A lead that a partner was never offered does not exist for it.',
  })
  @ApiParam({ name: 'leadId', format: 'uuid' })
  @ApiResponse({ status: 200, type: LeadView })
  @ApiResponse({ status: 404, description: 'There is no such lead for you.' })
  async one(@Param('leadId') leadId: string, @CurrentCaller() caller: Caller): Promise<LeadView> {
    const view = isLeadId(leadId) ? await this.readLead.find(leadId, caller) : undefined;
    if (!view) throw notFound('lead');
    return view;
  }
}

function silentPage(
  found: Awaited<ReturnType<LeadsStore['pageOfSilent']>>,
  limit: number,
  partner: string | undefined,
): LeadPage {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    leads: page.flatMap(({ lead, silentSince }): LeadSummary[] => {
      const standing = standingFor(lead, partner);
      return standing ? [{ ...summaryOf(lead, standing), silentSince: instant(silentSince) }] : [];
    }),
    ...(found.length > limit && last && { next: `${last.silentSince}.${last.lead.id}` }),
  };
}

function filterOf(query: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(query);
  const errors = given.flatMap(([name, value]) => {
    const filter = Object.hasOwn(filters, name) ? filters[name as keyof typeof filters] : undefined;
    if (!filter) return [{ field: name.slice(0, 64), detail: 'This parameter is not known here.' }];
    return typeof value === 'string' && filter.pattern.test(value) ? [] : [{ field: name, detail: filter.detail }];
  });
  if (errors.length > 0) throw invalidInput(errors);
  return Object.fromEntries(given) as Record<string, string>;
}

function positionOf(after: unknown): PagePosition | undefined {
  if (after === undefined) return undefined;
  const [, at, id] = POSITION.exec(typeof after === 'string' ? after : '') ?? [];
  if (at === undefined || id === undefined)
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  return { at: Number(at), id };
}
