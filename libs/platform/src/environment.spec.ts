import { ConfigurationError, Environment } from './environment.js';

describe('the environment', () => {
  it('gives typed settings', () => {
    const environment = new Environment({
      PORT: ' 8080 ',
      NAME: 'Fairlead',
      ON: 'true',
      OFF: '0',
      BROKERS: 'a:1, b:2,',
      WAIT: '4h',
      LEVEL: 'warn',
      URL: 'postgres://db/fairlead',
    });
    expect([
      environment.integer('PORT', { min: 1, max: 65_535 }),
      environment.text('NAME'),
      environment.flag('ON'),
      environment.flag('OFF', { default: true }),
      environment.list('BROKERS'),
      environment.durationMs('WAIT'),
      environment.oneOf('LEVEL', ['info', 'warn']),
      environment.url('URL', { protocols: ['postgres'] }),
    ]).toEqual([8080, 'Fairlead', true, false, ['a:1', 'b:2'], 14_400_000, 'warn', 'postgres://db/fairlead']);
    environment.refuseProblems();
  });

  it('takes an empty variable for one that is not set', () => {
    const environment = new Environment({ PORT: ' ' });
    expect(environment.integer('PORT', { default: 5 })).toBe(5);
    expect(environment.optionalText('NAME')).toBeUndefined();
    expect(environment.flag('ON')).toBe(false);
    environment.refuseProblems();
  });

  it('names every variable that is wrong at once, and shows no value', () => {
    const environment = new Environment({
      PORT: 'hunter2',
      SMALL: '0',
      ON: 'hunter2',
      WAIT: '4 hunter2',
      LEVEL: 'hunter2',
      URL: 'http://hunter2',
      BROKERS: 'hunter2',
      KEY: 'hunter2',
    });
    environment.integer('PORT', { min: 1, max: 65_535 });
    environment.integer('PORT', { min: 1, max: 65_535 });
    environment.integer('SMALL', { min: 1 });
    environment.flag('ON');
    environment.durationMs('WAIT', { default: 1, max: 60_000 });
    environment.oneOf('LEVEL', ['info', 'warn']);
    environment.url('URL', { protocols: ['postgres', 'postgresql'] });
    environment.list('BROKERS', { pattern: /:/, shape: 'a host and port' });
    environment.text('KEY', { pattern: /^.{32,}$/, shape: 'at least 32 characters' });
    environment.text('MISSING');
    environment.refuse('OTHER', 'does not go with PORT');
    const refusal = refusalOf(() => environment.refuseProblems());
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect((refusal as ConfigurationError).problems).toEqual([
      'PORT: must be a whole number from 1 to 65535',
      'SMALL: must be a whole number of at least 1',
      'ON: must be true or false',
      'WAIT: must be a duration such as 90s, 4h or 2d of at most 60000 ms',
      'LEVEL: must be one of info, warn',
      'URL: must be an address that starts with postgres:// or postgresql://',
      'BROKERS: every item must be a host and port',
      'KEY: must be at least 32 characters',
      'MISSING: is not set',
      'OTHER: does not go with PORT',
    ]);
    expect((refusal as Error).message).not.toMatch(/hunter2/);
  });

  it.each(['1e3', '0x10', '1.5', '99999999999999999999', '--1', '１２'])('refuses %s as a whole number', (value) => {
    const environment = new Environment({ N: value });
    environment.integer('N');
    expect(() => environment.refuseProblems()).toThrow(/N: must be a whole number/);
  });
});

function refusalOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
