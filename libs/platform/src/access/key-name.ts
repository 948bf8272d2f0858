import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, ValidateBy } from 'class-validator';

/** What makes a name look like another, or like several lines of a list: who looks for the key to revoke must not be led astray. */
const HIDDEN = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;

/** The name of a key that is to be made. */
export const KeyName = () =>
  applyDecorators(
    ApiProperty({
      description:
        'What the key is for, so that it is recognised when it is to be revoked. Without control characters, line breaks, ' +
        'characters that override the direction of writing, and halves of surrogate pairs.',
      // Lone surrogates are in no schema: most languages have no word for them.
      pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$`,
      minLength: 1,
      maxLength: 200,
    }),
    IsString(),
    Length(1, 200),
    ValidateBy({
      name: 'hasNothingHidden',
      validator: {
        validate: (value) => typeof value === 'string' && !HIDDEN.test(value),
        defaultMessage: () =>
          'name must hold no control characters, line breaks, overrides of the direction of writing, or lone surrogates',
      },
    }),
  );
