import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { leadRouted } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// What partners' servers really do. Each of them has a partner of its own; a healthy one beside it must notice nothing.

let road: Stretch;
const receivers: Receiver[] = [];
const rawServers: { server: Server; sockets: Set<Socket> }[] = [];

beforeAll(async () => {
  road = await Stretch.open();
  // 75 hours in 0.3 seconds: ten attempts.
  await road.start({
    FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.000001',
    // Ten of them at once, on a machine that does other things: an answer that does come may take a while.
    FAIRLEAD_WEBHOOK_TIMEOUT: '1s',
    FAIRLEAD_WEBHOOK_LEASE: '5s',
  });
});
afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  for (const { server, sockets } of rawServers) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  await road.close();
});

async function receiver(answer?: Receiver['answer']): Promise<Receiver> {
  const made = await new Receiver().listen();
  if (answer) made.answer = answer;
  receivers.push(made);
  return made;
}

async function raw(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', () => speak(socket));
  });
  rawServers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function route(url: string): Promise<{ party: string; lead: string }> {
  const [party, lead] = [`p-${randomUUID().slice(0, 8)}`, randomUUID()];
  await road.endpoint(party, 'crm', url);
  await road.receives(leadRouted(lead, party));
  return { party, lead };
}

interface Listed {
  readonly state: string;
  readonly attempts: {
    attempt: number;
    status: number | null;
    failure: string | null;
    excerpt: string | null;
    durationMs: number;
  }[];
}

async function deliveryOf(party: string): Promise<Listed> {
  const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm/deliveries`);
  return (body['deliveries'] as Listed[])[0] as Listed;
}

const unreachable = (lead: string) => road.saidOf('partner.unreachable').filter(({ subject }) => subject === lead);

describe('a server that never takes a webhook', () => {
  const troubles: [string, () => Promise<string>, string][] = [
    ['never answers', () => raw(() => undefined), 'timeout'],
    ['resets the connection', () => raw((socket) => socket.resetAndDestroy()), 'connection-reset'],
    [
      'breaks off in the middle of a 200',
      () =>
        raw((socket) =>
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf', () => socket.resetAndDestroy()),
        ),
      'connection-reset',
    ],
    [
      'answers without end',
      () => raw((socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(200_000)}`)),
      'answer-too-large',
    ],
    [
      'answers one byte at a time',
      async () => (await receiver((_, response) => void response.writeHead(200).write('x'))).url,
      'timeout',
    ],
    [
      'points elsewhere',
      async () =>
        (await receiver((_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())).url,
      'http-302',
    ],
    [
      'says that nothing has changed',
      async () => (await receiver((_, response) => void response.writeHead(304).end())).url,
      'http-304',
    ],
    ['refuses', async () => (await receiver((_, response) => void response.writeHead(401).end())).url, 'http-401'],
    ['speaks another protocol', () => raw((socket) => socket.end('220 smtp.example ESMTP\r\n')), 'answer-malformed'],
    ['is not there', () => Promise.resolve('http://127.0.0.1:1/'), 'connection-refused'],
  ];
  // All are sent to at once: each takes some seconds of pauses.
  const routed = new Map<string, { party: string; lead: string }>();
  beforeAll(async () => {
    for (const [name, server] of troubles) routed.set(name, await route(await server()));
  });

  it.each(troubles)('%s: ten attempts, all recorded, then it is given up and said so', async (name, _, failure) => {
    const { party = '', lead = '' } = routed.get(name) ?? {};
    await eventually(() => expect(unreachable(lead)).toHaveLength(1));
    expect(unreachable(lead)[0]?.data).toMatchObject({ party, endpointId: 'crm', attempts: 10, lastFailure: failure });
    const { state, attempts } = await deliveryOf(party);
    expect(state).toBe('failed');
    expect(attempts.map((each) => each.attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(attempts.map((each) => each.failure))).toEqual(new Set([failure]));
    const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm`);
    expect(body).toMatchObject({ state: 'failing', reason: failure });
  });
});

describe('a server that fails for a while', () => {
  it('gets the same webhook again, under the same id, until it takes it', async () => {
    const server = await receiver(
      (_, response, nth) => void response.writeHead(nth <= 4 ? 500 : 204).end(nth <= 4 ? 'database is down' : ''),
    );
    const { party, lead } = await route(server.url);
    await eventually(() =>
      expect(road.saidOf('partner.notified').filter(({ subject }) => subject === lead)).toHaveLength(1),
    );
    expect(new Set(server.received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(server.received.map(({ headers }) => headers['webhook-signature'])).size).toBeGreaterThanOrEqual(1);
    const { state, attempts } = await deliveryOf(party);
    expect(state).toBe('delivered');
    expect(attempts.map(({ status, excerpt }) => [status, excerpt])).toEqual([
      ...Array.from({ length: 4 }, () => [500, 'database is down']),
      [204, null],
    ]);
    const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm`);
    expect(body).toMatchObject({ state: 'active' });
  });

  it('is left alone for as long as it asks, with everything', async () => {
    const server = await receiver(
      (_, response, nth) => void response.writeHead(nth === 1 ? 429 : 200, { 'retry-after': '2' }).end(),
    );
    const { party } = await route(server.url);
    await eventually(() => expect(server.received).toHaveLength(1));
    await eventually(async () =>
      expect((await road.call('GET', `/v1/partners/${party}/endpoints/crm`)).body).toHaveProperty('restingUntil'),
    );
    await road.receives(leadRouted(randomUUID(), party));
    await eventually(() => expect(server.received).toHaveLength(3));
    const [first, second, third] = server.received.map(({ at }) => at) as [number, number, number];
    expect(Math.min(second, third) - first).toBeGreaterThanOrEqual(1_900);
  });
});

describe('a server that has moved', () => {
  it('gets what failed at its old address at once, without waiting for the next retry', async () => {
    const old = await receiver((_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end());
    const { party, lead } = await route(old.url);
    const endpoint = `/v1/partners/${party}/endpoints/crm`;
    await eventually(async () => expect((await road.call('GET', endpoint)).body).toHaveProperty('restingUntil'));

    const moved = await receiver();
    await road.call('PUT', endpoint, { json: { url: moved.url, events: ['lead.routed'] } });
    await eventually(() => expect(moved.received.map(({ body }) => body.subject)).toEqual([lead]));
    expect(moved.received[0]?.id).toBe(old.received[0]?.id);
  });
});

describe('a server that is gone for good', () => {
  it('is disabled at once; what comes later is withheld until it is set up again', async () => {
    const server = await receiver((_, response) => void response.writeHead(410).end());
    const { party, lead } = await route(server.url);
    await eventually(() => expect(unreachable(lead)).toHaveLength(1));
    expect(unreachable(lead)[0]?.data).toMatchObject({ attempts: 1, lastFailure: 'http-410' });
    const endpoint = `/v1/partners/${party}/endpoints/crm`;
    expect((await road.call('GET', endpoint)).body).toMatchObject({ state: 'disabled', reason: 'gone' });

    await road.receives(leadRouted(randomUUID(), party));
    await eventually(async () => expect((await deliveryOf(party)).state).toBe('withheld'));
    expect(server.received).toHaveLength(1);

    server.answer = (_, response) => void response.end();
    const again = await road.call('PUT', endpoint, { json: { url: server.url, events: ['lead.routed'] } });
    expect(again).toMatchObject({ status: 200, body: { state: 'active' } });
    expect(again.body).not.toHaveProperty('secret');
    await road.receives(leadRouted(randomUUID(), party));
    await eventually(() => expect(server.received).toHaveLength(2));
  });
});

describe('a partner whose server hangs', () => {
  it('does not delay another', async () => {
    const hanging = await raw(() => undefined);
    const slow = `p-${randomUUID().slice(0, 8)}`;
    await road.endpoint(slow, 'crm', hanging);
    await road.receives(...Array.from({ length: 300 }, () => leadRouted(randomUUID(), slow)));
    const healthy = await receiver();
    const party = `p-${randomUUID().slice(0, 8)}`;
    await road.endpoint(party, 'crm', healthy.url);
    const started = Date.now();
    await road.receives(...Array.from({ length: 50 }, () => leadRouted(randomUUID(), party)));
    await eventually(() => expect(healthy.received).toHaveLength(50));
    // 300 webhooks that hang for a second each, one after the other, would take five minutes.
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});
