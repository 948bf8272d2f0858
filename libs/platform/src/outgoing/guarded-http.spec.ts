import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { AddressGuard } from './address-guard.js';
import { type Exchange, GuardedHttp, permittedNow } from './guarded-http.js';

const LOOPBACK = ['127.0.0.0/8'];
const DEADLINE_MS = 400;
/** Without a deadline it would be for ever; a busy machine may stand still for a while. */
const SOON_AFTER_MS = DEADLINE_MS + 5_000;
const MAX_ANSWER_BYTES = 65_536;

const open: (Server | TcpServer)[] = [];
const clients: GuardedHttp[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of open.splice(0)) server.close();
});

function client(
  allow: readonly string[] = LOOPBACK,
  lookup?: (name: string) => Promise<{ address: string; family: number }[]>,
) {
  const made = new GuardedHttp({
    guard: new AddressGuard(allow),
    deadlineMs: DEADLINE_MS,
    connectTimeoutMs: 300,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    connectionsPerOrigin: 2,
    ...(lookup && { lookup }),
  });
  clients.push(made);
  return made;
}

async function listen(server: Server | TcpServer): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function eventually(check: () => void): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    try {
      return check();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  check();
}

const http = (listener: RequestListener) => listen(createServer(listener));
/** A server that speaks in its own words, once the whole request has come. */
const raw = (speak: (socket: Socket) => void) =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => speak(socket));
    }),
  );

function post(to: GuardedHttp, url: string): Promise<Exchange> {
  return to.send({
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"a":1}'),
  });
}

async function answerOf(port: number): Promise<Exchange> {
  return post(client(), `http://127.0.0.1:${port}/hook?x=1`);
}

describe('an answer', () => {
  it('is a status and the beginning of a body', async () => {
    const port = await http((request, response) => {
      request
        .resume()
        .once('end', () => response.writeHead(503, { 'retry-after': '7' }).end(`${request.method} ${request.url}`));
    });
    const answer = await answerOf(port);
    expect(answer).toMatchObject({ outcome: 'answered', status: 503, retryAfter: '7' });
    expect(answer.beginning.toString()).toBe('POST /hook?x=1');
  });

  it('is kept as far as was asked for, and no further', async () => {
    const port = await http((_, response) => response.end('x'.repeat(40_000)));
    const url = new URL(`http://127.0.0.1:${port}/`);
    const to = client();
    const kept = async (more: { keepBytes?: number }) =>
      (await to.send({ method: 'GET', url, headers: {}, ...more })).beginning.length;
    expect([await kept({}), await kept({ keepBytes: 20_000 }), await kept({ keepBytes: 60_000 })]).toEqual([
      1_024, 20_000, 40_000,
    ]);
  });

  it('is not followed when it points elsewhere', async () => {
    let elsewhere = 0;
    const target = await http((_, response) => {
      elsewhere += 1;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const port = await http((_, response) =>
        response.writeHead(status, { location: `http://127.0.0.1:${target}/` }).end(),
      );
      expect(await answerOf(port)).toMatchObject({ outcome: 'answered', status });
    }
    expect(elsewhere).toBe(0);
  });

  it('comes after one that only says that it will come', async () => {
    const port = await raw((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    );
    expect(await answerOf(port)).toMatchObject({ outcome: 'answered', status: 200 });
  });

  it('is the first one, when a server gives several', async () => {
    const twice = 'HTTP/1.1 500 Error\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
    const port = await raw((socket) => socket.write(twice));
    const to = client();
    for (let i = 0; i < 5; i += 1)
      expect(await post(to, `http://127.0.0.1:${port}/`)).toMatchObject({ outcome: 'answered', status: 500 });
  });

  it('is not inflated: what is kept and counted are the bytes that came', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000), { level: 9 });
    const port = await http((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(bomb.length).toBeLessThan(MAX_ANSWER_BYTES);
    const answer = await answerOf(port);
    expect(answer).toMatchObject({ outcome: 'answered', status: 200 });
    expect(answer.beginning).toEqual(bomb.subarray(0, 1_024));
  });

  it('comes over connections that are kept, as few as allowed', async () => {
    let connections = 0;
    const server = createServer((_, response) => response.end('ok'));
    server.on('connection', () => (connections += 1));
    const port = await listen(server);
    const to = client();
    for (let i = 0; i < 20; i += 1) expect(await post(to, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    expect(connections).toBeLessThanOrEqual(2);
  });
});

/** Framings that two readers could take for different answers (RFC 9112, 6.3), and what is no HTTP/1 at all. */
const MISFRAMED: Record<string, string> = {
  'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\nhello',
  'a negative length': 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello',
  'a length with a sign': 'HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello',
  'a length beyond all numbers': 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nhello',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
  'a length and chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunks and a length': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n',
  'a chunk without a size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
  'no status line': 'GARBAGE 200\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n',
  'a status of zeros': 'HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n',
  'a page and nothing else (HTTP/0.9)': '<html><body>It works!</body></html>',
  'HTTP/2 in plain words': 'HTTP/2 200\r\n\r\n',
  'a version that does not exist': 'HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n',
  'a header that is none': 'HTTP/1.1 200 OK\r\nfoo\r\ncontent-length: 0\r\n\r\n',
  'a NUL in a header': 'HTTP/1.1 200 OK\r\nfoo: \0\r\ncontent-length: 0\r\n\r\n',
  'a folded header': 'HTTP/1.1 200 OK\r\nfoo: a\r\n b\r\ncontent-length: 0\r\n\r\n',
  'line feeds alone': 'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'another protocol, without saying which': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'a request to go on that nobody waits for': 'HTTP/1.1 100 Continue\r\n\r\n',
};

/** On a thread of its own, because that of the test stands still: says when it is asked, and answers soon after. */
const PROMPT_SERVER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((_, response) => {
    parentPort.postMessage('asked');
    setTimeout(() => response.end('in time'), 50);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
const UNFINISHED: Record<string, string> = {
  'headers without their end': 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n',
  'only what comes before an answer': 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
  'empty lines': '\r\n\r\n\r\n',
  'a chunk of two gigabytes': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7fffffff\r\nhello\r\n0\r\n\r\n',
  'chunks without the last one': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
};

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const ENDLESS: Record<string, { before: string; again: string }> = {
  'its body': { before: 'HTTP/1.1 200 OK\r\n\r\n', again: 'x' },
  'its chunks': { before: CHUNKED, again: '5\r\nhello\r\n' },
  'what is said beside a chunk’s size': { before: `${CHUNKED}5;`, again: 'x' },
  'its trailers': { before: `${CHUNKED}0\r\n`, again: 'a: b\r\n' },
  'its status line': { before: 'HTTP/1.1 200 ', again: 'x' },
  'its headers': { before: 'HTTP/1.1 200 OK\r\n', again: 'a: b\r\n' },
  'empty lines before it': { before: '', again: '\r\n' },
  'what announces it': { before: '', again: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
};

describe('no usable answer', () => {
  it('when nobody ever answers', async () => {
    const answer = await answerOf(await raw(() => undefined));
    expect(answer).toMatchObject({ outcome: 'failed', why: 'timeout', status: undefined });
    expect(answer.durationMs).toBeLessThan(SOON_AFTER_MS);
  });

  it('when it comes one byte at a time for ever', async () => {
    const port = await http((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(drip));
    });
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'timeout', status: 200 });
  });

  it('when its headers come one byte at a time for ever', async () => {
    const port = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-long: ');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'timeout' });
  });

  it('when it announces a huge body, or just never ends one', async () => {
    const announced = await http((_, response) =>
      response.writeHead(200, { 'content-length': '300000000' }).write('x'),
    );
    expect(await answerOf(announced)).toMatchObject({ outcome: 'failed', why: 'answer-too-large', status: 200 });
    const endless = await http((_, response) => {
      const chunk = Buffer.alloc(16_384, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const answer = await answerOf(endless);
    expect(answer).toMatchObject({ outcome: 'failed', why: 'answer-too-large', status: 200 });
    expect(answer.beginning.length).toBe(1_024);
  });

  it('when its headers are huge', async () => {
    const port = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`));
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'answer-too-large' });
  });

  it('when the connection breaks before or within the answer', async () => {
    const before = await raw((socket) => socket.resetAndDestroy());
    expect(await answerOf(before)).toMatchObject({ outcome: 'failed', why: 'connection-reset' });
    const within = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(await answerOf(within)).toMatchObject({ outcome: 'failed', why: 'connection-reset', status: 200 });
  });

  it('when the connection ends politely before the body does', async () => {
    const short = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    expect(await answerOf(short)).toMatchObject({ outcome: 'failed', status: 200 });
    const chunked = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel'));
    expect(await answerOf(chunked)).toMatchObject({ outcome: 'failed', status: 200 });
  });

  it('unless it came in time, and only this process was too busy to see it', async () => {
    const server = new Worker(PROMPT_SERVER, { eval: true });
    try {
      const [port] = (await once(server, 'message')) as [number];
      const outgoing = client();
      const answer = outgoing.send({ method: 'GET', url: new URL(`http://127.0.0.1:${port}/`), headers: {} });
      await once(server, 'message');
      const until = performance.now() + 2 * DEADLINE_MS;
      while (performance.now() < until);
      expect(await answer).toMatchObject({ outcome: 'answered', status: 200 });
    } finally {
      await server.terminate();
    }
  });

  it('when it is not HTTP', async () => {
    const port = await raw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'answer-malformed' });
  });

  it.each(Object.entries(MISFRAMED))('when it is framed wrongly: %s', async (_, said) => {
    const port = await raw((socket) => socket.write(said));
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'answer-malformed' });
  });

  it.each(Object.entries(UNFINISHED))('when it does not come to its end: %s', async (_, said) => {
    const waiting = await raw((socket) => socket.write(said));
    const ended = await raw((socket) => socket.end(said));
    const [late, short] = await Promise.all([answerOf(waiting), answerOf(ended)]);
    expect(late).toMatchObject({ outcome: 'failed', why: 'timeout' });
    expect(short).toMatchObject({ outcome: 'failed' });
  });

  it('when there is always something still to come before it', async () => {
    const port = await raw((socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    const answer = await answerOf(port);
    expect(answer).toMatchObject({ outcome: 'failed', why: 'answer-malformed', status: undefined });
    expect(answer.durationMs).toBeLessThan(DEADLINE_MS);
  });

  it.each(Object.entries(ENDLESS))('when there is no end to %s: it is broken off', async (_, said) => {
    let sent = 0;
    const port = await raw((socket) => {
      socket.write(said.before);
      const chunk = said.again.repeat(Math.ceil(16_384 / said.again.length));
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more).on('close', () => (sent = socket.bytesWritten));
      more();
    });
    const answer = await answerOf(port);
    expect(answer).toMatchObject({ outcome: 'failed', why: expect.stringMatching(/^answer-/) as string });
    expect(answer.beginning.length).toBeLessThanOrEqual(1_024);
    // Most of it is what the operating system keeps on its way.
    await eventually(() => expect(sent).toBeGreaterThan(0));
    expect(sent).toBeLessThan(20_000_000);
  });

  it('when nobody listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await answerOf(port)).toMatchObject({ outcome: 'failed', why: 'connection-refused' });
  });

  it('when the client is closed meanwhile', async () => {
    const port = await raw(() => undefined);
    const to = client();
    const answer = post(to, `http://127.0.0.1:${port}/`);
    await to.close();
    expect(await answer).toMatchObject({ outcome: 'failed', why: 'cancelled' });
  });

  it('does not hold up those behind it for longer than their own deadline', async () => {
    const port = await raw(() => undefined);
    const to = client();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(to, `http://127.0.0.1:${port}/`)));
    for (const answer of answers) expect(answer).toMatchObject({ outcome: 'failed', why: 'timeout' });
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(SOON_AFTER_MS);
  });
});

describe('an address that must not be called', () => {
  let calls = 0;
  let port = 0;
  beforeEach(async () => {
    calls = 0;
    const server = createServer((_, response) => response.end());
    server.on('connection', () => (calls += 1));
    port = await listen(server);
  });
  const refused = { outcome: 'failed', why: 'address-refused' };

  it.each(['127.0.0.1', '0x7f.1', '2130706433', '0177.0.0.01', '127.0.0.1.', '[::ffff:127.0.0.1]', '[::1]', '0.0.0.0'])(
    'is not connected to when it is written as %s',
    async (host) => {
      expect(await post(client([]), `http://${host}:${port}/`)).toMatchObject(refused);
      expect(await post(client([]), `https://${host}:${port}/`)).toMatchObject(refused);
      expect(calls).toBe(0);
    },
  );

  it('is not connected to when a name leads there', async () => {
    const lookup = () =>
      Promise.resolve([
        { address: '127.0.0.1', family: 4 },
        { address: '::ffff:10.0.0.1', family: 6 },
      ]);
    expect(await post(client([], lookup), `https://receiver.test:${port}/`)).toMatchObject(refused);
    expect(calls).toBe(0);
  });

  it('is not connected to when a name leads there the second time it is asked', async () => {
    // The partner's DNS answered with a public address when the endpoint was set up, and with ours when it was called.
    const answers = ['93.184.215.14', '127.0.0.1'];
    const lookup = () => Promise.resolve([{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
    const url = `https://rebinding.test:${port}/`;
    expect(await permittedNow({ guard: new AddressGuard([]), lookup }, new URL(url))).toBe(true);
    expect(await post(client([], lookup), url)).toMatchObject(refused);
    expect(calls).toBe(0);
  });

  it('does not keep a name from being called at its permitted address', async () => {
    const lookup = () =>
      Promise.resolve([
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect(await post(client(LOOPBACK, lookup), `http://receiver.test:${port}/`)).toMatchObject({ status: 200 });
  });

  it('is any public one, when it is asked for over plain http', async () => {
    const lookup = () => Promise.resolve([{ address: '93.184.215.14', family: 4 }]);
    expect(await post(client(LOOPBACK, lookup), 'http://receiver.test/')).toMatchObject(refused);
    expect(await permittedNow({ guard: new AddressGuard(LOOPBACK), lookup }, new URL('http://receiver.test/'))).toBe(
      false,
    );
    expect(await permittedNow({ guard: new AddressGuard(LOOPBACK), lookup }, new URL('https://receiver.test/'))).toBe(
      true,
    );
    expect(await permittedNow({ guard: new AddressGuard(LOOPBACK) }, new URL('http://127.0.0.1/'))).toBe(true);
  });

  it('is a name that leads nowhere', async () => {
    const nowhere = () => Promise.resolve([]);
    expect(await post(client([], nowhere), 'https://receiver.test/')).toMatchObject({
      outcome: 'failed',
      why: 'name-not-resolved',
    });
    const failing = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }));
    expect(await post(client([], failing), 'https://receiver.test/')).toMatchObject({
      outcome: 'failed',
      why: 'name-not-resolved',
    });
  });
});
