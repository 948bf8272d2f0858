import { listRoutes, type Route, type RunningServices, startServices } from '@fairlead/platform';
import {
  type CallersToTry,
  type ReviewedRoutes,
  type Send,
  sendAsWritten,
  walkRoutes,
} from '@fairlead/platform/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServices, serviceNames } from '../src/services.js';
import { logSettings } from './fixture/log-key.js';
import { ownDatabase } from './fixture/own-database.js';
import { Receivers } from './fixture/receivers.js';

const ADMIN = `admin-${randomBytes(24).toString('hex')}`;
/** A lead that comes in has been through all services long before. */
const ARRIVES_WITHIN_MS = 30_000;
/** Ten times what it takes on a machine that does nothing else. */
const PATIENCE_MS = 240_000;
/** Routes that are walked at once: most of a walk is waiting for sockets, and some answers wait for seconds on purpose. */
const AT_ONCE = 8;

/** Whom each route is for, and why, as people have thought about it: a new route is not served before it is in there. */
const reviewed = readFileSync(new URL('./fixture/reviewed-routes.json', import.meta.url), 'utf8');

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

interface Kept {
  readonly source: string;
  readonly externalId: string | null;
  readonly state: string;
}

interface OpenApi {
  readonly paths: Record<
    string,
    Record<string, { readonly responses: Record<string, { readonly $ref?: string; readonly content?: object }> }>
  >;
  readonly components: { readonly responses: Record<string, object> };
}

describe('all services together, as everybody', () => {
  let running: RunningServices;
  let callers: CallersToTry;
  /** Of two partners and two sources. */
  let keys: Readonly<Record<'acme' | 'bolt' | 'web' | 'booth', string>>;
  let receivers: Receivers;
  /** Leads that these partners were offered, after direct had them. */
  let leadOf: { readonly acme: string; readonly bolt: string };
  let end: () => Promise<void>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-routes-'));
    const [database, personal] = await Promise.all([ownDatabase(), ownDatabase()]);
    receivers = await new Receivers().listen();
    const masterKey = join(folder, 'master-key');
    writeFileSync(masterKey, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    running = await startServices(await loadServices(serviceNames), {
      DATABASE_URL: database.url,
      KEYS_DATABASE_URL: personal.url,
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      FAIRLEAD_TOPIC_PREFIX: `t${randomBytes(4).toString('hex')}.`,
      FAIRLEAD_MASTER_KEY_FILE: masterKey,
      ...logSettings(folder),
      FAIRLEAD_ADMIN_KEY: ADMIN,
      FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8',
      FAIRLEAD_PORT: '0',
      FAIRLEAD_LOG_LEVEL: 'silent',
    });
    end = async () => {
      await running.close();
      await receivers.close();
      await Promise.all([database.drop(), personal.drop()]);
      rmSync(folder, { recursive: true });
    };

    keys = {
      acme: await keyOf('partner', { partner: 'acme' }),
      bolt: await keyOf('partner', { partner: 'bolt' }),
      web: await keyOf('source', { source: 'web' }),
      booth: await keyOf('source', { source: 'booth' }),
    };
    callers = {
      own: {
        admin: ADMIN,
        manager: await keyOf('manager'),
        auditor: await keyOf('auditor'),
        partner: keys.acme,
        source: keys.web,
      },
      another: { partner: keys.bolt, source: keys.booth },
      wrong: 'nobody-ever-made-this-key-of-32-characters',
    };
    for (const source of ['web', 'booth']) await done('PUT', `/v1/sources/${source}`, { format: 'json' });
    for (const partner of ['acme', 'bolt']) {
      await done('PUT', `/v1/partners/${partner}`, { name: partner, tier: 'gold', status: 'active' });
      const endpoint = { url: receivers.urlOf(partner), events: ['lead.routed'] };
      const { secret } = await done<{ secret: string }>('PUT', `/v1/partners/${partner}/endpoints/main`, endpoint);
      receivers.knows(partner, secret);
    }
    // Direct has each lead first, so that managers, who answer for direct, need not be kept waiting for its offer.
    await done('PUT', '/v1/policies/reviewed', {
      name: 'reviewed',
      pools: [{ id: 'all', match: {}, promise: { direct: 100, channel: 0 } }],
    });
    await done('POST', '/v1/policies/reviewed/activate');
    const [ofAcme, ofBolt] = await Promise.all([leadGivenTo('acme'), leadGivenTo('bolt')]);
    leadOf = { acme: ofAcme, bolt: ofBolt };
  }, PATIENCE_MS);
  afterAll(() => end?.());

  async function call(key: string, method: string, path: string, body?: unknown, type = 'application/json') {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      retryAfter: response.headers.get('retry-after'),
      body: text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text,
    } satisfies Answer;
  }

  /** As the operator, and it has to work. */
  async function done<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await call(ADMIN, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  }

  async function keyOf(role: string, owner: { partner?: string; source?: string } = {}): Promise<string> {
    return (await done<{ key: string }>('POST', '/v1/keys', { name: `a ${role}`, role, ...owner })).key;
  }

  /** A lead from `web`, offered to direct and given to the partner by override, which its endpoint has confirmed. */
  async function leadGivenTo(partner: 'acme' | 'bolt'): Promise<string> {
    const lead = { externalId: partner, email: `anna@${partner}.example`, consent: true };
    const { body } = await call(keys.web, 'POST', '/v1/leads', lead);
    const id = (body as { results: [{ id: string }] }).results[0].id;
    const override = { to: partner, reason: 'to be looked for' };
    await until(async () => (await call(ADMIN, 'POST', `/v1/leads/${id}/override`, override)).status === 200);
    await until(async () => {
      const { status, body: own } = await call(keys[partner], 'GET', `/v1/leads/${id}`);
      return status === 200 && (own as { offers: { deliveredAt: unknown }[] }).offers[0]?.deliveredAt !== null;
    });
    return id;
  }

  describe('a walk through all routes, in every spelling', () => {
    let routes: Route[];
    let table: ReviewedRoutes;
    let send: Send;
    beforeAll(() => {
      routes = listRoutes(running.app);
      table = JSON.parse(reviewed.replaceAll('{lead}', leadOf.acme)) as ReviewedRoutes;
      send = sendAsWritten(running.url);
    });

    it(
      'finds nothing amiss',
      async () => {
        const names = [...new Set([...routes.map(nameOf), ...Object.keys(table)])];
        const findings: string[][] = [];
        const walkers = Array.from({ length: AT_ONCE }, async () => {
          for (let name = names.pop(); name !== undefined; name = names.pop()) findings.push(await walk(name));
        });
        await Promise.all(walkers);
        expect(findings.flat()).toEqual([]);
      },
      PATIENCE_MS,
    );

    function walk(name: string, within = table): Promise<string[]> {
      const row = within[name];
      return walkRoutes({
        routes: routes.filter((route) => nameOf(route) === name),
        reviewed: row ? { [name]: row } : {},
        callers,
        send,
      });
    }

    it('would find a route that is not in the table, and a row without a route', async () => {
      const { 'GET /v1/trust': trust, ...rest } = table;
      expect(trust).toBeDefined();
      const outdated: ReviewedRoutes = { ...rest, 'GET /v1/moved': { access: 'public' } };
      expect(await walk('GET /v1/trust', outdated)).toEqual(['GET /v1/trust is served but has not been reviewed']);
      expect(await walk('GET /v1/moved', outdated)).toEqual(['GET /v1/moved was reviewed but is not served']);
    });
  });

  it('says of every answer what it looks like, and lists all of them', async () => {
    const documents = ['/openapi.json', ...serviceNames.map((name) => `/openapi/${name}.json`)];
    const findings: string[] = [];
    for (const url of documents) {
      const document = (await call(ADMIN, 'GET', url)).body as OpenApi;
      const isComplete = (name: string) => document.components.responses[name.split('/').at(-1) ?? ''] !== undefined;
      for (const [path, item] of Object.entries(document.paths))
        for (const [method, { responses }] of Object.entries(item))
          for (const [status, answer] of Object.entries(responses)) {
            const isDescribed = answer.$ref === undefined ? answer.content !== undefined : isComplete(answer.$ref);
            if (status === 'default' || !(isDescribed || status === '204'))
              findings.push(`${url}: ${method.toUpperCase()} ${path} ${status}`);
          }
    }
    expect(findings).toEqual([]);
  });

  it('a partner’s key finds nothing of another partner’s: all is as if it were not there', async () => {
    const [absentLead, lead] = [randomUUID(), leadOf.bolt];
    const endpoint = { url: receivers.urlOf('acme'), events: ['lead.routed'] };
    const [{ id: delivery }] = (
      await done<{ deliveries: [{ id: string }] }>('GET', '/v1/partners/bolt/endpoints/main/deliveries')
    ).deliveries;
    const ownedBy = (partner: string) => done<{ keys: { id: string }[] }>('GET', `/v1/partners/${partner}/keys`);
    const [key] = (await ownedBy('bolt')).keys.map(({ id }) => id);
    const noKey = '0123456789abcdef';
    const [mine, sinceEver] = ['/v1/partners/acme/endpoints/main', 'since=2026-01-01T00:00:00Z&state=all'];
    const tries: [method: string, path: string, absent: string, body?: unknown][] = [
      ['GET', '/v1/partners/bolt', '/v1/partners/never-was'],
      ['GET', '/v1/partners/bolt/events', '/v1/partners/never-was/events'],
      ['GET', '/v1/partners/bolt/endpoints', '/v1/partners/never-was/endpoints'],
      ['GET', '/v1/partners/bolt/endpoints/main', '/v1/partners/acme/endpoints/never-was'],
      ['GET', '/v1/partners/bolt/endpoints/main/deliveries', '/v1/partners/acme/endpoints/never-was/deliveries'],
      ['GET', `/v1/partners/bolt/endpoints/main/deliveries/${delivery}`, `${mine}/deliveries/${randomUUID()}`],
      ['GET', `${mine}/deliveries/${delivery}`, `${mine}/deliveries/${randomUUID()}`],
      [
        'POST',
        `/v1/partners/bolt/endpoints/main/deliveries/${delivery}/resend`,
        `${mine}/deliveries/${randomUUID()}/resend`,
      ],
      ['POST', `${mine}/deliveries/${delivery}/resend`, `${mine}/deliveries/${randomUUID()}/resend`],
      [
        'POST',
        `/v1/partners/bolt/endpoints/main/replay?${sinceEver}`,
        `/v1/partners/acme/endpoints/never-was/replay?${sinceEver}`,
      ],
      ['PUT', '/v1/partners/bolt/endpoints/main', '/v1/partners/never-was/endpoints/main', endpoint],
      ['PUT', '/v1/partners/bolt/endpoints/new', '/v1/partners/never-was/endpoints/new', endpoint],
      ['POST', '/v1/partners/bolt/endpoints/main/rotate-secret', '/v1/partners/acme/endpoints/never-was/rotate-secret'],
      ['POST', '/v1/partners/bolt/endpoints/main/rotate-key', '/v1/partners/acme/endpoints/never-was/rotate-key'],
      ['POST', '/v1/partners/bolt/endpoints/main/test', '/v1/partners/acme/endpoints/never-was/test'],
      ['GET', '/v1/partners/bolt/keys', '/v1/partners/never-was/keys'],
      ['POST', '/v1/partners/bolt/keys', '/v1/partners/never-was/keys', { name: 'foisted' }],
      ['DELETE', `/v1/partners/bolt/keys/${key}`, `/v1/partners/never-was/keys/${noKey}`],
      ['DELETE', `/v1/partners/acme/keys/${key}`, `/v1/partners/acme/keys/${noKey}`],
      ['GET', `/v1/leads/${lead}`, `/v1/leads/${absentLead}`],
      ['POST', `/v1/leads/${lead}/accept`, `/v1/leads/${absentLead}/accept`, {}],
      ['POST', `/v1/leads/${lead}/decline`, `/v1/leads/${absentLead}/decline`, { reason: 'capacity', note: 'none' }],
      ['POST', `/v1/leads/${lead}/outcomes`, `/v1/leads/${absentLead}/outcomes`, { type: 'contacted' }],
      [
        'POST',
        `/v1/leads/${lead}/outcomes`,
        `/v1/leads/${absentLead}/outcomes`,
        { type: 'won', at: '2099-01-01T00:00:00Z' },
      ],
    ];
    const before = await asSeenByBolt();

    const answers = await Promise.all(
      tries.map(async ([method, path, absent, body]) => ({
        path: `${method} ${path}`,
        theirs: await call(keys.acme, method, path, body),
        none: await call(keys.acme, method, absent, body),
      })),
    );

    expect(answers.map(({ path, none }) => [path, none.status])).toEqual(answers.map(({ path }) => [path, 404]));
    expect(answers.map(({ path, theirs }) => ({ path, ...theirs }))).toEqual(
      answers.map(({ path, none }) => ({ path, ...none })),
    );
    expect(await asSeenByBolt()).toEqual(before);
  });

  /** All that the tries above were after, which is there for its owner. */
  async function asSeenByBolt(): Promise<Answer[]> {
    const paths = [
      '/v1/partners/bolt',
      '/v1/partners/bolt/keys',
      '/v1/partners/bolt/endpoints',
      '/v1/partners/bolt/endpoints/main',
      '/v1/partners/bolt/endpoints/main/deliveries',
      `/v1/leads/${leadOf.bolt}`,
    ];
    const answers = await Promise.all(paths.map((path) => call(keys.bolt, 'GET', path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
    expect(answers.slice(-2).map(({ body }) => body)).toMatchObject([
      { deliveries: [{ leadId: leadOf.bolt, state: 'delivered' }] },
      { state: 'offered', party: 'bolt' },
    ]);
    return answers;
  }

  it('a partner’s lists hold its own only, whatever is asked for', async () => {
    const idsIn = ({ body }: Answer) => (body as { leads: { id: string }[] }).leads.map(({ id }) => id);
    for (const narrowing of ['', '?source=web', '?limit=1', '?party=acme'])
      expect(idsIn(await call(keys.acme, 'GET', `/v1/leads${narrowing}`))).toEqual([leadOf.acme]);
    const theirs = await call(keys.acme, 'GET', '/v1/leads?party=bolt');
    expect(theirs).toEqual(await call(keys.acme, 'GET', '/v1/leads?party=never-was'));
    expect(idsIn(theirs)).toEqual([]);
    expect(idsIn(await call(ADMIN, 'GET', '/v1/leads?party=bolt'))).toEqual([leadOf.bolt]);

    const { body: lead } = await call(keys.acme, 'GET', `/v1/leads/${leadOf.acme}`);
    expect((lead as { offers: { party: string }[] }).offers.map(({ party }) => party)).toEqual(['acme']);
    const { body: trust } = await call(keys.acme, 'GET', '/v1/trust');
    expect(Object.keys((trust as { parties: object }).parties)).toEqual(['acme']);
  });

  it('a source’s key cannot send for another source, however it says so', async () => {
    const lead = { externalId: 'foisted', email: 'eve@example.com' };
    const line = JSON.stringify(lead);
    const asked = (source: string) => [
      call(keys.web, 'POST', `/v1/leads?source=${source}`, lead),
      call(keys.web, 'POST', `/v1/leads?source=${source}`, `${line}\n`, 'application/x-ndjson'),
      call(keys.web, 'POST', `/v1/leads?source=web&source=${source}`, lead),
    ];
    const constants = (source: string) =>
      encodeURIComponent(
        JSON.stringify({ columns: { externalId: 'externalId', email: 'email' }, constants: { source } }),
      );
    const said = (source: string) => [
      call(keys.web, 'POST', '/v1/leads', { ...lead, source }),
      call(keys.web, 'POST', '/v1/leads', [{ ...lead, source }]),
      call(keys.web, 'POST', '/v1/leads?source=web', { ...lead, source }),
      call(keys.web, 'POST', '/v1/leads', `${JSON.stringify({ ...lead, source })}\n`, 'application/x-ndjson'),
      call(keys.web, 'POST', '/v1/leads', `externalId,email,source\nfoisted,eve@example.com,${source}\n`, 'text/csv'),
      call(keys.web, 'POST', `/v1/leads?mapping=${constants(source)}`, lead),
    ];
    const theirs = await Promise.all([...asked('booth'), ...said('booth')]);
    const none = await Promise.all([...asked('never-was'), ...said('never-was')]);

    expect(theirs.map(whatBecame)).toEqual([
      '404',
      '404',
      '400',
      '422',
      '202 rejected',
      '422',
      '202 rejected',
      '202 rejected',
      '422',
    ]);
    expect(theirs.map(withoutIds)).toEqual(none.map(withoutIds));
    for (const said of [...theirs, ...none].filter(({ status }) => status === 422 || status === 202))
      expect(JSON.stringify(said.body)).toContain('The lead names another source than the request does.');
    // What was rejected is kept as its own.
    const rejected = theirs.concat(none).filter((answer) => /422|rejected/.test(whatBecame(answer))).length;
    const kept = async () => {
      const { leads } = await done<{ leads: Kept[] }>('GET', '/v1/leads?state=rejected&limit=1000');
      return leads.filter(({ externalId }) => externalId === lead.externalId).map(({ source }) => source);
    };
    await until(async () => (await kept()).length === rejected);
    expect(new Set(await kept())).toEqual(new Set(['web']));
    const all = await done<{ leads: Kept[] }>('GET', '/v1/leads?source=booth&limit=1000');
    expect(all.leads.filter(({ state }) => state !== 'rejected')).toEqual([]);

    const patched = { phone: '+4930123456' };
    const absent = await call(keys.booth, 'PATCH', `/v1/leads/${randomUUID()}`, patched);
    expect(absent.status).toBe(404);
    expect(await call(keys.booth, 'PATCH', `/v1/leads/${leadOf.acme}`, patched)).toEqual(absent);
    const unknown = await call(keys.web, 'GET', '/v1/sources/never-was');
    expect(unknown.status).toBe(404);
    expect(await call(keys.web, 'GET', '/v1/sources/booth')).toEqual(unknown);
  });

  function whatBecame({ status, body }: Answer): string {
    const { results } = body as { results?: { status: string }[] };
    return [status, ...(results ?? []).map((result) => result.status)].join(' ');
  }

  /** Each row gets an id, also one that is rejected. */
  function withoutIds({ body, ...rest }: Answer): object {
    return { ...rest, body: JSON.stringify(body).replaceAll(/"id":"[0-9a-f-]{36}"/g, '"id":""') };
  }
});

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + ARRIVES_WITHIN_MS; !(await holds());) {
    if (Date.now() > giveUp) throw new Error('it has not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
