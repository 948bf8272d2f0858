import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { RateView } from '../view/trust-view.js';
import type {
  BandCalibration,
  Calibration,
  ChanceCalibration,
  Quality,
  QualityCounts,
  SourceQuality,
} from './source-quality.js';

const byReason = { type: 'object', additionalProperties: { type: 'integer' } } as const;

export class ScoredByGrade {
  @ApiProperty({ type: 'integer' }) A: number;
  @ApiProperty({ type: 'integer' }) B: number;
  @ApiProperty({ type: 'integer' }) C: number;
  @ApiProperty({ type: 'integer' }) D: number;
  @ApiProperty({ type: 'integer', description: 'Incomplete, or not qualified.' }) none: number;
}

/** Names of the OpenAPI document; the figures themselves are made in `source-quality.ts`. */
export class QualityCountsView implements QualityCounts {
  @ApiProperty({ type: 'integer' }) received: number;
  @ApiProperty({
    type: 'integer',
    description: 'How often somebody was sent again who was known as one of these leads.',
  })
  duplicates: number;
  @ApiProperty({ type: 'integer', description: 'At any time, for what they lacked.' }) held: number;
  @ApiProperty() scored: ScoredByGrade;
  @ApiProperty({ type: 'integer' }) notQualified: number;
  @ApiProperty({ type: 'integer', description: 'Offered to somebody.' }) routed: number;
  @ApiProperty({ type: 'integer' }) accepted: number;
  @ApiProperty({ ...byReason, description: 'By reason; a lead counts once for each.' }) declined: Record<
    string,
    number
  >;
  @ApiProperty({ ...byReason, description: 'By reason; a lead counts once for each.' }) returned: Record<
    string,
    number
  >;
  @ApiProperty({ type: 'integer', description: 'Became an opportunity.' }) qualified: number;
  @ApiProperty({ type: 'integer' }) won: number;
}

export class QualityRatesView {
  @ApiProperty({ description: 'Of the leads received, as the next two.' }) held: RateView;
  @ApiProperty() routed: RateView;
  @ApiProperty() notQualified: RateView;
  @ApiProperty({ description: 'Of those routed.' }) accepted: RateView;
  @ApiProperty({ description: 'Of those accepted, as the next two.' }) returned: RateView;
  @ApiProperty() qualified: RateView;
  @ApiProperty() won: RateView;
}

export class CalibrationOf implements Calibration {
  @ApiProperty({ type: 'integer' }) leads: number;
  @ApiProperty({ type: 'integer' }) accepted: number;
  @ApiProperty({ description: 'Of those accepted.' }) qualified: RateView;
  @ApiProperty({ description: 'Of those accepted.' }) won: RateView;
}

export class BandCalibrationView extends CalibrationOf implements BandCalibration {
  @ApiProperty({ description: 'From this on.' }) from: number;
  @ApiProperty({ description: 'Below this, which the last band includes.' }) to: number;
}

export class ChanceCalibrationView extends BandCalibrationView implements ChanceCalibration {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Mean of what was predicted for those accepted, to hold against what was won.',
  })
  predicted: number | null;
}

@ApiExtraModels(CalibrationOf)
export class CalibrationView {
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(CalibrationOf) } })
  byGrade: Readonly<Record<string, CalibrationOf>>;
  @ApiProperty({ type: [BandCalibrationView], description: 'Score, in tens.' }) byScore: readonly BandCalibrationView[];
  @ApiProperty({
    type: [ChanceCalibrationView],
    description: 'Predicted probability, where a model predicts one, in tenths.',
  })
  byChance: readonly ChanceCalibrationView[];
}

export class QualityView implements Quality {
  @ApiProperty() counts: QualityCountsView;
  @ApiProperty() rates: QualityRatesView;
  @ApiProperty() calibration: CalibrationView;
}

export class CampaignQualityView extends QualityView {
  @ApiProperty() campaign: string;
}

export class SourceQualityView extends QualityView implements SourceQuality {
  @ApiProperty() source: string;
  @ApiProperty({ format: 'date' }) from: string;
  @ApiProperty({ format: 'date' }) to: string;
  @ApiProperty({ description: 'The attribute that tells campaigns apart.' }) campaign: string;
  @ApiProperty({ format: 'date-time' }) asOf: string;
  @ApiProperty({ type: [CampaignQualityView], description: 'The campaigns with most leads, those first.' })
  campaigns: readonly CampaignQualityView[];
  @ApiProperty({ type: 'integer', description: 'Campaigns that are left out.' }) furtherCampaigns: number;
}
