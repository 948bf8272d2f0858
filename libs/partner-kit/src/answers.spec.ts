import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnswerRefused, Answers, type AnswersSettings, AnswerUndecided, UntrustedAddress } from './answers.js';

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Fairlead as partners know it, misbehaving as it is told. */
let server: Server;
let base: string;
let asked: Asked[];
let answer: (nth: number, ...args: Parameters<RequestListener>) => unknown;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      answer(asked.length, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answer = (_, __, response) => response.end('{"id":"l1","state":"accepted"}');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const answers = (more: Partial<AnswersSettings> = {}) => new Answers({ baseUrl: base, key: 'flk_1_secret', ...more });

function offered(offer: number | undefined = 2, at = base) {
  const lead = `${at}/v1/leads/l1`;
  return {
    data: { offer, answers: { accept: `${lead}/accept`, decline: `${lead}/decline`, outcomes: `${lead}/outcomes` } },
  };
}

function problem(response: Parameters<RequestListener>[1], status: number, type: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json; charset=utf-8', ...headers });
  response.end(JSON.stringify({ type: `urn:fairlead:problem:${type}`, status, detail: 'The time has run out.' }));
}

describe('answering', () => {
  it('accepts, declines and reports about the very offer, as the partner', async () => {
    await expect(answers().accept(offered())).resolves.toMatchObject({ state: 'accepted' });
    await answers().decline(offered(), 'capacity', 'Two of us are ill.');
    const at = new Date('2026-01-31T09:30:00Z');
    await answers().report(offered(), { type: 'won', amount: { value: 1250.5, currency: 'EUR' }, at });
    expect(asked.map(({ path, body, headers }) => ({ path, body, key: headers.authorization }))).toEqual([
      { path: '/v1/leads/l1/accept', body: { offer: 2 }, key: 'Bearer flk_1_secret' },
      {
        path: '/v1/leads/l1/decline',
        body: { offer: 2, reason: 'capacity', note: 'Two of us are ill.' },
        key: 'Bearer flk_1_secret',
      },
      {
        path: '/v1/leads/l1/outcomes',
        body: { offer: 2, type: 'won', amount: { value: 1250.5, currency: 'EUR' }, at: '2026-01-31T09:30:00.000Z' },
        key: 'Bearer flk_1_secret',
      },
    ]);
  });

  it('repeats an answer under the same idempotency key, and gives another answer another one', async () => {
    answer = (nth, _, response) =>
      nth === 1
        ? response.destroy()
        : nth === 2
          ? problem(response, 503, 'busy', { 'retry-after': '0' })
          : response.end('{}');
    await answers().accept(offered());
    await answers().accept(offered(3));
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(4);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('comes again for an offer that Fairlead has not read yet where answers are taken, and says so by Retry-After', async () => {
    answer = (nth, _, response) =>
      nth === 1 ? problem(response, 404, 'not-found', { 'retry-after': '1' }) : response.end('{"id":"l1"}');
    const began = Date.now();
    await expect(answers().accept(offered())).resolves.toEqual({ id: 'l1' });
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
    expect(asked).toHaveLength(2);
  });

  it('does not repeat what is refused, and says why by the code of the problem', async () => {
    answer = (_, __, response) => problem(response, 409, 'offer-expired');
    const refused = await answers()
      .accept(offered())
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AnswerRefused);
    expect(refused).toMatchObject({
      status: 409,
      code: 'offer-expired',
      message: '409 offer-expired: The time has run out.',
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['asks for more time than there is', { 'retry-after': '3600' }, 3_600_000],
    ['asks for it by a date', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, 3_600_000],
  ])('leaves it to the caller when Fairlead %s', async (_, headers, about) => {
    answer = (__, ___, response) => problem(response, 429, 'too-many-requests', headers);
    const undecided = (await answers()
      .accept(offered())
      .catch((error: unknown) => error)) as AnswerUndecided;
    expect(undecided).toBeInstanceOf(AnswerUndecided);
    expect(undecided.status).toBe(429);
    expect(Math.abs((undecided.retryAfterMs ?? 0) - about)).toBeLessThan(5_000);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, (response: Parameters<RequestListener>[1]) => unknown]>([
    ['never answers', () => undefined],
    ['answers byte by byte for ever', (response) => void drip(response)],
    [
      'breaks off in the middle',
      (response) =>
        void response.writeHead(200, { 'content-length': '99' }).write('{"id":"l1"', () => response.destroy()),
    ],
    ['answers without an end', (response) => void flood(response)],
  ])('ends in time when whoever is there %s', async (_, misbehave) => {
    answer = (__, ___, response) => misbehave(response);
    const settings = { attemptTimeoutMs: 300, deadlineMs: 500 };
    await expect(answers(settings).accept(offered())).rejects.toBeInstanceOf(AnswerUndecided);
  });

  it('follows no redirect: whoever is there would be sent the key', async () => {
    answer = (_, __, response) => response.writeHead(307, { location: `${base}/elsewhere` }).end();
    await expect(answers().accept(offered())).rejects.toMatchObject({ name: 'AnswerRefused', code: 'http-307' });
    expect(asked).toHaveLength(1);
  });

  it('stops when the caller does', async () => {
    answer = (_, __, response) => problem(response, 503, 'busy', { 'retry-after': '30' });
    const stopped = new Error('shutting down');
    await expect(answers().accept(offered(), AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
    await expect(answers().accept(offered(), AbortSignal.abort(stopped))).rejects.toBe(stopped);
  });
});

describe('the key of a partner', () => {
  it.each([
    'https://evil.example/v1/leads/l1/accept',
    'http://127.0.0.1:1/v1/leads/l1/accept',
    'PREFIX.evil.example/v1/leads/l1/accept',
    'PREFIX@evil.example/v1/leads/l1/accept',
    'ftp://127.0.0.1/accept',
    '/v1/leads/l1/accept',
    '',
  ])('is not sent to %j, whatever a webhook says', async (address) => {
    const event = offered();
    const accept = address.replace('PREFIX', base);
    const forged = { data: { ...event.data, answers: { ...event.data.answers, accept } } };
    await expect(answers().accept(forged)).rejects.toBeInstanceOf(UntrustedAddress);
    expect(asked).toEqual([]);
  });

  it('stays below the path of the API', async () => {
    const below = answers({ baseUrl: `${base}/fairlead` });
    await expect(below.accept(offered())).rejects.toBeInstanceOf(UntrustedAddress);
    await expect(below.accept(offered(1, `${base}/fairlead/..`))).rejects.toBeInstanceOf(UntrustedAddress);
    await expect(below.accept(offered(1, `${base}/fairlead`))).resolves.toBeDefined();
  });

  it('goes out by https, except to this machine or where it is allowed', () => {
    expect(() => answers({ baseUrl: 'http://leads.vendor.example' })).toThrow(/must be https/);
    for (const baseUrl of [
      'leads.vendor.example',
      'ftp://vendor.example',
      'https://me:pw@vendor.example',
      'https://vendor.example?a=1',
    ])
      expect(() => answers({ baseUrl })).toThrow(TypeError);
    answers({ baseUrl: 'http://leads.internal', allowHttp: true });
    answers({ baseUrl: 'https://leads.vendor.example' });
    expect(() => answers({ key: 'flk_1\r\nx: y' })).toThrow(/key is not a key/);
  });
});

function drip(response: Parameters<RequestListener>[1]): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

function flood(response: Parameters<RequestListener>[1]): void {
  response.writeHead(200);
  const more = () => response.write(Buffer.alloc(256 * 1024, ' '));
  const timer = setInterval(more, 1);
  response.on('close', () => clearInterval(timer));
}
