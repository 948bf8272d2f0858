import { spawn } from 'node:child_process';
import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type RunningServices, startServices } from '@fairlead/platform';
import {
  leafHash,
  readBundle,
  readVerifierKey,
  TILE_WIDTH,
  tilePath,
  verifyCommitment,
  writeBundle,
} from '@fairlead/transparency-log';
import { loadServices, serviceNames } from '../src/services.js';
import { logSettings } from './fixture/log-key.js';
import { ownDatabase } from './fixture/own-database.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const hook = fileURLToPath(new URL('../../../tools/swc-hook.mjs', import.meta.url));
const FROM_SOURCE = ['--conditions=@fairlead/source', '--import', hook, '--no-warnings'];
const ADMIN = `test-${randomBytes(24).toString('hex')}`;
const LEADS = 120;
/** Six services start in it on two cores that have other things to do. */
const PATIENCE_MS = 180_000;

/** As c2sp.org/tlog-cosignature has it, and by nothing of ours. */
function newWitness(name: string, { privateKey, publicKey } = generateKeyPairSync('ed25519')) {
  const key = Buffer.concat([Buffer.of(4), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), key]), 'buffer').subarray(0, 4);
  return {
    verifierKey: `${name}+${id.toString('hex')}+${key.toString('base64')}\n`,
    cosign(note: string): string {
      const signed = sign(null, Buffer.from(`cosignature/v1\ntime 0\n${note.split('\n\n')[0]}\n`), privateKey);
      return `— ${name} ${Buffer.concat([id, Buffer.alloc(8), signed]).toString('base64')}\n`;
    },
  };
}

interface Trust {
  readonly likeForLike: Readonly<Record<string, object>>;
  readonly promise: Readonly<Record<string, object>>;
}

/** A history as a table, how it is mapped, and, plainly, what it comes to. */
interface History {
  readonly text: string;
  readonly rows: number;
  readonly mapping: object;
  readonly deals: ReadonlyMap<string, { readonly party: string; readonly isWon: boolean }>;
}

const HISTORY_ROWS = 2_000;
const parties: Readonly<Record<string, string>> = {
  'Fields Sales': 'direct',
  ...{ Reseller: 'reseller', Other: 'other', Telesales: 'telesales', Telecoverage: 'telecoverage' },
};

/** Real deals (`../shared/data`); undefined where they are not. */
function realHistory(): History | undefined {
  const file = new URL('../../../../shared/data/ibm_sales_win_loss.csv.gz', import.meta.url);
  if (!existsSync(file)) return undefined;
  return historyOf(
    gunzipSync(readFileSync(file))
      .toString()
      .split(/\r?\n/)
      .slice(0, HISTORY_ROWS + 1),
  );
}

function madeHistory(): History {
  const deal = (index: number) =>
    `${index},${Object.keys(parties)[index % 5]},${index % 3 === 0 ? 'Won' : 'Loss'},${index % 7}`;
  const header = 'Opportunity Number,Route To Market,Opportunity Result,Deal Size Category';
  // The last of them is there twice, and was won after all.
  return historyOf([header, ...Array.from({ length: 400 }, (_, index) => deal(index)), '398,Reseller,Won,6']);
}

function historyOf([header = '', ...lines]: readonly string[]): History {
  const names = header.split(',');
  const columns = ['Opportunity Number', 'Route To Market', 'Opportunity Result', 'Deal Size Category'];
  const [deals, said] = [new Map<string, { party: string; isWon: boolean }>(), new Set<string>()];
  for (const line of lines) {
    const [id = '', route = '', result, size] = columns.map((column) => line.split(',')[names.indexOf(column)]);
    const words = JSON.stringify([id, route, result, size]);
    if (!said.has(words)) deals.set(id, { party: parties[route] ?? '', isWon: result === 'Won' });
    said.add(words);
  }
  const fields = ['externalId', 'channel', 'outcome', 'attributes.size'];
  const mapping = {
    columns: Object.fromEntries(columns.map((column, index) => [column, fields[index]])),
    values: { channel: parties, outcome: { Won: 'won', Loss: 'lost' } },
    constants: { occurredAt: '2016-01-01', outcomeAt: '2016-12-31' },
  };
  return { text: [header, ...lines].join('\n'), rows: lines.length, mapping, deals };
}

interface Replayed {
  readonly events: number;
  readonly decisions: number;
  readonly identical: number;
  readonly different: { readonly leadId: string; readonly was: string | null; readonly now: string | null }[];
  readonly undecidable: number;
  readonly readModels: object;
}

describe('the log, taken away', () => {
  let running: RunningServices;
  let databaseUrl: string;
  let folder: string;
  let end: () => Promise<void>;
  /** By party, how many leads people sent there. */
  const overridden = { acme: 0, bolt: 0, direct: 0 };
  let imported: { readonly code: number | null; readonly stdout: string; readonly stderr: string };
  const history = realHistory() ?? madeHistory();
  const witness = newWitness('witness.example');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-taken-'));
    const [database, keys] = await Promise.all([ownDatabase(), ownDatabase()]);
    databaseUrl = database.url;
    writeFileSync(join(folder, 'master-key'), `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    writeFileSync(join(folder, 'witnesses'), witness.verifierKey);
    running = await startServices(await loadServices(serviceNames), {
      DATABASE_URL: database.url,
      KEYS_DATABASE_URL: keys.url,
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      FAIRLEAD_TOPIC_PREFIX: `t${randomBytes(4).toString('hex')}.`,
      FAIRLEAD_MASTER_KEY_FILE: join(folder, 'master-key'),
      ...logSettings(folder),
      FAIRLEAD_LOG_WITNESSES_FILE: join(folder, 'witnesses'),
      FAIRLEAD_ADMIN_KEY: ADMIN,
      FAIRLEAD_PORT: '0',
      FAIRLEAD_LOG_LEVEL: 'silent',
    });
    end = async () => {
      await running.close();
      await Promise.all([database.drop(), keys.drop()]);
      rmSync(folder, { recursive: true });
    };
    for (const [id, weight] of [
      ['acme', 3],
      ['bolt', 1],
    ] as const)
      await done('PUT', `/v1/partners/${id}`, { name: id, tier: 'gold', weight, caps: { open: 30 } });
    await done('PUT', '/v1/sources/web', { format: 'json' });
    const leads = Array.from({ length: LEADS }, (_, index) => ({
      externalId: String(index),
      email: `someone@company-${index}.com`,
      company: `Company ${index}`,
      country: index % 3 === 0 ? 'DE' : 'FR',
      employees: 10 * index,
      attributes: { size: index % 2 === 0 ? 'small' : 'large', campaign: `c-${index % 3}`, spent: index + 0.5 },
      consent: true,
    }));
    const { key } = await done<{ key: string }>('POST', '/v1/keys', { name: 'web', role: 'source', source: 'web' });
    const { results } = await done<{ results: { status: string }[] }>('POST', '/v1/leads', leads, key);
    expect(results.filter(({ status }) => status === 'received')).toHaveLength(LEADS);
    await settled();
    // Some are declined, so that decisions follow decisions.
    const { leads: offered } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?limit=40');
    await Promise.all(offered.map(({ id }) => call('POST', `/v1/leads/${id}/decline`, { reason: 'capacity' })));
    await settled();
    // Some of them a person then sends elsewhere, and another person once more.
    for (const { id } of offered.slice(0, 6))
      for (const to of ['acme', 'bolt', 'direct'] as const)
        if ((await call('POST', `/v1/leads/${id}/override`, { to, reason: 'They asked for it.' })).status === 200)
          overridden[to] += 1;
    await settled();
    // Others are taken on, and some of them are won.
    const { leads: all } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?limit=100');
    const parties = [ADMIN];
    for (const partner of ['acme', 'bolt'])
      parties.push((await done<{ key: string }>('POST', '/v1/keys', { name: partner, role: 'partner', partner })).key);
    // Whoever has it: the others are told that they were never offered it.
    const byItsParty = async (path: string, body?: unknown) => {
      for (const each of parties) if ((await call('POST', path, body, each)).status < 300) return;
      throw new Error(`nobody may ${path}`);
    };
    await Promise.all(
      all.slice(40).map(async ({ id }, index) => {
        await byItsParty(`/v1/leads/${id}/accept`);
        if (index % 2 === 0) await byItsParty(`/v1/leads/${id}/outcomes`, { type: 'won' });
        const corrects = { type: 'won' };
        if (index % 30 === 0)
          await byItsParty(`/v1/leads/${id}/outcomes`, { type: 'lost', reason: 'no-budget', corrects });
        if (index % 30 === 2) await byItsParty(`/v1/leads/${id}/outcomes`, { type: 'mistaken', corrects });
      }),
    );
    writeFileSync(join(folder, 'deals.csv'), history.text);
    writeFileSync(join(folder, 'deals.yaml'), JSON.stringify(history.mapping));
    imported = await fairlead(
      'import',
      join(folder, 'deals.csv'),
      '--history',
      '--map',
      join(folder, 'deals.yaml'),
      '--json',
    );
    await settled();
  }, PATIENCE_MS);
  afterAll(() => end?.());

  async function call(method: string, path: string, body?: unknown, key = ADMIN) {
    const answer = await fetch(`${running.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  }
  async function done<T = unknown>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    const { status, text } = await call(method, path, body, key);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }
  /** Until nothing new comes into the log. */
  async function settled(): Promise<void> {
    for (let before = -1; ; await pause(1_000)) {
      const { entries } = await done<{ entries: number }>('GET', '/log/completeness');
      if (entries === before && entries > 2 * LEADS) return;
      before = entries;
    }
  }
  const fairlead = (...args: string[]) => run(args);
  async function run(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [...FROM_SOURCE, main, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', FAIRLEAD_URL: running.url, FAIRLEAD_API_KEY: ADMIN, ...more },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
    child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }
  /** A copy of the export, to be spoilt. */
  function copy(name: string): string {
    const other = join(folder, name);
    cpSync(join(folder, 'taken'), other, { recursive: true });
    return other;
  }

  it('is plain files that verify, and grows where it was', async () => {
    const out = join(folder, 'taken');
    const first = await fairlead('export', '--out', out, '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(out).sort()).toEqual([
      '.unfinished',
      'checkpoint',
      'checkpoints',
      'read-models.json',
      'tile',
      'verifier.key',
      'verify.html',
    ]);
    const again = await fairlead('export', '--out', out, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ fetched: 0 });

    const verified = await fairlead('verify', out, '--json');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const { entries } = JSON.parse(first.stdout) as { entries: number };
    expect(JSON.parse(verified.stdout)).toMatchObject({ entries, origin: 'fairlead.local/log' });
    expect((await fairlead('verify', out)).stdout).toContain('The log fairlead.local/log is sound.');
  });

  it('replays: every score and every decision comes out the same, byte for byte', async () => {
    const { code, stdout } = await fairlead('replay', join(folder, 'taken'), '--json');
    const replayed = JSON.parse(stdout) as Replayed;
    expect({ ...replayed, code }).toMatchObject({ code: 0, different: [], undecidable: 0 });
    expect(replayed.identical).toBe(replayed.decisions);
    // A score and a decision for each lead, and one more for each that was declined.
    expect(replayed.decisions).toBeGreaterThan(2 * LEADS + 10);
    expect(overridden.acme + overridden.bolt + overridden.direct).toBeGreaterThan(10);
    expect(replayed.readModels).toMatchObject({
      leads: LEADS + history.deals.size,
      compared: { different: [], inMotion: 0, uncounted: 0, counts: true, promises: true },
    });
  });

  it('has deals that were closed elsewhere, of which there is nothing to decide again, and figures that are those of their rows', async () => {
    const { rows, ...tally } = JSON.parse(imported.stdout) as Record<string, number>;
    expect([imported.code, imported.stderr]).toEqual([0, 'The source history is new: it has been made.\n']);
    expect({ rows, ...tally }).toMatchObject({ rows: history.rows, imported: history.deals.size, rejected: 0 });
    expect(Object.values(tally).reduce((sum, count) => sum + count, 0)).toBe(rows);

    const trust = await done<Trust>('GET', '/v1/trust?pool=legacy');
    const deals = [...history.deals.values()];
    for (const [party, own] of Map.groupBy(deals, ({ party: each }) => each)) {
      const won = own.filter(({ isWon }) => isWon).length;
      expect(trust.likeForLike[party]).toMatchObject({ crude: { successes: won, trials: own.length }, unfinished: 0 });
    }
    expect(Object.keys(trust.likeForLike)).toHaveLength(new Set(deals.map(({ party }) => party)).size);
    expect(trust.promise['incomplete']).toMatchObject({ promised: null });
    const again = await fairlead('import', join(folder, 'deals.csv'), '--history', '--map', join(folder, 'deals.yaml'));
    expect(again.stdout).toMatch(
      /: 0 imported, 0 changed, [\d,]+ known, 0 rejected\nTheir figures: npx fairlead trust --pool legacy\n$/,
    );
    const shown = await fairlead('trust', '--pool', 'legacy');
    const ofDirect = deals.filter(({ party }) => party === 'direct').length.toLocaleString('en');
    expect(shown.stdout).toMatch(new RegExp(`^direct +${ofDirect} `, 'm'));
    expect((await fairlead('trust')).stdout).toContain('Deals that were closed elsewhere are not among them');
    const list = '/v1/leads?source=history&party=direct&limit=1';
    const { leads } = await done<{ leads: { id: string }[] }>('GET', list);
    const id = leads[0]?.id ?? '';
    expect((await fairlead('timeline', id)).stdout).toMatch(
      / told by history: a deal of direct since .* UTC, (won|lost)/,
    );
    const answer = await call('POST', `/v1/leads/${id}/outcomes`, { type: 'won' });
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('closed-elsewhere')]);
    expect((await call('GET', `/v1/leads/${id}/explanation`)).status).toBe(404);
  });

  it(
    'gives the trust figures that the system gives, to the last byte, as of where it stood; and no system has to run',
    async () => {
      const out = join(folder, 'taken');
      const file = join(folder, 'answer');
      const trust = (...args: string[]) =>
        run(['trust', out, ...args], { FAIRLEAD_URL: 'http://127.0.0.1:9', FAIRLEAD_API_KEY: '' });
      const queries: Record<string, string>[] = [
        { from: '2020-01-01', source: 'web', mix: 'attributes.size' },
        { campaign: 'c-1', silence: '7' },
        { pool: 'legacy' },
        {},
      ];
      for (const query of queries) {
        const live = await call('GET', `/v1/trust?${new URLSearchParams(query).toString()}`);
        writeFileSync(file, live.text);
        const args = Object.entries(query).flatMap(([name, value]) => [`--${name}`, value]);
        expect(await trust(...args, '--as-of', file, '--json')).toEqual({
          ...{ code: 0, stderr: '', stdout: `${live.text}\n` },
        });
      }
      expect((await trust('--age', '7')).stdout).toMatch(/^As of .*\n\nPARTY /);

      // Handed round: from the running system and from the log the same. Deals from elsewhere are told of to whoever asks for them, and by themselves.
      for (const [pools, leftOut, ...args] of [
        ['*', 'legacy'],
        ['all', '', '--pool', 'all'],
        ['legacy', '', '--pool', 'legacy'],
      ] as const) {
        const live = await fairlead('trust', ...args, '--format', 'csv');
        const [headings = [], ...rows] = live.stdout
          .split('\r\n')
          .filter((line) => line !== '')
          .map((line) => line.slice(1, -1).split('","'));
        const told = (row: readonly string[] | undefined, name: string) => row?.[headings.indexOf(name)] ?? '';
        expect(new Set(rows.map((row) => `${row[0]}/${told(row, 'left_out')}`))).toEqual(
          new Set([`${pools}/${leftOut}`]),
        );
        const events = told(rows[0], 'as_of_events').split(' ').map(Number);
        writeFileSync(file, JSON.stringify({ asOf: { at: told(rows[0], 'as_of'), events } }));
        expect(await trust(...args, '--as-of', file, '--format', 'csv')).toEqual(live);
      }
      const page = join(folder, 'trust.html');
      const asAcme = ['--partner', 'acme', '--as-of', file, '--format', 'html', '--out', page];
      expect(await trust(...asAcme)).toMatchObject({ code: 0, stdout: '' });
      expect(readFileSync(page, 'utf8')).toContain('What acme got');

      const { asOf } = JSON.parse(readFileSync(file, 'utf8')) as { asOf: { at: string; events: number[] } };
      writeFileSync(file, JSON.stringify({ asOf: { ...asOf, events: asOf.events.map((each) => each + 1) } }));
      const beyond = await trust('--as-of', file);
      expect([beyond.code, beyond.stderr]).toEqual([1, expect.stringMatching(/ends before that position: 6 events/)]);
    },
    PATIENCE_MS,
  );

  it(
    'gives each scorecard that the system gives, to the last byte, also as the partner itself sees it; and no system has to run',
    async () => {
      const out = join(folder, 'taken');
      const file = join(folder, 'card');
      const own = { name: 'acme', role: 'partner', partner: 'acme' };
      const { key: acme } = await done<{ key: string }>('POST', '/v1/keys', own);
      const offline = (...args: string[]) =>
        run(['scorecard', ...args], { FAIRLEAD_URL: 'http://127.0.0.1:9', FAIRLEAD_API_KEY: '' });
      const cards: [party: string, query: Record<string, string>, key?: string][] = [
        ['acme', {}],
        ['acme', {}, acme],
        ['acme', { pool: 'all', to: new Date().toISOString().slice(0, 10) }, acme],
        ['direct', { from: '2020-01-01', pool: 'legacy' }],
      ];
      for (const [party, query, key] of cards) {
        const path = `/v1/partners/${party}/scorecard?${new URLSearchParams(query).toString()}`;
        const live = await call('GET', path, undefined, key);
        writeFileSync(file, live.text);
        const args = Object.entries(query).flatMap(([name, value]) => [`--${name}`, value]);
        expect(await offline(party, out, ...args, '--as-of', file, '--json', ...(key ? ['--as-partner'] : []))).toEqual(
          {
            ...{ code: 0, stderr: '', stdout: `${live.text}\n` },
          },
        );
      }
      expect((await offline('acme', out)).stdout).toMatch(/^Scorecard of acme: [^]*\nOf the export as it lies there: /);
      for (const [args, why] of [
        [['direct', out, '--as-partner'], /direct is none/],
        [['a b', out], /neither the id of a partner nor direct/],
        [['acme', out, '--pool', 'a b'], /--pool must be/],
        [['acme', '--as-partner'], /the partner’s own key/],
        [['acme', '--as-of', file], /a running system stands where it stands/],
      ] as const) {
        const { code, stdout, stderr } = await offline(...args);
        expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(why) as string });
      }
    },
    PATIENCE_MS,
  );

  it('is told apart from what the system shows, where somebody changed that behind its back', async () => {
    const out = copy('shown');
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('SET search_path TO outcome_tracking');
    const { rows } = await client.query<{ lead_id: string; party: string }>('SELECT lead_id, party FROM leads LIMIT 1');
    const [lead] = rows;
    const set = (party: string | undefined) =>
      client.query('UPDATE leads SET party = $1 WHERE lead_id = $2', [party, lead?.lead_id]);
    await set('somebody');
    expect(await fairlead('export', '--out', out)).toMatchObject({ code: 0 });
    await set(lead?.party);
    await client.end();
    const { code, stdout } = await fairlead('replay', out);
    expect(code).toBe(1);
    expect(stdout).toContain(`something else for leads whose ids begin with ${lead?.lead_id.slice(0, 2)}.`);

    writeFileSync(join(out, 'read-models.json'), '{}');
    const spoilt = await fairlead('replay', out);
    expect([spoilt.code, spoilt.stderr]).toEqual([1, expect.stringContaining('is not what an export wrote')]);
    rmSync(join(out, 'read-models.json'));
    expect((await fairlead('replay', out)).stdout).toContain('nothing to compare with');
    const without = await fairlead('replay', out, '--no-read-models', '--json');
    expect(JSON.parse(without.stdout)).not.toHaveProperty('readModels');
  });

  it(
    'gives back what the system shows, while it goes on; and a rebuild that is killed changes nothing',
    async () => {
      const client = new Client({ connectionString: databaseUrl });
      await client.connect();
      await client.query(`SET search_path TO outcome_tracking`);
      await client.query(`UPDATE leads SET party = 'somebody', state = 'won', grade = 'D'`);
      await client.query(`UPDATE cohort_counts SET ever = ever + 7`);
      await client.query(`DELETE FROM offers WHERE number = 2`);
      const spoilt = async () => {
        const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM leads WHERE party = 'somebody'`);
        return Number(rows[0]?.count);
      };
      // Traffic meanwhile: leads that come in, and answers.
      let stopped = false;
      const { key } = await done<{ key: string }>('POST', '/v1/keys', { name: 'more', role: 'source', source: 'web' });
      const busy = (async () => {
        for (let round = 0; !stopped; round++) {
          const more = Array.from({ length: 5 }, (_, index) => ({
            ...{
              externalId: `more-${round}-${index}`,
              email: `x@more-${round}-${index}.com`,
              country: 'DE',
              consent: true,
            },
          }));
          await call('POST', '/v1/leads', more, key);
          const { leads } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?limit=3');
          for (const { id } of leads) await call('POST', `/v1/leads/${id}/decline`, { reason: 'capacity' });
          await pause(50);
        }
      })();
      try {
        for (const point of ['rebuild.loaded:1', 'rebuild.swapping:1']) {
          const killed = await run(['rebuild', '--json'], { DATABASE_URL: databaseUrl, FAIRLEAD_CRASH_AT: point });
          expect([killed.code, killed.stderr]).toEqual([null, expect.stringContaining('crash point')]);
          expect(await spoilt()).toBeGreaterThan(LEADS / 2);
        }
        const rebuilt = await run(['rebuild', '--log', copy('rebuilt'), '--json'], { DATABASE_URL: databaseUrl });
        expect(rebuilt).toMatchObject({ code: 0, stderr: '' });
        expect((JSON.parse(rebuilt.stdout) as { leads: number }).leads).toBeGreaterThan(LEADS);
        expect(await spoilt()).toBe(0);
      } finally {
        stopped = true;
        await busy;
        await client.end();
      }
      await settled();
      const out = copy('after');
      expect(await fairlead('export', '--out', out)).toMatchObject({ code: 0 });
      const { code, stdout } = await fairlead('replay', out, '--json');
      expect({ code, ...(JSON.parse(stdout) as Replayed).readModels }).toMatchObject({
        code: 0,
        compared: { different: [], inMotion: 0, uncounted: 0, counts: true, promises: true },
      });
    },
    PATIENCE_MS,
  );

  it(
    'is waited for where the service has not read all of it: nobody is held up meanwhile, and nothing is folded twice',
    async () => {
      const [client, holder] = [1, 2].map(() => new Client({ connectionString: databaseUrl })) as [Client, Client];
      await Promise.all([client.connect(), holder.connect()]);
      const rebuild = () => run(['rebuild', '--json'], { DATABASE_URL: databaseUrl });
      const why = ({ code, stdout }: { code: number | null; stdout: string }) => [code, JSON.parse(stdout) as object];
      const refused = (message: string) => [1, { error: { message: expect.stringContaining(message) as string } }];
      try {
        await client.query(`SET search_path TO outcome_tracking; SET lock_timeout = '2500ms'`);
        await client.query(
          `INSERT INTO parked (consumer, event_id, key, type, topic, partition, "offset", event, error_class)
           VALUES ('outcome-tracking', gen_random_uuid(), gen_random_uuid(), 'lead.won', 'lifecycle', 0, 0, '', 'TypeError')`,
        );
        expect(why(await rebuild())).toEqual(refused('1 events are parked in outcome-tracking'));
        await client.query('DELETE FROM parked');

        // Something that was said here and is in no log yet: it must outlive the rebuild.
        const [said] = (
          await client.query<{ lead_id: string }>(
            `UPDATE leads SET pending = '[{"eventId": "not-back-yet", "step": {"type": "received"}}]'
             WHERE lead_id = (SELECT min(lead_id::text)::uuid FROM leads) RETURNING lead_id`,
          )
        ).rows;
        // From now on the service reads nothing, and the log goes on.
        await holder.query('BEGIN; LOCK TABLE outcome_tracking.inbox IN EXCLUSIVE MODE');
        const { key } = await done<{ key: string }>('POST', '/v1/keys', { name: 'x', role: 'source', source: 'web' });
        const more = Array.from({ length: 10 }, (_, index) => ({
          externalId: `late-${index}`,
          country: 'DE',
          consent: true,
        }));
        await done('POST', '/v1/leads', more, key);
        await settled();
        let over = false;
        const rebuilding = rebuild().finally(() => (over = true));
        for (let loaded = false; !loaded && !over; await pause(50))
          loaded = await client.query('SELECT 1 FROM outcome_tracking_next.leads LIMIT 1').then(
            ({ rows }) => rows.length > 0,
            () => false,
          );
        // Longer than it would hold a lock for the log to catch up, of which here there is no hope.
        for (const until = Date.now() + 6_000; Date.now() < until && !over; await pause(20))
          await client.query('SELECT 1 FROM leads LIMIT 1');
        expect(over).toBe(false);
        expect(why(await rebuild())).toEqual(refused('Another rebuild is under way.'));

        await holder.query('ROLLBACK');
        expect(await rebuilding).toMatchObject({ code: 0, stderr: '' });
        const { rows } = await client.query('SELECT lead_id FROM leads WHERE pending::text LIKE $1', [
          '%not-back-yet%',
        ]);
        expect(rows).toEqual([said]);
        await client.query(`UPDATE leads SET pending = '[]'`);
      } finally {
        await Promise.all([client.end(), holder.end()]);
      }
      await settled();
      const out = copy('after-waiting');
      expect(await fairlead('export', '--out', out)).toMatchObject({ code: 0 });
      const { code, stdout } = await fairlead('replay', out, '--json');
      expect({ code, ...(JSON.parse(stdout) as Replayed).readModels }).toMatchObject({
        code: 0,
        compared: { different: [], inMotion: 0, uncounted: 0, counts: true, promises: true },
      });
    },
    PATIENCE_MS,
  );

  it('says what another policy would have decided, and that the one in force changes nothing', async () => {
    const file = join(folder, 'policy.yaml');
    const policy = (direct: number) =>
      `name: other\npools:\n  - id: all\n    match: {}\n    promise: { direct: ${direct}, channel: ${100 - direct} }\n`;
    const whatIf = async (direct: number) => {
      writeFileSync(file, policy(direct));
      const { code, stdout, stderr } = await fairlead('what-if', join(folder, 'taken'), '--policy', file, '--json');
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as { decisions: number; changed: number; different: { was: string; now: string }[] };
    };
    expect(await whatIf(50)).toMatchObject({ changed: 0, different: [] });
    const { changed, different } = await whatIf(60);
    expect(changed).toBeGreaterThan(0);
    expect(different).toHaveLength(changed);
    expect(different.every(({ was, now }) => was !== now)).toBe(true);

    writeFileSync(file, policy(120));
    const wrong = await fairlead('what-if', join(folder, 'taken'), '--policy', file);
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toMatch(/is no policy:\n {2}line 5: /);
  });

  it('says what another model and another roster would have come to, and keeps estimates apart', async () => {
    interface Found {
      readonly changed: number;
      readonly different: { leadId: string; pool: string; poolSeq: number; was: string; now: string; cause: string }[];
      readonly causes: Record<string, number>;
      readonly grades: { was: string; now: string; leads: number }[];
      readonly shares: { party: string | null; was: number; now: number }[];
      readonly undecidable: number;
      readonly estimates: { method: string; won: { observed: number } };
    }
    const files = (name: string, document: unknown) => {
      const file = join(folder, name);
      writeFileSync(file, JSON.stringify(document));
      return file;
    };
    const whatIf = async (...args: string[]) => {
      const { code, stdout, stderr } = await fairlead('what-if', join(folder, 'taken'), ...args, '--json');
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as Found;
    };
    const { models } = await done<{ models: { name: string }[] }>('GET', '/v1/models');
    const { document } = await done<{ document: { grades: object } }>('GET', `/v1/models/${models[0]?.name}`);
    const roster = await done('GET', '/v1/partners');
    const same = await whatIf('--model', files('same.json', document), '--partners', files('roster.json', roster));
    expect(same).toMatchObject({ changed: 0, different: [], undecidable: 0 });

    const other = files('model.json', { ...document, grades: { A: 3, B: 2, C: 1 } });
    const model = await whatIf('--model', other);
    expect(model.changed).toBe(model.different.length);
    expect(model.changed).toBeGreaterThan(0);
    expect(model.grades.reduce((sum, { leads }) => sum + leads, 0)).toBe(LEADS);
    expect(model.grades.some(({ was, now }) => was !== now)).toBe(true);
    expect(model.different[0]).toEqual({
      leadId: expect.any(String) as string,
      pool: 'all',
      poolSeq: expect.any(Number) as number,
      was: model.different[0]?.was,
      now: model.different[0]?.now,
      cause: 'model',
    });

    const without = files('without.json', [{ id: 'acme', removed: true }]);
    const both = await whatIf('--model', other, '--partners', without);
    // Nothing by the policy; a person's word is taken as it was given.
    const toAcme = both.shares.filter(({ party }) => party === 'acme').reduce((sum, { now }) => sum + now, 0);
    expect(toAcme).toBe(overridden.acme);
    expect(Object.keys(both.causes).sort()).toEqual(expect.arrayContaining(['roster']));
    // Of thirty wins two were losses, and two were none.
    expect(both.estimates.won.observed).toBe(26);

    const shown = await fairlead('what-if', join(folder, 'taken'), '--partners', without);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^With another roster \(0 put in, 1 removed\):\nOf /);
    expect(shown.stdout).toMatch(/\nEstimates, not facts\nEXPECTED .*\naccepted .*\nqualified .*\nwon .*\n.*Wilson/);
  });

  it('tells of one lead what happened, and why', async () => {
    const { leads } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?limit=1');
    const id = leads[0]?.id ?? '';
    const timeline = await fairlead('timeline', id);
    expect(timeline).toMatchObject({ code: 0, stderr: '' });
    expect(timeline.stdout).toMatch(
      / received from web.*\n.* points by model .*\n.* offer 1 to .*policy default@1, decision all/,
    );
    // Whoever has but the folder reads the same in it. The lead may be younger than what was taken so far.
    expect(await fairlead('export', '--out', join(folder, 'after'))).toMatchObject({ code: 0 });
    const offline = await fairlead('timeline', id, '--log', join(folder, 'after'));
    expect(offline).toEqual(timeline);
    const elsewhere = await fairlead('timeline', 'nobody', '--log', join(folder, 'taken'), '--json');
    expect([elsewhere.code, JSON.parse(elsewhere.stdout)]).toEqual([
      1,
      { error: { message: expect.stringContaining('says nothing of a lead nobody') as string } },
    ]);
    const explanation = await fairlead('explain', id, '--partner', 'acme');
    expect(explanation).toMatchObject({ code: 0, stderr: '' });
    expect(explanation.stdout).toMatch(/^Lead .*\n\n.* offered to .*\(policy default@1, decision all\/\d+\)\n {2}\S/);
    const nobody = await fairlead('timeline', '00000000-0000-4000-8000-000000000000');
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('404')]);
  });

  it('that witnesses have cosigned says how many of those whom one trusts, by key', async () => {
    const cosigned = copy('cosigned');
    const note = readFileSync(join(cosigned, 'checkpoint'), 'utf8');
    const pair = generateKeyPairSync('ed25519');
    const names = ['one.example', 'two.example'].map((name) => {
      const { verifierKey, cosign } = newWitness(name, pair);
      const file = join(folder, name);
      writeFileSync(file, verifierKey);
      return { file, line: cosign(note) };
    });
    writeFileSync(join(cosigned, 'checkpoint'), note + names.map(({ line }) => line).join(''));
    const trusted = names.flatMap(({ file }) => ['--witness', file]);
    for (const [dir, count] of [
      ['cosigned', 1],
      ['taken', 0],
    ] as const) {
      const { code, stdout } = await fairlead('verify', join(folder, dir), ...trusted);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`  ${count} of the witnesses that you trust`)]);
    }
    const twice = await fairlead(
      'verify',
      cosigned,
      '--witness',
      names[0]?.file ?? '',
      '--witness',
      names[0]?.file ?? '',
    );
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('stands there twice') });
  });

  it('has what witnesses have signed since it was taken, once it is brought up to date', async () => {
    const out = copy('cosigned-since');
    const again = async () => {
      const { code, stdout } = await fairlead('export', '--out', out, '--json');
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { fetched: number }).fetched;
    };
    await again();
    const [size] = readdirSync(join(out, 'checkpoints')).map(Number);
    const file = join(out, 'checkpoints', String(size));
    const note = readFileSync(file, 'utf8');
    const posted = await fetch(`${running.url}/log/checkpoints/${size}/cosignatures`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'text/plain' },
      body: witness.cosign(note),
    });
    expect(posted.status).toBe(204);
    expect(await again()).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(note + witness.cosign(note));
    expect(await again()).toBe(0);
    // What the system does not know of, because it was told to somebody else, or forgot it, is kept.
    const stranger = newWitness('stranger.example').cosign(note);
    writeFileSync(file, note + stranger);
    expect(await again()).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(note + stranger + witness.cosign(note));
    expect(await fairlead('verify', out)).toMatchObject({ code: 0 });

    writeFileSync(file, note.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`));
    const { code, stderr } = await fairlead('export', '--out', out);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^fairlead: .*checkpoints/${size} is of another log, or damaged: [^\n]+\n$`)),
    ]);
  });

  it('gives a partner a receipt for what it was offered, and for nothing else', async () => {
    const { key } = await done<{ key: string }>('POST', '/v1/keys', { name: 'acme', role: 'partner', partner: 'acme' });
    const { leads } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?party=acme&limit=1000');
    // One of the first, whose bundle is full.
    const id = leads.at(-1)?.id ?? '';
    const { entries } = await done<{ entries: { index: number; event: { type: string; data: { to?: string } } }[] }>(
      ...(['GET', `/v1/leads/${id}/timeline`] as const),
    );
    const offered = entries.findLast(({ event: { type, data } }) => type === 'lead.routed' && data.to === 'acme');
    const { status, text } = await call('GET', `/v1/leads/${id}/receipt`, undefined, key);
    expect(status).toBe(200);
    const verifier = readVerifierKey((await call('GET', '/log/verifier.key')).text);
    const { index, leaf } = verifyCommitment(text, verifier);
    expect(index).toBe(offered?.index);
    const name = { level: 'entries', index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH } as const;
    const entry = readBundle(readFileSync(join(folder, 'after', tilePath(name))), TILE_WIDTH)[index % TILE_WIDTH];
    expect(leafHash(entry as Buffer)).toEqual(leaf);

    const file = join(folder, 'receipt');
    writeFileSync(file, text);
    const trusted = join(folder, 'after/verifier.key');
    expect(await fairlead('receipt', file, '--key', trusted)).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(join(folder, 'entry'), entry as Buffer);
    const whole = await fairlead('receipt', file, '--key', trusted, '--entry', join(folder, 'entry'), '--json');
    expect(JSON.parse(whole.stdout)).toMatchObject({ index, origin: 'fairlead.local/log' });
    writeFileSync(join(folder, 'entry'), '{}');
    const other = await fairlead('receipt', file, '--key', trusted, '--entry', join(folder, 'entry'));
    expect([other.code, other.stdout]).toEqual([1, '']);
    writeFileSync(file, text.replace(`index ${index}`, `index ${index + 1}`));
    const moved = await fairlead('receipt', file, '--key', trusted);
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining('the proof does not lead')]);

    // Of another event of the lead, and of another's lead, there is nothing for it.
    const [first] = entries;
    const { leads: bolts } = await done<{ leads: { id: string }[] }>('GET', '/v1/leads?party=bolt&limit=100');
    const fates = await Promise.all(
      bolts.map(async (lead) => (await call('GET', `/v1/leads/${lead.id}/receipt`, undefined, key)).status),
    );
    expect(fates).toContain(404);
    const path = `/v1/leads/${id}/receipt?index=${first?.index}`;
    expect((await call('GET', path, undefined, key)).status).toBe(404);
  });

  it('that was changed is told where, in one sentence', async () => {
    const spoilt = copy('spoilt');
    const file = join(spoilt, 'tile/entries/000');
    const entries = readBundle(readFileSync(file), 256);
    writeFileSync(file, writeBundle(entries.with(9, Buffer.from('{}'))));
    for (const command of ['verify', 'replay']) {
      const { code, stdout, stderr } = await fairlead(command, spoilt);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^fairlead: The log is not sound\. entry 9: .*\n$/);
    }
    expect(await fairlead('verify', join(folder, 'nowhere'))).toMatchObject({ code: 1, stdout: '' });
    writeFileSync(join(folder, 'no-key'), 'x');
    const { code, stderr } = await fairlead('verify', join(folder, 'taken'), '--key', join(folder, 'no-key'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('is no verifier key')]);
  });

  it('is not the log of which somebody kept a checkpoint, if it is not', async () => {
    const kept = join(folder, 'taken/checkpoint');
    expect(await fairlead('verify', join(folder, 'taken'), '--since', kept)).toMatchObject({ code: 0 });
    const sizes = readdirSync(join(folder, 'taken/checkpoints'))
      .map(Number)
      .sort((one, other) => one - other);
    const older = copy('older');
    cpSync(join(older, 'checkpoints', String(sizes[1])), join(older, 'checkpoint'));
    const { code, stderr } = await fairlead('verify', older, '--since', kept);
    expect([code, stderr]).toEqual([1, expect.stringContaining('some were taken away')]);
  });
});
