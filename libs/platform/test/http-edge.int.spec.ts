import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { greeting } from './fixture/greeting.service.js';
import { ADMIN, run, type Running } from './fixture/running.js';

describe('the HTTP edge of a running process', () => {
  let running: Running;
  beforeAll(async () => {
    running = await run([greeting]);
  });
  afterAll(() => running?.end());

  const put = (options: Parameters<Running['call']>[1]) =>
    running.call('/v1/greetings/1', { method: 'PUT', ...options });

  it('takes what is as it should be', async () => {
    const answer = await put({ json: { text: 'hello', items: [{ count: 1 }] } });
    expect([answer.status, answer.body]).toEqual([200, { id: '1', text: 'hello', items: [{ count: 1 }] }]);
  });

  it('names each wrong field, and repeats no value', async () => {
    const answer = await put({
      json: { text: 'jane@example.com '.repeat(9), items: [{ count: 1 }, { count: 'two' }], extra: 1 },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toEqual({
      type: 'urn:fairlead:problem:invalid-input',
      title: 'Invalid input',
      status: 400,
      errors: expect.arrayContaining([
        { field: '/text', detail: 'text must be shorter than or equal to 20 characters' },
        { field: '/items/1/count', detail: 'count must be an integer number' },
        { field: '/extra', detail: 'This field is not known here.' },
      ]),
    });
    expect(answer.text).not.toMatch(/jane|two/);
  });

  it.each([
    ['a text', '"hello"'],
    ['a number', '1'],
    ['null', 'null'],
    ['an array', '[]'],
    ['nothing', ''],
    ['an object where a text belongs', '{"text":{"toString":1},"items":[]}'],
    ['a text where an array belongs', '{"text":"x","items":"jane"}'],
    ['null in an array', '{"text":"x","items":[null]}'],
  ])('refuses %s as a body with 400', async (_, body) => {
    const answer = await put({ type: 'application/json', body });
    expect([answer.status, answer.body]).toMatchObject([400, { type: 'urn:fairlead:problem:invalid-input' }]);
    expect(answer.text).not.toMatch(/jane/);
  });

  it.each([
    ['a NUL character', 'hello\0jane'],
    ['half of a pair of surrogates', 'hello \ud83d jane'],
  ])('names the field with %s, which no database keeps, and repeats no value', async (_, text) => {
    const errors = async (body: object) => {
      const answer = await put({ json: body });
      expect(answer.text).not.toMatch(/jane/);
      return [answer.status, (answer.body as { errors?: { field: string }[] }).errors?.map(({ field }) => field)];
    };
    expect(await errors({ text, items: [] })).toEqual([400, ['/text']]);
    expect(await errors({ text: 'hello', items: [], language: text })).toEqual([400, ['/language']]);
  });

  it('takes null for a field that may be absent as its absence', async () => {
    const answer = await put({ json: { text: 'hello', items: [], language: null } });
    expect([answer.status, answer.body]).toEqual([200, { id: '1', text: 'hello', items: [] }]);
  });

  it('takes no body for an empty one, and nothing else', async () => {
    const farewell = (body?: string) =>
      running.call('/v1/greetings/farewell', {
        method: 'POST',
        ...(body !== undefined && { type: 'application/json', body }),
      });
    for (const body of [undefined, '', '{}', '{"text":null}'])
      expect((await farewell(body)).body).toEqual({ text: 'bye' });
    for (const body of ['null', '[]', '"x"', '1', 'false']) expect((await farewell(body)).status).toBe(400);
  });

  it.each([
    ['text that is no JSON', '{"text":jane@example.com}'],
    ['half a document', '{"text":"jane@exam'],
    ['__proto__', '{"text":"x","items":[],"__proto__":{"admin":true}}'],
    ['__proto__, escaped', '{"text":"x","items":[],"\\u005f_proto__":{"admin":true}}'],
    ['constructor.prototype', '{"text":"x","items":[],"constructor":{"prototype":{"admin":true}}}'],
    ['__proto__ deep inside', '{"text":"x","items":[{"count":1,"__proto__":{}}]}'],
    ['a nesting that would exhaust the stack', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ])('refuses %s with 400, without quoting it', async (_, body) => {
    const answer = await put({ type: 'application/json', body });
    expect([answer.status, answer.body]).toMatchObject([400, { type: 'urn:fairlead:problem:malformed-json' }]);
    expect(answer.text).not.toMatch(/jane/);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('takes the last of a key that occurs twice, for checking and storing alike', async () => {
    const answer = await put({ type: 'application/json', body: '{"text":5,"text":"last","items":[]}' });
    expect([answer.status, answer.body]).toEqual([200, { id: '1', text: 'last', items: [] }]);
  });

  it('refuses a body above the limit with 413, announced or not', async () => {
    const large = Buffer.alloc(1024 * 1024 + 1, 'x');
    const announced = await put({ type: 'application/json', body: large });
    expect([announced.status, announced.body]).toMatchObject([413, { status: 413 }]);

    const chunked = await raw(
      running.url,
      `PUT /v1/greetings/1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n` +
        `${large.length.toString(16)}\r\n${large.toString()}\r\n0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1.1 413 /);
  });

  it('goes by a limit that the route declares', async () => {
    const body = JSON.stringify('x'.repeat(2_500));
    const answer = await running.call('/v1/greetings/import', { method: 'POST', type: 'application/json', body });
    expect(answer.status).toBe(413);
  });

  it.each([
    ['application/x-www-form-urlencoded', 'text=x'],
    ['text/plain', '{"text":"x","items":[]}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/json; charset=latin1', '{"text":"x","items":[]}'],
    ['application/json, text/csv', '{"text":"x","items":[]}'],
    ['application/json\ttext/csv', '{"text":"x","items":[]}'],
    ['application/jsonx', '{"text":"x","items":[]}'],
    ['application/json; boundary=x', '{"text":"x","items":[]}'],
    ['text/csv', 'text,items'],
    ['constructor/prototype', '{}'],
    ['application/*', '{}'],
  ])('refuses the content type %s with 415', async (type, body) => {
    const answer = await put({ type, body });
    expect([answer.status, answer.body]).toMatchObject([415, { type: 'urn:fairlead:problem:unsupported-media-type' }]);
  });

  it('refuses a body without a content type, and takes none without a type', async () => {
    const typeless = await raw(
      running.url,
      `PUT /v1/greetings/1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
    );
    expect(typeless).toMatch(/^HTTP\/1.1 415 /);
    expect((await put({})).status).toBe(400);
  });

  it('reads UTF-8 whether it is named or not', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])
      expect((await put({ type, body: '{"text":"ü","items":[]}' })).status).toBe(200);
  });

  it('hands over a stream or bytes where the route asks for them', async () => {
    const post = (type: string, body: string) => running.call('/v1/greetings/import', { method: 'POST', type, body });
    expect((await post('text/csv', 'a,b\n'.repeat(1_000))).body).toEqual({ streamed: 4_000 });
    expect((await post('application/x-signed', '{"a":1}')).body).toEqual({ bytes: 7 });
    expect((await post('application/json', '[1]')).body).toEqual({ parsed: [1] });
  });

  it('does not unpack compressed bodies', async () => {
    const answer = await put({
      type: 'application/json',
      body: gzipSync('{"text":"x","items":[]}'),
      headers: { 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(400);
  });

  it('answers an unknown address with 404 and a wrong method with 405, without repeating the address', async () => {
    const unknown = await running.call('/v1/jane@example.com?email=jane@example.com', { key: null });
    expect([unknown.status, unknown.body]).toEqual([
      404,
      {
        type: 'urn:fairlead:problem:not-found',
        title: 'Not found',
        status: 404,
        detail: 'Nothing is served at this address.',
      },
    ]);
    const method = await running.call('/v1/greetings/1', { method: 'PATCH', json: {} });
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'PUT']);
    const list = await running.call('/v1/greetings', { method: 'DELETE' });
    expect([list.status, list.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    // Which of them it is does not depend on a body: nobody would read it.
    for (const given of [{}, { type: 'text/xml', body: '<a/>' }, { type: 'application/json', body: '{' }]) {
      const query = await running.call('/v1/greetings', { method: 'QUERY', ...given });
      expect([query.status, query.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect((await running.call('/v1/nowhere', { method: 'POST', ...given })).status).toBe(404);
    }
    // An address that is a route of its own is no id in another one.
    const route = await running.call('/v1/greetings/import', { method: 'PUT', json: {} });
    expect([route.status, route.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('answers addresses that are no URL, or have a part that is longer than any id, in the same format', async () => {
    const malformed = await running.call('/v1/greetings/%zz', { method: 'PUT', json: {} });
    expect([malformed.status, malformed.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    const long = await running.call(`/v1/greetings/${'x'.repeat(200)}`, { method: 'PUT', json: {} });
    expect([long.status, long.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('answers what is not HTTP in the same format', async () => {
    const nonsense = await raw(running.url, 'jane@example.com\r\n\r\n');
    expect(nonsense).toMatch(/^HTTP\/1.1 400 .*application\/problem\+json/s);
    expect(nonsense).not.toMatch(/jane/);
    const headers = await raw(running.url, `GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(headers).toMatch(/^HTTP\/1.1 431 .*application\/problem\+json/s);
  });

  it('says nothing about an unexpected error but the trace id, which is the caller’s own', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await running.call('/v1/greetings/broken', { headers: { traceparent } });
    expect([answer.status, answer.body]).toEqual([
      500,
      {
        type: 'urn:fairlead:problem:unexpected',
        title: 'Unexpected error',
        status: 500,
        detail: 'The error was logged under the trace id.',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ]);
  });

  it('refuses U+0000 in an address or a text, which no database of ours can hold', async () => {
    for (const path of ['/v1/keys?after=%00', '/v1/keys/x%00'])
      expect((await running.call(path, { method: path.includes('?') ? 'GET' : 'DELETE' })).status).toBe(400);
    const text = await running.call('/v1/keys', { method: 'POST', json: { name: 'a\u0000b', role: 'admin' } });
    expect([text.status, text.body]).toMatchObject([400, { type: 'urn:fairlead:problem:invalid-input' }]);
  });

  it('asks to come back when the database is away, and goes on when it is there again', async () => {
    const refused = await running.call('/v1/greetings/away');
    expect([refused.status, refused.headers.get('retry-after'), refused.body]).toMatchObject([
      503,
      '2',
      { type: 'urn:fairlead:problem:temporarily-unavailable' },
    ]);
  });

  it('lets no cache keep an answer and no browser guess its type', async () => {
    for (const path of ['/v1/greetings', '/health/live', '/v1/unknown']) {
      const { headers } = await running.call(path);
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
    }
  });

  it('survives every unpleasant text in a path and a query', async () => {
    for (const text of ['%2e%2e%2f', '..%2f', '%F0%9F%92%A9', '%E2%80%AE', "'%3B--", '%0d%0aX: y', '<script>'])
      expect((await running.call(`/v1/greetings/search?q=${text}&__proto__=1&constructor=2`)).status).toBe(200);
  });
});

/** Sends bytes as they are and answers what comes back until the server closes. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('error', (error) => (received ? resolve(received) : reject(error)));
    socket.on('close', () => resolve(received));
  });
}
