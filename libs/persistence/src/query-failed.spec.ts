import { isTransient } from './query-failed.js';
import { QueryFailed } from './without-values.js';

const coded = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('isTransient', () => {
  it.each(['08006', '57P01', '57P03', '53300', '40001', '40P01', '25006', '25P03', 'ECONNREFUSED', 'ECONNRESET'])(
    'lets %s be tried again',
    (code) => {
      expect(isTransient(coded(code))).toBe(true);
    },
  );

  it.each(['23505', '22P02', '42P01', '57014', 'ERR_ASSERTION'])('takes %s for a fault of the work itself', (code) => {
    expect(isTransient(coded(code))).toBe(false);
  });

  it('knows the words of a client whose connection broke', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransient(new QueryFailed(undefined, undefined, 'Connection terminated'))).toBe(true);
    // TypeORM's, for the statement after the one during which the connection broke.
    expect(isTransient(new Error('Query runner already released. Cannot run queries anymore.'))).toBe(true);
    expect(isTransient(new Error('outer', { cause: coded('ECONNREFUSED') }))).toBe(true);
    expect(isTransient(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
  });

  it('does not take a bug for an outage', () => {
    expect(isTransient(new TypeError('x is not a function'))).toBe(false);
    expect(isTransient('a text')).toBe(false);
  });
});
