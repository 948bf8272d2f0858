import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api, type Patience } from './client.js';

type Handler = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

describe('a call of the API', () => {
  let server: Server | undefined;
  let api: Api | undefined;

  afterEach(async () => {
    await api?.close();
    api = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    server = undefined;
  });

  async function serving(handler: Handler, patience?: Patience): Promise<{ api: Api; seen: IncomingMessage[] }> {
    const seen: IncomingMessage[] = [];
    server = createServer((request, response) => {
      seen.push(request);
      request.resume();
      request.once('end', () => handler(request, response, seen.length));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    api = new Api({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'flk_1_x' }, patience);
    return { api, seen };
  }

  const answer = (
    response: ServerResponse,
    status: number,
    body: object,
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  const batch = { method: 'POST', path: '/v1/leads', idempotencyKey: 'import-1' } as const;
  const patient: Patience = { forMs: 20_000 };

  it('carries the key', async () => {
    const { api, seen } = await serving((_, response) => answer(response, 200, { keys: [] }));
    await api.call({ method: 'GET', path: '/v1/keys' });
    expect(seen[0]?.headers.authorization).toBe('Bearer flk_1_x');
  });

  it.each<[string, Handler]>([
    ['the system is starting', (_, response) => answer(response, 503, { title: 'Not ready' })],
    ['somebody stumbled', (_, response) => answer(response, 500, { title: 'Internal' })],
    ['the connection breaks before the answer', (request) => request.socket.destroy()],
    [
      'the connection breaks in the answer',
      (request, response) => {
        response.writeHead(202, { 'content-length': '100' }).write('{"resul');
        setTimeout(() => request.socket.destroy(), 20);
      },
    ],
    ['the answer is cut short and looks whole', (_, response) => void response.writeHead(202).end('{"results":[')],
    [
      'the first try is still worked on',
      (_, response) => answer(response, 409, { title: 'Conflict' }, { 'retry-after': '0' }),
    ],
  ])('is made again, under the same idempotency key, when %s', async (_what, fail) => {
    const { api, seen } = await serving((request, response, attempt) => {
      if (attempt < 3) fail(request, response, attempt);
      else answer(response, 202, { results: [] });
    }, patient);
    expect(await api.call(batch)).toEqual({ results: [] });
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['import-1', 'import-1', 'import-1']);
  });

  it('waits for a system that is not there yet, and says so', async () => {
    const waits: string[] = [];
    const { api } = await serving((_, response) => answer(response, 202, { results: [] }), {
      forMs: 20_000,
      onWait: (why) => waits.push(why),
    });
    const { port } = server?.address() as AddressInfo;
    await new Promise((resolve) => server?.close(resolve));
    setTimeout(() => server?.listen(port, '127.0.0.1'), 400);
    expect(await api.call(batch)).toEqual({ results: [] });
    expect(waits[0]).toBe(`http://127.0.0.1:${port}: nothing listens there. Is \`fairlead start\` running?`);
  });

  it('gives up when patience runs out', async () => {
    const { api, seen } = await serving((_, response) => answer(response, 503, { title: 'Not ready' }), { forMs: 300 });
    await expect(api.call(batch)).rejects.toThrow('503 Not ready');
    expect(seen.length).toBeGreaterThan(1);
  });

  it('is not made again when that could do something twice', async () => {
    const { api, seen } = await serving((_, response) => answer(response, 503, { title: 'Not ready' }), patient);
    await expect(api.call({ method: 'POST', path: '/v1/keys' })).rejects.toThrow('503 Not ready');
    expect(seen).toHaveLength(1);
  });

  it('is not made again when it is refused, and says why, field by field', async () => {
    const { api, seen } = await serving(
      (_, response) =>
        answer(response, 422, {
          title: 'Invalid input',
          detail: 'The body is not what this route takes.',
          errors: [{ field: '/role', detail: 'must be one of admin, manager' }],
        }),
      patient,
    );
    await expect(api.call(batch)).rejects.toThrow(
      '422 Invalid input: The body is not what this route takes.\n  /role: must be one of admin, manager',
    );
    expect(seen).toHaveLength(1);
  });

  it('says what to do about a key that is not valid', async () => {
    const { api } = await serving((_, response) => answer(response, 401, { title: 'Unauthorized' }));
    await expect(api.call({ method: 'GET', path: '/v1/keys' })).rejects.toThrow('Set FAIRLEAD_API_KEY to a valid key');
  });

  it('follows a list through all its pages', async () => {
    const { api, seen } = await serving((_, response, attempt) =>
      answer(response, 200, attempt === 1 ? { keys: [{ id: 'a' }], next: 'a&b' } : { keys: [{ id: 'c' }] }),
    );
    expect(await api.list('/v1/keys', 'keys')).toEqual([{ id: 'a' }, { id: 'c' }]);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/keys?limit=100', '/v1/keys?limit=100&after=a%26b']);
  });
});
