import createClient from 'openapi-fetch';
import { askedEarly } from '../begin.js';
import type { paths } from './schema.js';

export type { Schemas } from './schemas.js';

/** What the server says of a request that it did not meet, as RFC 9457 problem details. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | undefined,
    readonly traceId: string | undefined,
    readonly fields: readonly { readonly field: string; readonly detail: string }[] = [],
    /** Which kind of problem it is, by the last word of its address: `csrf-token-needed`. */
    readonly type: string | undefined = undefined,
  ) {
    super(title);
  }
}

/** The token that goes along with whatever changes something; told by the session when it begins. */
let csrfToken: string | null = null;

export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

let refused: ((problem: ApiProblem) => void) | undefined;

/** Tells of every answer that says that who asks is nobody, or somebody else by now; asked by a screen, a button or anything. Told by the session. */
export function whenRefused(listener: ((problem: ApiProblem) => void) | undefined): void {
  refused = listener;
}

export const api = createClient<paths>({
  baseUrl: '/',
  headers: { accept: 'application/json' },
  // Looked up at each call, and without a body's Request object, which some proxies of tests cannot read twice.
  fetch: (request) => askedEarly(request) ?? fetch(request),
});

api.use({
  onRequest({ request }) {
    if (csrfToken !== null && request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    throw await problemOf(response);
  },
  onError: unreachable,
});

/** For what is asked for beside the API. */
export function unreachable(): ApiProblem {
  return new ApiProblem(0, 'The server cannot be reached', 'Is it running, and is this machine online?', undefined);
}

export async function problemOf(response: Response): Promise<ApiProblem> {
  const told = (await response.json().catch(() => ({}))) as Partial<{
    type: string;
    title: string;
    detail: string;
    traceId: string;
    errors: { field: string; detail: string }[];
  }>;
  const title = told.title ?? (response.statusText || `The server answered ${response.status}`);
  const type = told.type?.split('/').at(-1);
  const problem = new ApiProblem(response.status, title, told.detail, told.traceId, told.errors, type);
  // Of a proof that is not taken, whoever gave it is told.
  if (!response.url.endsWith('/console/session')) refused?.(problem);
  return problem;
}

/** The answer of a call that did not fail; those that do throw an ApiProblem. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}
