import { Problem } from '@fairlead/platform';

const RETRY_AFTER_SECONDS = 5;
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** The services answer for themselves; only what becomes of the way to them is for the gateway to say. */
export function forwardingProblem(service: string, error: unknown): Problem {
  const code = codeOf(error);
  if (code === undefined || SILENT.has(code)) return new Problem(504, { detail: `${service} did not answer in time.` });
  if (UNREACHABLE.has(code)) return unreachable(service);
  return new Problem(502, {
    detail: `The connection to ${service} broke. Whether it acted on the request is not known.`,
  });
}

export function unreachable(service: string): Problem {
  const detail = `${service} cannot be reached at the moment.`;
  return new Problem(503, { type: 'service-unreachable', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** The innermost code: proxies and fetch wrap the error of the socket in errors of their own. */
export function codeOf(error: unknown): string | undefined {
  let code: string | undefined;
  for (let at = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
    const { code: own } = at as { code?: unknown };
    if (typeof own === 'string') code = own;
  }
  return code;
}
