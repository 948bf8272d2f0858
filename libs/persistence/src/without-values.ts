/**
 * A statement that PostgreSQL refused. Carries neither the parameters nor PostgreSQL's detail line, because both
 * repeat values, and values may be personal data; the SQLSTATE and the constraint's name say enough to act on.
 */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';

  constructor(
    /** SQLSTATE, e.g. `23505` for a unique violation; undefined when the connection itself failed. */
    readonly code: string | undefined,
    readonly constraint: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

export interface DriverError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

/** What the driver threw, without the values it repeats. */
export function driverErrorWithoutValues(cause: Error): QueryFailed {
  const { code, constraint } = cause as DriverError;
  // Class 22 ("data exception") quotes the offending value in its message; every other class names objects only.
  const text = code?.startsWith('22') ? 'a value does not fit its column' : cause.message;
  return new QueryFailed(code, constraint, code ? `${code}: ${text}` : text);
}
