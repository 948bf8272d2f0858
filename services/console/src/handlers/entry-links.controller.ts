import { Body, Controller, Logger, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow, type Caller, CurrentCaller, notFound, Problem, secretOf, SessionsStore } from '@fairlead/platform';
import { IsOptional, IsString, Matches } from 'class-validator';
import type { FastifyRequest } from 'fastify';

export class MakeEntryLink {
  @ApiPropertyOptional({
    description:
      'In whose name: for administrators, the id of a key that was made with the one that asks, by itself or through others. ' +
      'Without it, in the name of the key that asks.',
    pattern: '^([0-9a-f]{16}|operator)$',
  })
  @IsOptional()
  @IsString()
  @Matches(/^(?:[0-9a-f]{16}|operator)$/, { message: 'keyId must be the id of a key' })
  keyId?: string;
}

export class EntryLink {
  @ApiProperty({ description: 'Opens the console once; to be put behind the address of this server.' }) path: string;
  @ApiProperty({ type: String, format: 'date-time', description: 'When it ends, used or not.' }) endsAt: Date;
}

/**
 * Links that open the console once, for people who should not have to type a key. Whoever makes one can be whom it is for; so it is made for no key
 * that somebody else made, and the session keeps who opened it.
 */
@ApiTags('console')
@ApiBearerAuth()
@Controller('console/links')
@Allow('admin', 'manager', 'partner', 'auditor')
export class EntryLinksController {
  private readonly logger = new Logger('console');

  constructor(private readonly sessions: SessionsStore) {}

  @Post()
  @ApiOperation({ summary: 'A link that opens the console once' })
  @ApiResponse({ status: 201, type: EntryLink })
  @ApiResponse({
    status: 403,
    description:
      'It is not made with the key that asks (`not-its-maker`): make one for that person, and the link for that.',
  })
  @ApiResponse({ status: 404, description: 'There is no such key, or it is not valid any more.' })
  async make(
    @Body() { keyId }: MakeEntryLink,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ): Promise<EntryLink> {
    if (keyId !== undefined && keyId !== caller.keyId && caller.role !== 'admin')
      throw new Problem(403, { type: 'forbidden', detail: 'Only an administrator’s key makes links for other keys.' });
    const link = await this.sessions.link(keyId ?? caller.keyId, secretOf(request));
    if (link === 'unknown') throw notFound('key');
    if (link === 'not-its-maker')
      throw new Problem(403, {
        type: 'not-its-maker',
        detail:
          `The key ${keyId} was not made with this one: nobody opens the console in the name of somebody else's key. Make a key for whoever ` +
          'is to look, and the link in its name.',
      });
    this.logger.log({ event: 'entry-link.made', actor: caller.keyId, keyId: keyId ?? caller.keyId });
    return { path: `/console#/enter/${link.secret}`, endsAt: link.endsAt };
  }
}
