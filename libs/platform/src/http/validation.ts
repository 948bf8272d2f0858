import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { problemIn } from '@fairlead/events';
import { type BodyClass, nestedClassOf, rulesOf } from './body-class.js';
import { type FieldError, Problem } from './problem.js';

/**
 * Checks every DTO at the HTTP edge. Unknown fields are errors rather than ignored, because a misspelt field that is
 * silently dropped looks like success. Nothing is converted: a number sent as text is refused, not guessed at.
 */
export function validationPipe(): ValidationPipe {
  return new BodyPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(fieldErrors(errors)),
  });
}

/**
 * A body that is not there is an empty one: whoever has to say nothing may say it by sending nothing, and no handler has to ask
 * which of the two it was. Everything else that is no object is refused, null too.
 */
class BodyPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body' || !this.toValidate(metadata)) return super.transform(value, metadata) as unknown;
    const body = value ?? {};
    if (value === null || typeof body !== 'object' || Array.isArray(body))
      throw invalidInput([{ field: '', detail: 'must be an object' }]);
    await super.transform(body, metadata);
    const unstorable = textsThatNobodyKeeps(body);
    if (unstorable.length > 0) throw invalidInput(unstorable);
    return withoutNulls(body as Record<string, unknown>, metadata.metatype as BodyClass);
  }
}

/** What class-validator takes for text, and neither events nor PostgreSQL do; found here, it is whoever sent it that is told. */
function textsThatNobodyKeeps(value: unknown, field = ''): FieldError[] {
  if (typeof value === 'string') {
    const problem = problemIn(value);
    return problem === undefined ? [] : [{ field, detail: `must not be ${problem}` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => textsThatNobodyKeeps(each, `${field}/${pointerPart(name)}`));
}

/** Null in a field that may be absent says what its absence says: handlers are to meet one of the two. */
function withoutNulls(body: Record<string, unknown>, type: BodyClass): object {
  for (const { name, propertyName: field } of rulesOf(type)) {
    const value = body[field];
    if (name === 'isOptional' && value === null) delete body[field];
    const nested = nestedClassOf(type, field);
    if (nested && typeof value === 'object' && value !== null) withoutNulls(value as Record<string, unknown>, nested);
  }
  return body;
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
