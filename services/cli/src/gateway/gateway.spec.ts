import { Logger } from '@nestjs/common';
import { fastify, type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { createGateway } from './gateway.js';

/** Two services that say what they were asked, and a third that is down. */
const services = ['ingestion', 'outcome-tracking', 'routing'];

describe('the gateway', () => {
  const upstream = new Map<string, FastifyInstance>();
  let gateway: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    for (const name of ['ingestion', 'routing']) {
      const service = fakeService(name);
      await service.listen({ host: '127.0.0.1', port: 0 });
      upstream.set(name, service);
    }
    gateway = createGateway(services, (name) => {
      const address = upstream.get(name)?.server.address() as AddressInfo | undefined;
      return `http://127.0.0.1:${address?.port ?? 1}`;
    });
    url = await gateway.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await gateway.close();
    for (const service of upstream.values()) await service.close();
  });

  const ask = async (path: string, init?: RequestInit & { duplex?: 'half' }) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Said) : {} };
  };

  it('hands a request to the service whose route it is, as it came', async () => {
    const body = '{"sourceId":  "x", "n": 1.0}';
    const headers = { 'content-type': 'application/json', authorization: 'Bearer k', 'idempotency-key': 'i' };
    const answer = await ask('/v1/leads?a=%20b&a=c', { method: 'POST', headers, body });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ service: 'ingestion', url: '/v1/leads?a=%20b&a=c', body });
    expect(answer.body.headers).toMatchObject(headers);
  });

  it('tells services apart by method and by path', async () => {
    expect((await ask('/v1/leads/1', { method: 'PATCH' })).body.service).toBe('ingestion');
    expect((await ask('/v1/leads/1/override', { method: 'POST' })).body.service).toBe('routing');
    expect((await ask('/v1/partners')).body.service).toBe('routing');
  });

  it('finds a route however its path is spelled, and leaves the spelling alone', async () => {
    expect((await ask('/v1/p%61rtners/%41')).body).toMatchObject({ service: 'routing', url: '/v1/p%61rtners/%41' });
    expect((await ask('/v1//partners')).status).toBe(404);
  });

  it('answers HEAD as GET without the body', async () => {
    const answer = await ask('/v1/partners', { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('does not believe what a caller says about where it comes from', async () => {
    const { body } = await ask('/v1/partners', { headers: { 'x-forwarded-for': '10.0.0.1' } });
    expect(body.headers?.['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('passes on what a proxy in front of it says about that, if it is told to trust the proxy, and in all it asks', async () => {
    // Behind a proxy that does TLS every caller had the proxy's address, and one stranger's wrong keys were everybody's.
    const target = (name: string) => `http://127.0.0.1:${(upstream.get(name)?.server.address() as AddressInfo).port}`;
    const behind = createGateway(['ingestion', 'routing'], target, ['127.0.0.0/8']);
    const address = await behind.listen({ host: '127.0.0.1', port: 0 });
    try {
      const headers = {
        'x-forwarded-for': '10.9.9.9, 203.0.113.66',
        'x-forwarded-host': 'leads.example.com',
        'x-forwarded-proto': 'https',
      };
      const said = (await (await fetch(`${address}/v1/partners`, { headers })).json()) as Said;
      expect(said.headers).toMatchObject({ ...headers, 'x-forwarded-for': '203.0.113.66' });
      forwardedFor.length = 0;
      await fetch(`${address}/v1/parked`, { headers });
      expect([...new Set(forwardedFor)]).toEqual(['203.0.113.66']);
    } finally {
      await behind.close();
    }
  });

  it('says which service cannot be reached, and when to try again', async () => {
    const answer = await ask('/v1/leads');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN/);
    expect(answer.body).toMatchObject({ detail: 'outcome-tracking cannot be reached at the moment.' });
  });

  it('passes on a 503 at once and never sends a request twice', async () => {
    const before = counts.get('/v1/partners/busy') ?? 0;
    const answer = await ask('/v1/partners/busy');
    expect(answer.status).toBe(503);
    expect(counts.get('/v1/partners/busy')).toBe(before + 1);
  });

  it('answers 502 when a service breaks off', async () => {
    expect((await ask('/v1/partners/broken')).status).toBe(502);
  });

  it('streams a body of any size', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const chunks = 320;
    const stream = new ReadableStream({
      pull(controller) {
        if (sent++ < chunks) controller.enqueue(chunk);
        else controller.close();
      },
    });
    let sent = 0;
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await ask('/v1/leads', { method: 'POST', headers, body: stream, duplex: 'half' });
    expect(answer.body).toMatchObject({ service: 'ingestion', bytes: chunk.length * chunks });
  });

  it('lets a service refuse a large body before it has come', async () => {
    const body = Buffer.alloc(32 * 1024 * 1024, 'x');
    const headers = { 'content-type': 'application/json' };
    const answer = await ask('/v1/sources/large', { method: 'PUT', headers, body });
    expect(answer.status).toBe(413);
  });

  it('knows a wrong method from a wrong address', async () => {
    const wrongMethod = await ask('/v1/leads', { method: 'DELETE' });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('allow')).toBe('POST, GET');
    expect((await ask('/v1/nothing')).body).toMatchObject({ status: 404, type: 'urn:fairlead:problem:not-found' });
    // Also of methods that hardly anybody uses, and without a look at the body.
    expect((await ask('/v1/leads', { method: 'QUERY' })).status).toBe(405);
    // What is longer than any id is the id of nothing.
    expect((await ask(`/v1/partners/${'x'.repeat(200)}`)).status).toBe(404);
  });

  it('is ready when all services are', async () => {
    const { status, body } = await ask('/health/ready');
    expect(status).toBe(503);
    expect(body).toEqual({
      status: 'not ready',
      services: [
        { name: 'ingestion', ready: true, checks: [] },
        { name: 'outcome-tracking', ready: false },
        { name: 'routing', ready: true, checks: [] },
      ],
    });
    expect((await ask('/health/live')).status).toBe(200);
  });

  describe('with all services up', () => {
    beforeAll(async () => {
      const service = fakeService('outcome-tracking');
      await service.listen({ host: '127.0.0.1', port: 0 });
      upstream.set('outcome-tracking', service);
    });

    it('pages through what is parked in all of them', async () => {
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const { body } = await ask(`/v1/parked?limit=2${after === undefined ? '' : `&after=${after}`}`);
        ids.push(...(body.parked ?? []).map(({ id }) => id));
        after = body.next;
      } while (after !== undefined);
      expect(ids).toEqual(services.flatMap((name) => [1, 2, 3].map((number) => `${name}.${number}`)));
    });

    it('redrives where the event is parked', async () => {
      const answer = await ask('/v1/parked/routing.2/redrive', { method: 'POST' });
      expect(answer.body).toMatchObject({ service: 'routing', url: '/v1/parked/routing.2/redrive' });
    });

    it('passes on a refusal of what it asked for', async () => {
      expect((await ask('/metrics')).status).toBe(401);
      expect((await ask('/v1/parked?limit=none')).status).toBe(400);
    });

    it('puts the figures of all services into one text', async () => {
      const { text } = await ask('/metrics', { headers: { authorization: 'Bearer k' } });
      expect(text).toBe(
        [
          '# HELP up Whether it runs',
          '# TYPE up gauge',
          ...services.map((name) => `up{service="${name}"} 1`),
          '# TYPE lag gauge',
          ...services.map((name) => `lag{service="${name}",topic="a"} 2`),
          '',
        ].join('\n'),
      );
    });

    it('puts the documents of all services into one, with what the way to them may come to', async () => {
      const { body } = await ask('/openapi.json');
      const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
      const throughTheGateway = {
        responses: {
          502: { description: 'The connection broke: whether it was done is not known.', content },
          504: { description: 'No answer in time.', content },
        },
      };
      expect(body).toEqual({
        openapi: '3.1.0',
        info: { title: 'Fairlead', version: '1' },
        paths: {
          '/shared': Object.fromEntries(services.map((name) => [name, throughTheGateway])),
          ...Object.fromEntries(services.map((name) => [`/${name}`, { get: throughTheGateway }])),
        },
        components: { schemas: Object.fromEntries(services.map((name) => [name, {}])) },
        tags: [{ name: 'operations' }],
      });
    });
  });
});

interface Said {
  service?: string;
  url?: string;
  headers?: Record<string, string>;
  parked?: { id: string }[];
  next?: string;
}

const counts = new Map<string, number>();
/** Of each question about what is parked. */
const forwardedFor: unknown[] = [];

function fakeService(name: string): FastifyInstance {
  const service = fastify({ forceCloseConnections: true });
  service.removeAllContentTypeParsers();
  service.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  service.get('/health/ready', () => ({ status: 'ready', checks: [] }));
  service.get('/metrics', (request, reply) => {
    if (request.headers.authorization !== 'Bearer k') return reply.code(401).send({});
    const lines = [
      '# HELP up Whether it runs',
      '# TYPE up gauge',
      'up 1',
      '',
      '# TYPE lag gauge',
      'lag{topic="a"} 2',
      '',
    ];
    return reply.type('text/plain').send(lines.join('\n'));
  });
  service.get('/openapi.json', () => ({
    openapi: '3.1.0',
    info: { title: `Fairlead: ${name}`, version: '1' },
    paths: { [`/${name}`]: { get: {} }, '/shared': { [name]: {} } },
    components: { schemas: { [name]: {} } },
    tags: [{ name: 'operations' }],
  }));
  service.get('/v1/parked', (request, reply) => {
    forwardedFor.push(request.headers['x-forwarded-for']);
    const { after, limit } = request.query as { after?: string; limit: string };
    if (!/^\d+$/.test(limit)) return reply.code(400).send({});
    const all = [1, 2, 3].map((number) => ({ id: `${name}.${number}` }));
    const from = all.filter(({ id }) => after === undefined || id > after);
    const page = from.slice(0, Number(limit));
    return reply.send({ parked: page, ...(page.length < from.length && { next: page.at(-1)?.id }) });
  });
  service.get('/v1/partners/busy', (request, reply) => {
    counts.set(request.url, (counts.get(request.url) ?? 0) + 1);
    return reply.code(503).header('retry-after', '1').send({});
  });
  service.get('/v1/partners/broken', (request) => void request.raw.socket.destroy());
  service.put('/v1/sources/large', (_request, reply) => reply.code(413).send({}));
  service.all('*', async (request, reply) => {
    const { url, headers } = request;
    const chunks: Buffer[] = [];
    if (request.body) for await (const chunk of request.body as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const said = {
      service: name,
      url,
      headers,
      bytes: body.length,
      ...(body.length < 1_000 && { body: body.toString() }),
    };
    return reply.code(request.method === 'POST' ? 202 : 200).send(said);
  });
  return service;
}
