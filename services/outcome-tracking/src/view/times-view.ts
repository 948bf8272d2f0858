import type { PercentileTime, TimePoint, Times, TimesReport } from '@fairlead/decisions';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { AsOfView, LeftOut } from './trust-view.js';

export class PercentileTimeView implements PercentileTime {
  @ApiProperty({ type: Number, nullable: true, description: 'Hours; null: not reached so far.' }) time: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Lower end of the 95 % interval.' }) low: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Null: it may be any later time.' }) high: number | null;
}

export class TimePointView implements TimePoint {
  @ApiProperty({
    type: 'integer',
    description: 'Hours from the offer, rounded up: whole hours to two days, then whole days.',
  })
  time: number;
  @ApiProperty({ type: 'integer', description: 'Leads that it had not happened to, and were still followed.' })
  atRisk: number;
  @ApiProperty({ type: 'integer' }) happened: number;
  @ApiProperty({ description: 'Of all leads, to which it has happened by now (Kaplan and Meier 1958).' }) share: number;
  @ApiProperty({ type: Number, nullable: true, description: 'Lower end of the 95 % interval.' }) low: number | null;
  @ApiProperty({ type: Number, nullable: true }) high: number | null;
}

export class TimesOfView implements Times {
  @ApiProperty({ type: 'integer', description: 'Accepted; for `accept`, offered.' }) leads: number;
  @ApiProperty({ type: 'integer' }) happened: number;
  @ApiProperty({ description: 'By when it has happened to a quarter of all.' }) quarter: PercentileTimeView;
  @ApiProperty() median: PercentileTimeView;
  @ApiProperty() threeQuarters: PercentileTimeView;
  @ApiProperty({ type: [TimePointView] }) curve: readonly TimePointView[];
}

export class TimesOfChannelsView {
  @ApiProperty() direct: TimesOfView;
  @ApiProperty() channel: TimesOfView;
}

@ApiExtraModels(TimesOfView)
export class TimesView implements TimesReport {
  @ApiProperty({ type: String, nullable: true }) pool: string | null;
  @LeftOut() leftOut: readonly string[];
  @ApiProperty({ type: String, nullable: true }) from: string | null;
  @ApiProperty({ type: String, nullable: true }) to: string | null;
  @ApiProperty({ enum: ['accept', 'contact', 'qualify', 'win', 'close'] }) what: string;
  @ApiProperty() asOf: AsOfView;
  @ApiProperty() channels: TimesOfChannelsView;
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(TimesOfView) } })
  parties: Readonly<Record<string, TimesOfView>>;
}
