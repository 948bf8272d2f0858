import { encodeEvent, LeadErased } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { randomUUID } from 'node:crypto';
import { startServices } from '../src/index.js';
import { gate, greeting } from './fixture/greeting.service.js';
import { request, run, type Running } from './fixture/running.js';

describe('the operation of a running process', () => {
  let running: Running;
  beforeAll(async () => {
    running = await run([greeting]);
  });
  afterAll(() => running?.end());

  it('does not start where Kafka cannot be reached, but serves and says so until it is told to stop', async () => {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const abort = new AbortController();
    const starting = startServices(
      [greeting],
      { ...running.environment, KAFKA_BROKERS: '127.0.0.1:1', FAIRLEAD_PORT: String(port) },
      { signal: abort.signal },
    );
    starting.catch(() => undefined);
    const ready = await eventually(() =>
      request(`http://127.0.0.1:${port}`, '/health/ready', { key: null }).catch(() => undefined),
    );
    expect([ready.status, ready.body]).toMatchObject([
      503,
      {
        status: 'not ready',
        checks: expect.arrayContaining([{ name: 'kafka', ok: false, reason: 'not reached yet' }]),
      },
    ]);
    abort.abort(new Error('told to stop'));
    await expect(starting).rejects.toThrow('told to stop');
    await expect(request(`http://127.0.0.1:${port}`, '/health/live')).rejects.toThrow('fetch failed');
  });

  it('is live and ready, and names what it looked at', async () => {
    expect((await running.call('/health/live', { key: null })).body).toEqual({ status: 'live' });
    const ready = await running.call('/health/ready', { key: null });
    expect([ready.status, ready.body]).toEqual([
      200,
      {
        status: 'ready',
        checks: [
          { name: 'database', ok: true },
          { name: 'kafka', ok: true },
          { name: 'greeting consumer', ok: true },
          { name: 'greeting relay', ok: true },
        ],
      },
    ]);
  });

  it('gives figures to those who may see them, by route and without what was asked for', async () => {
    await running.call('/v1/greetings/search?q=jane@example.com');
    await running.call('/v1/nothing/jane@example.com');
    const figures = await running.call('/metrics');
    expect(figures.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(figures.text).toContain(
      'fairlead_http_request_seconds_count{method="GET",route="/v1/greetings/search",status="200"}',
    );
    expect(figures.text).toContain('route="none",status="404"');
    expect(figures.text).toContain('process_cpu_seconds_total');
    expect(figures.text).not.toMatch(/jane/);
    expect((await running.call('/metrics', { key: null })).status).toBe(401);
    const { key } = await running.keyFor('partner', { partner: 'acme' });
    expect((await running.call('/metrics', { key })).status).toBe(403);
  });

  it('describes itself in OpenAPI 3.1, as a whole and service by service', async () => {
    const whole = (await running.call('/openapi.json', { key: null })).body as OpenApi;
    expect(whole.openapi).toBe('3.1.0');
    expect(Object.keys(whole.paths)).toEqual(
      expect.arrayContaining(['/v1/greetings', '/v1/keys', '/health/ready', '/v1/parked']),
    );
    expect(Object.keys(whole.paths)).not.toContain('/docs');
    expect(whole.components.schemas.Greeting?.properties).toHaveProperty('text');
    expect(whole.paths['/v1/keys/{id}']?.delete).toMatchObject({
      security: [{ bearer: [] }],
      'x-roles': ['admin'],
      responses: { 204: {}, 401: { $ref: '#/components/responses/Unauthorized' }, 404: {}, 429: {}, 503: {} },
    });
    // With it, whatever is answered would count as documented.
    expect(JSON.stringify(whole.paths)).not.toContain('"default":{"description"');
    expect(whole.components.schemas.CreateKey).toMatchObject({
      additionalProperties: false,
      properties: { name: { minLength: 1, maxLength: 200 }, partner: { type: ['string', 'null'] } },
    });
    const { put } = whole.paths['/v1/greetings/{id}'] as { put: { requestBody: object } };
    expect(put.requestBody).toMatchObject({ required: true });
    const { post } = whole.paths['/v1/greetings/farewell'] as { post: { requestBody: object } };
    expect(post.requestBody).toMatchObject({ required: false });
    const imports = whole.paths['/v1/greetings/import'] as { post: { requestBody: { content: object } } };
    expect(Object.keys(imports.post.requestBody.content)).toEqual([
      'application/json',
      'text/csv',
      'application/x-signed',
    ]);
    expect(whole.paths['/health/live']?.get).toMatchObject({ security: [] });
    const one = (await running.call('/openapi/greeting.json', { key: null })).body as OpenApi;
    expect(Object.keys(one.paths)).toEqual(expect.arrayContaining(['/v1/greetings', '/v1/keys']));
    expect((await running.call('/openapi/nobody.json', { key: null })).status).toBe(404);
  });

  it('shows its documents on a page that loads nothing from elsewhere', async () => {
    const page = await running.call('/docs', { key: null });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).not.toMatch(/https?:/);
    for (const [, file = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await running.call(file, { key: null })).status).toBe(200);
    for (const file of ['package.json', '..%2fpackage.json', '%2e%2e', 'swagger-ui.js', 'constructor'])
      expect((await running.call(`/docs/${file}`, { key: null })).status).toBe(404);
  });

  it('lists what was parked page by page, and gives it to the service again for a reason that somebody states', async () => {
    const units = running.app.get(UnitsOfWork);
    const refused = [randomUUID(), randomUUID(), randomUUID()];
    await units.run(async (unit) => unit.say(refused.map((lead) => erased(lead, 'refuse'))));
    const parked = await eventually(async (): Promise<object[] | undefined> => {
      const found: object[] = await pages(running);
      return found.length === 3 ? found : undefined;
    });
    expect(parked).toEqual(
      expect.arrayContaining(
        refused.map((lead): unknown =>
          expect.objectContaining({
            service: 'greeting',
            key: lead,
            errorClass: expect.stringContaining('refused-by-test'),
          }),
        ),
      ),
    );
    const [first] = parked as { id: string }[];
    const redrive = async (id: string, json?: object) => {
      const { status, body } = await running.call(`/v1/parked/${id}/redrive`, { method: 'POST', json });
      return [status, body];
    };
    const why = { reason: 'it will be taken now' };
    expect(await redrive(first!.id, why)).toMatchObject([200, { redriven: 0, remaining: 1 }]);
    const unexplained = {
      errors: [{ field: '/reason', detail: expect.stringMatching(/^say in `reason` why .*3 to 500/) }],
    };
    expect(await redrive(first!.id)).toMatchObject([400, unexplained]);
    for (const reason of ['', 'ok', '     ', 'two\nlines', 'a\u0085b', 'x'.repeat(501), 7, null])
      expect(await redrive(first!.id, { reason })).toMatchObject([400, unexplained]);
    for (const id of ['greeting.999', 'nobody.1', 'x', '1', 'greeting.1%27'])
      expect((await redrive(id, why))[0]).toBe(404);
  });

  it('carries events from the outbox to the handler', async () => {
    const lead = randomUUID();
    await running.app.get(UnitsOfWork).run(async (unit) => unit.say([erased(lead)]));
    await eventually(async () => {
      const { body } = await running.call('/v1/greetings');
      return (
        (body as { greetings: { lead_id: string }[] }).greetings.some(({ lead_id }) => lead_id === lead) || undefined
      );
    });
  });

  it('finishes the requests under way before it stops, and takes no new ones', async () => {
    const other = await startServices([greeting], running.environment);
    let open = (): void => undefined;
    gate.wait = new Promise((resolve) => (open = resolve));
    const slow = request(other.url, '/v1/greetings/slow', { key: null });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closing = other.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(request(other.url, '/health/live', { key: null })).rejects.toThrow('fetch failed');
    open();
    expect((await slow).body).toEqual({ slow: true });
    expect(await closing).toBe(true);
    expect(await other.close()).toBe(true);
  });

  it('does not start when its port is taken', async () => {
    const { port } = new URL(running.url);
    await expect(startServices([greeting], { ...running.environment, FAIRLEAD_PORT: port })).rejects.toThrow(
      /EADDRINUSE/,
    );
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, object>>;
  readonly components: { readonly schemas: Record<string, { properties: object }> };
}

function erased(lead: string, reason?: string) {
  return encodeEvent(LeadErased, {
    id: randomUUID(),
    source: '/test',
    subject: lead,
    time: Date.now(),
    data: { requestedBy: 'test', ...(reason !== undefined && { reason }) },
  });
}

async function pages(running: Running): Promise<object[]> {
  const all: object[] = [];
  for (let after: string | undefined; ;) {
    const { body } = await running.call(`/v1/parked?limit=2${after === undefined ? '' : `&after=${after}`}`);
    const { parked, next } = body as { parked: object[]; next?: string };
    all.push(...parked);
    if (next === undefined) return all;
    after = next;
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not happen in time');
}
