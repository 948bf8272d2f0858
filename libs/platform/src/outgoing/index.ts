// An entrance of its own: whoever imports the platform alone loads no HTTP client, and replay never does.
export { AddressGuard } from './address-guard.js';
export { type Exchange, GuardedHttp, type OutgoingRequest } from './guarded-http.js';
export { refusalOf } from './outgoing-url.js';
export { newSecret, newSigningKey, parseSecret, parseSigningKey, sign, type SigningKey } from './webhook-signature.js';
export { type OutgoingSettings, readOutgoing, readRetryScale } from './settings.js';
