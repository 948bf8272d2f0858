/** Every variable that an operator may set, as `--help` and the README show it. */
export const configuration: readonly { readonly name: string; readonly value: string; readonly meaning: string }[] = [
  { name: 'FAIRLEAD_PORT', value: '8080', meaning: 'port of the API' },
  { name: 'FAIRLEAD_HOST', value: '127.0.0.1', meaning: 'address that the API listens on' },
  { name: 'FAIRLEAD_PUBLIC_URL', value: '', meaning: 'where partners reach the API, for links in webhooks' },
  { name: 'FAIRLEAD_DATA_DIR', value: '.fairlead', meaning: 'data of the embedded servers, keys, logs' },
  { name: 'FAIRLEAD_ADMIN_KEY', value: '', meaning: 'key of the administrator; else one is made at the first start' },
  {
    name: 'FAIRLEAD_MASTER_KEY_FILE',
    value: '',
    meaning: 'opens contact details; else one is made in the data folder',
  },
  { name: 'DATABASE_URL', value: '', meaning: 'a PostgreSQL of your own; else an embedded one is started' },
  { name: 'KEYS_DATABASE_URL', value: '', meaning: 'keys of contact details; else fairlead_keys beside DATABASE_URL' },
  { name: 'KAFKA_BROKERS', value: '', meaning: 'a Kafka of your own; else an embedded one is started' },
  { name: 'KAFKA_TLS', value: 'false', meaning: 'reach Kafka through TLS' },
  { name: 'KAFKA_CA_FILE', value: '', meaning: 'certificate authority of that Kafka' },
  { name: 'KAFKA_SASL_MECHANISM', value: 'none', meaning: 'plain, scram-sha-256 or scram-sha-512' },
  { name: 'KAFKA_SASL_USERNAME', value: '', meaning: '' },
  { name: 'KAFKA_SASL_PASSWORD', value: '', meaning: '' },
  { name: 'FAIRLEAD_TOPIC_PREFIX', value: 'fairlead.', meaning: 'what the names of topics start with' },
  { name: 'FAIRLEAD_WEBHOOK_ALLOW', value: '', meaning: 'private networks that webhooks may reach, as CIDRs' },
  { name: 'FAIRLEAD_WEBHOOK_TIMEOUT', value: '15s', meaning: 'how long a partner may take to answer a webhook' },
  {
    name: 'FAIRLEAD_TRUSTED_PROXIES',
    value: '',
    meaning: 'proxies, as CIDRs, whose x-forwarded-for is believed',
  },
  { name: 'FAIRLEAD_GATEWAY_TARGET', value: 'http://{service}:8080', meaning: 'where a gateway finds each service' },
  { name: 'FAIRLEAD_LOG_LEVEL', value: 'info', meaning: 'fatal, error, warn, info, debug, trace or silent' },
  { name: 'FAIRLEAD_LOG_FORMAT', value: '', meaning: 'json or readable; readable on a terminal' },
];

/** The table for the end of a `--help`. */
export function configurationHelp(): string {
  const width = Math.max(...configuration.map(({ name }) => name.length)) + 2;
  const lines = configuration.map(({ name, value, meaning }) => {
    const fallback = value === '' ? '' : ` (${value})`;
    return `  ${name.padEnd(width)}${meaning}${fallback}`.trimEnd();
  });
  return `\nConfiguration, all by environment (default):\n${lines.join('\n')}\n`;
}
