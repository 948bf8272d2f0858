export { invalidKey, secretOf, unverified } from './access/access.guard.js';
export {
  Allow,
  type Caller,
  CurrentCaller,
  handsOf,
  type Proof,
  Public,
  type RequestVerifier,
  type Role,
  roles,
  Signed,
} from './access/decorators.js';
export { Callers } from './access/callers.js';
export { csrfTokenOf, sessionCookie, sessionOf } from './access/session-cookie.js';
export { SessionsStore } from './access/sessions.store.js';
export { RecentCounts } from './access/recent-counts.js';
export { publishedSchema } from './documents/published-schema.js';
export { ConfigurationError, Environment } from './environment.js';
export { Accepts, type BodyKind } from './http/accepts.js';
export { parseJson } from './http/json.js';
export { ApiPage, pageLimit } from './http/paging.js';
export { type FieldError, notFound, Problem, type ProblemOptions } from './http/problem.js';
export { ServedMethods } from './http/served-methods.js';
export { invalidInput, validationPipe } from './http/validation.js';
export { PinoLogger, type LogSettings } from './logger.js';
export { type Probe, ReadinessProbes } from './operations/readiness.js';
export { listRoutes, type Route } from './routes.js';
export { type PlatformSettings, readSettings, readTrustedProxies } from './settings.js';
export { runServices } from './run-services.js';
export { type RunningServices, type ServiceDefinition, type StartOptions, startServices } from './start-services.js';
