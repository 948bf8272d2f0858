import { applyDecorators } from '@nestjs/common';
import { ApiQuery, ApiResponse } from '@nestjs/swagger';
import { POOL } from '../trust/trust-query.js';

/** What the interface description says of every report over a period, in the same words. */
export function ApiReport({ from, to }: { readonly from: string; readonly to: string }): MethodDecorator {
  return applyDecorators(
    ApiQuery({ name: 'from', required: false, description: from, schema: { type: 'string', format: 'date' } }),
    ApiQuery({ name: 'to', required: false, description: to, schema: { type: 'string', format: 'date' } }),
    ApiResponse({
      status: 503,
      description: 'Too much is being asked for at once, or this takes too long: for fewer days it may not.',
    }),
  );
}

/** The period of a report that is over all that ever happened, where nothing is said. */
export const ANY_PERIOD = { from: 'First day (UTC), such as 2026-01-01.', to: 'Last day (UTC), included.' };

/** @param further  what one pool is not told of */
export function ApiPool(further?: string): MethodDecorator {
  const description =
    'One pool. Without it all of them but `legacy`: deals that were closed elsewhere are counted where they are asked for.';
  return ApiQuery({
    name: 'pool',
    required: false,
    description: [description, ...(further === undefined ? [] : [further])].join(' '),
    schema: { type: 'string', pattern: POOL.source },
  });
}
