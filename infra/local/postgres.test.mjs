import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { PlainProblem } from './plain-problem.mjs';
import { startPostgres } from './postgres.mjs';

/** Only root's PostgreSQL runs under another number, and has its data elsewhere when that number cannot get to the folder. */
const skip = process.getuid?.() === 0 ? false : 'only root’s database can be in another folder';

describe('a database in a folder of the system, because the data folder is closed', { skip }, () => {
  /** @type {string} */ let closed;
  /** @type {string} */ let dir;
  /** @type {string} */ let database;
  /** @type {Set<string>} */ const made = new Set();
  before(() => {
    closed = mkdtempSync(join(tmpdir(), 'fairlead-postgres-'));
    chmodSync(closed, 0o700);
    dir = join(closed, 'kept', 'postgres');
  });
  after(() => {
    for (const folder of [closed, ...made]) rmSync(folder, { recursive: true, force: true });
  });

  /** @param {string} statement */
  const ask = async (statement) => {
    const server = await startPostgres({ dir, durable: false });
    made.add(realpathSync(join(dir, 'data')));
    try {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      const { rows } = await client.query(statement);
      await client.end();
      return rows;
    } finally {
      await server.stop();
    }
  };

  test('is not deleted when only the link to it is missing; the start says so, and what can be done', async () => {
    await ask('CREATE TABLE leads (id int); INSERT INTO leads VALUES (1)');
    database = realpathSync(join(dir, 'data'));
    assert.equal(dirname(database), '/var/lib/fairlead');
    unlinkSync(join(dir, 'data')); // as after a copy that leaves links out
    await assert.rejects(
      startPostgres({ dir, durable: false }),
      (error) => error instanceof PlainProblem && error.sentence.includes(`ln -s ${database} ${join(dir, 'data')}`),
    );
    symlinkSync(database, join(dir, 'data'));
    assert.deepEqual(await ask('SELECT id FROM leads'), [{ id: 1 }]);
  });

  test('is left alone when another data folder is begun where its own was, for that may be back', async () => {
    renameSync(join(closed, 'kept'), join(closed, 'aside'));
    assert.deepEqual(await ask(`SELECT to_regclass('leads') AS leads`), [{ leads: null }]);
    assert.notEqual(realpathSync(join(dir, 'data')), database);
    renameSync(join(closed, 'kept'), join(closed, 'other'));
    renameSync(join(closed, 'aside'), join(closed, 'kept'));
    assert.deepEqual(await ask('SELECT id FROM leads'), [{ id: 1 }]);
  });

  test('is made again when it was removed and the link was not', async () => {
    rmSync(database, { recursive: true });
    assert.deepEqual(await ask(`SELECT to_regclass('leads') AS leads`), [{ leads: null }]);
    assert.ok(existsSync(join(dir, 'data', 'PG_VERSION')));
  });
});
