import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { type FieldError, Problem } from './problem.js';

/**
 * Checks every DTO at the HTTP edge. Unknown fields are errors rather than ignored, because a misspelt field that is
 * silently dropped looks like success. Nothing is converted: a number sent as text is refused, not guessed at.
 */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(fieldErrors(errors)),
  });
}

/** 400 that names each field. Also for checks that a service makes itself. */
export function invalidInput(errors: readonly FieldError[]): Problem {
  return new Problem(400, { type: 'invalid-input', title: 'Invalid input', errors });
}

function fieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = `${parent}/${pointerPart(error.property)}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      field,
      detail: rule === 'whitelistValidation' ? 'This field is not known here.' : message,
    }));
    return [...own, ...fieldErrors(error.children ?? [], field)];
  });
}

/** Field names can be the caller's own; a long one is cut, since it only has to be recognised. */
function pointerPart(property: string): string {
  return property.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
}
