import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { csrfTokenOf, listRoutes, SessionsStore, startServices } from '../src/index.js';
import { RedriveParked } from '../src/operations/parked.controller.js';
import { greeting } from './fixture/greeting.service.js';
import { ADMIN, request, run, type Running } from './fixture/running.js';

describe('access to a running process', () => {
  let running: Running;
  beforeAll(async () => {
    running = await run([greeting]);
  });
  afterAll(() => running?.end());

  it('asks for a key where one is needed, and for none where not', async () => {
    const answer = await running.call('/v1/greetings', { key: null });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="fairlead"']);
    expect(answer.body).toMatchObject({ type: 'urn:fairlead:problem:unauthorized', status: 401 });
    expect((await running.call('/health/live', { key: null })).status).toBe(200);
  });

  it.each(['nonsense', 'flk_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', `${ADMIN}x`])(
    'refuses the key %s',
    async (key) => {
      const answer = await running.call('/v1/greetings', { key });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="fairlead", error="invalid_token"',
      ]);
      expect(answer.text).not.toContain(key);
    },
  );

  it.each(['Basic YTpi', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(600)}`])(
    'refuses the header %s',
    async (authorization) => {
      expect((await running.call('/v1/greetings', { key: null, headers: { authorization } })).status).toBe(401);
    },
  );

  it('gives a partner’s key what is for partners, in the partner’s name, and nothing else', async () => {
    const { id, key } = await running.keyFor('partner', { partner: 'acme' });
    expect((await running.call('/v1/greetings', { key })).body).toMatchObject({
      caller: { role: 'partner', keyId: id, partnerId: 'acme' },
    });
    const denied = await running.call('/v1/keys', { key });
    expect([denied.status, denied.body]).toMatchObject([403, { type: 'urn:fairlead:problem:forbidden' }]);
  });

  it('lets in who is vouched for by a signature, or shows the very key that is asked for, and nobody else', async () => {
    const status = async (given: { key: string | null; headers?: Record<string, string> }) =>
      (await running.call('/v1/greetings/signed', { method: 'POST', json: {}, ...given })).status;
    const { key: own } = await running.keyFor('source', { source: 'web' });
    const { key: another } = await running.keyFor('source', { source: 'other' });
    expect(await status({ key: null, headers: { 'x-signature': 'right' } })).toBe(202);
    expect(await status({ key: null, headers: { 'x-signature': 'wrong' } })).toBe(401);
    expect([await status({ key: own }), await status({ key: another }), await status({ key: ADMIN })]).toEqual([
      202, 401, 401,
    ]);
  });

  it('makes a key for every source that there can be, whatever its id looks like', async () => {
    // A source `Fair.2026_A` could be made, and its key could not: the pattern was that of partners.
    for (const source of ['Fair.2026_A', `W${'-'.repeat(62)}`]) {
      const { id, key } = await running.keyFor('source', { source });
      const listed = (await running.call('/v1/keys?limit=1000')).body as { keys: { id: string }[] };
      expect(listed.keys.find((each) => each.id === id)).toMatchObject({ role: 'source', source });
      expect((await running.call('/v1/greetings', { key })).status).toBe(403); // not 401: it is a key
    }
  });

  it('keeps no key, only its hash', async () => {
    const { id, key } = await running.keyFor('auditor');
    const listed = (await running.call('/v1/keys')).body as { keys: { id: string }[] };
    expect(listed.keys.find((each) => each.id === id)).toEqual({
      id,
      name: 'a auditor',
      role: 'auditor',
      partner: null,
      source: null,
      madeBy: 'operator',
      createdAt: expect.any(String),
      lastUsed: null,
      revokedAt: null,
    });
    expect(JSON.stringify(listed)).not.toContain(key.slice(-20));
  });

  it('lists keys page by page', async () => {
    for (let i = 0; i < 3; i++) await running.keyFor('manager');
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { keys, next } = (await running.call(`/v1/keys?limit=2&after=${after}`)).body as {
        keys: { id: string }[];
        next?: string;
      };
      seen.push(...keys.map(({ id }) => id));
      if (next === undefined) break;
      after = next;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen.length).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ['/role', { name: 'x', role: 'root' }],
    ['/partner', { name: 'x', role: 'partner' }],
    ['/source', { name: 'x', role: 'source' }],
    ['/partner', { name: 'x', role: 'partner', partner: null }],
    ['/source', { name: 'x', role: 'source', source: null }],
    ['/partner', { name: 'x', role: 'admin', partner: 'acme' }],
    ['/partner', { name: 'x', role: 'partner', partner: 'Not An Id' }],
    ['/partner', { name: 'x', role: 'partner', partner: 'Fair.2026_A' }],
    ['/source', { name: 'x', role: 'source', source: '.hidden' }],
    ['/source', { name: 'x', role: 'source', source: 'a/b' }],
    ['/name', { role: 'admin' }],
    ['/hash', { name: 'x', role: 'admin', hash: 'x' }],
  ])('refuses a key with a wrong %s', async (field, json) => {
    const answer = await running.call('/v1/keys', { method: 'POST', json });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    ]);
  });

  it.each(['0', '1001', '-1', 'x', '1&limit=2'])('refuses a page of %s', async (limit) => {
    expect((await running.call(`/v1/keys?limit=${limit}`)).status).toBe(400);
  });

  it('withdraws a key at once in this process, and within five seconds in every other', async () => {
    const other = await startServices([greeting], running.environment);
    try {
      const { id, key } = await running.keyFor('partner', { partner: 'acme' });
      const statuses = () =>
        Promise.all([running.url, other.url].map(async (url) => (await request(url, '/v1/greetings', { key })).status));
      expect(await statuses()).toEqual([200, 200]);

      expect((await running.call(`/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
      expect((await statuses())[0]).toBe(401);

      const until = Date.now() + 5_000;
      while ((await statuses())[1] !== 401 && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await statuses()).toEqual([401, 401]);
    } finally {
      await other.close();
    }
  });

  describe('the keys of a partner, in its own hands', () => {
    type Made = { id: string; key: string };
    type Listed = { keys: { id: string; revokedAt: string | null; lastUsed: string | null }[] };
    const of = (partner: string) => `/v1/partners/${partner}/keys`;
    const listed = async (partner: string, key: string) =>
      ((await running.call(`${of(partner)}?limit=1000`, { key })).body as Listed).keys;

    it('are listed without their secrets, and without those of anybody else', async () => {
      const { id, key } = await running.keyFor('partner', { partner: 'cobalt' });
      await running.keyFor('partner', { partner: 'dune' });
      await running.keyFor('manager');
      expect((await running.call(of('cobalt'))).body).toEqual({
        keys: [
          {
            id,
            name: 'a partner',
            role: 'partner',
            partner: 'cobalt',
            source: null,
            madeBy: 'operator',
            createdAt: expect.any(String),
            lastUsed: null,
            revokedAt: null,
          },
        ],
      });
      const { body, text } = await running.call(of('cobalt'), { key });
      expect(body).toMatchObject({ keys: [{ id, partner: 'cobalt' }] });
      expect(text).not.toContain(key.slice(-20));
      expect((await running.call(of('dune'), { key })).status).toBe(404);
    });

    it('are made by it for itself alone, work at once, and are revoked by it, the one that asks among them', async () => {
      const { id: first, key } = await running.keyFor('partner', { partner: 'ember' });
      const made = await running.call(of('ember'), { method: 'POST', key, json: { name: 'the new CRM' } });
      expect(made.status).toBe(201);
      const { id, key: own } = made.body as Made;
      expect((await running.call('/v1/greetings', { key: own })).body).toMatchObject({
        caller: { role: 'partner', keyId: id, partnerId: 'ember' },
      });
      for (const json of [{}, { name: '' }, { name: 'x', role: 'admin' }, { name: 'x', partner: 'dune' }])
        expect((await running.call(of('ember'), { method: 'POST', key, json })).status).toBe(400);
      expect((await running.call(of('dune'), { method: 'POST', key, json: { name: 'x' } })).status).toBe(404);

      expect((await running.call(`${of('ember')}/${first}`, { method: 'DELETE', key: own })).status).toBe(204);
      expect((await running.call('/v1/greetings', { key })).status).toBe(401);
      expect((await running.call(`${of('ember')}/${id}`, { method: 'DELETE', key: own })).status).toBe(204);
      expect((await running.call('/v1/greetings', { key: own })).status).toBe(401);
      expect((await listed('ember', ADMIN)).map(({ revokedAt }) => revokedAt)).toEqual([
        expect.any(String),
        expect.any(String),
      ]);
    });

    it('of another cannot be revoked, be it a partner’s or the vendor’s', async () => {
      const { key } = await running.keyFor('partner', { partner: 'flint' });
      const others = [
        await running.keyFor('partner', { partner: 'grove' }),
        await running.keyFor('admin'),
        { id: 'operator', key: ADMIN },
      ];
      for (const other of others) {
        for (const partner of ['flint', 'grove'])
          expect((await running.call(`${of(partner)}/${other.id}`, { method: 'DELETE', key })).status).toBe(404);
        expect((await running.call('/health/ready', { key: other.key })).status).toBe(200);
        expect((await running.call('/v1/greetings', { key: other.key })).status).not.toBe(401);
      }
      // An administrator, too, finds under a partner that partner's alone.
      expect((await running.call(`${of('flint')}/${others[0]?.id}`, { method: 'DELETE' })).status).toBe(404);
    });

    it('are fifty of its own making at most, however many are asked for at once, one that is revoked within a day among them', async () => {
      const { key } = await running.keyFor('partner', { partner: 'harbour' });
      const ask = () => running.call(of('harbour'), { method: 'POST', key, json: { name: 'one more' } });
      const answers = await Promise.all(Array.from({ length: 60 }, ask));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
      expect(answers.find(({ status }) => status !== 201)).toMatchObject({
        status: 409,
        body: { type: 'urn:fairlead:problem:too-many-keys' },
      });
      const { id } = answers.find(({ status }) => status === 201)?.body as Made;
      expect((await running.call(`${of('harbour')}/${id}`, { method: 'DELETE' })).status).toBe(204);
      expect((await ask()).status).toBe(409);

      // Whoever had got at a key used all of them up, and the vendor's administrator was refused, too.
      const byVendor = await running.call(of('harbour'), { method: 'POST', json: { name: 'in its place' } });
      expect(byVendor.status).toBe(201);
      expect((await listed('harbour', (byVendor.body as Made).key)).length).toBe(52);
    });

    describe('one of which has got about', () => {
      const made = async (partner: string, key: string, name = 'made with it') =>
        (await running.call(of(partner), { method: 'POST', key, json: { name } })).body as Made;
      const revokeWithMade = (path: string, key?: string) =>
        running.call(`${path}?withMade=true`, { method: 'DELETE', ...(key !== undefined && { key }) });
      const statusesOf = (...keys: Made[]) =>
        Promise.all(keys.map(async ({ key }) => (await running.call('/v1/greetings', { key })).status));
      const inSession = async (key: string) => {
        const secret = (await running.app.get(SessionsStore).begin(key))?.secret ?? '';
        return { cookie: `fairlead_session=${secret}`, 'x-csrf-token': csrfTokenOf(secret) };
      };

      it('goes with all that were made with it, directly, through others or in a session, and no others', async () => {
        // Whoever had it made more; it was revoked, and they stayed in with those.
        const kept = await running.keyFor('partner', { partner: 'ivory' });
        const leaked = await made('ivory', kept.key);
        const headers = await inSession(leaked.key);
        const body = { method: 'POST', key: null, headers, json: { name: 'in a session' } };
        const inASession = (await running.call(of('ivory'), body)).body as Made;
        const [child, beside] = [await made('ivory', leaked.key), await made('ivory', kept.key)];
        const grandchild = await made('ivory', child.key);
        const stolen = await inSession(grandchild.key);
        const madeBy = (await running.call(`${of('ivory')}?limit=1000`)).body as {
          keys: { id: string; madeBy: string }[];
        };
        expect(Object.fromEntries(madeBy.keys.map((key) => [key.id, key.madeBy]))).toEqual({
          [kept.id]: 'operator',
          [leaked.id]: kept.id,
          [beside.id]: kept.id,
          [inASession.id]: leaked.id,
          [child.id]: leaked.id,
          [grandchild.id]: child.id,
        });
        expect(await statusesOf(leaked, inASession, child, grandchild, kept, beside)).toEqual([
          ...[200, 200, 200, 200, 200, 200],
        ]);

        const answer = await revokeWithMade(`${of('ivory')}/${leaked.id}`, kept.key);
        expect([answer.status, answer.body]).toEqual([200, { revoked: 4 }]);
        expect(await statusesOf(leaked, inASession, child, grandchild, kept, beside)).toEqual([
          ...[401, 401, 401, 401, 200, 200],
        ]);
        for (const session of [headers, stolen])
          expect((await running.call('/v1/greetings', { key: null, headers: session })).status).toBe(401);
      });

      it('goes with them also when it, or one between, was revoked by itself before', async () => {
        const leaked = await running.keyFor('partner', { partner: 'jade' });
        const child = await made('jade', leaked.key);
        const grandchild = await made('jade', child.key);
        for (const { id } of [leaked, child])
          expect((await running.call(`/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
        expect(await statusesOf(leaked, child, grandchild)).toEqual([401, 401, 200]);
        expect((await revokeWithMade(`/v1/keys/${leaked.id}`)).body).toEqual({ revoked: 1 });
        expect(await statusesOf(grandchild)).toEqual([401]);
        expect((await revokeWithMade(`/v1/keys/${leaked.id}`)).body).toEqual({ revoked: 0 });
      });

      it('goes with them within its partner only where it is asked of that partner', async () => {
        const leaked = await running.keyFor('partner', { partner: 'krill' });
        const { key: other } = await running.keyFor('partner', { partner: 'lotus' });
        expect((await revokeWithMade(`${of('lotus')}/${leaked.id}`, other)).status).toBe(404);
        expect((await revokeWithMade(`${of('krill')}/${leaked.id}`, other)).status).toBe(404);
        expect((await revokeWithMade(`${of('lotus')}/${leaked.id}`)).status).toBe(404);
        expect(await statusesOf(leaked)).toEqual([200]);
      });

      it('of an administrator goes with all that it has made, for whomever', async () => {
        const leaked = await running.keyFor('admin');
        const json = { name: 'x', role: 'admin' };
        const admin = (await running.call('/v1/keys', { method: 'POST', key: leaked.key, json })).body as Made;
        const partners = await made('mauve', admin.key);
        expect(await statusesOf(leaked, admin, partners)).toEqual([200, 200, 200]);
        expect((await revokeWithMade(`/v1/keys/${leaked.id}`)).body).toEqual({ revoked: 3 });
        expect(await statusesOf(leaked, admin, partners)).toEqual([401, 401, 401]);
      });

      it('makes none any more in a process that does not know yet that it is revoked', async () => {
        // For seconds such a process takes it for valid, and what was made then was valid for good.
        const other = await startServices([greeting], running.environment);
        try {
          const leaked = await running.keyFor('partner', { partner: 'nacre' });
          expect((await request(other.url, '/v1/greetings', { key: leaked.key })).status).toBe(200);
          expect((await revokeWithMade(`${of('nacre')}/${leaked.id}`)).body).toEqual({ revoked: 1 });
          const late = { method: 'POST', key: leaked.key, json: { name: 'too late' } };
          const answer = await request(other.url, of('nacre'), late);
          expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
            401,
            'Bearer realm="fairlead", error="invalid_token"',
          ]);
          expect(await listed('nacre', ADMIN)).toHaveLength(1);
        } finally {
          await other.close();
        }
      });

      it('leaves none behind that is being made in that very moment', async () => {
        const leaked = await running.keyFor('partner', { partner: 'onyx' });
        const makes = Array.from({ length: 40 }, () =>
          running.call(of('onyx'), { method: 'POST', key: leaked.key, json: { name: 'just now' } }),
        );
        await Promise.race(makes);
        expect((await revokeWithMade(`${of('onyx')}/${leaked.id}`)).status).toBe(200);
        await Promise.all(makes);
        expect((await listed('onyx', ADMIN)).filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
      });

      it.each(['', 'yes', 'true&withMade=true'])('is not revoked when withMade is %s', async (withMade) => {
        const { id, key } = await running.keyFor('partner', { partner: 'pearl' });
        for (const path of ['/v1/keys', of('pearl')]) {
          const answer = await running.call(`${path}/${id}?withMade=${withMade}`, { method: 'DELETE' });
          expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ field: 'withMade' }] }]);
        }
        expect((await running.call(`${of('pearl')}/${id}?withMade=false`, { method: 'DELETE', key })).status).toBe(204);
      });
    });

    it.each([
      ['a line break', 'CRM\nflk_0123456789abcdef'],
      ['a carriage return', 'CRM\r'],
      ['a line separator', 'CRM\u2028new'],
      ['a control character', 'CRM\u001b[2K'],
      ['a late control character', 'CRM\u0085'],
      ['an override of the direction', 'CRM\u202egnp'],
      ['an isolate of the direction', 'CRM\u2066x\u2069'],
      ['a lone surrogate', 'CRM\ud83d'],
    ])('take no name with %s, which would not look like what it is', async (_, name) => {
      for (const [path, json] of [
        [of('quartz'), { name }],
        ['/v1/keys', { name, role: 'partner', partner: 'quartz' }],
      ] as const) {
        const answer = await running.call(path, { method: 'POST', json });
        expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ field: '/name' }] }]);
      }
      expect((await running.call(of('quartz'), { method: 'POST', json: { name: 'Größe 😀 é' } })).status).toBe(201);
    });
  });

  it('shuts nobody out who has a key, whatever a stranger does at the same address', async () => {
    const { id, key } = await running.keyFor('partner', { partner: 'acme' });
    const operator = `flk_${'0'.repeat(16)}_${randomBytes(32).toString('base64url')}`;
    const other = await startServices([greeting], { ...running.environment, FAIRLEAD_ADMIN_KEY: operator });
    try {
      const statusOf = async (with_: string) => (await request(other.url, '/v1/greetings', { key: with_ })).status;
      for (let i = 0; i < 40; i++) await statusOf(`a wrong key ${i}`.replaceAll(' ', '-'));
      expect(await statusOf('another-wrong-key')).toBe(429);
      const right = await request(other.url, '/v1/greetings', { key });
      expect(right.body).toMatchObject({ caller: { keyId: id } });
      expect(await statusOf(operator)).toBe(200);
      const made = { json: { name: 'new', role: 'partner', partner: 'bolt' }, method: 'POST', key: operator };
      const { body } = await request(other.url, '/v1/keys', made);
      expect(await statusOf((body as { key: string }).key)).toBe(200);
    } finally {
      await other.close();
      await (await startServices([greeting], running.environment)).close(); // the operator's key is again the one of the rest
    }
  });

  it('does not withdraw what does not exist, or what the environment would bring back', async () => {
    expect((await running.call('/v1/keys/0123456789abcdef', { method: 'DELETE' })).status).toBe(404);
    expect((await running.call('/v1/keys/operator', { method: 'DELETE' })).status).toBe(409);
    const { key } = await running.keyFor('auditor');
    expect((await running.call('/v1/keys/operator?withMade=true', { method: 'DELETE' })).status).toBe(409);
    expect((await running.call('/v1/keys', { key })).status).toBe(403); // not 401: it is valid still
  });

  it('makes a new FAIRLEAD_ADMIN_KEY replace the old one', async () => {
    const replacing = `another-${ADMIN}`;
    const other = await startServices([greeting], { ...running.environment, FAIRLEAD_ADMIN_KEY: replacing });
    try {
      expect((await request(other.url, '/v1/keys', { key: replacing })).status).toBe(200);
      expect((await request(other.url, '/v1/keys', { key: ADMIN })).status).toBe(401);
    } finally {
      await other.close();
      const restored = await startServices([greeting], running.environment);
      await restored.close();
    }
  });

  it('withdraws what was made with an earlier FAIRLEAD_ADMIN_KEY of our making, which is nobody’s any more', async () => {
    const { id, key: first } = await running.keyFor('admin');
    const second = `flk_${'2'.repeat(16)}_${randomBytes(32).toString('base64url')}`;
    let other = await startServices([greeting], { ...running.environment, FAIRLEAD_ADMIN_KEY: first });
    try {
      const { keys } = (await request(other.url, '/v1/keys?limit=1000', { key: first })).body as { keys: object[] };
      // Nobody revokes it together with the key that it was once made with.
      expect(keys).toContainEqual(expect.objectContaining({ id, name: 'FAIRLEAD_ADMIN_KEY', madeBy: null }));
      const json = { name: 'x', role: 'admin' };
      const made = await request(other.url, '/v1/keys', { method: 'POST', key: first, json });
      const { key } = made.body as { key: string };
      const revoke = (own: string) =>
        request(other.url, `/v1/keys/${id}?withMade=true`, { method: 'DELETE', key: own });
      expect((await revoke(key)).status).toBe(409);
      await other.close();
      other = await startServices([greeting], { ...running.environment, FAIRLEAD_ADMIN_KEY: second });
      expect((await request(other.url, '/v1/keys', { key })).status).toBe(200);
      expect((await revoke(second)).body).toEqual({ revoked: 1 });
      expect((await request(other.url, '/v1/keys', { key })).status).toBe(401);
    } finally {
      await other.close();
      await (await startServices([greeting], running.environment)).close();
    }
  });

  it('ends what was begun with the old FAIRLEAD_ADMIN_KEY, and lets a restart with the same one end nothing', async () => {
    // Keys that are not of our making have one id. After such a key was replaced its sessions remained an administrator's, and made links.
    const sessions = running.app.get(SessionsStore);
    const begin = async (key: string) => ({
      headers: { cookie: `fairlead_session=${(await sessions.begin(key))?.secret}` },
      link: secretIn(await sessions.link('operator', key)),
    });
    const statusOf = async (url: string, { headers }: { headers: Record<string, string> }) =>
      (await request(url, '/v1/keys', { key: null, headers })).status;
    const replaced = await begin(ADMIN);
    expect(await statusOf(running.url, replaced)).toBe(200);
    // Also what it opened in the name of a key that stays.
    const { id: colleague } = await running.keyFor('admin');
    const [opened, unopened] = [
      secretIn(await sessions.link(colleague, ADMIN)),
      secretIn(await sessions.link(colleague, ADMIN)),
    ];
    const theirs = { headers: { cookie: `fairlead_session=${(await sessions.redeem(opened))?.secret}` } };
    expect(await statusOf(running.url, theirs)).toBe(200);

    const replacing = `another-${ADMIN}`;
    const environment = { ...running.environment, FAIRLEAD_ADMIN_KEY: replacing };
    let other = await startServices([greeting], environment);
    try {
      expect([await statusOf(other.url, replaced), await statusOf(other.url, theirs)]).toEqual([401, 401]);
      for (const link of [replaced.link, unopened]) expect(await sessions.redeem(link)).toBeUndefined();
      // Where the old key is still remembered for some seconds, nothing is got by it that lasts longer.
      expect(await sessions.link('operator', ADMIN)).toBe('unknown');
      expect(await sessions.begin(ADMIN)).toBeUndefined();

      const own = await begin(replacing);
      await other.close();
      other = await startServices([greeting], environment);
      expect(await statusOf(other.url, own)).toBe(200);
      expect(await sessions.redeem(own.link)).toBeDefined();
    } finally {
      await other.close();
      const restored = await startServices([greeting], running.environment);
      await restored.close();
    }
  });

  it('ends what was begun with the old FAIRLEAD_ADMIN_KEY in the very moment in which it was replaced', async () => {
    // Whoever signed in just then had a session that was in no table yet when those of the old key were removed: for twelve hours it spoke
    // for the new one.
    const client = new Client({ connectionString: running.databaseUrl, options: '-c search_path=access' });
    await client.connect();
    const inTransaction = new SessionsStore(
      async <Row>(sql: string, values: readonly unknown[] = []) => (await client.query(sql, [...values])).rows as Row[],
    );
    await client.query('BEGIN');
    const session = (await inTransaction.begin(ADMIN))?.secret ?? '';
    const link = secretIn(await inTransaction.link('operator', ADMIN));
    const replacing = `another-${ADMIN}`;
    const other = await startServices([greeting], { ...running.environment, FAIRLEAD_ADMIN_KEY: replacing });
    try {
      await client.query('COMMIT');
      expect([session.slice(0, 4), link.slice(0, 4)]).toEqual(['fls_', 'fll_']);
      const headers = { cookie: `fairlead_session=${session}` };
      expect((await request(other.url, '/v1/keys', { key: null, headers })).status).toBe(401);
      const sessions = running.app.get(SessionsStore);
      expect(await sessions.redeem(link)).toBeUndefined();
      expect(await sessions.endOf(session)).toBeUndefined();
      expect(await sessions.link('operator', session)).toBe('unknown');
    } finally {
      await client.end();
      await other.close();
      await (await startServices([greeting], running.environment)).close();
    }
  });

  it('takes no session or link of which nobody knows who opened it: a version from before had begun it', async () => {
    const client = new Client({ connectionString: running.databaseUrl, options: '-c search_path=access' });
    await client.connect();
    try {
      const sessions = running.app.get(SessionsStore);
      const session = (await sessions.begin(ADMIN))?.secret ?? '';
      const link = secretIn(await sessions.link('operator', ADMIN));
      for (const table of ['sessions', 'entry_links'])
        await client.query(`UPDATE ${table} SET opened_by = NULL, opener_hash = NULL`);
      const headers = { cookie: `fairlead_session=${session}` };
      expect((await running.call('/v1/keys', { key: null, headers })).status).toBe(401);
      expect(await sessions.redeem(link)).toBeUndefined();
      expect(await sessions.endOf(session)).toBeUndefined();
      expect(await sessions.link('operator', session)).toBe('unknown');
    } finally {
      await client.end();
    }
  });

  it('tells who opened a session in the name of another key, and forgets it everywhere with either', async () => {
    const sessions = running.app.get(SessionsStore);
    const olga = await running.keyFor('admin');
    const json = { name: 'x', role: 'partner', partner: 'acme' };
    const made = (await running.call('/v1/keys', { method: 'POST', key: olga.key, json })).body as { id: string };
    const opened = (await sessions.redeem(secretIn(await sessions.link(made.id, olga.key))))?.secret ?? '';
    const onward = (await sessions.redeem(secretIn(await sessions.link(made.id, opened))))?.secret ?? '';
    const who = async (session: string) => {
      const headers = { cookie: `fairlead_session=${session}` };
      const { status, body } = await running.call('/v1/greetings', { key: null, headers });
      return [status, (body as { caller?: object }).caller];
    };
    const caller = { role: 'partner', keyId: made.id, partnerId: 'acme', openedBy: olga.id };
    expect([await who(opened), await who(onward)]).toEqual([
      [200, caller],
      [200, caller],
    ]);
    expect((await running.call(`/v1/keys/${olga.id}`, { method: 'DELETE' })).status).toBe(204);
    expect([(await who(opened))[0], (await who(onward))[0]]).toEqual([401, 401]);
  });

  it('lists its routes with whom they are for', () => {
    expect(listRoutes(running.app)).toContainEqual({
      accepted: { types: { 'application/json': 'json' }, limitBytes: 1_048_576 },
      method: 'POST',
      path: '/v1/parked/:id/redrive',
      access: ['admin', 'manager'],
      body: RedriveParked,
      handler: 'ParkedController.redrive',
    });
  });
});

/** Of a link, where one was made. */
function secretIn(link: { readonly secret: string } | string): string {
  return typeof link === 'string' ? '' : link.secret;
}
