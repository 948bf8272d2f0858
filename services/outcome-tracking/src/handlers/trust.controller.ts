import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { likeForLike, trustFigures } from '@fairlead/decisions';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, type FieldError, invalidInput } from '@fairlead/platform';
import { CountsStore, type Period } from '../store/counts.store.js';
import { PromisesStore } from '../store/promises.store.js';
import { TrustView } from '../view/trust-view.js';
import { isDay } from './day.js';
import { orRefusal } from './or-refusal.js';

const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** What the counts say: who was offered what, and what became of it, on both sides in the same words. */
@ApiTags('trust')
@ApiBearerAuth()
@Controller('v1/trust')
@Allow('admin', 'manager', 'auditor', 'partner')
export class TrustController {
  constructor(
    private readonly reads: Reads,
    private readonly counts: CountsStore,
    private readonly promises: PromisesStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Figures per channel, party and grade',
    description:
      'Of offers made in the period, whatever became of them since. Each rate has its denominator and its 95 % Wilson ' +
      'interval. `likeForLike` has each party’s rates with the leads of all, and `gap` what of the difference between direct and ' +
      'partners is better leads and what better work. A partner sees both channels as wholes, and itself.',
  })
  @ApiQuery({ name: 'pool', required: false, schema: { type: 'string', pattern: POOL.source } })
  @ApiQuery({
    name: 'from',
    required: false,
    description: 'First day (UTC), such as 2026-01-01.',
    schema: { type: 'string', format: 'date' },
  })
  @ApiQuery({
    name: 'to',
    required: false,
    description: 'Last day (UTC), included.',
    schema: { type: 'string', format: 'date' },
  })
  @ApiQuery({
    name: 'mix',
    required: false,
    description: 'By what leads are alike. So far by grade alone: by an attribute is refused.',
    schema: { type: 'string', enum: ['grade'], default: 'grade' },
  })
  @ApiResponse({ status: 200, type: TrustView })
  @ApiResponse({
    status: 503,
    description: 'Too much is being asked for at once, or this takes too long: for fewer days it may not.',
  })
  async figures(@Query() query: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<TrustView> {
    const period = periodOf(query);
    const { query: read } = this.reads;
    const figures = await orRefusal(async () => {
      const counted = await this.counts.read(read, period);
      const policies = [...new Set(counted.map(({ policy }) => policy))];
      return { ...trustFigures(counted, await this.promises.of(read, policies)), ...likeForLike(counted) };
    });
    const shown = <T>(parties: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
      caller.role === 'partner'
        ? Object.fromEntries(Object.entries(parties).filter(([party]) => party === caller.partnerId))
        : parties;
    const { pool = null, from = null, to = null } = period;
    return {
      ...{ pool, from, to, asOf: new Date().toISOString(), ...figures },
      parties: shown(figures.parties),
      likeForLike: shown(figures.likeForLike),
    };
  }
}

function periodOf(query: Record<string, unknown>): Period {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(query)) {
    const detail = complaint(name, value);
    if (detail !== undefined) errors.push({ field: name.slice(0, 64), detail });
  }
  if (errors.length > 0) throw invalidInput(errors);
  const { pool, from, to } = query as Period;
  if (from !== undefined && to !== undefined && from > to)
    throw invalidInput([{ field: 'to', detail: 'must not be before from' }]);
  return { pool, from, to };
}

function complaint(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'pool':
      return typeof value === 'string' && POOL.test(value) ? undefined : 'must be the id of a pool';
    case 'from':
    case 'to':
      return isDay(value) ? undefined : 'must be a day such as 2026-01-31';
    case 'mix':
      if (value === 'grade') return undefined;
      return typeof value === 'string' && value.startsWith('attributes.')
        ? 'Leads are counted by grade, not yet by attribute: only grade can be the mix'
        : 'must be grade';
    default:
      return 'This parameter is not known here.';
  }
}
