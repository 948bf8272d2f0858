import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Param, Put, Query as QueryParameter, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  checkPartner,
  compareDocuments,
  DIRECT,
  isPartnerId,
  MAX_PARTNERS,
  PartnerDocument,
  policyOf,
  readPartner,
} from '@fairlead/decisions';
import { encodeEvent, RosterChanged } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  Accepts,
  Allow,
  ApiPage,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  pageLimit,
  Problem,
  publishedSchema,
} from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { PartnersStore, type StoredChange, type StoredPartner } from '../store/partners.store.js';
import { PoliciesStore } from '../store/policies.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { ApiNumberedPage, paged, pageOf } from './paging.js';
import { DifferenceView } from './policy-comparison.controller.js';
import { notingLines, shownWarnings, WarningView } from './warnings.js';

export class PartnerView {
  @ApiProperty() id: string;
  @ApiProperty() name: string;
  @ApiProperty() tier: string;
}

export class PartnersPage {
  @ApiProperty({ type: [PartnerView] }) partners: PartnerView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export class CheckedPartnerView extends PartnerView {
  @ApiProperty({ type: [WarningView], description: 'What should be known; it is on the roster all the same.' })
  warnings: WarningView[];
}

export class PartnerChangeView {
  @ApiProperty({ type: 'integer', description: 'Of the roster, which this change made.' }) version: number;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ description: 'The key that made it.' }) by: string;
  @ApiProperty({ description: 'SHA-256 of the partner’s document from then on.' }) hash: string;
  @ApiProperty({ type: [DifferenceView], description: 'From the change before; of the first one, the whole document.' })
  differences: DifferenceView[];
}

export class PartnerHistoryView {
  @ApiProperty({ type: [PartnerChangeView] }) changes: PartnerChangeView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

const PARTNER_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** A document has up to 48 KiB, and the differences of a page may be as long as all its documents. */
const MAX_CHANGES = 100;

/** The roster. A change of it is an event, in the same transaction; decisions take it into account from the commit on. */
@ApiTags('partners')
@ApiBearerAuth()
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly partners: PartnersStore,
    private readonly policies: PoliciesStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'All partners, by id' })
  @ApiPage(PARTNER_ID)
  @ApiResponse({ status: 200, type: PartnersPage })
  async list(
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<PartnersPage> {
    const size = pageLimit(limit);
    if (after !== undefined && (typeof after !== 'string' || !PARTNER_ID.test(after))) {
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

  @Get(':partnerId/history')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'Who changed what of a partner, and when, the latest first; a partner’s key sees its own',
    description: 'Of a partner that was there before this was kept, the first change is the last one before.',
  })
  @ApiNumberedPage(MAX_CHANGES)
  @ApiResponse({ status: 200, type: PartnerHistoryView })
  async history(
    @Param('partnerId') id: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<PartnerHistoryView> {
    const { after, limit } = pageOf(afterText, limitText, MAX_CHANGES);
    if (caller.role === 'partner' && caller.partnerId !== id) throw notFound('partner');
    if (!(await this.partners.exists(this.units.query, id))) throw notFound('partner');
    const found = await this.partners.changes(this.units.query, id, { below: after, limit: limit + 1 });
    const { rows, next } = paged(found, limit, ({ version }) => version);
    const changes = rows.map((change, index) => shownChange(change, found[index + 1]));
    return { changes, ...(next !== undefined && { next }) };
  }

  @Put(':partnerId')
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Add or change a partner',
    description:
      '`{ name, tier, weight?, status?, territories?, products?, certifications?, caps?: { perDay?, open? } }`. ' +
      'A list that is absent or empty limits nothing: a partner without territories is offered leads from everywhere, and ' +
      'the answer warns of it (`serves-everywhere`), as of a tier that no pool of the policy in force has a weight for ' +
      '(`tier-not-served`).',
  })
  @ApiParam({ name: 'partnerId', schema: { type: 'string', pattern: `^(?!${DIRECT}$)${PARTNER_ID.source.slice(1)}` } })
  @ApiBody({ schema: publishedSchema('PartnerDocument', PartnerDocument) })
  @ApiResponse({ status: 409, description: '`too-many-partners`' })
  @ApiResponse({ status: 201, type: CheckedPartnerView })
  @ApiResponse({ status: 200, type: CheckedPartnerView })
  async put(
    @Param('partnerId') id: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedPartnerView> {
    if (!isPartnerId(id)) {
      const detail = 'must be lower-case letters, digits and hyphens, at most 63, and not `direct`';
      throw invalidInput([{ field: 'partnerId', detail }]);
    }
    const { read, lineOf } = notingLines(readPartner);
    const document = readBody(body, read);
    const inForce = await this.policies.inForce(this.units.query);
    const warnings = checkPartner(document, inForce && policyOf(inForce.document, inForce.version));
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
    return { id, ...document, warnings: shownWarnings(warnings, lineOf) };
  }
}

function shown({ id, document }: StoredPartner): PartnerView {
  return { id, ...document };
}

function shownChange({ version, at, by, hash, document }: StoredChange, before?: StoredChange): PartnerChangeView {
  const differences = before
    ? compareDocuments(before.document, document)
    : [{ path: '', change: 'added' as const, to: document }];
  return { version, at: at.toISOString(), by, hash, differences };
}
