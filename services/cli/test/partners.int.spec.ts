// docs/partners.md, as a partner would follow it: its blocks of code are taken out and run, against a running Fairlead, with the
// kit as npm packs it. And the kit's types, against what is really delivered.
import type { Facts, LeadRouted, Reason } from '@fairlead/events';
import * as kit from '@fairlead/partner-kit';
import { type RunningServices, startServices } from '@fairlead/platform';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../../infra/local/ports.mjs';
import { pythonEnvironment } from '../../../tools/python-environment.mjs';
import { loadServices } from '../src/services.js';
import { MailRelay } from '@fairlead/platform/testing';
import { CommandHost } from './fixture/command-host.js';
import { ownDatabase } from './fixture/own-database.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/partners.md'), 'utf8');
const requirements = fileURLToPath(new URL('./fixture/partner-examples.requirements.txt', import.meta.url));
const services = ['ingestion', 'scoring', 'routing', 'partner-notification', 'outcome-tracking'];
const ADMIN = `admin-${randomBytes(24).toString('hex')}`;
/** Ten times what it takes on a machine that does nothing else. */
const PATIENCE_MS = 120_000;
const ARRIVES_WITHIN_MS = 30_000;
const run = promisify(execFile);

/** Where one of these cannot be had, its examples report themselves as skipped, and say why. */
const python = pythonEnvironment('partner-examples', requirements);
const noShell = ['curl', 'openssl'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);

// A word that an event may hold and the kit does not know, or the other way round, does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const told: readonly [
  Same<kit.Reason, Reason>,
  Same<kit.LeadRouted['data']['why'], LeadRouted['data']['why']>,
  Same<kit.LeadRouted['data']['contactRevealed'], LeadRouted['data']['revealContact']>,
  Same<kit.Grade | null, LeadRouted['data']['grade']>,
  Same<kit.Facts, Facts>,
] = [true, true, true, true, true];

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly event: kit.KnownEvent;
}

let folder: string;
let url: string;
let running: RunningServices;
let bolt: { readonly key: string; readonly secret: string; readonly publicKey: string; readonly received: Received[] };
let relay: MailRelay;
const children: ChildProcess[] = [];
const servers: Server[] = [];
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-partners-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  for (const [name, code] of blocksOf(page)) writeFileSync(join(folder, name), code);
  relay = await new MailRelay({ disabledCommands: ['STARTTLS', 'AUTH'] }).listen();
  closers.push(() => relay.close());
  await Promise.all([installKit(), start()]);
  await call('PUT', '/v1/policies/partners', {
    name: 'partners',
    pools: [
      {
        id: 'quick',
        match: { products: ['quick'] },
        promise: { direct: 100, channel: 0 },
        offer: { acceptWithin: '1s' },
      },
      {
        id: 'all',
        match: {},
        promise: { direct: 100, channel: 0 },
        returned: { then: 'recycle' },
        followUp: { remindAfter: '2s', most: 1 },
      },
    ],
  });
  await call('POST', '/v1/policies/partners/activate');
  bolt = await boltReceives();
}, PATIENCE_MS);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await running?.close();
  for (const close of closers.reverse()) await close();
}, PATIENCE_MS);

describe('a partner who follows docs/partners.md', () => {
  const each = (missing: readonly string[]) => (missing.length === 0 ? it : it.skip);
  const pythonMissing = 'missing' in python ? [python.missing] : [];

  for (const [language, command, missing] of [
    ['Node and the official library', [process.execPath, 'receive.mjs'], noShell],
    ['Node and our kit, as it is packed', [process.execPath, 'receive-with-kit.mjs'], noShell],
    [
      `Python and the official library`,
      ['bin' in python ? join(python.bin, 'python') : '', 'receive.py'],
      [...noShell, ...pythonMissing],
    ],
  ] as const)
    each(missing)(
      `receives, verifies and accepts a lead with ${language}${missing.length > 0 ? `; skipped, missing: ${missing.join(', ')}` : ''}`,
      async () => {
        const partner = `p-${randomUUID().slice(0, 8)}`;
        const port = await freePort();
        const { key } = lastJson(await shell('vendor.sh', { PARTNER: partner, ADMIN_KEY: ADMIN })) as { key: string };
        const mine = { PARTNER: partner, FAIRLEAD_API_KEY: key };
        const RECEIVER_URL = `http://127.0.0.1:${port}/hook`;
        const { secret } = lastJson(await shell('endpoint.sh', { ...mine, RECEIVER_URL })) as { secret: string };
        const receiver = startReceiver(command, { ...mine, WEBHOOK_SECRET: secret, PORT: String(port) });
        await eventually(() => expect(receiver.said()).toContain('listening'));

        const lead = (await shell('lead.sh', { ...mine, ADMIN_KEY: ADMIN, EXTERNAL_ID: partner })).trim();
        await eventually(() => expect(receiver.said()).toContain(`${lead} accepted`));
        await eventually(async () => {
          const { deliveries } = JSON.parse(await shell('deliveries.sh', mine)) as { deliveries: { state: string }[] };
          expect(deliveries.map(({ state }) => state)).toEqual(['delivered', 'delivered']);
        });
        const replay = await shell('replay.sh', { ...mine, SINCE: new Date(Date.now() - 3_600_000).toISOString() });
        expect(JSON.parse(replay)).toEqual({ deliveries: 2, more: false });
        const { events } = JSON.parse(await shell('pull.sh', mine)) as { events: { type: string; subject: string }[] };
        expect(events.filter(({ subject }) => subject === lead).map(({ type }) => type)).toContain('lead.accepted');
        const headers = { 'webhook-id': '1', 'webhook-timestamp': `${Math.floor(Date.now() / 1_000)}` };
        const forged = { method: 'POST', headers: { ...headers, 'webhook-signature': 'v1,Zm9yZ2Vk' }, body: '{}' };
        expect((await fetch(RECEIVER_URL, forged)).status).toBe(401);
        expect(receiver.said()).not.toMatch(/Erika|mueller/);
      },
      PATIENCE_MS,
    );

  each(noShell)(
    'verifies, accepts, declines and reports with openssl and curl alone',
    async () => {
      const [lead, another] = [await leadForBolt('curl'), await leadForBolt('curl')];
      const { headers, body } = bolt.received.find(({ event }) => event.subject === lead) as Received;
      writeFileSync(join(folder, 'body.json'), body);
      const webhook = {
        WEBHOOK_ID: String(headers['webhook-id']),
        WEBHOOK_TIMESTAMP: String(headers['webhook-timestamp']),
        WEBHOOK_SIGNATURE: String(headers['webhook-signature']),
        WEBHOOK_SECRET: bolt.secret,
      };
      expect(await shell('verify.sh', webhook)).toBe('verified\n');
      await expect(shell('verify.sh', { ...webhook, WEBHOOK_ID: randomUUID() })).rejects.toThrow(/not signed/);
      const late = { ...webhook, WEBHOOK_TIMESTAMP: String(Number(webhook.WEBHOOK_TIMESTAMP) - 400) };
      await expect(shell('verify.sh', late)).rejects.toThrow();

      const mine = { FAIRLEAD_API_KEY: bolt.key, OFFER: '2' };
      const accepted = lastJson(await shell('accept.sh', { ...mine, LEAD: lead })) as kit.Lead;
      expect(accepted).toMatchObject({
        id: lead,
        state: 'accepted',
        contact: { email: `${externalIdOf.get(lead)}@example.com` },
      });
      expect(lastJson(await shell('report.sh', { ...mine, LEAD: lead }))).toMatchObject({ outcome: 'won' });
      const corrected = lastJson(await shell('correct.sh', { ...mine, LEAD: lead })) as kit.Lead;
      expect(corrected.offers.at(-1)).toMatchObject({
        amount: { value: 11_900 },
        corrections: [{ was: { type: 'won' } }],
      });
      const listed = () => shell('outcomes.sh', { ...mine, LEAD: lead }).then(lastJson);
      expect([await listed(), await listed()]).toEqual([
        { results: [{ index: 0, status: 'taken' }] },
        { results: [{ index: 0, status: 'repeated' }] },
      ]);
      expect(lastJson(await shell('decline.sh', { ...mine, LEAD: another }))).toMatchObject({ state: 'declined' });
    },
    PATIENCE_MS,
  );
});

describe('the kit', () => {
  it(
    'verifies, as the official library does, and types every kind of webhook that Fairlead delivers, and none is left out',
    async () => {
      const answers = new kit.Answers({ baseUrl: url, key: bolt.key });
      const [won, declined, returned, lost, taken, erased, expired, silent] = (await Promise.all(
        ['won', 'declined', 'returned', 'lost', 'taken', 'erased', 'quick', 'silent'].map((name) => leadForBolt(name)),
      )) as [string, string, string, string, string, string, string, string];
      const offerOf = (lead: string) =>
        bolt.received.find(({ event }) => event.subject === lead && event.type === 'lead.routed')
          ?.event as kit.LeadRouted;

      // What the person wrote later comes with the contact.
      const more = { source: 'web', externalId: externalIdOf.get(won), phone: '+4930901820', message: 'Still there?' };
      await call('POST', '/v1/leads', [more, { ...more, message: 'Please call.' }]);
      const lead = await answers.accept(offerOf(won));
      expect(lead).toMatchObject({ id: won, state: 'accepted', contact: { email: expect.any(String) as string } });
      expect(await answers.accept(offerOf(won))).toMatchObject({ id: won, offers: lead.offers });
      await answers.report(offerOf(won), { type: 'contacted', at: new Date() });
      await answers.report(offerOf(won), { type: 'qualified', note: 'They have a budget.' });
      await answers.report(offerOf(won), { type: 'won', amount: { value: 12_500.5, currency: 'EUR' } });
      const reported = { type: 'won', amount: { value: 12_500.5, currency: 'EUR' } } as const;
      const corrected = await answers.correct(offerOf(won), reported, {
        ...reported,
        amount: { value: 12_000, currency: 'EUR' },
      });
      expect(corrected.offers.at(-1)).toMatchObject({
        stage: 'won',
        amount: { value: 12_000 },
        corrections: [{ was: reported }],
      });
      await answers.decline(offerOf(declined), 'capacity', 'Two of us are ill.');
      await answers.accept(offerOf(returned));
      await answers.report(offerOf(returned), { type: 'returned', reason: 'unable-to-reach' });
      await answers.accept(offerOf(lost));
      await answers.report(offerOf(lost), { type: 'lost', reason: 'no-budget' });
      await call('POST', `/v1/leads/${taken}/override`, { to: 'direct', reason: 'the customer asked for us' });
      await call('DELETE', `/v1/leads/${erased}/personal-data`);
      // Accepted, and nothing said of it.
      await answers.accept(offerOf(silent));
      await eventually(() =>
        expect(new Set(bolt.received.map(({ event }) => event.type))).toEqual(new Set(kit.knownTypes)),
      );
      for (const { headers, body, event } of bolt.received) {
        expect(await kit.verifyWebhook(bolt.secret, headers, body)).toEqual(event);
        expect(await kit.verifyWebhook(bolt.publicKey, headers, body)).toEqual(event);
        expect(new Webhook(bolt.secret).verify(body, headers as Record<string, string>)).toEqual(event);
      }
      await expect(answers.decline(offerOf(won), 'capacity')).rejects.toMatchObject({ code: 'already-closed' });
      const { event: ranOut } = bolt.received.find(
        ({ event }) => event.subject === expired && event.type === 'lead.offer-expired',
      ) as Received;
      await expect(answers.accept(ranOut)).rejects.toMatchObject({ code: 'offer-expired', status: 409 });
      expect(
        await typeErrors(
          bolt.received.map(({ event }) => event),
          lead,
        ),
      ).toBe('');
    },
    PATIENCE_MS,
  );

  it('knows what an endpoint can subscribe to, and why a lead is declined', async () => {
    const { components } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      components: {
        schemas: Record<string, { properties: Record<string, { items?: { enum: string[] }; enum?: string[] }> }>;
      };
    };
    expect([...kit.knownTypes].sort()).toEqual(
      components.schemas['PutEndpoint']?.properties['events']?.items?.enum.toSorted(),
    );
    expect([...kit.reasons].sort()).toEqual(components.schemas['DeclineLead']?.properties['reason']?.enum?.toSorted());
    expect(told).toHaveLength(5);
  });

  it('is packed with what it needs and nothing else', () => {
    const installed = join(folder, 'node_modules/@fairlead/partner-kit');
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('private');
    expect(packed.filter((file) => !/^(src|dist)\//.test(file))).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(packed.filter((file) => /spec|test/.test(file))).toEqual([]);
    for (const file of ['dist/index.js', 'dist/index.d.ts', 'dist/node.js', 'dist/node.d.ts', 'src/index.ts'])
      expect(packed).toContain(file);
  });
});

describe('a partner without a server', () => {
  it(
    'is offered a lead by e-mail, accepts it by the link there, and is then told whom to call',
    async () => {
      await call('PUT', '/v1/partners/cara', { name: 'Cara', tier: 'gold', status: 'active' });
      const path = '/v1/partners/cara/endpoints/mail';
      await call('PUT', path, { kind: 'email', to: ['cara@cara.test'], events: ['lead.routed', 'lead.accepted'] });
      const lead = await newLead('mail');
      await eventually(() => call('POST', `/v1/leads/${lead}/override`, { to: 'cara', reason: 'to be looked at' }));
      const mails = () => relay.mails.filter(({ to }) => to.includes('cara@cara.test'));
      await eventually(() => expect(mails()).toHaveLength(1));
      expect(mails()[0]?.text).toContain(lead);
      const [link = ''] = /http:\/\/\S+\/v1\/links\/[\w-]+/.exec(mails()[0]?.text ?? '') ?? [];
      expect(link.startsWith(`${url}/`)).toBe(true);

      const looked = await fetch(link);
      expect([looked.status, (await looked.text()).includes('Größe &#38; Söhne')]).toEqual([200, true]);
      expect((await call<{ state: string }>('GET', `/v1/leads/${lead}`)).state).toBe('offered');
      const answered = await fetch(link, { method: 'POST', body: new URLSearchParams({ answer: 'accept' }) });
      expect([answered.status, (await answered.text()).includes('Accepted')]).toEqual([200, true]);
      await eventually(async () =>
        expect(await call('GET', `/v1/leads/${lead}`)).toMatchObject({ state: 'accepted', party: 'cara' }),
      );
      await eventually(() => expect(mails()).toHaveLength(2));
      expect(mails()[1]?.text).toContain('You have accepted a lead');
      expect(mails()[1]?.text).toContain(`${externalIdOf.get(lead)}@example.com`);
    },
    PATIENCE_MS,
  );
});

describe('fairlead deliveries', () => {
  const host = new CommandHost();
  afterAll(() => host.end());
  const deliveries = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.run(['deliveries', ...args], {
      FAIRLEAD_URL: url,
      FAIRLEAD_API_KEY: ADMIN,
    });
    return { code, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
  };
  type Found = { id: string; endpointId: string; leadId: string; eventType: string; state: string };

  it(
    'lists what was sent, shows one with its attempts, and sends one or everything since a moment again',
    async () => {
      const lead = await leadForBolt('command');
      const listed = async (...args: string[]) => (await deliveries('list', 'bolt', ...args, '--json')).json();
      const of = (found: Record<string, unknown>) => found['deliveries'] as Found[];
      let first: Found | undefined;
      await eventually(async () => {
        const narrow = ['--endpoint', 'all', '--state', 'delivered', '--type', 'lead.routed', '--since', '1h'];
        first = of(await listed(...narrow)).find(({ leadId }) => leadId === lead);
        expect(first).toMatchObject({ endpointId: 'all', eventType: 'lead.routed', state: 'delivered' });
      });
      const id = first?.id ?? '';
      expect(of(await listed('--type', 'lead.routed')).map((each) => each.id)).toContain(id);
      expect(of(await listed('--until', '1h'))).toEqual([]);

      const one = await listed('--endpoint', 'all', '--limit', '1');
      const two = await listed('--endpoint', 'all', '--limit', '1', '--after', String(one['next']));
      expect(of(one)[0]?.id).not.toBe(of(two)[0]?.id);
      const table = await deliveries('list', 'bolt', '--endpoint', 'all', '--limit', '1');
      expect(table.stdout.split('\n')[0]).toMatch(/^ID +ENDPOINT +EVENT +LEAD +STATE/);
      expect(table.stderr).toMatch(/^There are more: --after \S+\n$/);

      const shown = await deliveries('show', 'bolt', 'all', id);
      expect(shown.stdout).toMatch(
        /^DELIVERY +[0-9a-f-]{36}\n[\s\S]*state +delivered\n[\s\S]*\nATTEMPT[^\n]*\n1 .* 204/,
      );
      const before = bolt.received.filter(({ event }) => event.subject === lead).length;
      const { deliveryId } = (await deliveries('resend', 'bolt', 'all', id, '--json')).json();
      await eventually(() =>
        expect(bolt.received.filter(({ event }) => event.subject === lead)).toHaveLength(before + 1),
      );
      expect(bolt.received.at(-1)?.headers['webhook-id']).toBe(deliveryId);

      const asked = ['replay', 'bolt', 'all', '--since', '1h', '--state', 'all', '--type', 'lead.routed'];
      const dry = (await deliveries(...asked, '--dry-run', '--json')).json();
      expect(dry).toEqual({ deliveries: expect.any(Number) as number, more: false });
      expect((await deliveries(...asked, '--dry-run')).stdout).toBe(`It would be ${String(dry['deliveries'])}.\n`);
      expect((await deliveries(...asked)).stdout).toMatch(/are sent again, oldest first; replay [0-9a-f-]{36}\.\n$/);
      await eventually(() =>
        expect(bolt.received.filter(({ event }) => event.subject === lead)).toHaveLength(before + 2),
      );
    },
    PATIENCE_MS,
  );

  it('says what is wrong with what it was asked for', async () => {
    const wrong = [
      [['list', 'bolt', '--after', '1-1'], /name it with --endpoint/],
      [['list', 'bolt', '--endpoint', 'none'], /404/],
      [['list', 'bolt', '--since', 'yesterday'], /400 .*\n.*since/],
      [['show', 'bolt', 'all', randomUUID()], /404/],
      [['replay', 'bolt', 'all', '--since', 'monday'], /400/],
    ] as const;
    for (const [args, said] of wrong) {
      const { code, stderr } = await deliveries(...args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(said)]);
    }
  });
});

/** Every block of the page that says the name of its file, which is each that can be run. */
function blocksOf(text: string): Map<string, string> {
  const blocks = [...text.matchAll(/```(?:sh|js|py)\n(?:#|\/\/) (\S+\.(?:sh|mjs|py))\n([\s\S]*?)```/g)];
  const runnable = [...text.matchAll(/```(?:sh|js|py)\n/g)];
  if (blocks.length !== runnable.length) throw new Error('a block of docs/partners.md does not say its name');
  return new Map(blocks.map(([, name = '', code = '']) => [name, code]));
}

let packed: string[];

/** As `npm install` would, from what `npm pack` makes. */
async function installKit(): Promise<void> {
  const npm = process.env['npm_execpath'];
  const pack = ['pack', '--json', '--ignore-scripts=false', '--pack-destination', folder];
  const options = { cwd: join(root, 'libs/partner-kit') };
  const { stdout } = await (npm ? run(process.execPath, [npm, ...pack], options) : run('npm', pack, options));
  const [made] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string; files: { path: string }[] }];
  packed = made.files.map(({ path }) => path).sort();
  const home = join(folder, 'node_modules/@fairlead/partner-kit');
  mkdirSync(home, { recursive: true });
  await run('tar', ['-xzf', join(folder, made.filename), '-C', home, '--strip-components=1']);
  symlinkSync(realpathSync(join(root, 'node_modules/standardwebhooks')), join(folder, 'node_modules/standardwebhooks'));
}

async function start(): Promise<void> {
  const [database, keys, port] = await Promise.all([ownDatabase(), ownDatabase(), freePort()]);
  closers.push(
    () => database.drop(),
    () => keys.drop(),
  );
  const masterKey = join(folder, 'master-key');
  writeFileSync(masterKey, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const prefix = `t${randomBytes(4).toString('hex')}.`;
  const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
  url = `http://127.0.0.1:${port}`;
  running = await startServices(await loadServices(services), {
    DATABASE_URL: database.url,
    KEYS_DATABASE_URL: keys.url,
    KAFKA_BROKERS: brokers,
    FAIRLEAD_TOPIC_PREFIX: prefix,
    FAIRLEAD_MASTER_KEY_FILE: masterKey,
    FAIRLEAD_ADMIN_KEY: ADMIN,
    FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8',
    FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.02',
    FAIRLEAD_SMTP_URL: relay.url,
    FAIRLEAD_SMTP_PLAINTEXT: 'true',
    FAIRLEAD_MAIL_FROM: 'leads@vendor.test',
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_LOG_LEVEL: 'silent',
  });
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A partner who is told of everything, and keeps it as it came. */
async function boltReceives(): Promise<typeof bolt> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      received.push({ headers: request.headers, body, event: JSON.parse(body.toString()) as kit.KnownEvent });
      response.writeHead(204).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await call('PUT', '/v1/sources/web', { format: 'json' });
  await call('PUT', '/v1/partners/bolt', { name: 'Bolt', tier: 'gold', status: 'active' });
  const { key } = await call<{ key: string }>('POST', '/v1/keys', { name: 'bolt', role: 'partner', partner: 'bolt' });
  const { secret, publicKeys } = await call<{ secret: string; publicKeys: [{ key: string }] }>(
    'PUT',
    '/v1/partners/bolt/endpoints/all',
    {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
      events: kit.knownTypes,
      signatures: ['v1', 'v1a'],
    },
  );
  return { key, secret, publicKey: publicKeys[0].key, received };
}

const externalIdOf = new Map<string, string>();

async function newLead(product: string): Promise<string> {
  const externalId = randomUUID();
  const { results } = await call<{ results: [{ id: string }] }>('POST', '/v1/leads', {
    ...{ source: 'web', externalId, company: 'Größe & Söhne', country: 'DE', employees: 120, product },
    ...{
      firstName: 'Ada',
      email: `${externalId}@example.com`,
      engagement: { demo: 1 },
      attributes: { campaign: 'fair' },
    },
    consent: { given: true, at: new Date().toISOString(), text: 'You may call me.' },
  });
  const { id } = results[0];
  externalIdOf.set(id, externalId);
  return id;
}

/** A lead that bolt was offered, which it has been told. */
async function leadForBolt(product: string): Promise<string> {
  const id = await newLead(product);
  await eventually(() => call('POST', `/v1/leads/${id}/override`, { to: 'bolt', reason: 'to be looked at' }));
  // An offer that has run out before its webhook could be sent is not sent; that it ran out is told.
  await eventually(() => expect(typesOf(id)).toContain(product === 'quick' ? 'lead.offer-expired' : 'lead.routed'));
  return id;
}

function typesOf(lead: string): string[] {
  return bolt.received.filter(({ event }) => event.subject === lead).map(({ event }) => event.type);
}

/** What the compiler says of these as a partner would write them, with the packed types: nothing, when they are what was told. */
async function typeErrors(events: readonly kit.KnownEvent[], lead: kit.Lead): Promise<string> {
  const [first] = events as [kit.KnownEvent];
  const surprising = { ...first, data: { ...first.data, surprise: 1 } };
  const { receipt: _, ...incomplete } = first.data;
  const code = `import type { KnownEvent, Lead, WebhookEvent } from '@fairlead/partner-kit';
    import { nodeHandler } from '@fairlead/partner-kit/node';
    export const delivered: KnownEvent[] = [${events.map((event) => JSON.stringify(event)).join(',\n')}];
    export const lead: Lead = ${JSON.stringify(lead)};
    export function facts(event: WebhookEvent): string | undefined {
      switch (event.type) {
        case 'lead.routed': return event.data.lead.facts?.company ?? event.data.acceptBy;
        case 'lead.won': return event.data.amount?.currency;
        case 'lead.overridden': return event.data.effect;
        default: return undefined;
      }
    }
    export const handler = nodeHandler({ keys: [], onEvent: (event) => void facts(event), onFailure: () => undefined });
    // @ts-expect-error -- a field that nobody told of
    export const surprising: KnownEvent = ${JSON.stringify(surprising)};
    // @ts-expect-error -- a field that was promised
    export const incomplete: KnownEvent = ${JSON.stringify({ ...first, data: incomplete })};
    // @ts-expect-error -- a kind that there is not
    export const unknown: KnownEvent = ${JSON.stringify({ ...first, type: 'lead.unheard-of' })};`;
  writeFileSync(join(folder, 'delivered.ts'), code);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'ES2022', module: 'NodeNext', lib: ['ES2022'], skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['delivered.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

async function shell(name: string, env: Record<string, string>): Promise<string> {
  if (!existsSync(join(folder, name))) throw new Error(`docs/partners.md has no ${name}`);
  const { stdout } = await run('sh', ['-eu', name], {
    cwd: folder,
    env: { PATH: process.env['PATH'], FAIRLEAD_URL: url, ...env },
    timeout: ARRIVES_WITHIN_MS,
  });
  return stdout;
}

function startReceiver([command, ...args]: readonly [string, ...string[]], env: Record<string, string>) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], FAIRLEAD_URL: url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { said: () => said };
}

/** curl prints one answer after the other. */
function lastJson(text: string): unknown {
  return JSON.parse(text.slice(Math.max(0, text.lastIndexOf('}{') + 1)));
}

async function eventually(check: () => unknown): Promise<void> {
  for (const giveUp = Date.now() + ARRIVES_WITHIN_MS; ;) {
    try {
      return void (await check());
    } catch (error) {
      if (Date.now() > giveUp) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
