import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { register } from 'prom-client';
import { Allow } from '../access/decorators.js';

@ApiTags('operations')
@ApiBearerAuth()
@Controller('metrics')
@Allow('admin', 'manager', 'auditor')
export class MetricsController {
  @Get()
  @Header('content-type', register.contentType)
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    description: 'Figures about this process in the text format of Prometheus.',
    schema: { type: 'string' },
  })
  read(): Promise<string> {
    return register.metrics();
  }
}
