import { listRoutes, type RunningServices, startServices } from '@fairlead/platform';
import type { FastifyInstance } from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway } from '../src/gateway/gateway.js';
import { routesOf, routesOfAny, routesOfEach } from '../src/gateway/routes.js';
import { loadServices, serviceNames } from '../src/services.js';
import { logSettings } from './fixture/log-key.js';
import { ownDatabase } from './fixture/own-database.js';

const ADMIN = `admin-${randomBytes(24).toString('hex')}`;

const PAGE = ['GET /console', 'GET /console/assets/:asset'];

/** A page has another one in each answer. */
function withoutNonce(answer: object): unknown {
  return JSON.parse(JSON.stringify(answer).replaceAll(/(nonce-|style-nonce\\" content=\\")[\w-]{22}/g, '$1'));
}

describe('the gateway, before services that run apart', () => {
  const services = new Map<string, RunningServices>();
  let gateway: FastifyInstance;
  let url: string;
  let end: () => Promise<void>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-gateway-'));
    const [database, keys] = await Promise.all([ownDatabase(), ownDatabase()]);
    const masterKey = join(folder, 'master-key');
    writeFileSync(masterKey, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const environment = {
      DATABASE_URL: database.url,
      KEYS_DATABASE_URL: keys.url,
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      FAIRLEAD_TOPIC_PREFIX: `t${randomBytes(4).toString('hex')}.`,
      FAIRLEAD_MASTER_KEY_FILE: masterKey,
      ...logSettings(folder),
      FAIRLEAD_ADMIN_KEY: ADMIN,
      FAIRLEAD_TRUSTED_PROXIES: '127.0.0.0/8',
      FAIRLEAD_PORT: '0',
      FAIRLEAD_LOG_LEVEL: 'error',
    };
    for (const name of serviceNames) services.set(name, await startServices(await loadServices([name]), environment));
    gateway = createGateway(serviceNames, (name) => services.get(name)?.url ?? '');
    url = await gateway.listen({ host: '127.0.0.1', port: 0 });
    end = async () => {
      await gateway.close();
      await Promise.all([...services.values()].map((service) => service.close()));
      await Promise.all([database.drop(), keys.drop()]);
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => end?.());

  /** What each service serves beside what all of them do. */
  function ownRoutes(): Record<string, string[]> {
    const all = [...services].map(([name, { app }]) => [name, namesOf(listRoutes(app))] as const);
    const common = new Set([...routesOfAny, ...routesOfEach].map(shapeOf));
    return Object.fromEntries(all.map(([name, routes]) => [name, routes.filter((route) => !common.has(route)).sort()]));
  }

  it('knows every route of every service, and none that nobody has', () => {
    const table = Object.entries(routesOf).map(([name, routes]) => [name, routes.map(shapeOf).sort()]);
    expect(Object.fromEntries(table)).toEqual(ownRoutes());
  });

  it('knows every route that all services have', () => {
    for (const { app } of services.values()) {
      const served = new Set(namesOf(listRoutes(app)));
      expect([...routesOfAny, ...routesOfEach].filter((route) => !served.has(shapeOf(route)))).toEqual([]);
    }
  });

  it('answers whatever the service itself answers, on every route, with and without a key', async () => {
    const ids: Record<string, string> = { leadId: randomUUID() };
    // What any service serves is asked of one only: each address has few wrong keys a minute.
    const walk = { ...routesOf, ingestion: [...(routesOf['ingestion'] ?? []), ...routesOfAny] };
    for (const [name, routes] of Object.entries(walk))
      for (const route of routes)
        for (const key of [undefined, 'wrong', ADMIN]) {
          const [method = '', path = ''] = route.split(' ');
          const filled = path.replace(/:([A-Za-z]+)/g, (_, id: string) => ids[id] ?? 'nobody');
          // Keys are made by the platform's own tests; here each call would make another.
          if (method === 'POST' && path === '/v1/keys' && key === ADMIN) continue;
          const direct = await send(services.get(name)?.url ?? '', method, filled, key);
          const through = await send(url, method, filled, key);
          expect(withoutNonce({ route, key, ...through })).toEqual(withoutNonce({ route, key, ...direct }));
        }
  });

  it('is ready when all of them are, and speaks for all of them', async () => {
    const ready = await fetch(`${url}/health/ready`);
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      services: serviceNames.map((name) => ({ name, ready: true })),
    });
    const authorization = `Bearer ${ADMIN}`;
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
    const parked = await (await fetch(`${url}/v1/parked`, { headers: { authorization } })).json();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
    for (const name of serviceNames)
      expect(metrics).toMatch(new RegExp(`^process_cpu_seconds_total\\{service="${name}"`, 'm'));
    expect(parked).toEqual({ parked: [] });
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => shapeOf(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)),
    );
    // The console's page is no part of the API.
    const routes = Object.values(routesOf).flatMap((each) => each.filter((route) => !PAGE.includes(route)));
    expect(documented).toEqual(expect.arrayContaining(routes.map(shapeOf)));
  });

  it('counts wrong keys by where they come from, whatever the caller says about that', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 35; attempt++) {
      const headers = { authorization: `Bearer wrong-${attempt}`, 'x-forwarded-for': `10.0.0.${attempt}` };
      statuses.push((await fetch(`${url}/v1/trust`, { headers })).status);
    }
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('asks for a key where each of them does', async () => {
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/v1/parked`)).status).toBe(401);
  });
});

/** The names of parameters are each side's own affair. */
function shapeOf(route: string): string {
  return route.replaceAll(/:[A-Za-z]+/g, ':');
}

function namesOf(routes: readonly { method: string; path: string }[]): string[] {
  return routes.map(({ method, path }) => shapeOf(`${method} ${path}`));
}

async function send(base: string, method: string, path: string, key: string | undefined) {
  const response = await fetch(base + path, {
    method,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: '[]' }),
  });
  const type = response.headers.get('content-type');
  const text = await response.text();
  // Trace ids and times are every request's own.
  const own = /"traceId":"\w+"|"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;
  return { status: response.status, type, text: text.replaceAll(own, '""') };
}
