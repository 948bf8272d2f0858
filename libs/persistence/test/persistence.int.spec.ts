import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import {
  createDataSource,
  type DatabaseSettings,
  inTransaction,
  isTransient,
  migrate,
  type MigrationNews,
  MigrationWatch,
  queryOf,
  RowCopy,
  withSession,
} from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-migrations-'));
const migrations = [pathToFileURL(`${folder}/`)];
const file = (name: string, sql: string) => writeFileSync(join(folder, name), sql);

describe('persistence, with a real PostgreSQL', () => {
  const schema = `p_${randomBytes(6).toString('hex')}`;
  const opened: DataSource[] = [];
  const open = async (more: Partial<DatabaseSettings> = {}): Promise<DataSource> => {
    const dataSource = createDataSource({
      url: process.env['TEST_DATABASE_URL'] ?? '',
      schema,
      poolSize: 3,
      applicationName: 'persistence-test',
      ...more,
    });
    opened.push(await dataSource.initialize());
    return dataSource;
  };
  let dataSource: DataSource;

  beforeAll(async () => {
    file('1700000000000-people.sql', 'CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);');
    dataSource = await open();
  });
  afterAll(async () => {
    await queryOf(dataSource)(`DROP SCHEMA ${schema} CASCADE`);
    for (const each of opened) await each.destroy();
    rmSync(folder, { recursive: true });
  });

  it('applies each migration once, although several processes start together', async () => {
    const others = [await open(), await open()];
    const applied = await Promise.all([dataSource, ...others].map((each) => migrate(each, migrations)));
    expect(applied.flat()).toEqual(['people-1700000000000']);
    expect(await migrate(dataSource, migrations)).toEqual([]);
  });

  it('survives that a connection is cut in the moment in which it changes hands', async () => {
    // The pool has handed it out and stopped listening; whoever asked for it does not listen yet.
    const { master } = dataSource.driver as unknown as { master: { connect(): Promise<PoolClient> } };
    const connection = await master.connect();
    const ended = new Promise((resolve) => void connection.once('end', resolve));
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await queryOf(dataSource)('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    connection.release(true);
    expect(await queryOf(dataSource)('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('takes a new migration, and leaves nothing of one that fails', async () => {
    file('1700000000001-pets.sql', 'CREATE TABLE pets (id int); SELECT no_such_function();');
    await expect(migrate(dataSource, migrations)).rejects.toThrow('no_such_function');
    file('1700000000001-pets.sql', 'CREATE TABLE pets (id int);');
    expect(await migrate(dataSource, migrations)).toEqual(['pets-1700000000001']);
  });

  it('refuses a migration that was edited after it had been applied', async () => {
    file('1700000000001-pets.sql', 'CREATE TABLE pets (id bigint);');
    await expect(migrate(dataSource, migrations)).rejects.toThrow('1700000000001-pets.sql was edited');
    file('1700000000001-pets.sql', 'CREATE TABLE pets (id int);');
  });

  it('answers the rows of a write, too, and keeps nothing of work that throws', async () => {
    const query = queryOf(dataSource);
    const insert = 'INSERT INTO people SELECT * FROM unnest($1::int[], $2::text[]) RETURNING id';
    expect(
      await inTransaction(dataSource, (q) =>
        q(insert, [
          [1, 2],
          ['a', 'b'],
        ]),
      ),
    ).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await query('UPDATE people SET name = $1 WHERE id = 2 RETURNING name', ['c'])).toEqual([{ name: 'c' }]);
    const failing = inTransaction(dataSource, async (q) => {
      await q(insert, [[3], ['d']]);
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await query('SELECT count(*)::int AS n FROM people')).toEqual([{ n: 2 }]);
  });

  it('begins with the first statement and ends with the last, and keeps all or nothing whichever of them fails', async () => {
    const session = await open({ poolSize: 1 });
    const query = queryOf(session);
    await query('CREATE TABLE books (id int PRIMARY KEY, of int REFERENCES books DEFERRABLE INITIALLY DEFERRED)');
    const insert =
      'INSERT INTO books (id, of) SELECT id, of FROM unnest($1::int[], $2::int[]) AS b (id, of) RETURNING id';
    const ids = async () => (await query<{ id: number }>('SELECT id FROM books ORDER BY id')).map(({ id }) => id);
    const none = [null];

    const seen = await inTransaction(session, async (q, finishWith) => {
      expect(await q(insert, [[1], none])).toEqual([{ id: 1 }]);
      finishWith(insert, [[2], [1]]);
      return q('SELECT count(*)::int AS n FROM books');
    });
    expect(seen).toEqual([{ n: 1 }]);
    expect(await ids()).toEqual([1, 2]);
    // Alone in its transaction, first and last at once.
    await inTransaction(session, (_, finishWith) => Promise.resolve(finishWith(insert, [[3], none])));
    expect(await ids()).toEqual([1, 2, 3]);

    const failing: [code: string, work: Parameters<typeof inTransaction>[1]][] = [
      // The first, the last, both in one, and the commit itself.
      ['23505', (q) => q(insert, [[1], none])],
      ['23505', async (q, finishWith) => (await q(insert, [[4], none]), finishWith(insert, [[1], none]))],
      [
        '23505',
        (_, finishWith) =>
          Promise.resolve(
            finishWith(insert, [
              [4, 4],
              [null, null],
            ]),
          ),
      ],
      ['23503', (_, finishWith) => Promise.resolve(finishWith(insert, [[4], [99]]))],
      ['23503', (q) => q(insert, [[4], [99]])],
    ];
    for (const [code, work] of failing) {
      await expect(inTransaction(session, work)).rejects.toMatchObject({ name: 'QueryFailed', code });
      // The same connection, in no transaction.
      expect(await query('SELECT now() = statement_timestamp() AS alone')).toEqual([{ alone: true }]);
      expect(await ids()).toEqual([1, 2, 3]);
    }
    await inTransaction(session, (_, finishWith) => Promise.resolve(finishWith(insert, [[4], [1]])));
    expect(await ids()).toEqual([1, 2, 3, 4]);
    await expect(
      inTransaction(session, (_, finishWith) =>
        Promise.resolve([1, 2].forEach((id) => finishWith(insert, [[id], none]))),
      ),
    ).rejects.toThrow('one statement');
  });

  it('repeats no values in errors', async () => {
    const secret = 'ada@example.org';
    const attempts = [
      () => queryOf(dataSource)('INSERT INTO people VALUES (1, $1)', [secret]),
      () => queryOf(dataSource)('SELECT $1::text::int', [secret]),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((e: unknown) => e);
      expect(error).toMatchObject({ name: 'QueryFailed', code: expect.stringMatching(/^2[23]/) as string });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(secret);
    }
  });

  it('takes lists of every type as they are, whatever is in them', async () => {
    const query = queryOf(dataSource);
    const lists: Record<string, readonly unknown[]> = {
      text: ['', 'a,b', '{"}', 'back\\slash', 'NULL', '日本語 \u{1f600}', null],
      bytea: [Buffer.alloc(0), randomBytes(300), Buffer.from([0, 92, 34]), null],
      uuid: ['00000000-0000-4000-8000-0000000000ff', 'ABCDEF01-2345-6789-abcd-ef0123456789', null],
      int: [0, -1, 2 ** 31 - 1, -(2 ** 31), null],
      bigint: ['0', '-9007199254740993', 1_764_000_000_000, null],
      float8: [0.1, -1e300, 1_764_000_000_000, Infinity, null],
      boolean: [true, false, null],
      json: ['{"a": [1, "\\"x"]}', '"text"', 'null', null],
      jsonb: ['{"a": [1, "\\"x"]}', '"text"', 'null', null],
    };
    for (const [type, list] of Object.entries(lists)) {
      const sql = `SELECT $1::${type}[]::text AS list`;
      // The driver's own way, as texts.
      expect({ type, is: await query(sql, [list]) }).toEqual({ type, is: await dataSource.query(sql, [list]) });
      expect(await query(sql, [[]])).toEqual([{ list: '{}' }]);
    }
  });

  it('keeps a statement that reads nothing but lists, also after it has failed, and after the table was changed', async () => {
    const session = await open({ poolSize: 1 });
    const query = queryOf(session);
    await query('CREATE TABLE kept (id int PRIMARY KEY)');
    const insert = 'INSERT INTO kept (id) SELECT id FROM unnest($1::int[]) AS k (id) RETURNING id';
    await inTransaction(session, async (q) => {
      await q(insert, [[1]]);
      throw new Error('undone');
    }).catch(() => undefined);
    for (let id = 1; id < 10; id += 1) await query(insert, [[id]]);
    await expect(query(insert, [[1]])).rejects.toMatchObject({ code: '23505' });
    await query('ALTER TABLE kept ADD COLUMN name text');
    expect(await query(insert, [[10, 11]])).toEqual([{ id: 10 }, { id: 11 }]);
    expect(
      await query('SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement LIKE $1', ['%kept%']),
    ).toEqual([{ n: 1 }]);
  });

  it('copies rows as they are, whatever is in them, and all or none', async () => {
    const query = queryOf(dataSource);
    await query('CREATE TABLE copied (id int PRIMARY KEY, name text, words text[], detail jsonb, at timestamptz)');
    const columns = ['id', 'name', 'words', 'detail', 'at'];
    const nasty = ['\\N', 'a\tb\nc\rd\\e', '\\.', '', '"quoted", {braces} \\"', 'NULL', '日本語 \u{1f600}\b\f\v'];
    const at = new Date(1_767_589_202_129);
    const copy = await RowCopy.into(dataSource, 'copied', columns);
    for (const [id, name] of nasty.entries()) await copy.write([id, name, nasty, { name, nasty }, at]);
    await copy.write([nasty.length, null, null, null, null]);
    await copy.end();
    const rows = await query('SELECT name, words, detail, at FROM copied ORDER BY id');
    expect(rows).toEqual([
      ...nasty.map((name) => ({ name, words: nasty, detail: { name, nasty }, at })),
      { name: null, words: null, detail: null, at: null },
    ]);

    const again = await RowCopy.into(dataSource, 'copied', ['id', 'name']);
    for (let id = 100; id < 20_000; id++) await again.write([id, 'x'.repeat(100)]);
    await again.write([0, 'there already']);
    await expect(again.end()).rejects.toMatchObject({ name: 'QueryFailed' });
    const given = await RowCopy.into(dataSource, 'copied', ['id', 'name']);
    await given.write([100, 'given up']);
    await given.abandon();
    expect(await query('SELECT count(*)::int AS count FROM copied')).toEqual([{ count: nasty.length + 1 }]);
    await expect(RowCopy.into(dataSource, 'copied; DROP TABLE copied', ['id'])).rejects.toThrow('not a name');
  });

  it('gives a lock to one session, and to the next when the first ends', async () => {
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const first = withSession(dataSource, async (session) => {
      expect(await session.tryLock('relay')).toBe(true);
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    await withSession(dataSource, async (session) => expect(await session.tryLock('relay')).toBe(false));
    release.resolve();
    await first;
    await withSession(dataSource, async (session) => expect(await session.tryLock('relay')).toBe(true));
  });

  it('hears notifications, and notices that its connection was cut', async () => {
    let heard = 0;
    await withSession(dataSource, async (session) => {
      await session.listen('bell', () => (heard += 1));
      await queryOf(dataSource)("SELECT pg_notify('bell', '')");
      while (heard === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const [me] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await queryOf(dataSource)('SELECT pg_terminate_backend($1)', [me?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(() => session.check()).toThrow();
    });
    expect(await queryOf(dataSource)('SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  });

  it('lets a migration take its time, and no other statement', async () => {
    const hasty = await open({ statementTimeoutMs: 500 });
    file('1700000000002-slow.sql', 'SELECT pg_sleep(1);');
    expect(await migrate(hasty, migrations)).toEqual(['slow-1700000000002']);
    await expect(queryOf(hasty)('SELECT pg_sleep(1)')).rejects.toMatchObject({ code: '57014' });
  });

  it('lets a migration take its time whatever limits the database itself has', async () => {
    const name = `limits_${randomBytes(6).toString('hex')}`;
    const url = Object.assign(new URL(process.env['TEST_DATABASE_URL'] ?? ''), { pathname: `/${name}` }).href;
    await queryOf(dataSource)(`CREATE DATABASE ${name}`);
    await queryOf(dataSource)(`ALTER DATABASE ${name} SET statement_timeout = 500`);
    const limited = await open({ url });
    expect(await migrate(limited, migrations)).toContain('slow-1700000000002');
    await limited.destroy();
    opened.splice(opened.indexOf(limited), 1);
    await queryOf(dataSource)(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  describe('with a migration that waits', () => {
    const held = `held by the test of ${schema}`;
    const waiting = mkdtempSync(join(tmpdir(), 'fairlead-migrations-'));
    const folders = [pathToFileURL(`${waiting}/`)];
    const other = `${schema}_other`;
    beforeAll(() => {
      writeFileSync(join(waiting, '1700000000010-first.sql'), 'CREATE TABLE first (id int);');
      const second = `CREATE TABLE second (id int); SELECT pg_advisory_xact_lock(hashtextextended('${held}', 0));`;
      writeFileSync(join(waiting, '1700000000011-second.sql'), second);
      writeFileSync(join(waiting, '1700000000012-third.sql'), 'CREATE TABLE third (id int);');
    });
    afterAll(() => rmSync(waiting, { recursive: true }));

    /** Migrates as a process of its own would; `until` settles when it has told this. */
    const migrating = (one: DataSource) => {
      const news: MigrationNews[] = [];
      const stop = new AbortController();
      const heard: (() => void)[] = [];
      const watch = new MigrationWatch((told) => {
        news.push(told);
        for (const each of heard) each();
      }, stop.signal);
      const applied = migrate(one, folders, watch);
      applied.catch(() => undefined);
      const says = (event: MigrationNews['event'], what?: string) =>
        news.some(
          (told) => told.event === event && (what === undefined || ('name' in told && told.name.includes(what))),
        );
      const until = async (event: MigrationNews['event'], what?: string) => {
        const told = new Promise<void>((resolve) => heard.push(() => says(event, what) && resolve()));
        if (!says(event, what)) await Promise.race([told, applied.then(() => Promise.reject(new Error('it ended')))]);
      };
      return { news, stop, applied, until, says };
    };
    const tables = async (one: DataSource) =>
      (
        await queryOf(one)<{ table: string }>(
          `SELECT tablename AS table FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY ($1) ORDER BY 1`,
          [['first', 'second', 'third']],
        )
      ).map(({ table }) => table);

    it('keeps those before it when it is stopped, leaves nothing of it, and goes on with it at the next start', async () => {
      await withSession(dataSource, async (session) => {
        await session.tryLock(held);
        const { news, stop, applied, until } = migrating(dataSource);
        await until('migration.began', 'second');
        stop.abort(new Error('stopped by the test'));
        await expect(applied).rejects.toThrow('stopped by the test');
        const [first, second] = ['first-1700000000010', 'second-1700000000011'];
        const seconds = expect.any(Number) as number;
        expect(news).toEqual([
          { event: 'migration.began', schema, name: first },
          { event: 'migration.ended', schema, name: first, seconds },
          { event: 'migration.began', schema, name: second },
          { event: 'migration.failed', schema, name: second, seconds },
        ]);
        expect(await tables(dataSource)).toEqual(['first']);
        const recorded = await queryOf(dataSource)(
          `SELECT name FROM migrations JOIN migration_checksums USING (name) WHERE name LIKE '%170000000001_'`,
        );
        expect(recorded).toEqual([{ name: first }]);
        // Not only given up by us: PostgreSQL does not go on with it either.
        const left = await session.query(
          `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database =
            (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid IN
            (SELECT pid FROM pg_stat_activity WHERE application_name = 'persistence-test')`,
        );
        expect(left).toEqual([]);
      });
      expect(await migrate(dataSource, folders)).toEqual(['second-1700000000011', 'third-1700000000012']);
      expect(await tables(dataSource)).toEqual(['first', 'second', 'third']);
    });

    it('lets another schema migrate meanwhile, another process of the same one wait, and one of an older version too', async () => {
      const [slow, same, quick] = [`${schema}_slow`, `${schema}_slow`, other];
      const [one, two, three] = [
        await open({ schema: slow }),
        await open({ schema: same }),
        await open({ schema: quick }),
      ];
      await withSession(dataSource, async (session) => {
        await session.tryLock(held);
        const first = migrating(one);
        await first.until('migration.began', 'second');

        const second = migrating(two);
        await second.until('migration.waits');

        // Its second migration waits for the test as well: not for the first one's schema, whose lock it does not need.
        const third = migrating(three);
        await third.until('migration.began', 'second');
        expect(await tables(three)).toEqual(['first']);

        // As processes did before each schema had a lock: one for all of them.
        const before = 'SELECT pg_try_advisory_lock($1) AS alone';
        expect(await session.query(before, [0x66616972])).toEqual([{ alone: false }]);
        expect(second.news).toEqual([{ event: 'migration.waits', schema: slow }]);

        await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [held]);
        expect((await first.applied).length).toBe(3);
        expect(await second.applied).toEqual([]);
        expect((await third.applied).length).toBe(3);

        expect(await session.query(before, [0x66616972])).toEqual([{ alone: true }]);
        const later = migrating(two);
        await later.until('migration.waits');
        later.stop.abort(new Error('tired of waiting'));
        await expect(later.applied).rejects.toThrow('tired of waiting');
      });
      for (const each of [slow, other]) await queryOf(dataSource)(`DROP SCHEMA ${each} CASCADE`);
    });
  });

  it('gives up a connection on which nobody answers, and works again when somebody does', async () => {
    const network = await SilentNetwork.before(process.env['TEST_DATABASE_URL'] ?? '');
    const hasty = await open({ statementTimeoutMs: 100, url: network.url });
    await queryOf(hasty)('SELECT 1');
    network.silent = true;
    const failure = await inTransaction(hasty, (query) => query('SELECT 1')).catch((error: unknown) => error);
    expect(isTransient(failure)).toBe(true);
    network.silent = false;
    expect(await inTransaction(hasty, (query) => query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    network.close();
  }, 30_000);
});

/** Between us and PostgreSQL; when silent it takes everything, passes nothing on, and says nothing about it. */
class SilentNetwork {
  silent = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => this.silent || to.write(bytes));
        from.on('error', () => undefined).on('close', () => to.destroy());
      }
    });
  }

  static async before(databaseUrl: string): Promise<SilentNetwork> {
    const network = new SilentNetwork(new URL(databaseUrl));
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(port) }).href;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
