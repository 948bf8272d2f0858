import { type RunningServices, startServices } from '@fairlead/platform';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { console as consoleService } from '../src/index.js';
import { ownDatabase } from './fixture/own-database.js';

const ADMIN = `test-${randomBytes(24).toString('hex')}`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A browser, as far as a session goes: it keeps one cookie, and sends the token that goes with it when told to. */
interface Browser {
  readonly cookie: string;
  readonly csrfToken: string;
}

describe('the console, with a real database', () => {
  let running: RunningServices;
  let end: () => Promise<void>;
  beforeAll(async () => {
    const database = await ownDatabase();
    running = await startServices([consoleService], {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      FAIRLEAD_TOPIC_PREFIX: `t-${randomBytes(4).toString('hex')}.`,
      FAIRLEAD_PORT: '0',
      FAIRLEAD_ADMIN_KEY: ADMIN,
      FAIRLEAD_LOG_LEVEL: 'silent',
      FAIRLEAD_TRUSTED_PROXIES: '127.0.0.1',
    });
    end = async () => {
      await running.close();
      await database.drop();
    };
  });
  afterAll(() => end?.());

  async function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> {
    const answer = await fetch(`${running.url}${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  }

  const withCookie = ({ cookie }: Browser) => ({ cookie });
  const asAdmin = { authorization: `Bearer ${ADMIN}` };

  async function keyOf(role: string, owner: object = {}): Promise<{ id: string; key: string }> {
    return (await send('POST', '/v1/keys', asAdmin, { name: role, role, ...owner })).body as {
      id: string;
      key: string;
    };
  }

  async function signIn(proof: object): Promise<Browser> {
    const answer = await send('POST', '/console/session', {}, proof);
    expect(answer.status).toBe(201);
    const cookie = /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
    return { cookie, csrfToken: (answer.body as { csrfToken: string }).csrfToken };
  }

  async function linkOf(key: string, body: object = {}): Promise<string> {
    const { path } = (await send('POST', '/console/links', { authorization: `Bearer ${key}` }, body)).body as {
      path: string;
    };
    return path.replace('/console#/enter/', '');
  }

  it('gives a browser what the key has that its session was begun with, in the key’s name', async () => {
    const { id, key } = await keyOf('partner', { partner: 'acme' });
    const browser = await signIn({ key });
    expect((await send('GET', '/console/session', withCookie(browser))).body).toMatchObject({
      ...{ role: 'partner', partner: 'acme', keyId: id, csrfToken: browser.csrfToken },
    });
    expect((await send('GET', '/v1/keys', withCookie(browser))).status).toBe(403); // as with the key itself
  });

  it('keeps the session where no script can read it and no other site’s page can use it', async () => {
    const { key } = await keyOf('auditor');
    const cookieOf = async (headers = {}) =>
      (await send('POST', '/console/session', headers, { key })).headers.get('set-cookie');
    const plain = await cookieOf();
    expect(plain).toMatch(/^fairlead_session=fls_[\w-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    expect(await cookieOf({ 'x-forwarded-proto': 'https' })).toMatch(/; SameSite=Strict; Secure$/);
  });

  it('changes nothing by a session alone: without its token a request may be another site’s', async () => {
    const browser = await signIn({ key: ADMIN });
    const { cookie, csrfToken } = browser;
    const create = (headers: Record<string, string>) =>
      send('POST', '/v1/keys', headers, { name: 'x', role: 'auditor' });
    const other = await signIn({ key: ADMIN });
    expect((await create({ cookie })).body).toMatchObject({
      status: 403,
      type: 'urn:fairlead:problem:csrf-token-needed',
    });
    expect((await create({ cookie, 'x-csrf-token': other.csrfToken })).status).toBe(403);
    expect((await create({ cookie, 'x-csrf-token': csrfToken })).status).toBe(201);
    expect((await send('DELETE', '/console/session', { cookie })).status).toBe(403);
  });

  it('takes a session as a cookie only, and a key as a header only', async () => {
    const { key } = await keyOf('auditor');
    const { cookie } = await signIn({ key });
    const session = cookie.replace('fairlead_session=', '');
    expect((await send('GET', '/console/session', { authorization: `Bearer ${session}` })).status).toBe(401);
    expect((await send('GET', '/console/session', { cookie: `fairlead_session=${key}` })).status).toBe(401);
    expect((await send('POST', '/console/session', {}, { key: session })).status).toBe(401);
  });

  it('ends a session when it is told to, and when its key is withdrawn', async () => {
    const { id, key } = await keyOf('manager');
    const [left, withdrawn] = [await signIn({ key }), await signIn({ key })];
    const answer = await send('DELETE', '/console/session', { ...withCookie(left), 'x-csrf-token': left.csrfToken });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await send('GET', '/console/session', withCookie(left))).status).toBe(401);
    expect((await send('GET', '/console/session', withCookie(withdrawn))).status).toBe(200);
    await send('DELETE', `/v1/keys/${id}`, asAdmin);
    expect((await send('GET', '/console/session', withCookie(withdrawn))).status).toBe(401);
    expect((await send('POST', '/console/session', {}, { key })).status).toBe(401);
  });

  it('opens a link once, of two who try at the same time for one', async () => {
    const { key } = await keyOf('partner', { partner: 'bolt' });
    const link = await linkOf(key);
    const tries = await Promise.all([1, 2, 3].map(() => send('POST', '/console/session', {}, { link })));
    expect(tries.map(({ status }) => status).sort((one, other) => one - other)).toEqual([201, 401, 401]);
    expect(tries.find(({ status }) => status === 401)?.body).toMatchObject({
      detail: expect.stringContaining('used before'),
    });
  });

  it('lets a session make links that last as long as itself, and so do the sessions that they open', async () => {
    // Each link began twelve more hours: whoever had got at a session once could keep it alive for ever.
    const enter = async (proof: object) => {
      const answer = await send('POST', '/console/session', {}, proof);
      const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
      return { cookie, ...(answer.body as { csrfToken: string; endsAt: string }) };
    };
    const linkBy = async ({ cookie, csrfToken }: Browser) =>
      (await send('POST', '/console/links', { cookie, 'x-csrf-token': csrfToken }, {})).body as {
        path: string;
        endsAt: string;
      };
    const { key } = await keyOf('manager');
    const first = await enter({ key });
    let last = first;
    for (let i = 0; i < 2; i++) {
      const { path, endsAt } = await linkBy(last);
      last = await enter({ link: path.replace('/console#/enter/', '') });
      expect([endsAt, last.endsAt]).toEqual([first.endsAt, first.endsAt]);
    }
    const byKey = await enter({ link: await linkOf(key) });
    expect(byKey.endsAt > first.endsAt).toBe(true);
  });

  it('makes links in the name of others for administrators only, and none for keys that are not valid', async () => {
    const [manager, auditor] = [await keyOf('manager'), await keyOf('auditor')];
    const ask = async (key: string, keyId: string) =>
      (await send('POST', '/console/links', { authorization: `Bearer ${key}` }, { keyId })).status;
    expect(await ask(manager.key, auditor.id)).toBe(403);
    expect(await ask(manager.key, manager.id)).toBe(201);
    expect(await ask(ADMIN, auditor.id)).toBe(201);
    expect(await ask(ADMIN, '0123456789abcdef')).toBe(404);
    const link = await linkOf(ADMIN, { keyId: auditor.id });
    await send('DELETE', `/v1/keys/${auditor.id}`, asAdmin);
    expect((await send('POST', '/console/session', {}, { link })).status).toBe(401);
    expect(await ask(ADMIN, auditor.id)).toBe(404);
  });

  it('makes links in the name of keys that were made with the one that asks, itself or through others, and of no other', async () => {
    // An administrator could be any colleague: a link for the other one's key, and what she did with it was done in his name.
    const madeWith = async (key: string, role: string, owner: object = {}) =>
      (await send('POST', '/v1/keys', { authorization: `Bearer ${key}` }, { name: role, role, ...owner })).body as {
        id: string;
        key: string;
      };
    const [olga, ben, acme] = [await keyOf('admin'), await keyOf('admin'), await keyOf('partner', { partner: 'acme' })];
    const second = await madeWith(olga.key, 'admin');
    const [managers, partners] = [
      await madeWith(second.key, 'manager'),
      await madeWith(olga.key, 'partner', { partner: 'acme' }),
    ];
    const ask = (key: string, keyId: string) =>
      send('POST', '/console/links', { authorization: `Bearer ${key}` }, { keyId });
    for (const { id } of [ben, acme, { id: 'operator' }])
      expect(await ask(olga.key, id)).toMatchObject({
        status: 403,
        body: { type: 'urn:fairlead:problem:not-its-maker' },
      });
    for (const { id } of [olga, second, managers, partners]) expect((await ask(olga.key, id)).status).toBe(201);
    expect((await ask(second.key, olga.id)).status).toBe(403);
    // In a session it is the session's key that has to have made it.
    const { cookie, csrfToken } = await signIn({ link: await linkOf(olga.key, { keyId: second.id }) });
    const inSession = (keyId: string) =>
      send('POST', '/console/links', { cookie, 'x-csrf-token': csrfToken }, { keyId });
    expect([(await inSession(managers.id)).status, (await inSession(partners.id)).status]).toEqual([201, 403]);
  });

  it('leaves nobody in by links and sessions once the key that opened them is revoked with all that it made', async () => {
    // Olga's key had got about. With it the thief opened the console as somebody else, made a key there that was the other's by its maker, and
    // stayed in when hers was revoked with all that it had made.
    const [olga, others] = [await keyOf('admin'), await keyOf('partner', { partner: 'cask' })];
    const asOlga = { authorization: `Bearer ${olga.key}` };
    const colleague = (await send('POST', '/v1/keys', asOlga, { name: 'ben', role: 'admin' })).body as { id: string };
    expect((await send('POST', '/console/links', asOlga, { keyId: others.id })).status).toBe(403);
    const unused = await linkOf(olga.key, { keyId: colleague.id });
    const stolen = await signIn({ link: await linkOf(olga.key, { keyId: colleague.id }) });
    const inIt = { ...withCookie(stolen), 'x-csrf-token': stolen.csrfToken };
    const lasting = (await send('POST', '/v1/keys', inIt, { name: 'lasting', role: 'admin' })).body as { key: string };
    const usedAs = async (headers: Record<string, string>) => (await send('GET', '/v1/keys', headers)).status;
    expect([await usedAs(inIt), await usedAs({ authorization: `Bearer ${lasting.key}` })]).toEqual([200, 200]);

    const revoked = await send('DELETE', `/v1/keys/${olga.id}?withMade=true`, asAdmin);
    expect(revoked.body).toEqual({ revoked: 3 });
    expect([await usedAs(inIt), await usedAs({ authorization: `Bearer ${lasting.key}` })]).toEqual([401, 401]);
    expect((await send('POST', '/console/session', {}, { link: unused })).status).toBe(401);
  });

  it('ends a session, and the links that were made for one, with the key of whoever opened it', async () => {
    const [olga, auditor] = [await keyOf('admin'), { id: '' }];
    const asOlga = { authorization: `Bearer ${olga.key}` };
    auditor.id = (
      (await send('POST', '/v1/keys', asOlga, { name: 'auditor', role: 'auditor' })).body as { id: string }
    ).id;
    const unused = await linkOf(olga.key, { keyId: auditor.id });
    const first = await signIn({ link: await linkOf(olga.key, { keyId: auditor.id }) });
    // By way of a session it is Olga's hand still.
    const { path } = (
      await send('POST', '/console/links', { ...withCookie(first), 'x-csrf-token': first.csrfToken }, {})
    ).body as { path: string };
    const next = await signIn({ link: path.replace('/console#/enter/', '') });
    const looks = async (browser: Browser) => (await send('GET', '/console/session', withCookie(browser))).status;
    expect([await looks(first), await looks(next)]).toEqual([200, 200]);
    expect((await send('DELETE', `/v1/keys/${olga.id}`, asAdmin)).status).toBe(204);
    expect([await looks(first), await looks(next)]).toEqual([401, 401]);
    expect((await send('POST', '/console/session', {}, { link: unused })).status).toBe(401);
    // The key itself, which somebody may have, is as good as before.
    expect((await send('DELETE', `/v1/keys/${auditor.id}?withMade=true`, asAdmin)).body).toEqual({ revoked: 1 });
  });

  it('stops looking at links from an address that has guessed thirty', async () => {
    const from = { 'x-forwarded-for': '203.0.113.7' };
    const guess = () => send('POST', '/console/session', from, { link: `fll_0123456789abcdef_${'A'.repeat(43)}` });
    for (let i = 0; i < 30; i++) expect((await guess()).status).toBe(401);
    const refused = await guess();
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    const { key } = await keyOf('auditor');
    await signIn({ link: await linkOf(key) }); // from elsewhere
  });

  it('has no screens for sources', async () => {
    const { key } = await keyOf('source', { source: 'web' });
    expect((await send('POST', '/console/session', {}, { key })).status).toBe(403);
  });

  it.each([{}, { key: 'a', link: 'b' }, { key: 7 }, { key: '' }, { link: 'x'.repeat(200) }])(
    'refuses %j as a way to sign in',
    async (proof) => {
      expect((await send('POST', '/console/session', {}, proof)).status).toBe(400);
    },
  );

  it('serves a page that runs only what this server gave it', async () => {
    const [one, two] = [await send('GET', '/console'), await send('GET', '/console')];
    const policy = one.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy.split('; ').filter((each) => each.startsWith('worker-src'))).toEqual(["worker-src 'self'"]);
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1] ?? '';
    expect(nonce).toHaveLength(22);
    expect(one.body).toContain(`content="${nonce}"`);
    expect(two.headers.get('content-security-policy')).not.toBe(policy);
    expect(one.headers.get('cache-control')).toBe('no-store');
  });

  it('serves a worker that reaches nothing, and is in no file that the page begins with', async () => {
    const files = readdirSync(new URL('../static/assets/', import.meta.url));
    const [worker = '', ...others] = files.filter((name) => name.includes('worker'));
    expect([worker, others]).toEqual([expect.stringMatching(/\.js$/), []]);
    const answer = await send('GET', `/console/assets/${worker}`);
    expect([answer.status, answer.headers.get('content-security-policy')]).toEqual([200, "default-src 'none'"]);
    expect((await send('GET', '/console')).body).not.toContain('worker');
  });

  it('serves every file that the page names, compressed, to be kept for ever', async () => {
    const page = (await send('GET', '/console')).body as string;
    const files = [...page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, file]) => file as string);
    expect(files.length).toBeGreaterThan(2);
    let gzipped = 0;
    for (const file of files) {
      const answer = await fetch(`${running.url}${file}`, { headers: { 'accept-encoding': 'identity' } });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, expect.stringContaining('immutable')]);
      const plain = Buffer.from(await answer.arrayBuffer());
      const small = await rawGzip(file);
      expect(gunzipSync(small).equals(plain)).toBe(true);
      gzipped += small.length;
    }
    // What a browser loads before it shows anything.
    expect(gzipped).toBeLessThan(250_000);
    for (const name of ['none.js', '..%2findex.html', 'index.html'])
      expect((await send('GET', `/console/assets/${name}`)).status).toBe(404);
  });

  /** As it comes over the wire; fetch would decompress it. */
  function rawGzip(path: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      get(`${running.url}${path}`, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
      }).on('error', reject);
    });
  }
});
