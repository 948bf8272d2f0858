import { AnnouncedAccounts, contentHash, type NamedAccount } from '@fairlead/decisions';
import type { LeadRouted, NamedAccountsChanged, NamedAccountsEntries } from '@fairlead/events';
import { createDataSource, migrate } from '@fairlead/persistence';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

const MANY = 50_000;
/** Some chunks: what is told of a list is read five times again when all is accounted for at the end. */
const LONG = 6_000;
const AS_CSV = { 'content-type': 'text/csv' };

interface Page {
  readonly version: number;
  readonly entries: NamedAccount[];
  readonly next?: string;
}

describe('named accounts, with real servers', () => {
  let routing: Stretch;
  beforeAll(async () => {
    routing = await Stretch.open();
  });
  afterAll(() => routing.close());

  const csv = (list: string, table: string, headers: Record<string, string> = { 'list-owner': 'Sales EMEA' }) =>
    routing.call('PUT', `/v1/named-accounts/${list}`, table, { ...AS_CSV, ...headers });
  const json = (list: string, document: object) => routing.call('PUT', `/v1/named-accounts/${list}`, document);
  const get = async <T = Record<string, unknown>>(path: string) =>
    (await routing.call('GET', `/v1/named-accounts${path}`)).body as T;
  const rowsOf = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) =>
      index % 2 === 0
        ? `account-${from + index}.com,,Sales North,2026-01-01,`
        : `,Müller & Söhne ${from + index} GmbH,Sales South,2026-01-01,2099-12-31`,
    );
  const table = (rows: readonly string[]) => `domain,company,owner,from,until\n${rows.join('\n')}\n`;

  /** The versions of a list as whoever reads the log comes to know them. */
  function readFromLog(list: string): (NamedAccountsChanged['data'] & { accounts: readonly NamedAccount[] })[] {
    const reader = new AnnouncedAccounts();
    const chunks = routing.said('named-accounts.entries', list) as NamedAccountsEntries[];
    return (routing.said('named-accounts.changed', list) as NamedAccountsChanged[]).map(({ data }) => {
      while (chunks[0]?.data.version === data.version) reader.chunk((chunks.shift() as NamedAccountsEntries).data);
      const announced = reader.changed(data);
      if (!announced.complete) throw new Error(`version ${data.version} is not complete: ${announced.why}`);
      return { ...data, accounts: announced.document.entries };
    });
  }

  async function allEntries(list: string, query = ''): Promise<NamedAccount[]> {
    const all: NamedAccount[] = [];
    for (let after = ''; ;) {
      const page = await get<Page>(`/${list}/entries?limit=1000${query}${after}`);
      all.push(...page.entries);
      if (page.next === undefined) return all;
      after = `&after=${page.next}`;
    }
  }

  async function route(facts: object): Promise<LeadRouted['data']> {
    const lead = scored({ facts: facts as never });
    await routing.tell(lead);
    return eventually(() => {
      const [said] = routing.said('lead.routed', lead.subject) as LeadRouted[];
      expect(said).toBeDefined();
      return (said as LeadRouted).data;
    });
  }

  it('takes a long list from a table, and tells it in events that fit the log', async () => {
    const answer = await csv('long', table(rowsOf(LONG)));
    expect(answer).toMatchObject({
      status: 201,
      body: { name: 'long', version: 1, owner: 'Sales EMEA', counts: { entries: LONG, inForce: LONG } },
    });
    const [told] = await eventually(() => {
      const versions = readFromLog('long');
      expect(versions).toHaveLength(1);
      return versions;
    });
    expect(told).toMatchObject({ version: 1, owner: 'Sales EMEA', count: LONG, hash: answer.body['hash'] });
    expect(told?.chunks).toBeGreaterThan(5);

    // What is shown page by page is what the hash is of.
    const entries = await allEntries('long');
    expect(entries).toEqual(told?.accounts);
    expect(contentHash({ owner: 'Sales EMEA', entries })).toBe(answer.body['hash']);
    expect(await get('/long')).toEqual(answer.body);
    expect((await csv('long', table(rowsOf(LONG).toReversed()))).status).toBe(200);
  });

  it('routes by a long list, from the commit on, also in a process that starts with it', async () => {
    const pool = { id: 'long', match: {}, promise: { direct: 0, channel: 100 } };
    const reserving = { ...pool, namedAccounts: { list: 'long', ceiling: 100 } };
    await routing.under({ name: 'long', pools: [reserving] }, { acme: {} });
    const named = (version: number, entry: string) => ({
      to: 'direct',
      namedAccount: { list: 'long', version, entry },
    });
    expect(await route({ companyDomain: 'account-5998.com' })).toMatchObject(named(1, 'account-5998.com'));
    expect(await route({ company: 'MUELLER 3 AG' })).toMatchObject({ to: 'acme' });
    expect(await route({ company: 'Muller & Sohne 3, Inc.' })).toMatchObject(named(1, 'Müller & Söhne 3 GmbH'));
    expect(await route({ company: 'Müller & Söhne 3 Süd GmbH' })).toMatchObject({ to: 'acme' });

    expect((await csv('long', table([...rowsOf(LONG), 'siemens.com,,Sales North,2026-01-01,']))).status).toBe(201);
    expect(await route({ companyDomain: 'siemens.com' })).toMatchObject(named(2, 'siemens.com'));
    await routing.stop();
    await routing.start(1);
    expect(await route({ companyDomain: 'account-0.com' })).toMatchObject(named(2, 'account-0.com'));
  });

  it('takes a list whole or not at all, and names all that is wrong with it at once', async () => {
    const before = await get('/long');
    const rows = rowsOf(MANY, 7);
    rows[16] = 'localhost,,Sales North,2026-01-01,';
    rows[4_000] = 'siemens.com,,Sales North,01/02/2026,';
    rows[49_999] = ',Siemens AG,,2026-01-01,2025-01-01';
    const problems = [
      { index: 16, field: 'domain', detail: 'row 17 (line 18): is no domain' },
      { index: 4_000, field: 'from', detail: expect.stringMatching(/^row 4001 \(line 4002\): must be a date/) },
      { index: 49_999, field: 'owner', detail: 'row 50000 (line 50001): is missing' },
    ];
    expect(await csv('long', table(rows))).toMatchObject({
      status: 400,
      body: { errors: problems, detail: '3 things are wrong, and nothing of the list was taken.' },
    });

    const entries: object[] = Array.from({ length: MANY }, (_, index) => ({
      domain: `other-${index}.com`,
      owner: 'north',
      from: '2026-01-01',
    }));
    entries[3] = { domain: 'a.com', company: 'A', owner: 'north', from: '2026-01-01' };
    entries[30_000] = { domain: 'a.com', owner: 'north' };
    expect(await json('long', { owner: 'jane', entries })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { index: 3, field: '/entries/3', detail: 'needs a domain or a company, not both' },
          { index: 30_000, field: '/entries/30000/from', detail: 'is missing' },
        ],
      },
    });

    expect(await get('/long')).toEqual(before);
    expect(await route({ companyDomain: 'other-0.com' })).toMatchObject({ to: 'acme' });
    await eventually(() => expect(readFromLog('long').map(({ version }) => version)).toEqual([1, 2]));
    const [kept] = await routing.rows(`SELECT max(version) AS version FROM named_account_entries WHERE list = 'long'`);
    expect(kept).toEqual({ version: 2 });
  });

  it('names the first hundred problems, and counts the others', async () => {
    const wrong = Array.from({ length: 250 }, () => 'localhost,,Sales,2026-01-01,');
    const { status, body } = await csv('long', table(wrong));
    expect(status).toBe(400);
    expect(body['errors']).toHaveLength(100);
    expect(body['detail']).toBe('250 things are wrong, and nothing of the list was taken; the first 100 are named.');
  });

  it('keeps who answers for a list, and asks for it where nobody does yet', async () => {
    const short = 'domain,owner,from\na.com,north,2026-01-01\n';
    expect(await csv('owned', short, {})).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'list-owner', detail: 'is missing: a new list needs to say who answers for it' }] },
    });
    expect((await csv('owned', short, { 'list-owner': '%' })).status).toBe(400);
    expect((await csv('owned', short, { 'list-owner': '%20' })).body).toMatchObject({
      errors: [{ field: 'owner', detail: 'is blank' }],
    });
    expect(await get('/owned')).toMatchObject({ status: 404 });
    expect((await csv('owned', short, { 'list-owner': 'J%C3%BCrgen' })).body).toMatchObject({ owner: 'Jürgen' });
    expect(await csv('owned', `${short}b.com,north,2026-01-01`, {})).toMatchObject({
      status: 201,
      body: { version: 2, owner: 'Jürgen' },
    });
    expect(await csv('owned!', short)).toMatchObject({ status: 400, body: { errors: [{ field: 'name' }] } });
  });

  it('has limits: of entries, of bytes, and of what a person writes by hand', async () => {
    const rows = Array.from({ length: 100_001 }, () => 'a.com,,n,2026-01-01,');
    expect(await csv('limits', table(rows))).toMatchObject({
      status: 413,
      body: { detail: 'A list has at most 100000 entries.' },
    });
    expect((await csv('limits', 'x'.repeat(17 * 1024 * 1024))).body).toMatchObject({
      status: 413,
      detail: 'A list may have 16777216 bytes.',
    });
    expect(await csv('limits', table(rows.slice(-500)))).toMatchObject({
      status: 201,
      body: { counts: { entries: 500 } },
    });
    const entries = Array.from({ length: 100_001 }, () => ({}));
    expect((await json('limits', { owner: 'x', entries })).body).toMatchObject({
      detail: '200003 things are wrong, and nothing of the list was taken; the first 100 are named.',
    });
    const yaml = `owner: x\nentries:\n${'  - { domain: a.com, owner: n, from: 2026-01-01 }\n'.repeat(4_000)}`;
    const asYaml = { 'content-type': 'application/yaml' };
    expect(await routing.call('PUT', '/v1/named-accounts/limits', yaml, asYaml)).toMatchObject({ status: 413 });
    const wrong = yaml.split('\n').slice(0, 4).join('\n').replace('a.com', 'localhost');
    expect(await routing.call('PUT', '/v1/named-accounts/limits', wrong, asYaml)).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/entries/0/domain', detail: 'line 3: is no domain' }] },
    });
    expect(await get('/limits')).toMatchObject({ version: 1 });
  });

  it('shows who changed what when, and what differs between any two versions', async () => {
    const entry = (account: object, more: object = {}) => ({ ...account, owner: 'n', from: '2026-01-01', ...more });
    const [a, b, c, d] = [{ domain: 'a.com' }, { domain: 'b.com' }, { company: 'C AG' }, { domain: 'd.com' }];
    const versions = [
      [entry(a), entry(b), entry(c), entry(d, { until: '2026-01-31' })],
      [entry(a, { owner: 's' }), entry(b), entry(d, { until: '2026-01-31' })],
      [entry(a, { owner: 's' }), entry(b), entry(b, { from: '2030-01-01' }), entry(c)],
    ];
    const manager = `Bearer ${await routing.keyOf('manager')}`;
    for (const [index, entries] of versions.entries()) {
      const headers: Record<string, string> = index === 1 ? { authorization: manager } : {};
      const document = { owner: 'jane', entries };
      expect((await routing.call('PUT', '/v1/named-accounts/diary', document, headers)).status).toBe(201);
    }
    expect(await get('/diary?version=1')).toMatchObject({ version: 1, counts: { entries: 4, inForce: 3 } });
    expect(await get('/diary')).toMatchObject({ version: 3, counts: { entries: 4, inForce: 3 } });

    const history = await get<{ versions: { changedBy: string }[]; next?: string }>('/diary/history?limit=2');
    expect(history).toEqual({
      versions: [
        expect.objectContaining({ version: 3, entries: 4, added: 2, removed: 1, changed: 0 }),
        expect.objectContaining({ version: 2, entries: 3, added: 0, removed: 1, changed: 1, owner: 'jane' }),
      ],
      next: '2',
    });
    expect(history.versions[0]?.changedBy).not.toBe(history.versions[1]?.changedBy);
    expect(await get(`/diary/history?limit=2&after=${history.next}`)).toEqual({
      versions: [
        expect.objectContaining({ version: 1, added: 4, removed: 0, changed: 0, changedAt: expect.any(Number) }),
      ],
    });

    const [from, later] = [Date.UTC(2026, 0, 1), Date.UTC(2030, 0, 1)];
    const first = await get<{ changes: object[]; next: string }>('/diary/compare?from=1&to=3&limit=2');
    expect(first).toEqual({
      from: 1,
      to: 3,
      counts: { added: 1, removed: 1, changed: 1 },
      changes: [
        {
          change: 'changed',
          before: { domain: 'a.com', owner: 'n', from },
          after: { domain: 'a.com', owner: 's', from },
        },
        { change: 'added', after: { domain: 'b.com', owner: 'n', from: later } },
      ],
      next: '2',
    });
    expect(await get(`/diary/compare?from=1&limit=2&after=${first.next}`)).toMatchObject({
      to: 3,
      changes: [{ change: 'removed', before: { domain: 'd.com', until: Date.UTC(2026, 1, 1) } }],
    });
    expect(await get('/diary/compare?from=2&to=2')).toMatchObject({ changes: [] });
    expect(await get('/diary/compare?from=1&to=9')).toMatchObject({ status: 404 });
    expect(await get('/diary/compare')).toMatchObject({ status: 400, errors: [{ field: 'from' }] });
    expect(await get('/diary/compare?from=1&to=x')).toMatchObject({ status: 400, errors: [{ field: 'to' }] });
  });

  it('shows the pages of one version, also when the list changes meanwhile', async () => {
    const list = (count: number) => table(rowsOf(count));
    await csv('pages', list(5));
    const first = await get<Page>('/pages/entries?limit=2');
    await csv('pages', list(4));
    const second = await get<Page>(`/pages/entries?limit=2&after=${first.next}`);
    const third = await get<Page>(`/pages/entries?limit=2&after=${second.next}`);
    expect([first, second, third].map(({ version, entries }) => [version, entries.length])).toEqual([
      [1, 2],
      [1, 2],
      [1, 1],
    ]);
    expect(third.next).toBeUndefined();
    expect(await allEntries('pages')).toHaveLength(4);
    expect(await allEntries('pages', '&version=1')).toHaveLength(5);
    for (const wrong of ['x', '1', '1.0', '0.1', '1.99999999999', '-1.1']) {
      expect(await get(`/pages/entries?after=${wrong}`)).toMatchObject({ status: 400 });
    }
  });

  it('gives writers who come at once a version each, and tells each in one piece', async () => {
    const lists = Array.from({ length: 4 }, (_, index) => table(rowsOf(2_000, index * 10_000)));
    const answers = await Promise.all(lists.map((each) => csv('crowd', each)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    await eventually(() => {
      const versions = readFromLog('crowd');
      expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
      expect(new Set(versions.map(({ hash }) => hash)).size).toBe(4);
    });
  });

  it('shows partners the rate and its ceiling, and not the accounts', async () => {
    const entries = [{ domain: 'siemens.com', owner: 'jane.doe', from: '2020-01-01' }];
    await json('published', { owner: 'jane.doe', entries });
    const pool = { id: 'published', match: {}, promise: { direct: 0, channel: 100 } };
    await routing.under(
      { name: 'published', pools: [{ ...pool, namedAccounts: { list: 'published', ceiling: 50 } }] },
      { acme: {} },
    );
    for (const companyDomain of ['other.com', 'siemens.com', 'other.com', 'other.com']) await route({ companyDomain });

    const authorization = `Bearer ${await routing.keyOf('partner', { partner: 'acme' })}`;
    const asPartner = (path: string) => routing.call('GET', `/v1/named-accounts${path}`, undefined, { authorization });
    const { status, body } = await asPartner('');
    expect(status).toBe(200);
    const lists = body['lists'] as { name: string; pools: object[] }[];
    expect(lists.find(({ name }) => name === 'published')).toEqual({
      name: 'published',
      version: 1,
      changedAt: expect.any(Number),
      counts: { entries: 1, inForce: 1 },
      pools: [{ pool: 'published', ceiling: 0.5, grades: [{ grade: 'A', taken: 1, of: 4, share: 0.25 }] }],
    });
    // A list that took leads under an earlier policy does not vanish with it.
    expect(lists.find(({ name }) => name === 'long')?.pools).toMatchObject([
      { pool: 'long', ceiling: null, grades: [{ grade: 'A' }] },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/siemens|jane/);
    const asAuditor = { authorization: `Bearer ${await routing.keyOf('auditor')}` };
    expect((await routing.call('GET', '/v1/named-accounts', undefined, asAuditor)).body).toEqual(body);
    const page = await asPartner('?limit=1');
    expect(page.body).toMatchObject({ lists: [{ name: lists[0]?.name }], next: lists[0]?.name });
    expect((await asPartner(`?limit=1&after=${lists[0]?.name}`)).body).toMatchObject({
      lists: [{ name: lists[1]?.name }],
    });
    for (const path of ['/published', '/published/entries', '/published/history', '/published/compare?from=1']) {
      expect((await asPartner(path)).status).toBe(403);
    }
  });
});

// Lists that were written before entries had rows of their own keep their versions, their hashes and their order.
describe('lists from before', () => {
  it('are what they were', async () => {
    const database = `lists_${randomBytes(6).toString('hex')}`;
    const server = new Client({ connectionString: process.env['TEST_DATABASE_URL'] });
    await server.connect();
    await server.query(`CREATE DATABASE ${database}`);
    const url = Object.assign(new URL(process.env['TEST_DATABASE_URL'] ?? ''), { pathname: `/${database}` }).href;
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-lists-'));
    const all = new URL('../migrations/', import.meta.url);
    for (const file of readdirSync(all).filter((name) => name < '1764000200000')) {
      copyFileSync(new URL(file, all), join(folder, file));
    }
    const settings = { url, schema: 'routing', poolSize: 2, applicationName: 'test' };
    await migrate(createDataSource(settings), [pathToFileURL(`${folder}/`)]);

    const entries = [
      { domain: 'b.com', owner: 'n', from: 1 },
      { company: 'A', owner: 'n', from: 2, until: 9 },
      { domain: 'a.com', owner: 'n', from: 3 },
    ];
    const documents = [
      { owner: 'jane', entries },
      { owner: 'joan', entries: [{ domain: 'b.com', owner: 's', from: 1 }, ...entries.slice(1, 2)] },
    ];
    const before = new Client({ connectionString: url });
    before.on('error', () => undefined);
    await before.connect();
    await before.query('SET search_path = routing');
    for (const [index, document] of documents.entries()) {
      await before.query(`INSERT INTO named_accounts VALUES ('old', $1, $2, $3, now(), 'a-key')`, [
        index + 1,
        contentHash(document),
        document,
      ]);
    }
    await migrate(createDataSource(settings), [all]);
    const versions = await before.query(
      `SELECT version, hash, owner, entries, added, removed, changed FROM named_accounts ORDER BY version`,
    );
    expect(versions.rows).toEqual([
      { version: 1, hash: contentHash(documents[0]), owner: 'jane', entries: 3, added: 3, removed: 0, changed: 0 },
      { version: 2, hash: contentHash(documents[1]), owner: 'joan', entries: 2, added: 0, removed: 1, changed: 1 },
    ]);
    const kept = await before.query<{ version: number; entry: NamedAccount }>(
      `SELECT version, jsonb_strip_nulls(jsonb_build_object(kind, account, 'owner', owner, 'from', starts, 'until', ends)) AS entry
       FROM named_account_entries ORDER BY version, position`,
    );
    for (const [index, { owner, entries: written }] of documents.entries()) {
      const found = kept.rows.filter(({ version }) => version === index + 1).map(({ entry }) => entry);
      expect(found).toEqual(written);
      expect(contentHash({ owner, entries: found })).toBe(contentHash(documents[index]));
    }
    await before.end();
    await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await server.end();
    rmSync(folder, { recursive: true });
  });
});
