import { ConfigurationError, Environment } from './environment.js';
import { readSettings } from './settings.js';

const needed = { DATABASE_URL: 'postgres://localhost/fairlead', KAFKA_BROKERS: 'localhost:9092' };

describe('the settings of a process', () => {
  it('need only the two servers', () => {
    const environment = new Environment(needed);
    expect(readSettings(environment)).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      adminKey: undefined,
      connections: { kafka: { brokers: ['localhost:9092'], clientId: 'fairlead' }, topicPrefix: 'fairlead.' },
      log: { level: 'info' },
    });
    environment.refuseProblems();
  });

  it('take a user and TLS for Kafka', () => {
    const environment = new Environment({
      ...needed,
      KAFKA_TLS: 'true',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'fairlead',
      KAFKA_SASL_PASSWORD: 'secret',
    });
    expect(readSettings(environment).connections.kafka).toMatchObject({
      tls: true,
      sasl: { mechanism: 'scram-sha-512', username: 'fairlead', password: 'secret' },
    });
  });

  it('name everything that is missing or wrong', () => {
    const environment = new Environment({
      FAIRLEAD_ADMIN_KEY: 'too-short',
      FAIRLEAD_PORT: '70000',
      FAIRLEAD_LOG_LEVEL: 'loud',
      FAIRLEAD_TRUSTED_PROXIES: '10.0.0.0/8, gateway',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_CA_FILE: '/nowhere/ca.pem',
    });
    readSettings(environment);
    expect(() => environment.refuseProblems()).toThrow(ConfigurationError);
    expect(() => environment.refuseProblems()).toThrow(
      /FAIRLEAD_PORT.*FAIRLEAD_TRUSTED_PROXIES.*FAIRLEAD_ADMIN_KEY.*DATABASE_URL.*KAFKA_BROKERS.*KAFKA_CA_FILE.*KAFKA_SASL_USERNAME.*KAFKA_SASL_PASSWORD.*FAIRLEAD_LOG_LEVEL/s,
    );
  });
});
