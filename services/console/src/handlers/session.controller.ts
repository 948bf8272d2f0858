import { Body, Controller, Delete, Get, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  type Caller,
  Callers,
  csrfTokenOf,
  CurrentCaller,
  invalidInput,
  Problem,
  Public,
  RecentCounts,
  type Role,
  roles,
  sessionCookie,
  sessionOf,
  SessionsStore,
} from '@fairlead/platform';
import { IsOptional, IsString, Length } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Wrong links from one address in a minute; they are not guessed, but looking each up costs something. */
const MAX_WRONG_LINKS = 30;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

export class BeginSession {
  @ApiPropertyOptional({ description: 'An API key, `flk_…`. This or a link.', maxLength: 512 })
  @IsOptional()
  @IsString()
  @Length(1, 512)
  key?: string;

  @ApiPropertyOptional({ description: 'A link that is good for one session, `fll_…`.', maxLength: 128 })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  link?: string;
}

export class SessionView {
  @ApiProperty({ enum: roles }) role: Role;
  @ApiProperty({ type: String, nullable: true, description: 'The partner that it speaks for.' }) partner: string | null;
  @ApiProperty({ description: 'The key in whose name it is, as events and logs name it.' }) keyId: string;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'To be sent as `x-csrf-token` with whatever changes something. Null for a key, which needs none.',
  })
  csrfToken: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it ends by itself.' })
  endsAt: Date | null;
}

/** Who looks at the console: a browser’s session, which has what its key has and ends with it. */
@ApiTags('console')
@ApiBearerAuth()
@Controller('console/session')
@Allow('admin', 'manager', 'partner', 'auditor')
export class SessionController {
  private readonly logger = new Logger('console');
  private readonly wrongLinks = new RecentCounts(MAX_WRONG_LINKS, WINDOW_MS, MAX_ADDRESSES);

  constructor(
    private readonly sessions: SessionsStore,
    private readonly callers: Callers,
  ) {}

  @Post()
  @Public()
  @ApiOperation({ summary: 'Begin a session', description: 'With a key, or with a link that can be used once.' })
  @ApiResponse({ status: 201, type: SessionView, description: 'The session’s cookie comes with it.' })
  @ApiResponse({
    status: 401,
    description: 'The key is not valid; the link was used before, is over, or never was one.',
  })
  @ApiResponse({ status: 403, description: 'A source has nothing to see here.' })
  @ApiResponse({ status: 429, description: 'Too many wrong ones came from this address.' })
  async begin(
    @Body() { key, link }: BeginSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    if ((key === undefined) === (link === undefined))
      throw invalidInput([{ field: '/key', detail: 'either a key or a link is needed' }]);
    const { secret, endsAt } =
      key === undefined ? await this.byLink(String(link), request.ip) : await this.byKey(key, request.ip);
    const caller = await this.callers.identify(secret, request.ip);
    if (!caller || 'retryAfterMs' in caller) throw refused('It was withdrawn just now.');
    void reply.header('set-cookie', sessionCookie(request, secret, endsAt));
    this.logger.log({
      event: 'session.begun',
      actor: caller.keyId,
      role: caller.role,
      by: key === undefined ? 'link' : 'key',
      openedBy: caller.openedBy,
    });
    return viewOf(caller, secret, endsAt);
  }

  @Get()
  @ApiOperation({ summary: 'Whose session this is' })
  @ApiResponse({ status: 200, type: SessionView })
  async current(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<SessionView> {
    const session = request.headers.authorization === undefined ? sessionOf(request) : undefined;
    return viewOf(caller, session, session === undefined ? null : ((await this.sessions.endOf(session)) ?? null));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'End the session' })
  @ApiResponse({ status: 204, description: 'It is over, here at once and in every process within seconds.' })
  async end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const session = sessionOf(request);
    if (session === undefined) return;
    await this.sessions.end(session);
    this.callers.forgetKey(session);
    void reply.header('set-cookie', sessionCookie(request, '', null));
  }

  private async byKey(key: string, address: string) {
    const caller =
      key.startsWith('flk_') || !/^fl[sl]_/.test(key) ? await this.callers.identify(key, address) : undefined;
    if (!caller) throw refused('The key is not valid.');
    if ('retryAfterMs' in caller) throw tooMany(caller.retryAfterMs);
    if (caller.role === 'source')
      throw new Problem(403, {
        type: 'forbidden',
        detail: 'The key of a source sends leads; it has nothing to see here.',
      });
    const issued = await this.sessions.begin(key);
    if (!issued) throw refused('The key was withdrawn just now.');
    return issued;
  }

  private async byLink(link: string, address: string) {
    const retryAfterMs = this.wrongLinks.fullForMs(address);
    if (retryAfterMs !== undefined) throw tooMany(retryAfterMs);
    const issued = await this.sessions.redeem(link);
    if (issued) return issued;
    this.wrongLinks.note(address);
    throw refused('This link was used before, or its time is over. Ask for another, or sign in with a key.');
  }
}

function viewOf({ role, partnerId, keyId }: Caller, session: string | undefined, endsAt: Date | null): SessionView {
  const csrfToken = session === undefined ? null : csrfTokenOf(session);
  return { role, partner: partnerId ?? null, keyId, csrfToken, endsAt };
}

function refused(detail: string): Problem {
  return new Problem(401, { type: 'unauthorized', detail });
}

function tooMany(retryAfterMs: number): Problem {
  return new Problem(429, {
    type: 'too-many-failures',
    detail: 'Too many wrong keys or links came from this address.',
    retryAfterSeconds: retryAfterMs / 1000,
  });
}
