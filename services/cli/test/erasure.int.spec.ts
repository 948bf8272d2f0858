import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import kafkajs from 'kafkajs';
import { Webhook } from 'standardwebhooks';
import { logSettings } from './fixture/log-key.js';
import { MortalServices, type Outcome } from './fixture/mortal-services.js';
import { readTopic } from './fixture/read-topic.js';
import { formsOf, tracesIn } from './fixture/traces.js';

// Somebody was sent as a lead, offered to partners, delivered, reported about, held a second time and parked a third time.
// Then the person is erased. After that nothing that this system keeps may lead to the person any more, whoever looks, and
// in whatever form; and the log is what it was.

const PATIENCE_MS = 300_000;
const COMES_ABOUT_MS = 60_000;
const EVERYTHING = ['ingestion', 'scoring', 'routing', 'partner-notification', 'outcome-tracking', 'audit'];

/** Unmistakable, each of them. */
const PERSON = {
  firstName: 'Walburgilde',
  lastName: 'Quittenbaumer',
  email: 'walburgilde.quittenbaumer@zweigstelle-nordnordost.com',
  phone: '+4930901820777',
  message: 'Bitte rufen Sie mich wegen des Schieferdachdeckerzubehoers an',
  note: 'Frau Q. hatte ihren Kanarienvogel Theobaldus am Telefon dabei',
};
/** A company is nobody's personal data, and its domain is what named accounts go by. */
const COMPANY = { company: 'Zweigstelle Nordnordost', country: 'DE', consent: true };
/** What is looked for, beside the fields as they were sent. */
const VALUES = { ...PERSON, localPart: 'walburgilde.quittenbaumer', national: '030901820777', bird: 'Theobaldus' };

describe('a person who is erased', () => {
  let services: MortalServices;
  let server: Server;
  let data: Client;
  const received: { readonly path: string; readonly type: string; readonly text: string }[] = [];
  const secrets = new Map<string, string>();
  const said: Outcome[] = [];
  let acme: string;
  let leads: { first: string; held: string; parked: string };

  beforeAll(async () => {
    services = await MortalServices.start(EVERYTHING, (folder) => ({
      ...logSettings(folder),
      FAIRLEAD_LOG_LEVEL: 'trace',
      FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.01',
    }));
    data = new Client({ connectionString: services.databaseUrl });
    await data.connect();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const path = request.url ?? '';
        const bytes = Buffer.concat(chunks);
        const verified = new Webhook(secrets.get(path) ?? '').verify(bytes, request.headers as Record<string, string>);
        received.push({ path, type: (verified as { type: string }).type, text: bytes.toString() });
        // Some servers repeat what they were sent, in their own way.
        if (path === '/broken') response.writeHead(503).end(Buffer.from(PERSON.email).toString('base64'));
        else response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await setUp();
    leads = await takeIn();
  }, PATIENCE_MS);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await data.end();
    await services.stop();
  }, PATIENCE_MS);

  async function setUp(): Promise<void> {
    for (const id of ['web', 'fair']) await services.call('PUT', `/v1/sources/${id}`, { format: 'json' });
    await services.call('PUT', '/v1/partners/acme', { name: 'acme', tier: 'gold' });
    for (const path of ['/main', '/broken']) {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      const events = ['lead.routed', 'lead.accepted', 'lead.erased'];
      const endpoint = `/v1/partners/acme/endpoints${path}`;
      secrets.set(path, (await services.call<{ secret: string }>('PUT', endpoint, { url, events })).secret);
    }
    await services.call('PUT', '/v1/policies/open', {
      name: 'open',
      pools: [
        {
          ...{ id: 'all', match: {}, promise: { direct: 0, channel: 100 }, offer: { revealContact: 'on-offer' } },
          incomplete: { holdFor: '1h', then: 'route', needs: ['company'] },
        },
      ],
    });
    await services.call('POST', '/v1/policies/open/activate');
    await until(async () => (await rows(`SELECT 1 FROM ingestion.active_policy WHERE name = 'open'`)).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const key = await services.call<{ key: string }>('POST', '/v1/keys', {
      ...{ name: 'acme', role: 'partner', partner: 'acme' },
    });
    acme = key.key;
  }

  async function takeIn() {
    const { note: _, ...person } = PERSON;
    const first = await send({ ...person, ...COMPANY, source: 'web', externalId: 'w-1' }, 'received');
    expect(await send({ ...person, ...COMPANY, source: 'web' }, 'merged')).toBe(first);
    await putInbound({ ...person, ...COMPANY, phone: '+4930901820778' });
    await until(() => Promise.resolve(received.some(({ path }) => path === '/main')));
    expect(received.find(({ path }) => path === '/main')?.text).toContain(PERSON.email);
    await answer(first, 'accept', {});
    await answer(first, 'outcomes', { type: 'contacted', note: PERSON.note });
    await until(
      async () => (await rows('SELECT 1 FROM partner_notification.attempts WHERE excerpt IS NOT NULL')).length > 0,
    );

    const held = await send({ source: 'fair', externalId: 'f-2', consent: true }, 'held');
    await services.call('PATCH', `/v1/leads/${held}`, person);

    const parked = await send({ source: 'fair', externalId: 'f-3', consent: true }, 'held');
    await data.query(
      `CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a fault'; END $$`,
    );
    await data.query(`CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON partner_notification.leads FOR EACH ROW
      WHEN (NEW.lead_id = '${parked}' AND NEW.contact IS NOT NULL) EXECUTE FUNCTION public.fault()`);
    await services.call('PATCH', `/v1/leads/${parked}`, { ...person, ...COMPANY });
    await until(
      async () => (await rows(`SELECT 1 FROM partner_notification.parked WHERE key = '${parked}'`)).length > 0,
    );
    return { first, held, parked };
  }

  it(
    'is nowhere any more, in no form, and the log is what it was',
    async () => {
      const ids = Object.values(leads).sort();
      const dry = await fairlead('erase', '--subject', PERSON.email.toUpperCase(), '--dry-run', '--json');
      expect(leadIdsIn(dry)).toEqual(ids);
      const refused = await fairlead('erase', '--subject', PERSON.email);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('say --yes')]);
      expect(await states(ids)).not.toContain('erased');

      const erased = await fairlead('erase', '--subject', PERSON.email, '--yes', '--json');
      expect(erased.code).toBe(0);
      expect(leadIdsIn(erased)).toEqual(ids);
      const { leads: told } = JSON.parse(erased.stdout) as { leads: { leadId: string; revealedTo: string[] }[] };
      expect(told.find(({ leadId }) => leadId === leads.first)?.revealedTo).toEqual(['acme']);
      expect((await fairlead('erase', '--subject', PERSON.email, '--yes')).stdout).toBe('No lead holds it.\n');
      expect((await fairlead('erase', '--lead', leads.first, '--yes')).stdout).toContain(`erased ${leads.first}`);

      await until(async () => (await states(ids)).every((state) => state === 'erased'));
      await until(() => Promise.resolve(received.some(({ path, type }) => path === '/main' && type === 'lead.erased')));
      await settled();
      expect((await fairlead('timeline', leads.first)).stdout).toMatch(/personal data erased .*subject request/);

      const out = join(services.folder, 'taken');
      expect(await fairlead('export', '--out', out)).toMatchObject({ code: 0 });
      expect(await fairlead('verify', out)).toMatchObject({ code: 0 });
      const replayed = await fairlead('replay', out, '--json');
      const { erased: count, decisions, identical, different } = JSON.parse(replayed.stdout) as Record<string, number>;
      expect({ code: replayed.code, count, different }).toEqual({ code: 0, count: 3, different: [] });
      expect(identical).toBe(decisions);

      await until(
        async () => (await rows('SELECT 1 FROM ingestion.erasures WHERE inbound_cleared_at IS NULL')).length === 0,
      );
      const places = await everywhere();
      expect(tracesIn(places, VALUES)).toEqual([]);
      // The same search finds what may stay.
      expect(tracesIn(places, { company: COMPANY.company }).length).toBeGreaterThan(5);
      expect(places.size).toBeGreaterThan(40);
    },
    PATIENCE_MS,
  );

  it('would be found in each of the forms, in a table, and in the key database', async () => {
    const forms = formsOf(PERSON.email);
    for (const url of [services.databaseUrl, services.keysDatabaseUrl]) {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query('CREATE TABLE public.forgotten (value text, bytes bytea)');
      for (const { text } of forms)
        await client.query('INSERT INTO public.forgotten (value) VALUES ($1)', [`<${text}>`]);
      await client.query('INSERT INTO public.forgotten (bytes) VALUES ($1)', [Buffer.from(PERSON.phone)]);
      const places = new Map<string, Buffer>();
      await readDatabase(url, 'a database', places);
      await client.query('DROP TABLE public.forgotten');
      await client.end();
      const found = tracesIn(places, { email: PERSON.email, phone: PERSON.phone });
      expect(found.length).toBe(forms.length + 1);
      expect(found).toContain('phone in hex: a database, table public.forgotten');
    }
    for (const before of ['', 'x', 'xy']) {
      const places = new Map([['a', Buffer.from(Buffer.from(`${before}${PERSON.email}${before}`).toString('base64'))]]);
      expect(tracesIn(places, { email: PERSON.email })).toContain(`email in base64, ${before.length} bytes into it: a`);
    }
  });

  /** All bytes that the system keeps, says or shows, by where they are. */
  async function everywhere(): Promise<Map<string, Buffer>> {
    const places = new Map<string, Buffer>();
    await readDatabase(services.databaseUrl, 'database', places);
    await readDatabase(services.keysDatabaseUrl, 'key database', places);
    for (const topic of ['lifecycle', 'control', 'inbound', 'parked']) {
      const records = await readTopic(services.topic(topic));
      const bytes = records.flatMap(({ key, headers, value }) => [Buffer.from(`\n${key} ${headers} `), value]);
      places.set(`topic ${topic}`, Buffer.concat(bytes));
    }
    // Among them the log's tiles, the export of the log, and what the services wrote to stdout and stderr.
    for (const file of filesIn(services.folder)) places.set(`file ${file}`, readFileSync(join(services.folder, file)));
    expect([...places.keys()]).toEqual(expect.arrayContaining(['file services.log', 'file taken/checkpoint']));
    for (const path of [
      ...['/metrics', '/health/ready', '/v1/parked', '/v1/leads', '/v1/trust', '/openapi.json'],
      ...['main', 'broken'].map((id) => `/v1/partners/acme/endpoints/${id}/deliveries`),
      ...Object.values(leads).flatMap((id) => [
        `/v1/leads/${id}`,
        `/v1/leads/${id}/timeline`,
        `/v1/leads/${id}/explanation`,
      ]),
    ])
      places.set(`GET ${path}`, await bytesOf(path));
    said.forEach(({ stdout, stderr }, at) => places.set(`output of command ${at + 1}`, Buffer.from(stdout + stderr)));
    return places;
  }

  async function readDatabase(url: string, name: string, places: Map<string, Buffer>): Promise<void> {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    for (const table of tables) {
      const { rows: texts } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${table.name} t`);
      // A row as text has its backslashes doubled.
      places.set(
        `${name}, table ${table.name}`,
        Buffer.from(texts.map(({ text }) => text.replaceAll('\\\\', '\\')).join('\n')),
      );
    }
    await client.end();
  }

  async function bytesOf(path: string): Promise<Buffer> {
    const headers = { authorization: `Bearer ${services.adminKey}` };
    return Buffer.from(await (await fetch(`${services.url}${path}`, { headers })).arrayBuffer());
  }

  async function fairlead(...args: string[]): Promise<Outcome> {
    const outcome = await services.fairlead(...args);
    said.push(outcome);
    return outcome;
  }

  async function send(lead: object, status: string): Promise<string> {
    const { results } = await services.call<{ results: [{ id: string; status: string }] }>('POST', '/v1/leads', lead);
    expect(results[0].status).toBe(status);
    return results[0].id;
  }

  /** By the public entrance, where it stays for days; and something there that cannot be used. */
  async function putInbound(person: object): Promise<void> {
    const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const values = [
      { ...person, source: 'web' },
      { ...person, source: 'nowhere' },
    ].map((lead) => JSON.stringify(lead));
    const messages = [...values, values[0]?.slice(1) ?? ''].map((value) => ({ key: PERSON.email, value }));
    await producer.send({ topic: services.topic('inbound'), messages });
    await producer.disconnect();
    await until(async () => (await rows(`SELECT 1 FROM ingestion.leads WHERE touches = 3`)).length === 1);
    await until(async () => (await rows(`SELECT 1 FROM ingestion.parked WHERE type = 'inbound'`)).length === 2);
    expect((await readTopic(services.topic('inbound'))).length).toBe(3);
  }

  async function answer(lead: string, what: string, body: object): Promise<void> {
    await until(async () => {
      const response = await fetch(`${services.url}/v1/leads/${lead}/${what}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.status === 200;
    });
  }

  async function states(ids: readonly string[]): Promise<string[]> {
    const all = ids.map((id) => services.call<{ state: string }>('GET', `/v1/leads/${id}`));
    return (await Promise.all(all)).map(({ state }) => state);
  }

  async function rows(sql: string): Promise<unknown[]> {
    return (await data.query<Record<string, unknown>>(sql)).rows;
  }

  /** Until nothing new comes into the log. */
  async function settled(): Promise<void> {
    for (let before = -1; ; await new Promise((resolve) => setTimeout(resolve, 2_000))) {
      const { entries } = await services.call<{ entries: number }>('GET', '/log/completeness');
      if (entries === before) return;
      before = entries;
    }
  }
});

function leadIdsIn({ stdout }: Outcome): string[] {
  return (JSON.parse(stdout) as { leads: { leadId: string }[] }).leads.map(({ leadId }) => leadId).sort();
}

function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => statSync(join(folder, name)).isFile());
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + COMES_ABOUT_MS; !(await holds());) {
    if (Date.now() > giveUp) throw new Error('it has not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
