import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { S3Storage } from './s3-storage.js';

/** What a server does when it does not do what it should; the real one is in s3.int.spec.ts. */
describe('S3 that fails', () => {
  const heard: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  let answers: ((response: ServerResponse) => void)[];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response);
    });
  });
  let storage: S3Storage;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    storage = new S3Storage({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/logs`,
      ...{ region: 'eu-central-1', accessKeyId: 'id', secretAccessKey: 'do-not-tell' },
      patience: { attemptMs: 300, firstDelayMs: 1 },
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => heard.splice(0));

  const says =
    (status: number, body = '', headers = {}) =>
    (response: ServerResponse) =>
      void response.writeHead(status, headers).end(body);
  const code = (code: string) => `<Error><Code>${code}</Code><Message>do-not-tell</Message></Error>`;
  const hangsUp = (response: ServerResponse) => void response.destroy();
  const stopsInTheMiddle = (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '10' }).write('five!');
    setTimeout(() => response.destroy(), 20);
  };
  const saysNothing = () => undefined;

  it.each([
    ['is busy', says(503, code('SlowDown'))],
    ['has too much to do', says(429)],
    ['fails', says(500, code('InternalError'))],
    ['hangs up', hangsUp],
    ['hangs up in the middle of a file', stopsInTheMiddle],
    ['says nothing', saysNothing],
  ])('is asked again when it %s, and is signed anew', async (_, fault) => {
    answers = [fault, fault, says(200, 'ten bytes!')];
    expect(await storage.read('checkpoint', 100)).toEqual(Buffer.from('ten bytes!'));
    expect(heard.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(3).fill('GET /bucket/logs/checkpoint'));
    for (const { headers } of heard)
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-central-1\/s3\/aws4_request, /);
  });

  it.each<readonly [string, (response: ServerResponse) => void, string]>([
    ['503', says(503, code('SlowDown')), 'S3: PUT tile/0/000 was answered 503 SlowDown, 4 times'],
    ['nothing', saysNothing, 'S3: PUT tile/0/000 had no answer (not in time), 4 times'],
    ['no word', hangsUp, 'S3: PUT tile/0/000 had no answer (UND_ERR_SOCKET), 4 times'],
  ])('is given up after four times %s, and says so', async (_, fault, message) => {
    answers = [fault];
    await expect(storage.writeOnce('tile/0/000', Buffer.from('x'))).rejects.toMatchObject({
      name: 'StorageFailed',
      message,
    });
    expect(heard).toHaveLength(4);
  });

  it.each<readonly [number, string, string]>([
    [400, code('InvalidRequest'), 'was answered 400 InvalidRequest'],
    [403, code('AccessDenied'), 'was answered 403 AccessDenied: the key must be right, the clock too'],
    [301, code('PermanentRedirect'), 'was answered 301 PermanentRedirect: the bucket is at another address'],
    [404, code('NoSuchBucket'), 'was answered 404 NoSuchBucket'],
    [501, '', 'was answered 501'],
  ])(
    'that refuses with %d is not asked again, and neither keys nor what it says are repeated',
    async (status, body, said) => {
      answers = [says(status, body)];
      const error: unknown = await storage.write('checkpoint', Buffer.from('x')).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'StorageFailed', message: expect.stringContaining(said) });
      expect(String(error)).not.toContain('do-not-tell');
      expect(heard).toHaveLength(1);
    },
  );

  it('is told what is written once, and by which hash; a lost answer is no fault', async () => {
    answers = [hangsUp, says(412, code('PreconditionFailed')), says(200, 'x')];
    await storage.writeOnce('tile/0/000', Buffer.from('x'));
    expect(heard.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET']);
    expect(heard[0]).toMatchObject({
      body: 'x',
      headers: {
        'if-none-match': '*',
        'x-amz-content-sha256': '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
        authorization: expect.stringContaining('SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date'),
      },
    });
    answers = [says(409, code('ConditionalRequestConflict')), says(412), says(200, 'y')];
    await expect(storage.writeOnce('tile/0/000', Buffer.from('x'))).rejects.toMatchObject({ name: 'WrittenOtherwise' });
    answers = [says(412), says(404, code('NoSuchKey'))];
    await expect(storage.writeOnce('tile/0/000', Buffer.from('x'))).rejects.toThrow('somebody else removes files');
  });

  it('that ignores conditions cannot keep a log', async () => {
    answers = [says(200)];
    await expect(storage.prepare()).rejects.toMatchObject({
      name: 'StorageFailed',
      message: expect.stringContaining('takes no notice of If-None-Match'),
    });
    answers = [says(200), says(412)];
    await storage.prepare();
  });

  it('fills no memory, whether it says beforehand how much comes or not', async () => {
    const endless = (response: ServerResponse) => {
      response.writeHead(200);
      const more = () => {
        while (response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    };
    for (const fault of [says(200, 'x', { 'content-length': String(2 ** 40) }), endless]) {
      answers = [fault];
      await expect(storage.read('checkpoint', 100)).rejects.toMatchObject({ name: 'UnreadableFile' });
      answers = [fault];
      await expect(storage.list('checkpoints')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        name: 'StorageFailed',
      });
    }
  });

  it('is listed page by page, with whatever characters, and not for ever', async () => {
    const page = (key: string, token: string) =>
      says(200, `<R><Contents><Key>logs/checkpoints/${key}</Key></Contents>${token}</R>`);
    answers = [page('7%2B1', '<NextContinuationToken>a&amp;b&#43;=</NextContinuationToken>'), page('8', '')];
    const found: string[] = [];
    for await (const name of storage.list('checkpoints')) found.push(name);
    expect(found).toEqual(['7+1', '8']);
    expect(heard[1]?.url).toContain('continuation-token=a%26b%2B%3D');
    answers = [page('8', '<NextContinuationToken>same</NextContinuationToken>')];
    const endless = (async () => {
      for await (const name of storage.list('checkpoints')) found.push(name);
    })();
    await expect(endless).rejects.toThrow('does not list by pages');
  });
});
