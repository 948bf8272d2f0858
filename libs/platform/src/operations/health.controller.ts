import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/decorators.js';
import { ReadinessProbes, type Readiness } from './readiness.js';

@ApiTags('operations')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly probes: ReadinessProbes) {}

  @Get('live')
  @HttpCode(200)
  @ApiResponse({ status: 200, description: 'The process answers. Says nothing about what it depends on.' })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiResponse({ status: 200, description: 'Everything that this process needs works.' })
  @ApiResponse({ status: 503, description: 'Something does not; each check says what.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: string } & Omit<Readiness, 'ready'>> {
    const { ready, checks } = await this.probes.check();
    if (!ready) void reply.code(503);
    return { status: ready ? 'ready' : 'not ready', checks };
  }
}
