import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SecretBox } from '@fairlead/personal-data';
import { newSecret } from '@fairlead/platform/outgoing';
import { CertificateAuthority } from '@fairlead/platform/testing';
import { CONTACT, leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { FaultyServers } from './fixture/faulty-servers.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// What partners' servers really do, all of it at once: each has a partner of its own, and a healthy one beside them notices nothing.

/** In every answer; nowhere but in excerpts. */
const MARK = 'PLUGH-7713';
/** Enough for a machine that is busy with all of these servers besides. */
const DEADLINE_MS = 1_500;
const PUBLIC = '93.184.215.14';

interface Fault {
  readonly url: () => Promise<string>;
  /** What the attempt is said to have failed by; what is kept of the answer. */
  readonly failure: string;
  readonly excerpt?: string | RegExp | null;
  /** It is not tried again. */
  readonly last?: true;
}

const servers = new FaultyServers();
const healthy = new Receiver();
const folder = mkdtempSync(join(tmpdir(), 'fairlead-faults-'));
let road: Stretch;
let pid = 0;
let ours: CertificateAuthority;
let theirs: CertificateAuthority;
let inside: Server;
let insideCalls = 0;
const flooded: number[] = [];
const parties = new Map<string, string>();

const status =
  (code: number, headers: Record<string, string> = {}, body = MARK) =>
  () =>
    servers.http((_, response) => void response.writeHead(code, headers).end(body));
const redirect = (code: number): Fault => ({
  url: () => status(code, { location: `http://127.0.0.1:${insidePort()}/` })(),
  failure: `http-${code}`,
  excerpt: MARK,
});
const ok = (more: string) => `HTTP/1.1 200 OK\r\nx-mark: ${MARK}\r\n${more}`;
const HEADERS = 'content-type: text/plain\r\n';
const SMALL_BOMB = gzipSync(Buffer.alloc(40_000_000), { level: 9 });
const LARGE_BOMB = gzipSync(Buffer.alloc(80_000_000), { level: 9 });
const noted = (bytes: number) => void flooded.push(bytes);

const FAULTS: Record<string, Fault> = {
  'never answers': { url: () => servers.raw(() => undefined), failure: 'timeout', excerpt: null },
  'sends one byte a second for ever': {
    url: () =>
      servers.raw((socket) => {
        socket.write(ok('\r\n'));
        const drip = setInterval(() => socket.write('.'), 1_000);
        socket.once('close', () => clearInterval(drip));
      }),
    failure: 'timeout',
  },
  'sends its headers one byte at a time': {
    url: () =>
      servers.raw((socket) => {
        socket.write(ok('x-slow: '));
        const drip = setInterval(() => socket.write('.'), 50);
        socket.once('close', () => clearInterval(drip));
      }),
    failure: 'timeout',
    excerpt: null,
  },
  'announces 300 MB': {
    url: () => servers.says(ok('content-length: 300000000\r\n\r\n')),
    failure: 'answer-too-large',
    excerpt: null,
  },
  'sends 300 MB': {
    url: () =>
      servers.floods(
        ok('transfer-encoding: chunked\r\n\r\n'),
        `4000\r\n${MARK.repeat(1_639).slice(0, 16_384)}\r\n`,
        noted,
      ),
    failure: 'answer-too-large',
    excerpt: /^(PLUGH-7713)+PLUG?H?-?7?7?1?$/,
  },
  'sends a body without end': {
    url: () => servers.floods(ok('\r\n'), 'x'.repeat(16_384), noted),
    failure: 'answer-too-large',
    excerpt: 'x'.repeat(256),
  },
  'sends headers without end': {
    url: () => servers.floods(ok(''), 'a: b\r\n'.repeat(1_000), noted),
    failure: 'answer-too-large',
    excerpt: null,
  },
  'pads a chunk’s size without end': {
    url: () => servers.floods(ok('transfer-encoding: chunked\r\n\r\n5;'), 'x'.repeat(16_384), noted),
    failure: 'answer-too-large',
    excerpt: null,
  },
  'announces its answer without end': {
    url: () => servers.floods('', `HTTP/1.1 103 Early Hints\r\nx-mark: ${MARK}\r\n\r\n`.repeat(100), noted),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'answers 500 with a gzip bomb': {
    url: () =>
      servers.http((_, response) => void response.writeHead(500, { 'content-encoding': 'gzip' }).end(SMALL_BOMB)),
    failure: 'http-500',
  },
  'answers 200 with a gzip bomb that is large even packed': {
    url: () =>
      servers.http((_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(LARGE_BOMB)),
    failure: 'answer-too-large',
  },
  'resets before it answers': {
    url: () => servers.raw((socket) => socket.resetAndDestroy()),
    failure: 'connection-reset',
    excerpt: null,
  },
  'resets in the middle of its headers': {
    url: () => servers.raw((socket) => socket.write(ok(HEADERS), () => socket.resetAndDestroy())),
    failure: 'connection-reset',
    excerpt: null,
  },
  'resets in the middle of a 200': {
    url: () =>
      servers.raw((socket) => {
        socket.write(ok(`content-length: 99\r\n\r\n${MARK}`));
        setTimeout(() => socket.resetAndDestroy(), 50);
      }),
    failure: 'connection-reset',
    excerpt: MARK,
  },
  'ends in the middle of a 200': {
    url: () => servers.raw((socket) => socket.end(ok(`transfer-encoding: chunked\r\n\r\n63\r\n${MARK}`))),
    failure: 'connection-reset',
    excerpt: MARK,
  },
  'answers 301 to a private address': redirect(301),
  'answers 302 to a private address': redirect(302),
  'answers 303 to a private address': redirect(303),
  'answers 307 to a private address': redirect(307),
  'answers 308 to a private address': redirect(308),
  'answers 304': { url: status(304), failure: 'http-304', excerpt: null },
  'answers 410': { url: status(410), failure: 'http-410', excerpt: MARK, last: true },
  'says two lengths': {
    url: () => servers.says(ok('content-length: 5\r\ncontent-length: 6\r\n\r\nhello')),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'says a length and sends chunks': {
    url: () => servers.says(ok('content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'says a length that is no number': {
    url: () => servers.says(ok('content-length: five\r\n\r\nhello')),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'answers with a page alone, as in HTTP/0.9': {
    url: () => servers.says(`<html>${MARK}</html>`),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'speaks SMTP': { url: () => servers.says(`220 ${MARK} ESMTP\r\n`), failure: 'answer-malformed', excerpt: null },
  'changes to another protocol': {
    url: () => servers.says('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    failure: 'answer-malformed',
    excerpt: null,
  },
  'answers 500, and a 200 behind it': {
    url: () =>
      servers.says('HTTP/1.1 500 Error\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    failure: 'http-500',
    excerpt: null,
  },
  'shows an expired certificate': {
    url: async () => servers.https(await ours.issue(['127.0.0.1'], -60_000), (_, response) => response.end()),
    failure: 'tls-failed',
    excerpt: null,
  },
  'shows a certificate that it signed itself': {
    url: async () => servers.https(await CertificateAuthority.make('127.0.0.1'), (_, response) => response.end()),
    failure: 'tls-failed',
    excerpt: null,
  },
  'shows the certificate of an authority that nobody knows': {
    url: async () => servers.https(await theirs.issue(['127.0.0.1']), (_, response) => response.end()),
    failure: 'tls-failed',
    excerpt: null,
  },
  'shows the certificate of another host': {
    url: async () => servers.https(await ours.issue(['127.0.0.2']), (_, response) => response.end()),
    failure: 'tls-failed',
    excerpt: null,
  },
  'has a name that leads nowhere': {
    url: () => Promise.resolve('https://nowhere.test/'),
    failure: 'name-not-resolved',
    excerpt: null,
  },
  'has a name that leads elsewhere the second time': {
    url: () => Promise.resolve(`https://changing.test:${insidePort()}/`),
    failure: 'address-refused',
    excerpt: null,
  },
  'is not there': { url: async () => (await servers.absent()).url, failure: 'connection-refused', excerpt: null },
  'repeats what it was sent, at length': {
    url: status(
      422,
      {},
      `${MARK}: no account for ${CONTACT.firstName} ${CONTACT.lastName} <${CONTACT.email}> ${'y'.repeat(3_000)}`,
    ),
    failure: 'http-422',
    excerpt: /^PLUGH-7713: no account for \[redacted\] \[redacted\] <\[(redacted|email)\]> y{1,230}$/,
  },
};

function insidePort(): number {
  return (inside.address() as { port: number }).port;
}

function distinct({ received }: Receiver): number {
  return new Set(received.map(({ id }) => id)).size;
}

function peakMemory(): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) * 1_024;
}

/** A lead with contact details, offered to the party. */
async function offer(party: string): Promise<void> {
  const lead = randomUUID();
  await road.receives(await leadReceived(lead, road.personalData), leadScored(lead), leadRouted(lead, party));
}

async function endpoint(url: string): Promise<string> {
  const party = `p-${randomUUID().slice(0, 8)}`;
  await road.endpoint(party, 'crm', url);
  return party;
}

/** As the API would make them, each of a party of its own; a thousand calls would be most of the test. */
async function manyEndpoints(url: string, count: number): Promise<string[]> {
  const secrets = new SecretBox(road.personalData.deriveKey('webhook-secrets'));
  const made = Array.from({ length: count }, () => ({ party: `m-${randomUUID()}`, id: randomUUID() }));
  await road.db.query(
    `WITH made AS (
       INSERT INTO endpoints (party, id, url, events) SELECT party, 'crm', $2, '{lead.routed}' FROM unnest($1::text[]) AS party
       RETURNING key, party
     )
     INSERT INTO endpoint_secrets (id, endpoint_key, secret)
     SELECT each.id, made.key, each.secret
     FROM unnest($1::text[], $3::uuid[], $4::bytea[]) AS each (party, id, secret) JOIN made USING (party)`,
    [
      made.map(({ party }) => party),
      url,
      made.map(({ id }) => id),
      made.map(({ id }) => secrets.seal(id, newSecret())),
    ],
  );
  return made.map(({ party }) => party);
}

interface Attempt {
  readonly status: number | null;
  readonly failure: string | null;
  readonly excerpt: string | null;
}

async function deliveryOf(party: string): Promise<{ id: string; state: string; attempts: Attempt[] }> {
  const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm/deliveries`);
  const [delivery] = body['deliveries'] as { id: string; state: string; attempts: Attempt[] }[];
  return delivery ?? { id: '', state: 'unknown', attempts: [] };
}

let memoryBefore = 0;

beforeAll(async () => {
  [ours, theirs] = [await CertificateAuthority.make('Ours'), await CertificateAuthority.make('Theirs')];
  const vendor = await ours.issue(['vendor']);
  for (const [name, content] of Object.entries({ ca: ours.cert, cert: vendor.cert, key: vendor.key }))
    writeFileSync(join(folder, name), content);
  inside = createServer((socket) => {
    insideCalls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.2', resolve));
  await healthy.listen();
  road = await Stretch.open();
  const service = await road.start({
    FAIRLEAD_LOG_LEVEL: 'trace',
    FAIRLEAD_LOG_FORMAT: 'json',
    FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.1/32',
    // Two and a half hours pass in a second.
    FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.0001',
    FAIRLEAD_WEBHOOK_TIMEOUT: `${DEADLINE_MS}ms`,
    FAIRLEAD_WEBHOOK_LEASE: '6s',
    FAIRLEAD_WEBHOOK_CA_FILE: join(folder, 'ca'),
    FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE: join(folder, 'cert'),
    FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE: join(folder, 'key'),
    TEST_NAMES: JSON.stringify({ 'changing.test': [PUBLIC, '127.0.0.2'], 'receiver.test': ['127.0.0.1'] }),
  });
  pid = service.pid ?? 0;
  memoryBefore = peakMemory();
  await Promise.all(
    Object.entries(FAULTS).map(async ([name, { url }]) => parties.set(name, await endpoint(await url()))),
  );
  await Promise.all([...parties.values()].map(offer));
});
afterAll(async () => {
  await road.close();
  servers.close();
  healthy.close();
  inside.close();
  rmSync(folder, { recursive: true });
});

describe('beside all of these', () => {
  it('a server that works gets everything at once', async () => {
    const party = await endpoint(healthy.url);
    await Promise.all(Array.from({ length: 20 }, () => offer(party)));
    await eventually(() => expect(distinct(healthy)).toBe(20));
    // Ten attempts of one that never answers take fifteen seconds and more.
    const slow = await deliveryOf(parties.get('never answers') ?? '');
    expect(slow.state).toBe('pending');
  });

  it('a server that wants to know who we are gets it from us', async () => {
    let named: string | undefined;
    const url = await servers.https(
      { ...(await ours.issue(['receiver.test'])), requestCert: true, ca: ours.cert },
      (request, response) => {
        named = (
          request.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }
        ).getPeerCertificate().subject.CN;
        response.end();
      },
    );
    const party = await endpoint(url.replace('127.0.0.1', 'receiver.test'));
    await offer(party);
    await eventually(async () => expect((await deliveryOf(party)).state).toBe('delivered'));
    expect(named).toBe('vendor');
  });
});

describe('a server that', () => {
  it.each(Object.entries(FAULTS))('%s: it has not taken the webhook, and it is said why', async (name, fault) => {
    const { state, attempts } = await eventually(async () => {
      const delivery = await deliveryOf(parties.get(name) ?? '');
      const asExpected = delivery.attempts.filter(({ failure }) => failure === fault.failure);
      expect(asExpected.length).toBeGreaterThanOrEqual(fault.last ? 1 : 2);
      return delivery;
    });
    expect(state).not.toBe('delivered');
    if (fault.last) expect([state, attempts.at(-1)?.failure]).toEqual(['failed', fault.failure]);
    for (const { failure, excerpt } of attempts) {
      expect(Buffer.byteLength(excerpt ?? '')).toBeLessThanOrEqual(256);
      expect(excerpt ?? '').not.toMatch(/\p{C}/u);
      // A machine that is busy with all of these servers may be late for one or the other attempt.
      if (failure === 'timeout' || failure === 'connect-timeout') continue;
      expect(failure).toBe(fault.failure);
      if (fault.excerpt instanceof RegExp) expect(excerpt).toMatch(fault.excerpt);
      else if (fault.excerpt !== undefined) expect(excerpt).toBe(fault.excerpt);
    }
  });

  it('points or leads inside is not followed there', () => {
    expect(insideCalls).toBe(0);
  });

  it('sends without end is not listened to, and takes no memory', async () => {
    await eventually(() => expect(flooded.length).toBeGreaterThanOrEqual(10));
    // Most of it is what the operating system keeps on its way.
    expect(Math.max(...flooded)).toBeLessThan(30_000_000);
    expect(peakMemory() - memoryBefore).toBeLessThan(250_000_000);
  });

  it('says something is quoted in its excerpt, and nowhere in the logs', async () => {
    await eventually(() => expect(road.logged).toContain('webhooks.sent'));
    for (const told of [MARK, CONTACT.email, CONTACT.lastName, 'whsec_', 'PRIVATE KEY']) {
      const lines = road.logged.split('\n').filter((line) => line.includes(told));
      expect(lines).toEqual([]);
    }
  });
});

describe('a server that asks for a pause', () => {
  const HOUR_MS = 3_600_000;

  it.each<[string, () => string, number]>([
    ['an hour in seconds', () => '3600', HOUR_MS],
    ['half an hour, as a date', () => new Date(Date.now() + HOUR_MS / 2).toUTCString(), HOUR_MS / 2],
    ['three thousand years', () => '99999999999', 24 * HOUR_MS],
    ['the year 9999', () => 'Fri, 31 Dec 9999 23:59:59 GMT', 24 * HOUR_MS],
  ])('of %s is left alone for so long, and for a day at most', async (_, value, restMs) => {
    let calls = 0;
    const url = await servers.http((_, response) => {
      calls += 1;
      response.writeHead(429, { 'retry-after': value() }).end();
    });
    const party = await endpoint(url);
    const began = Date.now();
    await offer(party);
    const until = await eventually(async () => {
      const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm`);
      expect(body).toHaveProperty('restingUntil');
      return Date.parse(body['restingUntil'] as string);
    });
    expect(until).toBeGreaterThan(began + restMs - 120_000);
    expect(until).toBeLessThan(Date.now() + restMs + 120_000);
    expect(calls).toBe(1);
  });

  it.each([
    ['less than nothing', '-1'],
    ['1e300 seconds', '1e300'],
    ['1970', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['a day that no calendar has', 'Fri, 99 Jan 2026 03:05:05 GMT'],
    ['words', 'when the moon is full'],
    ['nothing', ''],
  ])('of %s is tried again as if it had not', async (_, value) => {
    let calls = 0;
    const url = await servers.http((_, response) => {
      calls += 1;
      response.writeHead(calls < 3 ? 429 : 200, { 'retry-after': value }).end();
    });
    const party = await endpoint(url);
    await offer(party);
    await eventually(async () => expect((await deliveryOf(party)).state).toBe('delivered'));
    const { attempts } = await deliveryOf(party);
    expect(attempts.map(({ failure }) => failure)).toEqual(['http-429', 'http-429', null]);
  });
});

describe('a server that is away for an hour', () => {
  it('gets what it missed when it is back, under the id that it was first sent with', async () => {
    const { url, arrive } = await servers.absent();
    const party = await endpoint(url);
    await offer(party);
    // At once, after 5 s and 5 min; the next ones are in half an hour, and in two hours.
    await eventually(async () => expect((await deliveryOf(party)).attempts.length).toBeGreaterThanOrEqual(3));
    const ids: unknown[] = [];
    await arrive((request, response) => {
      ids.push(request.headers['webhook-id']);
      response.end();
    });
    await eventually(async () => expect((await deliveryOf(party)).state).toBe('delivered'));
    const { id, attempts } = await deliveryOf(party);
    expect(ids).toEqual([id]);
    expect(attempts.slice(0, 3).map(({ failure }) => failure)).toEqual(Array(3).fill('connection-refused'));
  });
});

describe('a thousand servers of which three hundred are dead', () => {
  it('the others get theirs as if there were none', async () => {
    const alive = new Receiver();
    await alive.listen();
    const hanging = await servers.raw(() => undefined);
    const resetting = await servers.raw((socket) => socket.resetAndDestroy());
    const { url: nobody } = await servers.absent();
    const healthyOnes = await manyEndpoints(alive.url, 700);
    const dead = (
      await Promise.all([manyEndpoints(hanging, 200), manyEndpoints(resetting, 60), manyEndpoints(nobody, 40)])
    ).flat();
    const offers = (some: readonly string[]) => some.map((party) => leadRouted(randomUUID(), party));

    const send = async (events: ReturnType<typeof offers>, expected: number): Promise<number> => {
      const began = performance.now();
      await road.receives(...events);
      await eventually(() => expect(distinct(alive)).toBe(expected));
      return performance.now() - began;
    };
    const alone = await send(offers(healthyOnes), 700);
    const beside = await send([...offers(dead), ...offers(healthyOnes)], 1_400);
    alive.close();
    // Half as much again is to be read and claimed. One after the other, those that hang would take five minutes.
    expect(beside).toBeLessThan(3 * alone + DEADLINE_MS);
  });
});
