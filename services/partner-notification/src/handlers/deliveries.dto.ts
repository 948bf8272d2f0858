import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { STATES } from '../store/delivery-history.store.js';
import { REPLAYED } from '../store/replays.store.js';

export class AttemptView {
  @ApiProperty({ type: 'integer' }) attempt: number;
  @ApiProperty({ format: 'date-time' }) startedAt: string;
  @ApiProperty({ type: 'integer', nullable: true }) durationMs: number | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Of the answer, where there was one.' })
  status: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, in a word.' }) failure: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer.' }) excerpt: string | null;
}

export class DeliveryView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty() eventType: string;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Null: a test or a digest, which is about no one lead.',
  })
  leadId: string | null;
  @ApiProperty({ enum: STATES }) state: string;
  @ApiProperty({ type: String, nullable: true }) reason: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) createdAt: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) nextAttemptAt: Date | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The delivery that this one repeats.' })
  resendOf: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The latest one that repeats this.' })
  resentAs: string | null;
  @ApiProperty({ type: [AttemptView] }) attempts: readonly unknown[];
}

export class DeliveriesView {
  @ApiProperty({ type: [DeliveryView] }) deliveries: DeliveryView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export class ResentView {
  @ApiProperty({ format: 'uuid', description: 'Of the new delivery, and the `webhook-id` that it is sent under.' })
  deliveryId: string;
  @ApiProperty({ format: 'uuid', description: 'Of the one that it repeats.' }) resendOf: string;
}

export class ReplayCountView {
  @ApiProperty({ type: 'integer', description: 'How many are sent again.' }) deliveries: number;
  @ApiProperty({ description: 'Whether there may be more than one request can ask for.' }) more: boolean;
}

export class ReplayView extends ReplayCountView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ type: String, format: 'date-time' }) since: Date;
  @ApiProperty({ type: String, format: 'date-time' }) until: Date;
  @ApiProperty({ enum: REPLAYED }) state: string;
  @ApiProperty({ type: 'integer', description: 'How many of them wait for the endpoint by now, or are settled.' })
  resent: number;
  @ApiProperty({ type: String, format: 'date-time' }) requestedAt: Date;
  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Missing: it is under way.' })
  endedAt?: Date;
}
