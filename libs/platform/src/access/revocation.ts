import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiProperty, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { invalidInput } from '../http/validation.js';

export class RevokedKeys {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many were valid until now.' }) revoked: number;
}

/** Documents what both routes answer that revoke a key. */
export const ApiRevocation = () =>
  applyDecorators(
    HttpCode(204),
    ApiQuery({
      name: 'withMade',
      required: false,
      enum: ['true', 'false'],
      description:
        'Also whatever was made with the key or in a session of its, and with that in turn: for one that has got about, since ' +
        'whoever has it may have made more. Also when the key itself is revoked already.',
    }),
    ApiResponse({
      status: 204,
      description:
        'The key is revoked, and refused within five seconds by every process; so are the sessions and links in its name, and ' +
        'those that it opened in the name of others.',
    }),
    ApiResponse({
      status: 200,
      type: RevokedKeys,
      description: 'With `withMade=true`: so are all that were made with it.',
    }),
  );

/** `withMade`, as it came in the query string. */
export function readWithMade(value: unknown): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false')
    throw invalidInput([{ field: 'withMade', detail: 'must be true or false' }]);
  return value === 'true';
}
