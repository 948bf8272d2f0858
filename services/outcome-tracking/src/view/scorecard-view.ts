import type {
  Beside,
  ComparedBeside,
  ComparedOrWithheld,
  PartySide,
  PromiseToParty,
  Together,
  VendorSide,
} from '@fairlead/decisions';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { ScorecardAnswer } from '../trust/scorecard-answer.js';
import { AsOfView, LeftOut, RateView, SidesInPercent } from './trust-view.js';

/** Names of the OpenAPI document; the figures themselves are made in the decisions library. */
export class BesideView implements Beside {
  @ApiProperty() own: RateView;
  @ApiProperty({
    type: RateView,
    nullable: true,
    description: 'All partners together, this one among them; null where it is withheld.',
  })
  partners: RateView | null;
  @ApiProperty() direct: RateView;
}

export class ComparedOrWithheldView implements ComparedOrWithheld {
  @ApiProperty({ description: 'As a plain report has it.' }) crude: RateView;
  @ApiProperty({
    type: RateView,
    nullable: true,
    description: 'With the mix of all leads; null where it is withheld, or nothing was counted.',
  })
  standardised: RateView | null;
}

export class ComparedTogetherView {
  @ApiProperty({ type: RateView, nullable: true }) crude: RateView | null;
  @ApiProperty({ type: RateView, nullable: true }) standardised: RateView | null;
}

export class ComparedBesideView implements ComparedBeside {
  @ApiProperty() own: ComparedOrWithheldView;
  @ApiProperty({ description: 'All partners together; null where it is withheld.' }) partners: ComparedTogetherView;
  @ApiProperty() direct: ComparedOrWithheldView;
}

export class LikeForLikeBesideView {
  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'number' },
    description:
      'What share of all accepted leads each grade is, or some grades put together (`C+D`), by which leads are then compared.',
  })
  commonMix: Readonly<Record<string, number>> | null;
  @ApiProperty() qualified: ComparedBesideView;
  @ApiProperty() won: ComparedBesideView;
}

export class PartySideView implements PartySide {
  @ApiProperty({ description: 'Not left to run out, of the offers no longer open.' }) answeredInTime: BesideView;
  @ApiProperty({ description: 'Of the same.' }) accepted: BesideView;
  @ApiProperty({ description: 'Of the leads accepted, as the next four.' }) contacted: BesideView;
  @ApiProperty() qualified: BesideView;
  @ApiProperty() won: BesideView;
  @ApiProperty() lost: BesideView;
  @ApiProperty() returned: BesideView;
  @ApiProperty() likeForLike: LikeForLikeBesideView;
}

export class ReceivedView {
  @ApiProperty() direct: RateView;
  @ApiProperty() channel: RateView;
  @ApiProperty({ description: 'This partner’s part of all of them.' }) own: RateView;
}

export class PromiseToPartyView implements PromiseToParty {
  @ApiProperty({
    type: SidesInPercent,
    nullable: true,
    description: 'As the policies of the period promised; null when no promise is known, or it is withheld.',
  })
  promised: SidesInPercent | null;
  @ApiProperty({ description: 'Of the leads under the promise that anybody kept.' }) received: ReceivedView;
}

export class OutsideBesideView {
  @ApiProperty() namedAccount: BesideView;
  @ApiProperty() protectedAccount: BesideView;
  @ApiProperty() fallback: BesideView;
  @ApiProperty() override: BesideView;
  @ApiProperty() noConsent: BesideView;
}

const rates = { type: 'object', additionalProperties: { $ref: getSchemaPath(RateView) } } as const;

export class MixView {
  @ApiProperty(rates) own: Readonly<Record<string, RateView>>;
  @ApiProperty({
    ...rates,
    description: 'Grades of which there are too few are put together (`C+D`); empty where all of it is withheld.',
  })
  partners: Readonly<Record<string, RateView>>;
  @ApiProperty(rates) direct: Readonly<Record<string, RateView>>;
}

export class ReturnsView {
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'How many leads, by reason.' })
  byReason: Readonly<Record<string, number>>;
  @ApiProperty({ description: 'Of the leads that it returned: those that were never offered to it again.' })
  honoured: RateView;
}

export class VendorSideView implements VendorSide {
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(PromiseToPartyView) },
    description:
      'By grade, or by some put together (`C+D`): what was promised, what the channel received, and what this partner.',
  })
  promise: Readonly<Record<string, PromiseToPartyView>>;
  @ApiProperty({ description: 'Of the offers no longer open: those that stood outside the promise.' })
  outside: OutsideBesideView;
  @ApiProperty({ description: 'What share of the offers no longer open each grade is.' }) mix: MixView;
  @ApiProperty({ description: 'Routed although something was missing; of the offers no longer open.' })
  incomplete: BesideView;
  @ApiProperty({ description: 'Confirmed by the receiver’s own system, of all offers.' }) delivered: BesideView;
  @ApiProperty() returns: ReturnsView;
}

@ApiExtraModels(RateView, PromiseToPartyView)
export class ScorecardView implements ScorecardAnswer {
  @ApiProperty({ description: 'A partner’s id, or `direct`.' }) partner: string;
  @ApiProperty({ type: String, nullable: true }) pool: string | null;
  @LeftOut() leftOut: readonly string[];
  @ApiProperty({ format: 'date' }) from: string;
  @ApiProperty({ format: 'date' }) to: string;
  @ApiProperty() asOf: AsOfView;
  @ApiProperty({
    enum: ['whole', 'protected', 'none'],
    description:
      'What is told of all partners together: all of it, to the vendor; to a partner what tells no other’s figures, or ' +
      'nothing, when not one whole quarter of all pools was asked for.',
  })
  together: Together;
  @ApiProperty({ description: 'What the partner promised, and kept.' }) party: PartySideView;
  @ApiProperty({ description: 'What the vendor promised, and kept.' }) vendor: VendorSideView;
}
