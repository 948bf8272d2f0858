import { createServer as createPlainServer, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { CertificateAuthority } from '../testing/certificates.js';
import { AddressGuard } from './address-guard.js';
import { EgressProxy } from './egress-proxy.js';
import { type Exchange, GuardedHttp, type Lookup } from './guarded-http.js';

const LOOPBACK = ['127.0.0.0/8'];
/** Nobody's network: a public address that nothing in these tests connects to. */
const PUBLIC = '93.184.215.14';

let ours: CertificateAuthority;
let theirs: CertificateAuthority;
const open: { close(): void; closeAllConnections(): void }[] = [];
const clients: GuardedHttp[] = [];

beforeAll(async () => {
  ours = await CertificateAuthority.make('Ours');
  theirs = await CertificateAuthority.make('Theirs');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function tlsServer(options: TlsOptions): Promise<number> {
  const server: Server = createServer(options, (request, response) => {
    const { servername } = request.socket as unknown as { servername: string };
    request.resume().once('end', () => response.end(request.url === '/large' ? 'x'.repeat(20_000) : servername));
  });
  server.on('tlsClientError', () => undefined);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface ClientOptions {
  readonly allow?: readonly string[];
  readonly tls?: SecureContextOptions;
  readonly proxy?: EgressProxy;
  readonly addresses?: readonly string[];
  readonly deadlineMs?: number;
}

function client({ allow = LOOPBACK, tls, proxy, addresses = ['127.0.0.1'], deadlineMs = 2_000 }: ClientOptions) {
  const lookup: Lookup = () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  const made = new GuardedHttp({
    guard: new AddressGuard(allow),
    deadlineMs,
    connectTimeoutMs: deadlineMs / 2,
    maxAnswerBytes: 65_536,
    connectionsPerOrigin: 1,
    lookup,
    secureContext: createSecureContext({ ca: ours.cert, ...tls }),
    proxy,
  });
  clients.push(made);
  return made;
}

function post(to: GuardedHttp, url: string): Promise<Exchange> {
  return to.send({ method: 'POST', url: new URL(url), headers: {}, body: Buffer.from('{"lead":1}') });
}

const tlsFailed = { outcome: 'failed', why: 'tls-failed', status: undefined };

describe('a server’s certificate', () => {
  it('of an authority that we trust, and for its name or address, will do', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test', '127.0.0.1']));
    const to = client({});
    expect(await post(to, `https://receiver.test:${port}/`)).toMatchObject({ outcome: 'answered', status: 200 });
    expect(await post(to, `https://receiver.test.:${port}/`)).toMatchObject({ outcome: 'answered', status: 200 });
    expect(await post(to, `https://127.0.0.1:${port}/`)).toMatchObject({ outcome: 'answered', status: 200 });
  });

  it('will not do when it has expired', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test'], -60_000));
    expect(await post(client({}), `https://receiver.test:${port}/`)).toMatchObject(tlsFailed);
  });

  it('will not do when it is for somebody else', async () => {
    const port = await tlsServer(await ours.issue(['other.test', '127.0.0.2']));
    expect(await post(client({}), `https://receiver.test:${port}/`)).toMatchObject(tlsFailed);
    expect(await post(client({}), `https://127.0.0.1:${port}/`)).toMatchObject(tlsFailed);
  });

  it('will not do when it is signed by itself, or by an authority that we do not know', async () => {
    const unknown = await tlsServer(await theirs.issue(['receiver.test']));
    expect(await post(client({}), `https://receiver.test:${unknown}/`)).toMatchObject(tlsFailed);
    const self = await tlsServer(await CertificateAuthority.make('receiver.test'));
    expect(await post(client({}), `https://receiver.test:${self}/`)).toMatchObject(tlsFailed);
  });

  it('will not do for the same name at another port, although one there did', async () => {
    const identity = await ours.issue(['receiver.test']);
    const [good, bad] = [await tlsServer(identity), await tlsServer(await theirs.issue(['receiver.test']))];
    const to = client({});
    for (let i = 0; i < 3; i += 1) {
      expect(await post(to, `https://receiver.test:${good}/`)).toMatchObject({ status: 200 });
      expect(await post(to, `https://receiver.test:${bad}/`)).toMatchObject(tlsFailed);
    }
  });

  it('is not there when the server does not speak TLS, or only one that is no longer safe', async () => {
    const server = createPlainServer((_, response) => response.end());
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await post(client({}), `https://receiver.test:${port}/`)).toMatchObject(tlsFailed);
    const old = await tlsServer({
      ...(await ours.issue(['receiver.test'])),
      ...({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const),
    });
    expect(await post(client({}), `https://receiver.test:${old}/`)).toMatchObject(tlsFailed);
  });

  it('is looked at once for as many answers as come over the connection', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test']));
    const to = client({});
    // Together more than one answer may be.
    for (let i = 0; i < 50; i += 1)
      expect(await post(to, `https://receiver.test:${port}/large`)).toMatchObject({ outcome: 'answered', status: 200 });
  });
});

describe('a server that asks who we are', () => {
  it('is shown our certificate, and turns away whoever has none, or one of somebody else', async () => {
    const asking = { ...(await ours.issue(['receiver.test'])), requestCert: true, ca: theirs.cert };
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const url = `https://receiver.test:${await tlsServer({ ...asking, maxVersion })}/`;
      expect(await post(client({ tls: await theirs.issue(['vendor']) }), url)).toMatchObject({ status: 200 });
      const nobodys = [{}, await ours.issue(['vendor']), await theirs.issue(['vendor'], -60_000)];
      for (const tls of nobodys) {
        const answer = await post(client({ tls }), url);
        expect(answer).toMatchObject({ outcome: 'failed', status: undefined });
        // In TLS 1.3 the server says so after the handshake, and its word may be overtaken by the end of the connection.
        expect(['tls-failed', 'connection-reset']).toContain('why' in answer && answer.why);
      }
    }
  });
});

describe('an egress proxy', () => {
  const asked: { authority: string | undefined; credentials: string | undefined }[] = [];
  beforeEach(() => asked.splice(0));

  /** Says yes to every address, and connects to this port of our own, or answers what it is told. */
  async function proxy(target: number, answer = 'HTTP/1.1 200 OK\r\n\r\n'): Promise<URL> {
    const server = createPlainServer();
    server.on('connect', (request: IncomingMessage, from: Socket) => {
      asked.push({ authority: request.url, credentials: request.headers['proxy-authorization'] });
      from.on('error', () => undefined);
      if (!answer.startsWith('HTTP/1.1 200')) return void from.end(answer);
      const to = connect(target, '127.0.0.1', () => {
        from.write(answer);
        from.pipe(to).pipe(from);
      });
      to.on('error', () => undefined);
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  it('is told the address that was checked, never the name; the partner is spoken to by its name', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test']));
    const through = new EgressProxy(await proxy(port), 'fairlead:s3cret:with:colons');
    const to = client({ allow: [], proxy: through, addresses: ['10.0.0.1', PUBLIC] });
    for (let i = 0; i < 3; i += 1) {
      const answer = await post(to, 'https://receiver.test/hook');
      expect(answer).toMatchObject({ outcome: 'answered', status: 200 });
      expect(answer.beginning.toString()).toBe('receiver.test');
    }
    const credentials = `Basic ${Buffer.from('fairlead:s3cret:with:colons').toString('base64')}`;
    expect(asked).toEqual([{ authority: `${PUBLIC}:443`, credentials }]);
  });

  it('may be reached by https itself', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test']));
    const plain = await proxy(port);
    const { createServer: tlsListener } = await import('node:tls');
    const front = tlsListener(await ours.issue(['127.0.0.1']), (from) => {
      from
        .on('error', () => undefined)
        .pipe(connect(Number(plain.port), '127.0.0.1').on('error', () => undefined))
        .pipe(from);
    });
    open.push(Object.assign(front, { closeAllConnections: () => undefined }));
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const url = new URL(`https://127.0.0.1:${(front.address() as AddressInfo).port}`);
    const trusting = new EgressProxy(url, undefined, createSecureContext({ ca: ours.cert }));
    expect(
      await post(client({ allow: [], proxy: trusting, addresses: [PUBLIC] }), 'https://receiver.test/'),
    ).toMatchObject({ status: 200 });
    expect(
      await post(client({ allow: [], proxy: new EgressProxy(url), addresses: [PUBLIC] }), 'https://receiver.test/'),
    ).toMatchObject({ outcome: 'failed', why: 'proxy-failed' });
  });

  it('is not asked for what must not be called', async () => {
    const to = client({
      allow: [],
      proxy: new EgressProxy(await proxy(1)),
      addresses: ['127.0.0.1', '::ffff:8.8.8.8'],
    });
    for (const url of [
      'https://receiver.test/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'http://receiver.test/',
      'http://8.8.8.8/',
    ])
      expect(await post(to, url)).toMatchObject({ outcome: 'failed', why: 'address-refused' });
    const nowhere = client({ allow: [], proxy: new EgressProxy(await proxy(1)), addresses: [] });
    expect(await post(nowhere, 'https://receiver.test/')).toMatchObject({
      outcome: 'failed',
      why: 'name-not-resolved',
    });
    expect(asked).toEqual([]);
  });

  it('is not asked for what the operator allowed: that stands on this side of it', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test']));
    const to = client({ proxy: new EgressProxy(await proxy(1)) });
    expect(await post(to, `https://receiver.test:${port}/`)).toMatchObject({ status: 200 });
    expect(asked).toEqual([]);
  });

  it('is no excuse for a bad certificate', async () => {
    const port = await tlsServer(await ours.issue(['other.test']));
    const to = client({ allow: [], proxy: new EgressProxy(await proxy(port)), addresses: [PUBLIC] });
    expect(await post(to, 'https://receiver.test/')).toMatchObject(tlsFailed);
    expect(await post(to, `https://${PUBLIC}/`)).toMatchObject(tlsFailed);
  });

  it('may reach one address of a name and not another', async () => {
    const port = await tlsServer(await ours.issue(['receiver.test']));
    const server = createPlainServer();
    server.on('connect', (request: IncomingMessage, from: Socket) => {
      asked.push({ authority: request.url, credentials: undefined });
      if (request.url?.startsWith('[')) return void from.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
      const to = connect(port, '127.0.0.1', () => {
        from.write('HTTP/1.1 200 OK\r\n\r\n');
        from.pipe(to).pipe(from);
      });
      for (const socket of [from, to]) socket.on('error', () => undefined);
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const to = client({ allow: [], proxy: new EgressProxy(url), addresses: ['2606:4700:4700::1111', PUBLIC] });
    expect(await post(to, 'https://receiver.test:8443/')).toMatchObject({ status: 200 });
    expect(asked.map(({ authority }) => authority)).toEqual(['[2606:4700:4700::1111]:8443', `${PUBLIC}:8443`]);
  });

  it.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'proxy-failed'],
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'proxy-failed'],
    ['HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\n\r\n', 'proxy-failed'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'proxy-failed'],
    ['', 'proxy-failed'],
    ['HTTP/1.1 502 Bad Gateway\r\n\r\n', 'connection-failed'],
    ['HTTP/1.1 503 Service Unavailable\r\n\r\n', 'connection-failed'],
    ['HTTP/1.1 504 Gateway Timeout\r\n\r\n', 'connection-failed'],
  ])('that says %j fails the attempt', async (answer, why) => {
    const through = new EgressProxy(await proxy(1, answer));
    expect(
      await post(client({ allow: [], proxy: through, addresses: [PUBLIC] }), 'https://receiver.test/'),
    ).toMatchObject({
      outcome: 'failed',
      why,
      status: undefined,
    });
  });

  it('that is not there, or says nothing, fails the attempt in time', async () => {
    const silent = createPlainServer().on('connect', () => undefined);
    open.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const through = (port: number) => new EgressProxy(new URL(`http://127.0.0.1:${port}`));
    const of = (port: number) => client({ allow: [], proxy: through(port), addresses: [PUBLIC], deadlineMs: 600 });
    expect(await post(of(1), 'https://receiver.test/')).toMatchObject({ outcome: 'failed', why: 'proxy-failed' });
    const late = await post(of((silent.address() as AddressInfo).port), 'https://receiver.test/');
    expect(late).toMatchObject({ outcome: 'failed', why: 'connect-timeout' });
  });
});
