export { type Answered, sendAsWritten, type Send } from './send-as-written.js';
export { type CallersToTry, type ReviewedRoute, type ReviewedRoutes, walkRoutes } from './walk-routes.js';
export { CertificateAuthority, type Identity } from './certificates.js';
export { headerOf, type Mail, MailRelay } from './mail-relay.js';
