import { reasons as answerReasons } from '@fairlead/events';
import { type OutcomeType, outcomeTypes } from '@fairlead/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsISO4217CurrencyCode,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';
import { LEAD_ID } from './lead-id.js';

/** Enough for a paragraph; more belongs into the partner's own system. Sealed, it must fit an event. */
export const MAX_NOTE = 2_000;
/** RFC 3339 with an offset: a time without one means something else to everybody. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const offerDescription = 'Which offer is meant, as `lead.routed` numbered it; without it, your latest one.';

export class AcceptLead {
  @ApiPropertyOptional({ description: offerDescription, minimum: 1, type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  offer?: number;
}

export class DeclineLead extends AcceptLead {
  @ApiProperty({ enum: answerReasons })
  @IsIn(answerReasons)
  reason: (typeof answerReasons)[number];

  @ApiPropertyOptional({ description: 'Free text. Kept encrypted, and erased with the lead.', maxLength: MAX_NOTE })
  @IsOptional()
  @IsString()
  @Length(1, MAX_NOTE)
  note?: string;
}

export class AmountOfMoney {
  @ApiProperty({ minimum: 0, description: 'In major units: 1250.5 is one thousand two hundred and fifty and a half.' })
  // How many decimals there may be is the currency's; class-validator cannot count those of 1e-7.
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  // Above any deal, and far below where a double loses whole cents.
  @Max(1_000_000_000_000)
  value: number;

  @ApiProperty({ description: 'ISO 4217', example: 'EUR' })
  @IsString()
  // The list's own check does not mind case; an event does.
  @Matches(/^[A-Z]{3}$/, { message: 'currency must be three capital letters' })
  @IsISO4217CurrencyCode()
  currency: string;
}

/** What an outcome is corrected to when nothing of the kind had happened. */
const MISTAKEN = 'mistaken';

export class CorrectedOutcome {
  @ApiProperty({ enum: outcomeTypes })
  @IsIn(outcomeTypes)
  type: OutcomeType;

  @ApiPropertyOptional({
    description: 'When it was said to have happened; only where that matters.',
    format: 'date-time',
  })
  @IsOptional()
  @IsString()
  @Matches(RFC_3339, { message: 'at must be a time such as 2026-01-31T09:30:00Z' })
  at?: string;

  @ApiPropertyOptional({ enum: answerReasons, description: 'As it was reported with.' })
  @IsOptional()
  @IsIn(answerReasons)
  reason?: (typeof answerReasons)[number];

  @ApiPropertyOptional({ type: AmountOfMoney, description: 'As it was reported with.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AmountOfMoney)
  amount?: AmountOfMoney;
}

export class ReportOutcome extends AcceptLead {
  @ApiProperty({
    enum: [...outcomeTypes, MISTAKEN],
    description:
      '`qualified`: an opportunity. `returned`: back to the vendor, with a reason, before it became one. ' +
      '`mistaken`, with `corrects`: what was reported had not happened.',
  })
  @IsIn([...outcomeTypes, MISTAKEN])
  type: OutcomeType | typeof MISTAKEN;

  @ApiPropertyOptional({
    type: CorrectedOutcome,
    description:
      'What you reported before, in the same words, and is not right: the rest of the body is right instead. A win may have been a loss ' +
      'and the other way round; of a return only its reason and time can be wrong. Without `at` it was at the same time.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CorrectedOutcome)
  corrects?: CorrectedOutcome;

  @ApiPropertyOptional({ description: 'When it happened, RFC 3339; without it, now.', format: 'date-time' })
  @IsOptional()
  @IsString()
  @Matches(RFC_3339, { message: 'at must be a time such as 2026-01-31T09:30:00Z' })
  at?: string;

  @ApiPropertyOptional({ enum: answerReasons, description: 'For `returned`, which needs one, and for `lost`.' })
  @IsOptional()
  @IsIn(answerReasons)
  reason?: (typeof answerReasons)[number];

  @ApiPropertyOptional({ type: AmountOfMoney, description: 'Only for `won`.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AmountOfMoney)
  amount?: AmountOfMoney;

  @ApiPropertyOptional({ description: 'Free text. Kept encrypted, and erased with the lead.', maxLength: MAX_NOTE })
  @IsOptional()
  @IsString()
  @Length(1, MAX_NOTE)
  note?: string;
}

/** One of several that are reported together. */
export class OutcomeRow extends ReportOutcome {
  @ApiProperty({ description: 'The lead’s id.', format: 'uuid' })
  @Matches(LEAD_ID, { message: 'lead must be the id of a lead' })
  lead: string;
}
