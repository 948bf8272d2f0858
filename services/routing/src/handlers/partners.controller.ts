import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Param, Put, Query as QueryParameter, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { isPartnerId, MAX_PARTNERS, readPartner } from '@fairlead/decisions';
import { encodeEvent, RosterChanged } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  Accepts,
  Allow,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  pageLimit,
  Problem,
} from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { PartnersStore, type StoredPartner } from '../store/partners.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';

export class PartnerView {
  @ApiProperty() id: string;
  @ApiProperty() name: string;
  @ApiProperty() tier: string;
}

/** The roster. A change of it is an event, in the same transaction; decisions take it into account from the commit on. */
@ApiTags('partners')
@ApiBearerAuth()
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly partners: PartnersStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'All partners, by id' })
  @ApiQuery({ name: 'after', required: false, description: '`next` of the page before.' })
  @ApiQuery({ name: 'limit', required: false })
  async list(
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<{ partners: PartnerView[]; next?: string }> {
    const size = pageLimit(limit);
    if (after !== undefined && (typeof after !== 'string' || !isPartnerId(after))) {
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    }
    const found = await this.partners.page(this.units.query, { after: after ?? '', limit: size + 1 });
    const page = found.slice(0, size);
    return { partners: page.map(shown), ...(found.length > size && { next: page.at(-1)?.id ?? '' }) };
  }

  @Get(':partnerId')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'A partner; a partner’s key sees its own' })
  @ApiResponse({ status: 200, type: PartnerView })
  async get(@Param('partnerId') id: string, @CurrentCaller() caller: Caller): Promise<PartnerView> {
    if (caller.role === 'partner' && caller.partnerId !== id) throw notFound('partner');
    const partner = await this.partners.find(this.units.query, id);
    if (!partner) throw notFound('partner');
    return shown(partner);
  }

  @Put(':partnerId')
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Add or change a partner',
    description:
      '`{ name, tier, weight?, status?, territories?, products?, certifications?, caps?: { perDay?, open? } }`. ' +
      'A list that is absent or empty limits nothing.',
  })
  @ApiBody({ schema: { type: 'object' } })
  @ApiResponse({ status: 201, type: PartnerView })
  @ApiResponse({ status: 200, type: PartnerView })
  async put(
    @Param('partnerId') id: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PartnerView> {
    if (!isPartnerId(id)) {
      const detail = 'must be lower-case letters, digits and hyphens, at most 63, and not `direct`';
      throw invalidInput([{ field: 'partnerId', detail }]);
    }
    const document = readBody(body, readPartner);
    const change = await this.units.run(async (unit) => {
      const change = await this.partners.put(unit.query, id, document, { by: caller.keyId, now: unit.now });
      if (change.outcome === 'too-many') {
        throw new Problem(409, { type: 'too-many-partners', detail: `A roster has at most ${MAX_PARTNERS} partners.` });
      }
      if (change.outcome === 'created' || change.outcome === 'changed') {
        const { version, rosterHash: hash } = change;
        const data = { partner: { id, ...document }, version, hash, actor: caller.keyId };
        unit.say([
          encodeEvent(RosterChanged, { id: randomUUID(), source: '/routing', subject: id, time: unit.now, data }),
        ]);
      }
      return change;
    });
    void reply.status(change.outcome === 'created' ? 201 : 200);
    return { id, ...document };
  }
}

function shown({ id, document }: StoredPartner): PartnerView {
  return { id, ...document };
}
