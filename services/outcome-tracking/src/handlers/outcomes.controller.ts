import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import {
  Accepts,
  Allow,
  type Caller,
  CurrentCaller,
  type FieldError,
  invalidInput,
  Problem,
  validationPipe,
} from '@fairlead/platform';
import { TakeAnswer } from '../take-answer.js';
import { standingFor } from '../view/lead-view.js';
import { problemOf } from './answer-problems.js';
import { OutcomeRow } from './answers.dto.js';
import { partyOf } from './party-of.js';
import { columns, MAX_OUTCOMES, MAX_OUTCOMES_BYTES, readOutcomes } from './read-outcomes.js';
import { reported, type Said } from './reported-outcome.js';

/** Leads at once, so that a list leaves connections for those who answer one by one. */
const LEADS_AT_ONCE = 50;

export class FieldErrorView {
  @ApiProperty({ description: 'JSON Pointer into the outcome.' }) field: string;
  @ApiProperty() detail: string;
}

export class OutcomeResult {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Which one it is about, from 0; a table’s header is none.' })
  index: number;
  @ApiProperty({
    enum: ['taken', 'repeated', 'refused', 'invalid'],
    description:
      '`taken`: it counts. `repeated`: it was said before. `refused`: it cannot follow what is known of the offer. `invalid`: a field is wrong.',
  })
  status: 'taken' | 'repeated' | 'refused' | 'invalid';
  @ApiPropertyOptional({ description: 'Why it is refused: as `type` of the problem when it is reported alone.' })
  why?: string;
  @ApiPropertyOptional({ description: 'The same in words.' }) detail?: string;
  @ApiPropertyOptional({ type: [FieldErrorView], description: 'What is wrong with it.' }) errors?: FieldError[];
}

export class OutcomeResults {
  @ApiProperty({ type: [OutcomeResult], description: 'One for each that was sent, in their order.' })
  results: OutcomeResult[];
}

interface Row {
  readonly index: number;
  readonly leadId: string;
  readonly said: Said;
}

/** Outcomes of many leads at once → what each of them would say alone. */
@ApiTags('answers')
@ApiBearerAuth()
@ApiExtraModels(OutcomeRow)
@Controller('v1/outcomes')
@Allow('partner', 'manager', 'admin')
export class OutcomesController {
  private readonly pipe = validationPipe();

  constructor(private readonly answers: TakeAnswer) {}

  @Post()
  @HttpCode(200)
  @Accepts(
    { 'application/json': 'bytes', 'application/x-ndjson': 'stream', 'text/csv': 'stream' },
    {
      limitBytes: MAX_OUTCOMES_BYTES,
      schemas: {
        'application/x-ndjson': { type: 'string', description: 'An outcome on each line.' },
        'text/csv': { type: 'string', description: `A table with a header of: ${columns.join(', ')}.` },
      },
    },
  )
  @ApiOperation({
    summary: 'Report what became of many leads: a list, lines of JSON, or a table',
    description:
      `Each is judged by itself, as if it came alone, those of one lead in their order; at most ${MAX_OUTCOMES} in one request. Each needs ` +
      'its time, or what it corrects: then the same list sent once more says nothing new.',
  })
  @ApiBody({ schema: { type: 'array', maxItems: MAX_OUTCOMES, items: { $ref: getSchemaPath(OutcomeRow) } } })
  @ApiResponse({ status: 200, type: OutcomeResults, description: 'What became of each.' })
  @ApiResponse({ status: 400, description: 'No outcomes can be told apart in it; none was looked at.' })
  @ApiResponse({ status: 413, description: 'Too many, or too large; none was looked at.' })
  async report(
    @Body() body: AsyncIterable<Buffer> | Buffer | undefined,
    @Headers('content-type') contentType: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<OutcomeResults> {
    const sent = await readOutcomes(body, contentType?.toLowerCase());
    const results = new Array<OutcomeResult>(sent.length);
    const rows: Row[] = [];
    for (const [index, value] of sent.entries()) {
      const read = await this.#read(value);
      if ('errors' in read) results[index] = { index, status: 'invalid', errors: [...read.errors] };
      else rows.push({ index, ...read });
    }
    // Leads side by side, and of each lead one outcome after the other: later ones follow from earlier ones.
    const leads = Map.groupBy(rows, ({ leadId }) => leadId).values();
    const work = async () => {
      for (const ofLead of leads)
        for (const row of ofLead) results[row.index] = { index: row.index, ...(await this.#take(row, caller)) };
    };
    await Promise.all(Array.from({ length: LEADS_AT_ONCE }, work));
    return { results };
  }

  async #read(value: unknown): Promise<Omit<Row, 'index'> | { readonly errors: readonly FieldError[] }> {
    try {
      if (value === undefined) throw invalidInput([{ field: '', detail: 'is not valid JSON' }]);
      const row = (await this.pipe.transform(value, { type: 'body', metatype: OutcomeRow })) as OutcomeRow;
      if (row.at === undefined && !row.corrects)
        throw invalidInput([
          { field: '/at', detail: 'is needed in a list, so that the same list again says nothing new' },
        ]);
      return { leadId: row.lead, said: reported(row) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { errors: error.details['errors'] as FieldError[] };
    }
  }

  async #take({ leadId, said }: Row, caller: Caller): Promise<Omit<OutcomeResult, 'index'>> {
    const party = partyOf(caller);
    const taken = await this.answers.take({ ...said, leadId, party, actor: caller.keyId }, { waits: false });
    if (taken.outcome === 'taken' || taken.outcome === 'repeated') return { status: taken.outcome };
    // Without a key for repetitions there is no other way for it not to be taken.
    const why = taken.outcome === 'refused' ? taken.why : 'not-the-current-offer';
    const lead = taken.outcome === 'refused' ? taken.lead : undefined;
    const partner = caller.role === 'partner' ? party : undefined;
    const { details } = problemOf(why, lead !== undefined && standingFor(lead, partner) !== undefined);
    const errors = details['errors'] as FieldError[] | undefined;
    if (errors) return { status: 'invalid', errors };
    const type = String(details['type']).replace('urn:fairlead:problem:', '');
    return { status: 'refused', why: type, detail: String(details['detail']) };
  }
}
