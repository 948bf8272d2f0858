import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ownDatabase } from './fixture/own-database.js';

const main = fileURLToPath(new URL('./fixture/greeting.main.ts', import.meta.url));
const hook = fileURLToPath(new URL('../../../tools/swc-hook.mjs', import.meta.url));

describe('a process that runs services', () => {
  let database: Awaited<ReturnType<typeof ownDatabase>>;
  beforeAll(async () => {
    database = await ownDatabase();
  });
  afterAll(() => database.drop());

  const environment = () => ({
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
    FAIRLEAD_TOPIC_PREFIX: `t-${randomBytes(4).toString('hex')}.`,
    FAIRLEAD_PORT: '0',
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'starts, and ends gracefully with 0 on %s, writing JSON lines',
    async (signal) => {
      const child = start(environment());
      await child.printed(/"event":"started"/);
      child.kill(signal);
      expect(await child.ended).toBe(0);
      const lines = child.output().trim().split('\n');
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'info', time: expect.any(String) });
      expect(lines.join('\n')).not.toContain(new URL(database.url).password);
    },
  );

  it('ends at once on SIGTERM while it still waits for Kafka', async () => {
    const child = start({ ...environment(), KAFKA_BROKERS: '127.0.0.1:1' });
    await child.printed(/"event":"kafka.unreachable"/);
    const asked = Date.now();
    child.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
  });

  it('ends with 78 and plain words when its configuration cannot be used', async () => {
    const child = start({ PATH: process.env.PATH, FAIRLEAD_PORT: 'eighty' });
    expect(await child.ended).toBe(78);
    expect(child.output()).toBe(
      [
        'The configuration cannot be used:',
        '  FAIRLEAD_PORT: must be a whole number from 0 to 65535',
        '  DATABASE_URL: is not set',
        '  KAFKA_BROKERS: is not set',
        '',
      ].join('\n'),
    );
  });

  it('ends with 1 when the database refuses it, without showing the address', async () => {
    const child = start({ ...environment(), DATABASE_URL: 'postgres://jane:hunter2@127.0.0.1:1/fairlead' });
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(/"level":"fatal".*"event":"start.failed"/);
    expect(child.output()).not.toMatch(/hunter2/);
  });
});

function start(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--conditions=@fairlead/source', '--no-warnings', '--import', hook, main], {
    env,
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  return {
    ended: once(child, 'close').then(([code]) => code as number),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    output: () => output,
    printed: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (pattern.test(output)) resolve();
        };
        listeners.add(look);
        look();
      }),
  };
}
