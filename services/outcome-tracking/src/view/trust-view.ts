import type {
  ByGrade,
  ChannelGap,
  Compared,
  Estimated,
  Figures,
  Gap,
  NoWord,
  PartyLikeForLike,
  PromiseKept,
  Tally,
} from '@fairlead/decisions';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { Position } from '../store/position.store.js';
import type { AsOf, TrustAnswer } from '../trust/trust-answer.js';

/** Names of the OpenAPI document; the figures themselves are made in the decisions library. */
export class RateView {
  @ApiProperty({ type: Number, nullable: true }) value: number | null;
  @ApiProperty({ type: 'integer' }) successes: number;
  @ApiProperty({ type: 'integer' }) trials: number;
  @ApiProperty({ type: Number, nullable: true, description: 'Lower end of the 95 % Wilson interval.' })
  low: number | null;
  @ApiProperty({ type: Number, nullable: true }) high: number | null;
}

export class RatesView {
  @ApiProperty({ description: 'Of the offers made.' }) delivered: RateView;
  @ApiProperty({ description: 'Of the offers no longer open, as the next two.' }) accepted: RateView;
  @ApiProperty() declined: RateView;
  @ApiProperty() expired: RateView;
  @ApiProperty({ description: 'Of the leads accepted, as the next four.' }) contacted: RateView;
  @ApiProperty({ description: 'Became an opportunity.' }) qualified: RateView;
  @ApiProperty() won: RateView;
  @ApiProperty() lost: RateView;
  @ApiProperty() returned: RateView;
  @ApiProperty({ description: 'Of the opportunities.' }) wonOfQualified: RateView;
}

/** Offers, and what became of them; a later step includes the earlier ones. */
export class CountsView implements Tally {
  @ApiProperty({ type: 'integer' }) offered: number;
  @ApiProperty({ type: 'integer', description: 'Confirmed by the party’s own system.' }) delivered: number;
  @ApiProperty({ type: 'integer' }) accepted: number;
  @ApiProperty({ type: 'integer' }) declined: number;
  @ApiProperty({ type: 'integer' }) expired: number;
  @ApiProperty({ type: 'integer' }) withdrawn: number;
  @ApiProperty({ type: 'integer', description: 'Their clock still runs.' }) open: number;
  @ApiProperty({ type: 'integer', description: 'Neither declined nor expired, withdrawn or returned: received.' })
  kept: number;
  @ApiProperty({ type: 'integer' }) contacted: number;
  @ApiProperty({ type: 'integer' }) qualified: number;
  @ApiProperty({ type: 'integer' }) won: number;
  @ApiProperty({ type: 'integer' }) lost: number;
  @ApiProperty({ type: 'integer' }) returned: number;
}

export class FiguresView implements Figures {
  @ApiProperty() counts: CountsView;
  @ApiProperty() rates: RatesView;
}

export class SidesInPercent {
  @ApiProperty() direct: number;
  @ApiProperty() channel: number;
}

export class SidesAsRates {
  @ApiProperty() direct: RateView;
  @ApiProperty() channel: RateView;
}

export class OutsideView {
  @ApiProperty({ type: 'integer' }) namedAccount: number;
  @ApiProperty({
    type: 'integer',
    description: 'Of deals that were registered, and of customers with a partner of record.',
  })
  protectedAccount: number;
  @ApiProperty({ type: 'integer' }) fallback: number;
  @ApiProperty({ type: 'integer' }) override: number;
  @ApiProperty({ type: 'integer', description: 'Direct’s, because the person has not agreed that partners have it.' })
  noConsent: number;
}

export class PromiseView implements PromiseKept {
  @ApiProperty({ type: SidesInPercent, nullable: true, description: 'As the policies of the period promised.' })
  promised: SidesInPercent | null;
  @ApiProperty({ description: 'Of the leads under the promise that anybody kept.' }) received: SidesAsRates;
  @ApiProperty({ description: 'Offers that stand outside the promise.' }) outside: OutsideView;
}

const byGrade = { type: 'object', additionalProperties: { $ref: getSchemaPath(FiguresView) } } as const;

export class ChannelsView {
  @ApiProperty(byGrade) direct: ByGrade<FiguresView>;
  @ApiProperty(byGrade) channel: ByGrade<FiguresView>;
}

export class ComparedView implements Compared {
  @ApiProperty({ description: 'As a plain report has it.' }) crude: RateView;
  @ApiProperty({
    description:
      'With the mix of all parties’ leads: each grade’s own rate, weighted by the grade’s share of all accepted leads; of a grade that the ' +
      'party has no lead of, the rate of all. `successes` and `trials` are those seen, and `value` is not one divided by the other. Its interval ' +
      'is that of a weighted sum of Wilson’s.',
  })
  standardised: RateView;
}

/** From an accepted lead to one that was won; under `qualified`, to an opportunity. */
export class PartyLikeForLikeView extends ComparedView implements PartyLikeForLike {
  @ApiProperty({ description: 'Became an opportunity.' }) qualified: ComparedView;
  @ApiProperty({
    minimum: 0,
    maximum: 1,
    description: 'The share of the common mix that the party has leads of; for the rest it is taken to do as all do.',
  })
  covered: number;
  @ApiProperty({
    type: 'integer',
    description: 'Accepted leads in hand, neither won nor lost so far: they count as not won.',
  })
  unfinished: number;
}

export class EstimatedView implements Estimated {
  @ApiProperty() value: number;
  @ApiProperty({ description: 'Lower end of the 95 % interval.' }) low: number;
  @ApiProperty() high: number;
}

export class ApartView implements Gap {
  @ApiProperty({ description: 'Direct’s crude rate less the channel’s; the sum of the two parts.' })
  gap: EstimatedView;
  @ApiProperty({ description: 'What of it is the mix of grades (Kitagawa 1955).' }) betterLeads: EstimatedView;
  @ApiProperty({ description: 'What of it is what was made of the leads of each grade.' }) betterWork: EstimatedView;
}

export class ChannelGapView implements ChannelGap {
  @ApiProperty() direct: ComparedView;
  @ApiProperty() channel: ComparedView;
  @ApiProperty({ type: ApartView, nullable: true, description: 'Null while one side has accepted nothing.' })
  apart: ApartView | null;
}

export class GapsView {
  @ApiProperty() qualified: ChannelGapView;
  @ApiProperty() won: ChannelGapView;
}

/** Where in the log figures stand: whoever has it can count the same events, with `fairlead trust DIR --as-of`. */
export class AsOfView implements AsOf {
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({
    type: [Number],
    nullable: true,
    description:
      'The first so many events of leads of each partition of the topic, which follows from the lead’s id; within one the log has the order of ' +
      'the topic. Null: some are from before they were counted.',
  })
  events: Position | null;
  @ApiProperty({ type: 'integer', nullable: true }) total: number | null;
}

export class NoWordView implements NoWord {
  @ApiProperty({ type: 'integer', description: 'Days from the offer, of leads that have had them.' }) days: number;
  @ApiProperty({ description: 'Of the leads accepted in these days: those of which nothing was reported.' })
  direct: RateView;
  @ApiProperty() channel: RateView;
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(RateView) } })
  parties: Readonly<Record<string, RateView>>;
}

/** What a report over all pools has not. */
export function LeftOut(): PropertyDecorator {
  return ApiProperty({
    type: [String],
    description:
      'Pools that are not counted, because none was asked for: `legacy`, deals that were closed elsewhere. Ask for it by name.',
  });
}

@ApiExtraModels(FiguresView, PromiseView, PartyLikeForLikeView)
export class TrustView implements TrustAnswer {
  @ApiProperty({ type: String, nullable: true }) pool: string | null;
  @LeftOut() leftOut: readonly string[];
  @ApiProperty({ type: String, nullable: true }) from: string | null;
  @ApiProperty({ type: String, nullable: true }) to: string | null;
  @ApiProperty({ type: String, nullable: true }) source: string | null;
  @ApiProperty({ type: String, nullable: true }) campaign: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) age: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'As this partner sees it: wherever it says channel, the partner is alone in it.',
  })
  partner: string | null;
  @ApiProperty() asOf: AsOfView;
  @ApiProperty({ type: [String], description: 'Those that offers of the period were made in.' })
  pools: readonly string[];

  @ApiProperty({ description: 'By grade, and `all`; `incomplete` for leads that were routed without a grade.' })
  channels: ChannelsView;

  @ApiProperty({ type: 'object', additionalProperties: byGrade })
  parties: Readonly<Record<string, ByGrade<FiguresView>>>;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(PromiseView) },
    description: 'By grade: what was promised to each side, and what it received.',
  })
  promise: ByGrade<PromiseView>;

  @ApiProperty({ description: 'By what leads are alike in the three that follow: `grade`, or an attribute.' })
  mix: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'What share of all accepted leads each grade, or kind, is.',
  })
  commonMix: Readonly<Record<string, number>>;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(PartyLikeForLikeView) },
    description: 'By party. A lead counts once for each party that accepted it, also when it gave it back.',
  })
  likeForLike: Readonly<Record<string, PartyLikeForLikeView>>;

  @ApiProperty({ description: 'Between direct and all partners together.' }) gap: GapsView;
  @ApiProperty({ description: 'Accepted leads about which their party said nothing.' }) noWord: NoWordView;
}
