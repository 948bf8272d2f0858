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
  ) {
    super(title);
  }
}

/** The token that goes along with whatever changes something; told by the session when it begins. */
let csrfToken: string | null = null;

export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
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
  onError() {
    return new ApiProblem(0, 'The server cannot be reached', 'Is it running, and is this machine online?', undefined);
  },
});

async function problemOf(response: Response): Promise<ApiProblem> {
  const problem = (await response.json().catch(() => ({}))) as Partial<{
    title: string;
    detail: string;
    traceId: string;
    errors: { field: string; detail: string }[];
  }>;
  const title = problem.title ?? (response.statusText || `The server answered ${response.status}`);
  return new ApiProblem(response.status, title, problem.detail, problem.traceId, problem.errors);
}

/** The answer of a call that did not fail; those that do throw an ApiProblem. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}
