import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow } from '@fairlead/platform';
import { type ReadModels, readModelsOf } from '../read-models/compare-read-models.js';

export class ReadModelPartView {
  @ApiProperty({ type: 'integer' }) leads: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Events that they are folded from; null: some are from before events were counted.',
  })
  events: number | null;
  @ApiProperty({ description: 'SHA-256 of the rows of leads and offers, hexadecimal.' }) hash: string;
}

export class ReadModelsView {
  @ApiProperty({ type: [ReadModelPartView], description: '256 parts: leads by the first byte of their ids.' })
  parts: ReadModelPartView[];
  @ApiProperty({ type: 'integer' }) offers: number;
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Hash of the counts that figures are made of; null: some offers are from before they were counted by source and attribute.',
  })
  counted: string | null;
  @ApiProperty({ description: 'Hash of the promises of all versions of policies.' }) promises: string;
}

/** What the views of leads, offers and counts come to: whoever rebuilds them from the log comes to the same. */
@ApiTags('log')
@ApiBearerAuth()
@Controller('v1/read-models')
@Allow('admin', 'manager', 'auditor')
export class ReadModelsController {
  /** One at a time: all rows are read for it, and whoever asks meanwhile is answered with that. */
  private reading: Promise<ReadModels> | undefined;

  constructor(private readonly units: UnitsOfWork) {}

  @Get()
  @ApiOperation({
    summary: 'Hashes of what leads, offers and counts are shown from',
    description:
      '`fairlead export` keeps them beside the log, and `fairlead replay` compares with what the log comes to.',
  })
  @ApiResponse({ status: 200, type: ReadModelsView })
  async hashes(): Promise<ReadModels> {
    if (this.reading) return this.reading;
    const reading = this.units.run(async ({ query }) => {
      // All of it as it was at one moment, however long it takes.
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return readModelsOf(query);
    });
    this.reading = reading;
    try {
      return await reading;
    } finally {
      this.reading = undefined;
    }
  }
}
