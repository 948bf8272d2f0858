import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Environment } from '../environment.js';
import { AddressGuard } from './address-guard.js';
import { EgressProxy } from './egress-proxy.js';

/** Which addresses may be called, by which way, and who is believed there. */
export interface OutgoingSettings {
  readonly guard: AddressGuard;
  readonly proxy: EgressProxy | undefined;
  readonly secureContext: SecureContext | undefined;
}

/** The same for everything that leaves, wherever it goes; but only partners are shown our certificate. */
export function readOutgoing(environment: Environment, { showsCertificate = false } = {}): OutgoingSettings {
  const authorities = readAuthorities(environment);
  const trust = authorities === undefined ? {} : { ca: [...getCACertificates('default'), authorities] };
  const identity = showsCertificate ? readIdentity(environment) : {};
  return {
    guard: readAddressGuard(environment),
    proxy: readProxy(environment, authorities === undefined ? undefined : createSecureContext(trust)),
    // One for all connections: reading all authorities once more for each would cost more than the handshake.
    secureContext: 'ca' in trust || 'key' in identity ? createSecureContext({ ...trust, ...identity }) : undefined,
  };
}

/** Which private networks may be called, and which public ones may not. */
export function readAddressGuard(environment: Environment): AddressGuard {
  const allow = readNetworks(environment, 'FAIRLEAD_WEBHOOK_ALLOW');
  const deny = readNetworks(environment, 'FAIRLEAD_WEBHOOK_DENY');
  return new AddressGuard(allow, deny);
}

function readNetworks(environment: Environment, name: string): readonly string[] {
  const networks = environment.list(name, { default: [] });
  try {
    new AddressGuard(networks);
    return networks;
  } catch {
    environment.refuse(name, 'must be networks such as 10.20.0.0/16, separated by commas');
    return [];
  }
}

function readProxy(environment: Environment, secureContext: SecureContext | undefined): EgressProxy | undefined {
  const text = environment.optionalUrl('FAIRLEAD_EGRESS_PROXY', { protocols: ['http', 'https'] });
  const credentials = readFile(environment, 'FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE')?.trim();
  if (credentials !== undefined && !/^[^:\s]+:\S+$/.test(credentials))
    environment.refuse('FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE', 'must name a file with user:password');
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // An address stands in process lists and in messages about settings.
  if (url.username !== '' || url.password !== '')
    environment.refuse(
      'FAIRLEAD_EGRESS_PROXY',
      'must not contain a password: FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE is for that',
    );
  return new EgressProxy(url, credentials, secureContext);
}

function readAuthorities(environment: Environment): string | undefined {
  const pem = readFile(environment, 'FAIRLEAD_WEBHOOK_CA_FILE');
  if (pem === undefined || isUsable({ ca: pem })) return pem;
  environment.refuse('FAIRLEAD_WEBHOOK_CA_FILE', 'must name a file with certificates in PEM');
  return undefined;
}

/** Who we are to partners that ask: a certificate with its chain, and its key. */
function readIdentity(environment: Environment): SecureContextOptions {
  const cert = readFile(environment, 'FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE');
  const key = readFile(environment, 'FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE');
  if (cert === undefined && key === undefined) return {};
  if (cert !== undefined && key !== undefined && isUsable({ cert, key })) return { cert, key };
  environment.refuse(
    'FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE',
    'must name a certificate in PEM, and FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE its key, without a passphrase',
  );
  return {};
}

function isUsable(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    // Of an authority that is none OpenSSL says nothing.
    return typeof options.ca !== 'string' || options.ca.includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  }
}

function readFile(environment: Environment, name: string): string | undefined {
  const file = environment.optionalText(name);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    environment.refuse(name, 'names a file that cannot be read');
    return undefined;
  }
}

/** Factor on the waits between attempts, of whatever is tried again: tests and demos have no days. */
export function readRetryScale(environment: Environment): number {
  const scale = Number(
    environment.text('FAIRLEAD_WEBHOOK_RETRY_SCALE', {
      default: '1',
      pattern: /^\d{1,3}(\.\d{1,6})?$/,
      shape: 'a number such as 0.001',
    }),
  );
  return Number.isFinite(scale) ? scale : 1;
}
