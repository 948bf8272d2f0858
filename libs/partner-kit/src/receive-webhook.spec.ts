import { createHmac } from 'node:crypto';
import { createServer, request as requestOf, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeHandler } from './node.js';
import { fetchHandler, type ReceiverSettings } from './receive-webhook.js';
import type { WebhookEvent } from './webhook-events.js';
import { SeenInMemory } from './webhooks-seen.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const servers: Server[] = [];
let taken: string[];
let failures: unknown[];

beforeEach(() => {
  taken = [];
  failures = [];
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

function settings(more: Partial<ReceiverSettings> = {}): ReceiverSettings {
  return {
    keys: SECRET,
    onEvent: (event: WebhookEvent, { webhookId }) => void taken.push(`${webhookId} ${event.type}`),
    onFailure: (error) => void failures.push(error),
    ...more,
  };
}

function webhook({ id = 'w1', at = Math.floor(Date.now() / 1_000), type = 'lead.routed', more = '' } = {}) {
  const body = JSON.stringify({ id: 'e1', type, subject: 'l1', data: { party: 'acme', more } });
  const key = Buffer.from(SECRET.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
}

type Door = (sent: ReturnType<typeof webhook> | RequestInit) => Promise<{ status: number; text: string }>;

const doors: Record<string, (settings: ReceiverSettings) => Promise<Door>> = {
  fetch: async (given) => {
    const handle = fetchHandler(given);
    return async (sent) => read(await handle(new Request('https://partner.example/hook', sent)));
  },
  'node:http': async (given) => {
    const server = createServer(nodeHandler(given));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    return async (sent) => read(await fetch(url, sent));
  },
};

async function read(response: Response): Promise<{ status: number; text: string }> {
  return { status: response.status, text: await response.text() };
}

describe.each(Object.keys(doors))('a receiver behind %s', (name) => {
  const open = (more?: Partial<ReceiverSettings>) =>
    (doors[name] as (given: ReceiverSettings) => Promise<Door>)(settings(more));

  it('takes a webhook once, however often it comes, and says 204 each time', async () => {
    const door = await open();
    const answers = [await door(webhook()), await door(webhook()), await door(webhook({ id: 'w2', type: 'lead.new' }))];
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(taken).toEqual(['w1 lead.routed', 'w2 lead.new']);
  });

  it('refuses what is not signed, is too old, is no POST, and says why without repeating it', async () => {
    const door = await open();
    const { body } = webhook();
    const forged = { ...webhook(), body: body.replace('acme', 'acne') };
    expect(await door(forged)).toEqual({ status: 401, text: expect.stringMatching(/^no-matching-signature: /) });
    const old = webhook({ at: Math.floor(Date.now() / 1_000) - 301 });
    expect(await door(old)).toMatchObject({ status: 401, text: expect.stringMatching(/^too-old: /) });
    expect(await door({ method: 'POST', body })).toMatchObject({
      status: 400,
      text: 'missing-header: there is no webhook-id',
    });
    expect(await door({ method: 'GET' })).toMatchObject({ status: 405 });
    expect([taken, failures]).toEqual([[], []]);
  });

  it('reads no more than it has room for', async () => {
    const door = await open({ maxBodyBytes: 1_000 });
    expect(await door(webhook({ more: 'x'.repeat(500) }))).toMatchObject({ status: 204 });
    expect(await door(webhook({ id: 'w2', more: 'x'.repeat(2_000) }))).toMatchObject({ status: 413 });
  });

  it('says 500 when it cannot take it, tells whoever runs it, and takes it the next time', async () => {
    let works = false;
    const door = await open({
      onEvent: (_, { webhookId }) => {
        if (!works) throw new Error('the database is away');
        taken.push(webhookId);
      },
    });
    expect(await door(webhook())).toEqual({ status: 500, text: 'it could not be taken' });
    expect(failures).toEqual([new Error('the database is away')]);
    works = true;
    expect(await door(webhook())).toMatchObject({ status: 204 });
    expect(taken).toEqual(['w1']);
  });

  it('asks for it again while it is being taken, and takes it once all the same', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const door = await open({
      answerWithinMs: 50,
      onEvent: async (_, { webhookId }) => {
        await finished;
        taken.push(webhookId);
      },
    });
    expect(await Promise.all([door(webhook()), door(webhook())])).toEqual([
      { status: 503, text: 'this webhook is being taken' },
      { status: 503, text: 'this webhook is being taken' },
    ]);
    finish();
    await finished;
    await new Promise((resolve) => setImmediate(resolve));
    expect(await door(webhook())).toMatchObject({ status: 204 });
    expect(taken).toEqual(['w1']);
  });

  it('does not start with a key that is none', async () => {
    await expect(open({ keys: 'secret' })).rejects.toThrow(RangeError);
  });
});

describe('a receiver', () => {
  it('does not wait for ever for a body that never ends, and one that breaks off leaves nothing', async () => {
    const server = createServer(nodeHandler(settings({ readWithinMs: 50 })));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const slow = requestOf(
        { port, method: 'POST', headers: { ...webhook().headers, 'content-length': '100' } },
        (response) => resolve(response.resume().statusCode),
      );
      slow.on('error', reject);
      slow.write('{');
    });
    expect(status).toBe(408);
    expect(failures).toEqual([]);
  });

  it('says that a parser of bodies was there before it', async () => {
    const request = new Request('https://partner.example/hook', webhook());
    await request.text();
    await expect(fetchHandler(settings())(request)).rejects.toThrow(/before any parser/);
  });

  it('forgets the oldest webhooks, and never has more of them than it was told', () => {
    const seen = new SeenInMemory(2);
    for (const id of ['a', 'b', 'c']) {
      expect(seen.claim(id)).toBe('mine');
      seen.taken(id);
    }
    expect(['c', 'b', 'a'].map((id) => seen.claim(id))).toEqual(['taken', 'taken', 'mine']);
  });
});
