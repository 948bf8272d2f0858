import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

export interface FieldError {
  /** Which row of a batch, counted from 0. */
  readonly index?: number;
  /** JSON Pointer (RFC 6901) into the body, or the parameter's name. */
  readonly field: string;
  readonly detail: string;
}

export interface ProblemOptions {
  /** Last part of the problem's type, e.g. `invalid-input` for `urn:fairlead:problem:invalid-input`. */
  readonly type?: string;
  readonly title?: string;
  /** Written for the caller. It never repeats what the caller sent. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Extension members, for whoever reads the answer by program. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** More errors than this help nobody, and a hostile body could otherwise make the answer as large as itself. */
const MAX_ERRORS = 100;

/** An answer to a request that cannot be met, as RFC 9457 problem details. Throw it from anywhere under a route. */
export class Problem extends HttpException {
  override readonly name = 'Problem';
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, options: ProblemOptions = {}) {
    const title = options.title ?? STATUS_CODES[status] ?? 'Problem';
    super(title, status);
    this.details = {
      ...options.members,
      type: `urn:fairlead:problem:${options.type ?? slug(STATUS_CODES[status] ?? 'problem')}`,
      title,
      status,
      ...(options.detail !== undefined && { detail: options.detail }),
      ...(options.errors && { errors: options.errors.slice(0, MAX_ERRORS) }),
      ...(options.errors &&
        options.errors.length > MAX_ERRORS && { errorsOmitted: options.errors.length - MAX_ERRORS }),
    };
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds !== undefined && { 'retry-after': String(Math.ceil(options.retryAfterSeconds)) }),
    };
  }

  /** The members of the answer's body. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Somebody else's document and a missing one must look the same; using this for both keeps them so. */
export function notFound(what = 'resource'): Problem {
  return new Problem(404, { type: 'not-found', title: 'Not found', detail: `There is no such ${what}.` });
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z]+/g, '-');
}
