import { readFileSync } from 'node:fs';
import { listRoutes, type Route } from '../src/index.js';
import { type CallersToTry, type ReviewedRoutes, type Send, sendAsWritten, walkRoutes } from '../src/testing/index.js';
import { greeting } from './fixture/greeting.service.js';
import { ADMIN, run, type Running } from './fixture/running.js';

const reviewed = JSON.parse(
  readFileSync(new URL('./fixture/reviewed-routes.json', import.meta.url), 'utf8'),
) as ReviewedRoutes;

describe('a walk through all routes, as everybody, in every spelling', () => {
  let running: Running;
  let callers: CallersToTry;
  let routes: Route[];
  let send: Send;
  beforeAll(async () => {
    running = await run([greeting]);
    const key = async (...given: Parameters<Running['keyFor']>) => (await running.keyFor(...given)).key;
    callers = {
      own: {
        admin: ADMIN,
        manager: await key('manager'),
        auditor: await key('auditor'),
        partner: await key('partner', { partner: 'acme' }),
        source: await key('source', { source: 'web' }),
      },
      another: {
        partner: await key('partner', { partner: 'other' }),
        source: await key('source', { source: 'other' }),
      },
      wrong: 'nobody-ever-made-this-key-of-32-characters',
    };
    // These break on purpose.
    routes = listRoutes(running.app).filter(({ path }) => !/broken|away/.test(path));
    send = sendAsWritten(running.url);
  });
  afterAll(() => running?.end());

  it('finds nothing amiss where all is as agreed', async () => {
    expect(await walkRoutes({ routes, reviewed, callers, send })).toEqual([]);
  });

  it('finds a route that was never reviewed, one that is gone, and one for others than agreed', async () => {
    const { 'GET /metrics': metrics, 'GET /v1/keys': keys, ...rest } = reviewed;
    const table = {
      ...rest,
      'GET /v1/keys': { ...keys, access: ['admin', 'partner'] as const },
      'GET /v1/moved': { access: 'public' as const },
    };
    expect(metrics).toBeDefined();
    const findings = await walkRoutes({ routes, reviewed: table, callers, send });
    expect(findings).toEqual(
      expect.arrayContaining([
        'GET /metrics is served but has not been reviewed',
        'GET /v1/moved was reviewed but is not served',
        'GET /v1/keys is not for those that were agreed on',
        'GET /v1/keys answers partner with 403, not with admission',
      ]),
    );
  });

  it('finds a spelling that opens what the plain one does not', async () => {
    const careless: Send = (method, target, headers, body) =>
      target === '/v1/%6beys' ? Promise.resolve({ status: 200 }) : send(method, target, headers, body);
    const only = routes.filter(({ path, method }) => path === '/v1/keys' && method === 'GET');
    const findings = await walkRoutes({ routes: only, reviewed: pick('GET /v1/keys'), callers, send: careless });
    expect(findings).toContain('GET /v1/%6beys answers nobody with 200, but /v1/keys with 401');
    expect(findings).toContain('GET /v1/%6beys answers partner with 200, but /v1/keys with 403');
  });

  it('finds a HEAD that tells more than its GET, and another’s data', async () => {
    const careless: Send = async (method, target, headers, body) => {
      if (method === 'HEAD' || target.endsWith('/acme')) return { status: 200 };
      return send(method, target, headers, body);
    };
    const path = '/v1/greetings/of/:partner';
    const only = routes.filter((route) => route.path === path);
    const findings = await walkRoutes({ routes: only, reviewed: pick(`GET ${path}`), callers, send: careless });
    expect(findings).toContain('GET /v1/greetings/of/acme answers another partner with 200, not with 404');
    expect(findings).toContain('GET /v1/greetings/of/acme answers nobody with 200, not with 401');
  });

  function pick(route: string): ReviewedRoutes {
    return { [route]: reviewed[route]! };
  }
});
