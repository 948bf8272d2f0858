import { Body, Controller, Get, HttpCode, Injectable, Logger, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { Allow, type Caller, CurrentCaller } from '../access/decorators.js';
import { ApiPage, pageLimit } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { invalidInput } from '../http/validation.js';

/** The parking of one service, as its messaging offers it. Ids are numbers as text, in the order of parking. */
export interface ServiceParking {
  readonly service: string;
  list(page: { readonly after?: string; readonly limit: number }): Promise<readonly { readonly id: string }[]>;
  /** @returns undefined when nothing is parked under this id */
  redrive(id: string, by: { readonly actor: string; readonly reason: string }): Promise<object | undefined>;
}

/** The parkings of all services of this process, in the order of their names. */
@Injectable()
export class Parkings {
  readonly #all: ServiceParking[] = [];

  add(parking: ServiceParking): void {
    this.#all.push(parking);
    this.#all.sort((left, right) => (left.service < right.service ? -1 : 1));
  }

  get(service: string): ServiceParking | undefined {
    return this.#all.find((each) => each.service === service);
  }

  from(service: string): readonly ServiceParking[] {
    return this.#all.filter((each) => each.service >= service);
  }
}

/** Ids are unique within a service, so outside it they carry its name: `routing.17`. */
const ID = /^([a-z][a-z-]{0,62})\.(\d{1,18})$/;

export class ParkedEventView {
  @ApiProperty({ example: 'routing.17' }) id: string;
  @ApiProperty() service: string;
  @ApiProperty({ description: 'Of the event; empty where it has none that can be read.' }) eventId: string;
  @ApiProperty({ description: 'The lead, or whatever else its order goes by.' }) key: string;
  @ApiProperty() type: string;
  @ApiProperty({
    type: 'object',
    properties: { topic: { type: 'string' }, partition: { type: 'integer' }, offset: { type: 'string' } },
    required: ['topic', 'partition', 'offset'],
  })
  address: object;
  @ApiProperty({ description: 'The kind of error that it failed with.' }) errorClass: string;
  @ApiProperty({ type: String, nullable: true, description: 'The parked event that it waits behind, if it does.' })
  behind: string | null;
  @ApiProperty({ type: 'integer' }) attempts: number;
  @ApiProperty({ format: 'date-time' }) parkedAt: string;
}

export class ParkedPage {
  @ApiProperty({ type: [ParkedEventView] }) parked: object[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export class RedrivenView {
  @ApiProperty({ type: 'integer' }) redriven: number;
  @ApiProperty({ type: 'integer', description: 'Those that wait on, behind the one that failed again.' })
  remaining: number;
  @ApiPropertyOptional({ description: 'What it failed with this time.' }) errorClass?: string;
}

/** One rule and one sentence, whatever is wrong: whoever called without a reason until now has to learn what to send. */
const saysWhy = {
  name: 'saysWhy',
  validator: {
    validate: (reason: unknown) =>
      typeof reason === 'string' && /\S/.test(reason) && !/\p{Cc}/u.test(reason) && isBounded([...reason].length),
    defaultMessage: () => 'say in `reason` why it is to be processed again: 3 to 500 characters, on one line',
  },
};

function isBounded(characters: number): boolean {
  return characters >= 3 && characters <= 500;
}

export class RedriveParked {
  @ApiProperty({
    description:
      'Why it is to be processed again, on one line. It is kept in the log in clear, for everybody who reads that and for ever: ' +
      'no personal data.',
    pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$`,
    minLength: 3,
    maxLength: 500,
    example: 'the rule that refused it is mended',
  })
  @ValidateBy(saysWhy)
  reason: string;
}

@ApiTags('operations')
@ApiBearerAuth()
@Controller('v1/parked')
@Allow('admin', 'manager')
export class ParkedController {
  private readonly logger = new Logger('parked');

  constructor(private readonly parkings: Parkings) {}

  @Get()
  @ApiPage(ID)
  @ApiResponse({
    status: 200,
    type: ParkedPage,
    description: 'Events that could not be processed, oldest first within each service.',
  })
  async list(@Query('after') after?: unknown, @Query('limit') limit?: unknown): Promise<ParkedPage> {
    const size = pageLimit(limit);
    const start = after === undefined ? undefined : ID.exec(typeof after === 'string' ? after : '');
    if (start === null) throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const parked: { id: string }[] = [];
    for (const parking of this.parkings.from(start?.[1] ?? '')) {
      const within = parking.service === start?.[1] ? start[2] : undefined;
      const found = await parking.list({
        ...(within !== undefined && { after: within }),
        limit: size + 1 - parked.length,
      });
      parked.push(...found.map((each) => ({ ...each, service: parking.service, id: `${parking.service}.${each.id}` })));
      if (parked.length > size) break;
    }
    const page = parked.slice(0, size);
    return { parked: page, ...(parked.length > size && { next: page.at(-1)?.id ?? '' }) };
  }

  @Post(':id/redrive')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give a parked event to its service again',
    description: 'With those that wait behind it, in their order. Who wanted it, and why, is told in the log.',
  })
  @ApiResponse({
    status: 200,
    type: RedrivenView,
    description: 'The event, and those that waited behind it, were given to the service again.',
  })
  async redrive(
    @Param('id') id: string,
    @Body() { reason }: RedriveParked,
    @CurrentCaller() caller: Caller,
  ): Promise<object> {
    const [, service = '', number = ''] = ID.exec(id) ?? [];
    const outcome = await this.parkings.get(service)?.redrive(number, { actor: caller.keyId, reason });
    if (!outcome) throw notFound('parked event');
    // The reason stays out of the lines of the process: it is free text, and it is in the log of events.
    this.logger.log({ event: 'parked.redriven', id, actor: caller.keyId, ...outcome });
    return outcome;
  }
}
