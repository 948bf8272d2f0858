import { createDataSource, type MigrationNews, queryOf, withSession } from '@fairlead/persistence';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { untilReady } from '../src/start/until-ready.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixture = fileURLToPath(new URL('./fixture/migrating.main.ts', import.meta.url));
const log = { file: 'services.log', lastError: undefined };

// An upgrade of three million offers took six minutes and was given three: it was begun again at every start, and never came up.
describe('how long a start is waited for', () => {
  const schema = `u_${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-until-ready-'));
  const database = createDataSource({
    ...{ url: process.env['TEST_DATABASE_URL'] ?? '', schema, poolSize: 3, applicationName: 'until-ready-test' },
  });
  const children: ChildProcess[] = [];
  const spawned = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    return child;
  };

  beforeAll(() => database.initialize());
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await queryOf(database)(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await database.destroy();
    rmSync(folder, { recursive: true });
  });

  it('is told what is migrated, and lets it finish however long it takes', async () => {
    const lock = `held for ${schema}`;
    writeFileSync(
      join(folder, '1700000000000-held.sql'),
      `SELECT pg_advisory_xact_lock(hashtextextended('${lock}', 0));`,
    );
    const news: MigrationNews[] = [];
    const began = Promise.withResolvers<void>();
    const fromSource = ['--conditions=@fairlead/source', '--import', join(root, 'tools/swc-hook.mjs')];
    // The start itself is given this long, and so is the migration, before it can go on.
    const withinMs = 10_000;
    const ready = await withSession(database, async (session) => {
      expect(await session.tryLock(lock)).toBe(true);
      const child = spawned(...fromSource, fixture, schema, pathToFileURL(`${folder}/`).href);
      const starting = untilReady(child, log, withinMs, (told) => {
        news.push(told);
        began.resolve();
      });
      await Promise.race([began.promise, starting]);
      const beyond = new Promise((resolve) => setTimeout(resolve, withinMs));
      await Promise.race([beyond, starting]);
      return { starting };
    });
    expect(await ready.starting).toBe('http://127.0.0.1:1');
    const held = { schema, name: 'held-1700000000000' };
    expect(news).toEqual([
      { event: 'migration.began', ...held },
      { event: 'migration.ended', ...held, seconds: expect.any(Number) as number },
    ]);
  }, 60_000);

  it('has an end where nothing is migrated any more, and says where the log is', async () => {
    const told = (event: string): string => `process.send(${JSON.stringify({ event, schema, name: 'a', seconds: 1 })})`;
    const began = `process.send(${JSON.stringify({ event: 'migration.began', schema, name: 'a' })})`;
    const child = spawned('-e', `${began}; ${told('migration.ended')}; setInterval(() => {}, 1e6)`);
    await expect(untilReady(child, log, 2_000, () => undefined)).rejects.toMatchObject({
      sentence: 'The services were not ready within 2 s. Their log is services.log.',
    });
  });

  it('takes a migration for failed whose process has ended', async () => {
    const began = `process.send(${JSON.stringify({ event: 'migration.began', schema, name: 'a' })}, () => process.exit(3))`;
    const news: MigrationNews[] = [];
    const starting = untilReady(spawned('-e', began), log, 20_000, (told) => news.push(told));
    await expect(starting).rejects.toMatchObject({ sentence: expect.stringContaining('code 3') as string });
    expect(news.map(({ event }) => event)).toEqual(['migration.began', 'migration.failed']);
  });
});
