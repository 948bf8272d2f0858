import { Logger } from '@nestjs/common';
import { PinoLogger } from './logger.js';

describe('the log', () => {
  let lines: string[];
  const logger = (format: 'json' | 'readable' = 'json') =>
    new PinoLogger({ level: 'debug', format }, { write: (line: string) => void lines.push(line) });
  const written = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  beforeEach(() => {
    lines = [];
  });

  it('writes one wide line with level, time and context', () => {
    logger().log({ event: 'batch.handled', events: 12, durationMs: 3 }, 'routing');
    expect(written()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        context: 'routing',
        event: 'batch.handled',
        events: 12,
        durationMs: 3,
      },
    ]);
  });

  it('is what Nest’s own logger writes through', () => {
    Logger.overrideLogger(logger());
    new Logger('routing').warn('something odd');
    new Logger('routing').error(new TypeError('no'));
    expect(written()).toMatchObject([
      { level: 'warn', context: 'routing', text: 'something odd' },
      {
        level: 'error',
        context: 'routing',
        error: { name: 'TypeError', text: 'no', stack: expect.stringContaining('at ') },
      },
    ]);
  });

  it('keeps Nest’s account of its wiring for debugging', () => {
    logger().log('Mapped {/v1/leads, POST} route', 'RouterExplorer');
    expect(written()).toMatchObject([{ level: 'debug' }]);
  });

  it('never writes what a caller sent, wherever it hides', () => {
    const failed = Object.assign(new Error('query failed'), {
      code: '23505',
      parameters: ['jane@example.com'],
      detail: 'Key (email)=(jane@example.com) already exists.',
      driverError: { detail: 'jane@example.com' },
    });
    const log = logger();
    log.error({ event: 'failed', error: failed, request: { authorization: 'Bearer jane@example.com' } }, 'http');
    log.error(failed, 'http');
    log.log({
      event: 'x',
      lead: { contact: { email: 'jane@example.com' }, phone: 'jane@example.com' },
      secret: 'jane@example.com',
    });
    expect(lines.join('')).not.toMatch(/jane/);
    expect(written()[0]).toMatchObject({ error: { name: 'Error', text: 'query failed', code: '23505' } });
  });

  it('follows causes, but not for ever', () => {
    const error: Error & { cause?: unknown } = new Error('round');
    error.cause = error;
    logger().error(error);
    expect(lines).toHaveLength(1);
  });

  it('is readable at a terminal', () => {
    logger('readable').warn({ event: 'kafka.unreachable', attempt: 2, error: new Error('refused') }, 'start');
    expect(lines[0]?.replace(/\u001b\[\d+m/g, '')).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}start kafka\.unreachable attempt=2 Error: refused\n {4}at /,
    );
  });
});
