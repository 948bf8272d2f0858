import { Body, Controller, Get, Headers, Param, Put, Query as QueryParameter, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  contentHash,
  ListDocument,
  MAX_NAMED_ACCOUNTS,
  type NamedAccount,
  type NamedAccountDocument,
  rate,
} from '@fairlead/decisions';
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
  publishedSchema,
} from '@fairlead/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { announced } from '../named-accounts-announced.js';
import {
  type AccountChange,
  type Ceiling,
  NamedAccountsStore,
  type StoredVersion,
  type Taken,
} from '../store/named-accounts.store.js';
import { DOCUMENT_TYPES } from './document-body.js';
import { MAX_LIST_BYTES, readListDocument, readListTable } from './read-list.js';
import { ApiVersion, versionOf } from './versions.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** Nine digits: no list has had so many versions or entries, and every such number is one that PostgreSQL can hold. */
const NUMBER = /^[1-9]\d{0,8}$/;
/** `3.1000`: the page after the 1,000th entry of version 3. */
const PLACE = /^([1-9]\d{0,8})\.([1-9]\d{0,8})$/;
/** Who answers for a list in CSV. A header and not the query: it may be a person, and addresses are written into logs. */
const OWNER_HEADER = 'list-owner';

export class AccountView implements NamedAccount {
  @ApiPropertyOptional() domain?: string;
  @ApiPropertyOptional() company?: string;
  @ApiProperty() owner: string;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch: reserved from here …' }) from: number;
  @ApiPropertyOptional({ type: 'integer', description: '… and no longer from here on.' }) until?: number;
}

export class AccountCounts {
  @ApiProperty({ type: 'integer' }) entries: number;
  @ApiProperty({ type: 'integer', description: 'Of these, how many reserve an account at this moment.' })
  inForce: number;
}

export class ChangeCounts {
  @ApiProperty({ type: 'integer' }) added: number;
  @ApiProperty({ type: 'integer' }) removed: number;
  @ApiProperty({ type: 'integer', description: 'The same account, with another owner or other dates.' })
  changed: number;
}

export class ListView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({
    description: 'SHA-256 of the canonical JSON of `{ owner, entries }`, all entries as the pages show them.',
  })
  hash: string;
  @ApiProperty() owner: string;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) changedAt: number;
  @ApiProperty({ description: 'The key that wrote this version.' }) changedBy: string;
  @ApiProperty({ description: 'Since the version before.' }) changes: ChangeCounts;
  @ApiProperty() counts: AccountCounts;
}

export class VersionView extends ChangeCounts {
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty() hash: string;
  @ApiProperty() owner: string;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) changedAt: number;
  @ApiProperty({ description: 'The key that wrote this version.' }) changedBy: string;
  @ApiProperty({ type: 'integer' }) entries: number;
}

export class HistoryView {
  @ApiProperty({ type: [VersionView], description: 'The newest first.' }) versions: readonly VersionView[];
  @ApiPropertyOptional() next?: string;
}

export class EntriesView {
  @ApiProperty({ type: 'integer', description: 'The version that all pages from the first one on are of.' })
  version: number;
  @ApiProperty({ type: [AccountView], description: 'Domains first, then companies.' }) entries: readonly AccountView[];
  @ApiPropertyOptional() next?: string;
}

export class AccountChangeView {
  @ApiProperty({ enum: ['added', 'removed', 'changed'] }) change: AccountChange['change'];
  @ApiPropertyOptional() before?: AccountView;
  @ApiPropertyOptional() after?: AccountView;
}

export class AccountsComparisonView {
  @ApiProperty({ type: 'integer' }) from: number;
  @ApiProperty({ type: 'integer' }) to: number;
  @ApiProperty() counts: ChangeCounts;
  @ApiProperty({ type: [AccountChangeView] }) changes: readonly AccountChangeView[];
  @ApiPropertyOptional() next?: string;
}

export class TakenView {
  @ApiProperty({ description: 'A, B, C, D, or incomplete.' }) grade: string;
  @ApiProperty({ type: 'integer', description: 'Leads that went to direct because of this list.' }) taken: number;
  @ApiProperty({ type: 'integer', description: 'Leads of this grade since the pool first used the list.' }) of: number;
  @ApiProperty({ type: Number, nullable: true, description: 'taken / of; null while there were none.' })
  share: number | null;
}

export class PoolShareView {
  @ApiProperty() pool: string;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'The share of any grade that it may take at most; null where the policy in force no longer uses it.',
  })
  ceiling: number | null;
  @ApiProperty({ type: [TakenView] }) grades: readonly TakenView[];
}

export class PublishedListView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) changedAt: number;
  @ApiProperty() counts: AccountCounts;
  @ApiProperty({ type: [PoolShareView] }) pools: readonly PoolShareView[];
}

export class PublishedListsView {
  @ApiProperty({ type: [PublishedListView] }) lists: readonly PublishedListView[];
  @ApiPropertyOptional() next?: string;
}

/** Lists of accounts that are reserved for direct. A new version is in force at once, and is told in events. */
@ApiTags('named accounts')
@ApiBearerAuth()
@Controller('v1/named-accounts')
export class NamedAccountsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly lists: NamedAccountsStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'How many accounts are reserved, and what share of each grade they took',
    description: 'The rate, beside its ceiling, for whoever is promised the rest; the accounts are not shown here.',
  })
  @ApiPage(NAME)
  @ApiResponse({ status: 200, type: PublishedListsView })
  async published(
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<PublishedListsView> {
    const { query } = this.units;
    const size = pageLimit(limit);
    if (after !== undefined && (typeof after !== 'string' || !NAME.test(after))) throw notNext();
    const found = await this.lists.lists(query, { after: after ?? '', limit: size + 1 });
    const page = found.slice(0, size);
    const [inForce, taken, ceilings] = await Promise.all([
      this.lists.inForce(query, page, Date.now()),
      this.lists.taken(query),
      this.lists.ceilings(query),
    ]);
    return {
      lists: page.map(({ name, version, changedAt, entries }, index) => ({
        name,
        version,
        changedAt,
        counts: { entries, inForce: inForce[index] ?? 0 },
        pools: sharesOf(name, taken, ceilings),
      })),
      ...(found.length > size && { next: page.at(-1)?.name ?? '' }),
    };
  }

  @Get(':name')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'A list: the version in force, or the one asked for, without its entries' })
  @ApiVersion()
  @ApiResponse({ status: 200, type: ListView })
  async get(@Param('name') name: string, @QueryParameter('version') version?: unknown): Promise<ListView> {
    return this.shown(await this.found(name, versionOf(version)));
  }

  @Get(':name/entries')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'The entries of a list, page by page; all pages are of one version' })
  @ApiVersion('version', { description: 'The one in force, if not given.' })
  @ApiPage(PLACE)
  @ApiResponse({ status: 200, type: EntriesView })
  async entries(
    @Param('name') name: string,
    @QueryParameter('version') asked?: unknown,
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<EntriesView> {
    const size = pageLimit(limit);
    const start = after === undefined ? undefined : entryPlace(after);
    const list = await this.found(name, start?.version ?? versionOf(asked));
    const { version } = list;
    const position = start?.position ?? 0;
    const entries = await this.lists.entries(this.units.query, { name, version, after: position, limit: size });
    const last = position + entries.length;
    return { version, entries, ...(last < list.entries && entries.length > 0 && { next: `${version}.${last}` }) };
  }

  @Get(':name/history')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'Who changed the list when, and how much of it' })
  @ApiPage(NUMBER)
  @ApiResponse({ status: 200, type: HistoryView })
  async history(
    @Param('name') name: string,
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<HistoryView> {
    const size = pageLimit(limit);
    await this.found(name);
    const before = after === undefined ? undefined : wholeNumber(after);
    const found = await this.lists.history(this.units.query, name, { before, limit: size + 1 });
    const page = found.slice(0, size);
    return {
      versions: page.map(({ name: _, ...version }) => version),
      ...(found.length > size && { next: String(page.at(-1)?.version) }),
    };
  }

  @Get(':name/compare')
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({
    summary: 'What differs between two versions of a list, page by page',
    description:
      'An account that the list names more than once is compared entry by entry, in the order of their dates.',
  })
  @ApiVersion('from', { required: true })
  @ApiVersion('to', { description: 'The version in force, if not given.' })
  @ApiPage(NUMBER)
  @ApiResponse({ status: 200, type: AccountsComparisonView })
  async compare(
    @Param('name') name: string,
    @QueryParameter('from') earlier?: unknown,
    @QueryParameter('to') later?: unknown,
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<AccountsComparisonView> {
    const { query } = this.units;
    const size = pageLimit(limit);
    const asked = versionOf(earlier, 'from');
    if (asked === undefined) throw invalidInput([{ field: 'from', detail: 'must be a version of the list' }]);
    const { version: from } = await this.found(name, asked);
    const { version: to } = await this.found(name, versionOf(later, 'to'));
    const place = after === undefined ? 0 : wholeNumber(after);
    const counts = await this.lists.countChanges(query, name, from, to);
    const found = await this.lists.changes(query, { name, from, to, after: place, limit: size + 1 });
    const page = found.slice(0, size);
    return {
      from,
      to,
      counts,
      changes: page.map(({ place: _, ...change }) => change),
      ...(found.length > size && { next: String(page.at(-1)?.place) }),
    };
  }

  @Put(':name')
  @Allow('admin', 'manager')
  @Accepts(
    { ...DOCUMENT_TYPES, 'text/csv': 'stream' },
    { limitBytes: MAX_LIST_BYTES, schemas: { 'text/csv': { type: 'string' } } },
  )
  @ApiOperation({
    summary: 'Replace a list',
    description:
      '`{ owner, entries: [{ domain | company, owner, from, until? }] }` as JSON or YAML, or a table with these columns as CSV; ' +
      `at most ${MAX_NAMED_ACCOUNTS} entries and ${MAX_LIST_BYTES} bytes. Days count whole, in UTC. A list is taken whole or not at ` +
      'all: everything that is wrong is named by its row and field, the first hundred of it, and counted. The order of ' +
      'the rows means nothing.',
  })
  @ApiParam({ name: 'name', schema: { type: 'string', pattern: NAME.source } })
  @ApiBody({ schema: publishedSchema('NamedAccountsDocument', ListDocument) })
  @ApiHeader({
    name: OWNER_HEADER,
    required: false,
    description:
      'With CSV: who answers for the list, as text or percent-encoded UTF-8. Not needed for a list that has an owner.',
  })
  @ApiResponse({ status: 201, type: ListView, description: 'A new version, in force.' })
  @ApiResponse({ status: 200, type: ListView, description: 'The version in force says the same.' })
  @ApiResponse({ status: 400, description: 'Something is wrong with the list, and none of it was taken.' })
  @ApiResponse({ status: 413, description: 'Too large.' })
  @ApiExtension('x-says', ['named-accounts.entries', 'named-accounts.changed'])
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @Headers(OWNER_HEADER) owner: string | undefined,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListView> {
    if (!NAME.test(name)) {
      const detail = 'must be letters, digits, dots, underscores and hyphens, at most 63';
      throw invalidInput([{ field: 'name', detail }]);
    }
    const isTable = request.headers['content-type']?.toLowerCase().startsWith('text/csv') === true;
    const document = isTable
      ? await readListTable(
          body as Readable,
          await this.ownerOf(name, owner),
          Number(request.headers['content-length'] ?? 0),
        )
      : await readListDocument(body);
    const { stored, created } = await this.replace(name, document, caller);
    void reply.status(created ? 201 : 200);
    return this.shown(stored);
  }

  private async replace(name: string, document: NamedAccountDocument, { keyId }: Caller) {
    const hash = contentHash(document);
    return this.units.run(async (unit) => {
      const put = await this.lists.put(unit.query, name, { document, hash }, { by: keyId, now: unit.now });
      if (put.created) unit.say(await announced(put.stored, document.entries, { actor: keyId, now: unit.now }));
      return put;
    });
  }

  /** Who answers for a list that comes as a table. */
  private async ownerOf(name: string, header: string | undefined): Promise<string> {
    if (header !== undefined) {
      try {
        return decodeURIComponent(header);
      } catch {
        throw invalidInput([{ field: OWNER_HEADER, detail: 'must be text, or UTF-8 percent-encoded' }]);
      }
    }
    const list = await this.lists.find(this.units.query, name);
    if (list) return list.owner;
    const detail = 'is missing: a new list needs to say who answers for it';
    throw invalidInput([{ field: OWNER_HEADER, detail }]);
  }

  private async found(name: string, version?: number): Promise<StoredVersion> {
    const list = await this.lists.find(this.units.query, name, version);
    if (!list) throw notFound('list');
    return list;
  }

  private async shown(stored: StoredVersion): Promise<ListView> {
    const { name, version, hash, owner, changedAt, changedBy, added, removed, changed, entries } = stored;
    const [inForce = 0] = await this.lists.inForce(this.units.query, [stored], Date.now());
    const changes = { added, removed, changed };
    return { name, version, hash, owner, changedAt, changedBy, changes, counts: { entries, inForce } };
  }
}

/** By pool: those that use the list now, and those that did. */
function sharesOf(name: string, taken: readonly Taken[], ceilings: readonly Ceiling[]): PoolShareView[] {
  const used = taken.filter(({ list }) => list === name);
  const reserving = ceilings.filter(({ list }) => list === name);
  const pools = [...new Set([...reserving, ...used].map(({ pool }) => pool))].sort();
  return pools.map((pool) => ({
    pool,
    ceiling: ceilingOf(reserving.find((each) => each.pool === pool)),
    grades: used
      .filter((each) => each.pool === pool)
      .sort((a, b) => (a.grade < b.grade ? -1 : 1))
      .map(({ grade, taken: successes, of }) => ({
        grade,
        taken: successes,
        of,
        share: rate(successes, of).value,
      })),
  }));
}

/** As a share, like what stands beside it. */
function ceilingOf(reserving: Ceiling | undefined): number | null {
  return reserving ? rate(reserving.ceiling, 100).value : null;
}

function entryPlace(after: unknown): { version: number; position: number } {
  const [, version, position] = (typeof after === 'string' && PLACE.exec(after)) || [];
  return { version: wholeNumber(version), position: wholeNumber(position) };
}

function wholeNumber(after: unknown): number {
  if (typeof after !== 'string' || !NUMBER.test(after)) throw notNext();
  return Number(after);
}

function notNext() {
  return invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
}
