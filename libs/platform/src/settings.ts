import type { Connections } from '@fairlead/messaging';
import ipaddr from 'ipaddr.js';
import { readFileSync } from 'node:fs';
import type { Environment } from './environment.js';
import type { LogSettings } from './logger.js';

export interface PlatformSettings {
  readonly host: string;
  readonly port: number;
  /** Addresses and CIDRs of proxies whose word about where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  /** The operator's own key; without it only keys that were made before are valid. */
  readonly adminKey: string | undefined;
  readonly connections: Connections;
  readonly log: LogSettings;
}

/** 32 characters of a random key are at least 128 bits, out of reach of guessing. */
const MIN_ADMIN_KEY_LENGTH = 32;
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const BROKER = /^[A-Za-z0-9._-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/;

/** What every process of Fairlead reads from its environment, whichever services it runs. */
export function readSettings(environment: Environment): PlatformSettings {
  return {
    host: environment.text('FAIRLEAD_HOST', { default: '127.0.0.1' }),
    // 0 lets the system choose, which tests use.
    port: environment.integer('FAIRLEAD_PORT', { default: 8080, min: 0, max: 65_535 }),
    trustedProxies: readTrustedProxies(environment),
    adminKey: environment.optionalText('FAIRLEAD_ADMIN_KEY', {
      pattern: new RegExp(`^[\\x21-\\x7e]{${MIN_ADMIN_KEY_LENGTH},512}$`),
      shape: `${MIN_ADMIN_KEY_LENGTH} to 512 visible ASCII characters without spaces`,
    }),
    connections: {
      databaseUrl: environment.url('DATABASE_URL', { protocols: ['postgres', 'postgresql'] }),
      kafka: {
        brokers: environment.list('KAFKA_BROKERS', { pattern: BROKER, shape: 'a host and port such as kafka-1:9092' }),
        clientId: 'fairlead',
        ...readTls(environment),
        ...readSasl(environment),
      },
      topicPrefix: environment.text('FAIRLEAD_TOPIC_PREFIX', {
        default: 'fairlead.',
        pattern: /^[A-Za-z0-9._-]{1,64}$/,
        shape: '1 to 64 letters, digits, dots, hyphens or underscores',
      }),
    },
    log: {
      level: environment.oneOf('FAIRLEAD_LOG_LEVEL', LEVELS, { default: 'info' }),
      format: environment.oneOf('FAIRLEAD_LOG_FORMAT', ['json', 'readable'] as const, {
        default: process.stdout.isTTY ? 'readable' : 'json',
      }),
    },
  };
}

export function readTrustedProxies(environment: Environment): readonly string[] {
  const proxies = environment.list('FAIRLEAD_TRUSTED_PROXIES', { default: [] });
  if (proxies.every((proxy) => ipaddr.isValid(proxy) || ipaddr.isValidCIDR(proxy))) return proxies;
  environment.refuse('FAIRLEAD_TRUSTED_PROXIES', 'every item must be an address or a CIDR such as 10.0.0.0/8');
  return [];
}

function readTls(environment: Environment): Pick<Connections['kafka'], 'tls'> {
  const file = environment.optionalText('KAFKA_CA_FILE');
  if (!environment.flag('KAFKA_TLS', { default: file !== undefined })) return {};
  if (file === undefined) return { tls: true };
  try {
    return { tls: { ca: readFileSync(file, 'utf8') } };
  } catch {
    environment.refuse('KAFKA_CA_FILE', 'names a file that cannot be read');
    return {};
  }
}

const MECHANISMS = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const;

function readSasl(environment: Environment): Pick<Connections['kafka'], 'sasl'> {
  const mechanism = environment.oneOf('KAFKA_SASL_MECHANISM', MECHANISMS, { default: 'none' });
  if (mechanism === 'none') return {};
  const username = environment.text('KAFKA_SASL_USERNAME');
  const password = environment.text('KAFKA_SASL_PASSWORD');
  // The client's type wants each mechanism by name.
  switch (mechanism) {
    case 'plain':
      return { sasl: { mechanism, username, password } };
    case 'scram-sha-256':
      return { sasl: { mechanism, username, password } };
    case 'scram-sha-512':
      return { sasl: { mechanism, username, password } };
  }
}
