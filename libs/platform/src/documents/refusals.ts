import type { Access } from '../access/decorators.js';
import type { Route } from '../routes.js';

/** An answer as OpenAPI has it. */
export interface DocumentedAnswer {
  readonly description: string;
  readonly content?: Readonly<Record<string, object>>;
  readonly headers?: Readonly<Record<string, object>>;
}
export type DocumentedAnswers = Readonly<Record<string, DocumentedAnswer | { readonly $ref: string }>>;

interface Refusal {
  /** Under which name it stands among the components. */
  readonly name: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
}

const WHEN_TO_COME_BACK = {
  'Retry-After': { required: true, description: 'In seconds.', schema: { type: 'integer', minimum: 0 } },
};

/**
 * What any operation may answer besides what it is for, by status. An answer of 500 is not among them: it is a defect, looks
 * like the others, and holds a trace id.
 */
const REFUSALS: Readonly<Record<number, Refusal>> = {
  400: {
    name: 'BadRequest',
    description: 'Address, parameters or body are not as they must be; what is wrong is named.',
  },
  401: {
    name: 'Unauthorized',
    description: 'No key, or not a valid one.',
    headers: { 'WWW-Authenticate': { required: true, schema: { type: 'string' } } },
  },
  403: { name: 'Forbidden', description: 'Not for this key.' },
  404: { name: 'NotFound', description: 'There is no such thing, or it is not for this key to know.' },
  405: {
    name: 'MethodNotAllowed',
    description: 'The address, as it was written, answers other methods.',
    headers: { Allow: { required: true, schema: { type: 'string' } } },
  },
  408: { name: 'RequestTimeout', description: 'The request took too long to come in.' },
  413: { name: 'PayloadTooLarge', description: 'The body is larger than this address accepts.' },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is of a type that this address does not accept.',
    headers: {
      'Accept-Post': { description: 'What it accepts.', schema: { type: 'string' } },
      'Accept-Patch': { description: 'The same, of PATCH.', schema: { type: 'string' } },
    },
  },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests with wrong keys came from this address.',
    headers: WHEN_TO_COME_BACK,
  },
  431: { name: 'HeadersTooLarge', description: 'The headers are larger than any request of ours needs.' },
  503: {
    name: 'Unavailable',
    description:
      'Stopping, or without its database at the moment: nothing was changed, or it is safe to send the same again.',
    headers: WHEN_TO_COME_BACK,
  },
};

/** The same answers, for the components of a document. */
export function refusalComponents(): Record<string, DocumentedAnswer> {
  return Object.fromEntries(Object.values(REFUSALS).map((refusal) => [refusal.name, answerOf(refusal)]));
}

/**
 * All answers of an operation: those that it states itself, and every refusal that it can come to by where it stands. What it
 * says itself of a refusal goes before the general words for it.
 */
export function answersOf(route: Route, own: DocumentedAnswers): DocumentedAnswers {
  const common = Object.fromEntries(
    statusesOf(route).map((status) => [status, { $ref: `#/components/responses/${REFUSALS[status]?.name ?? ''}` }]),
  );
  const stated = Object.entries(own).map(([status, answer]) => [status, asProblem(Number(status), answer)]);
  return { ...common, ...Object.fromEntries(stated) } as DocumentedAnswers;
}

function statusesOf({ method, path, access }: Route): number[] {
  const takesBody = method !== 'GET';
  return [
    ...[400, 405, 408, 431, 503],
    ...(path.includes(':') ? [404] : []),
    ...(takesBody ? [413, 415] : []),
    ...accessRefusals(access),
  ];
}

function accessRefusals(access: Access | undefined): number[] {
  if (access === 'public') return [];
  return access === 'signed' ? [401, 429] : [401, 403, 429];
}

/** Whatever is refused is refused in the same format, unless the operation states another. */
function asProblem(status: number, answer: DocumentedAnswer | { readonly $ref: string }) {
  if (status < 400 || '$ref' in answer || answer.content !== undefined) return answer;
  return answerOf({ name: '', headers: REFUSALS[status]?.headers, ...answer });
}

function answerOf({
  description,
  headers,
}: Omit<Refusal, 'headers'> & { readonly headers?: Refusal['headers'] | undefined }) {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return { description, ...(headers && { headers }), content };
}

/** RFC 9457, with the members that ours may have. */
export const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: {
      type: 'string',
      format: 'uri',
      description: 'Names the kind of problem, e.g. urn:fairlead:problem:invalid-input',
    },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'detail'],
        properties: {
          index: { type: 'integer', description: 'Row of a batch, counted from 0' },
          field: { type: 'string', description: 'JSON Pointer (RFC 6901), or the name of a parameter' },
          detail: { type: 'string' },
        },
      },
    },
    errorsOmitted: { type: 'integer', description: 'How many more errors there are than are shown' },
    traceId: { type: 'string', description: 'Under it an unexpected error is found in the logs' },
  },
} as const;
