import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/decorators.js';
import { ReadinessProbes, type Readiness } from './readiness.js';

export class LivenessView {
  @ApiProperty({ enum: ['live'] }) status: 'live';
}

export class CheckView {
  @ApiProperty() name: string;
  @ApiProperty() ok: boolean;
  @ApiPropertyOptional({ description: 'What is wrong, in a few words.' }) reason?: string;
  @ApiPropertyOptional({ description: 'What somebody should look at all the same.' }) remark?: string;
}

export class ReadinessView {
  @ApiProperty({ enum: ['ready', 'not ready'] }) status: string;
  @ApiPropertyOptional({ type: [CheckView], description: 'Of this process.' }) checks?: Readiness['checks'];
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Of a gateway: whether each service is ready, and its checks.',
  })
  services?: readonly object[];
}

@ApiTags('operations')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly probes: ReadinessProbes) {}

  @Get('live')
  @HttpCode(200)
  @ApiResponse({
    status: 200,
    type: LivenessView,
    description: 'The process answers. Says nothing about what it depends on.',
  })
  live(): LivenessView {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiResponse({ status: 200, type: ReadinessView, description: 'Everything that this process needs works.' })
  @ApiResponse({ status: 503, type: ReadinessView, description: 'Something does not; each check says what.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessView> {
    const { ready, checks } = await this.probes.check();
    if (!ready) void reply.code(503);
    return { status: ready ? 'ready' : 'not ready', checks };
  }
}
