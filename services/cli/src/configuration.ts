/** Every variable that an operator may set, with its default and meaning: what `--help` and the README show. */
export const configuration: readonly (readonly [name: string, fallback: string, meaning: string])[] = [
  ['FAIRLEAD_PORT', '8080', 'port of the API'],
  ['FAIRLEAD_HOST', '127.0.0.1', 'address that the API listens on'],
  ['FAIRLEAD_PUBLIC_URL', '', 'where partners and tools reach the API: for links, and what HubSpot signs'],
  ['FAIRLEAD_TRUSTED_PROXIES', '', 'proxies whose x-forwarded-for is believed: addresses or CIDRs'],
  ['FAIRLEAD_DATA_DIR', '.fairlead', 'data of the embedded servers, keys, logs'],
  ['FAIRLEAD_ADMIN_KEY', '', 'key of the administrator; else one is made at the first start and shown once'],
  ['FAIRLEAD_MASTER_KEY_FILE', '', 'opens contact details; else one is made in the data folder'],
  ['FAIRLEAD_LOG_DIR', '.fairlead/log', 'where the log is kept'],
  ['FAIRLEAD_LOG_S3', '', 'keeps it in S3 instead: https://host/bucket/prefix'],
  ['FAIRLEAD_LOG_S3_REGION', 'us-east-1', 'region of that bucket'],
  ['FAIRLEAD_LOG_S3_KEY_ID', '', 'access key of that bucket'],
  ['FAIRLEAD_LOG_S3_SECRET_FILE', '', 'its secret access key'],
  ['FAIRLEAD_LOG_WITNESSES_FILE', '', 'verifier keys of witnesses whose cosignatures are taken, one a line'],
  ['FAIRLEAD_LOG_ORIGIN', 'fairlead.local/log', 'name of the log; it never changes'],
  ['FAIRLEAD_LOG_KEY_FILE', '', 'signs the log; else one is made in the data folder'],
  ['DATABASE_URL', '', 'a PostgreSQL of your own; else an embedded one is started'],
  ['KEYS_DATABASE_URL', '', 'keys of contact details; else the database fairlead_keys beside DATABASE_URL'],
  ['KAFKA_BROKERS', '', 'a Kafka of your own; else an embedded one is started'],
  ['KAFKA_TLS', 'false', 'reach Kafka through TLS'],
  ['KAFKA_CA_FILE', '', 'certificate authority of that Kafka'],
  ['KAFKA_SASL_MECHANISM', 'none', 'plain, scram-sha-256 or scram-sha-512'],
  ['KAFKA_SASL_USERNAME', '', 'user of that Kafka'],
  ['KAFKA_SASL_PASSWORD', '', 'its password'],
  ['FAIRLEAD_TOPIC_PREFIX', 'fairlead.', 'what the names of topics start with'],
  ['FAIRLEAD_MAX_REJECTED_PER_HOUR', '10000', 'entries of the log of what one source sent and was no lead; then 429'],
  ['FAIRLEAD_MAX_UNPUBLISHED', '500000', 'events waiting for Kafka; above that, intake answers 503'],
  ['FAIRLEAD_WEBHOOK_ALLOW', '', 'private networks that may be called, by webhooks or for leads, as CIDRs'],
  ['FAIRLEAD_WEBHOOK_DENY', '', 'public networks that may not be called, as CIDRs'],
  ['FAIRLEAD_WEBHOOK_CA_FILE', '', 'certificate authorities to trust in what is called, besides the usual ones'],
  ['FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE', '', 'certificate, with its chain, that partners who ask for one are shown'],
  ['FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE', '', 'its key'],
  ['FAIRLEAD_EGRESS_PROXY', '', 'HTTP proxy through which public addresses are called'],
  ['FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE', '', 'user:password for that proxy'],
  ['FAIRLEAD_SMTP_URL', '', 'smtp://host:port or smtps://host:port of the relay through which partners get e-mails'],
  ['FAIRLEAD_SMTP_CREDENTIALS_FILE', '', 'user:password for that relay'],
  ['FAIRLEAD_SMTP_PLAINTEXT', 'false', 'send without TLS where that relay offers none'],
  ['FAIRLEAD_MAIL_FROM', '', 'who those e-mails are from; needed with FAIRLEAD_SMTP_URL'],
  ['FAIRLEAD_WEBHOOK_TIMEOUT', '15s', 'how long a partner may take to answer a webhook'],
  ['FAIRLEAD_WEBHOOK_LEASE', '60s', 'how long a delivery belongs to one process before another takes it over'],
  ['FAIRLEAD_WEBHOOK_CONCURRENCY', '1024', 'webhooks under way at once'],
  ['FAIRLEAD_WEBHOOK_CONCURRENCY_PER_ENDPOINT', '32', 'the same for one endpoint'],
  ['FAIRLEAD_DELIVERIES_RETENTION', '90d', 'how long settled deliveries are listed, and events can be read'],
  ['FAIRLEAD_FEEDBACK_RETENTION', '90d', 'how long sources can read what became of their leads'],
  ['FAIRLEAD_DECISIONS_RETENTION', '730d', 'how long it can be asked why a lead went where it went'],
  ['FAIRLEAD_WEBHOOK_DISABLE_AFTER', '5d', 'how long an endpoint may do nothing but fail before it is disabled'],
  ['FAIRLEAD_WEBHOOK_RETRY_SCALE', '1', 'factor on the pauses between attempts'],
  ['FAIRLEAD_GATEWAY_TARGET', 'http://{service}:8080', 'where a gateway finds each service'],
  ['FAIRLEAD_LOG_LEVEL', 'info', 'fatal, error, warn, info, debug, trace or silent'],
  ['FAIRLEAD_LOG_FORMAT', '', 'json or readable; readable on a terminal'],
  ['FAIRLEAD_URL', '', 'the system that commands talk to; else this machine at FAIRLEAD_PORT'],
  ['FAIRLEAD_API_KEY', '', 'as whom they talk to it; else the administrator of the data folder'],
  ['FAIRLEAD_CACHE_DIR', '', 'where the set-up keeps downloads; else the cache folder of the user'],
];

/** The table for the end of a `--help`. */
export function configurationHelp(): string {
  const width = Math.max(...configuration.map(([name]) => name.length)) + 2;
  const lines = configuration.map(
    ([name, fallback, meaning]) => `  ${name.padEnd(width)}${meaning}${fallback === '' ? '' : ` (${fallback})`}`,
  );
  return `\nConfiguration, all by environment (default):\n${lines.join('\n')}\n`;
}

/** The same for the README. */
export function configurationMarkdown(): string {
  const rows = configuration.map(
    ([name, fallback, meaning]) => `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${meaning} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n').replaceAll('|  |', '| |');
}
