// Builds the image, starts everything as docker-compose.yml says, sends leads through the gateway, sees each offer arrive as
// one signed webhook, stops and starts services on the way, and takes it all down again. Needs a container engine and Node 20:
//   node infra/docker/smoke.mjs [--keep]       (--keep leaves it running)
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const keep = process.argv.includes('--keep');
const project = `fairlead-smoke-${randomBytes(3).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), `${project}-`));
const envFile = join(folder, '.env');
const [port, partnerPort] = await Promise.all([freePort(), freePort()]);
const url = `http://127.0.0.1:${port}`;
const parties = ['direct', 'acme', 'globex'];

/** Nothing here takes longer on a slow machine; what does hangs. */
const BUILD_WITHIN_MS = 900_000;
const START_WITHIN_MS = 300_000;
const ARRIVE_WITHIN_MS = 120_000;

let failed = false;
try {
  await step('refuses to start without secrets', refusesWithoutSecrets);
  const adminKey = await step('makes secrets', makeSecrets);
  await step('builds the image', () => compose(['build'], BUILD_WITHIN_MS));
  await step('starts, until everything is ready', () => compose(['up', '-d', '--wait'], START_WITHIN_MS));
  await step('runs without root, capabilities and a writable image', looksAtTheContainers);
  const { secrets, partnerKey, sourceKey } = await step('publishes partners and webhooks', () => introduce(adminKey));
  const first = await step('takes 200 leads in', () => sendLeads(sourceKey, 0, 200));
  await step('tells every offer once, signed', () => arrived(adminKey, secrets, first));
  await step('lets a partner accept its own leads and no others', () => accept(adminKey, partnerKey));
  await step('stops routing', () => compose(['stop', 'routing'], START_WITHIN_MS));
  await step('kills scoring', () => compose(['kill', 'scoring'], START_WITHIN_MS));
  const second = await step('takes 100 more in meanwhile', () => sendLeads(sourceKey, 200, 100));
  await step('says that it is not all there', notReady);
  await step('starts them again', () => compose(['start', 'routing', 'scoring'], START_WITHIN_MS));
  await step('tells those offers once as well', () => arrived(adminKey, secrets, [...first, ...second]));
  await step('finds its data again after all of it was stopped', () => restart(adminKey, [...first, ...second]));
  console.log('\nThe image and docker-compose.yml work.');
} catch (error) {
  failed = true;
  console.error(`\n${error.stack}\n`);
  await compose(['ps', '-a'], 60_000, 'inherit').catch(() => undefined);
  await compose(['logs', '--tail', '30'], 60_000, 'inherit').catch(() => undefined);
} finally {
  if (keep) console.log(`\nLeft running at ${url}: docker compose -p ${project} --env-file ${envFile} …`);
  else {
    await step('takes everything down', () => compose(['down', '-v', '--timeout', '30'], START_WITHIN_MS)).catch(() => {
      failed = true;
    });
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(failed ? 1 : 0);

// ---------------------------------------------------------------------------------------------------------------------

async function refusesWithoutSecrets() {
  const args = ['compose', '--env-file', '/dev/null', '-f', 'docker-compose.yml', 'config', '--quiet'];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const { status, stderr } = spawnSync('docker', args, { cwd: root, encoding: 'utf8', env });
  assert.notEqual(status, 0);
  assert.match(stderr, /required variable \w+ is missing a value: run infra\/docker\/make-secrets\.sh first/);
}

/** In a folder of their own, so that a `.env` of the checkout is neither used nor touched. */
async function makeSecrets() {
  mkdirSync(join(folder, 'infra/docker'), { recursive: true });
  cpSync(join(root, 'infra/docker/make-secrets.sh'), join(folder, 'infra/docker/make-secrets.sh'));
  const { status, stderr } = spawnSync(join(folder, 'infra/docker/make-secrets.sh'), { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const more = {
    FAIRLEAD_MASTER_KEY_FILE: join(folder, '.secrets/master-key'),
    FAIRLEAD_LOG_KEY_FILE: join(folder, '.secrets/log-key'),
    FAIRLEAD_PORT: port,
    FAIRLEAD_PUBLIC_URL: url,
    // The partner of this test is a container on a private network.
    FAIRLEAD_WEBHOOK_ALLOW: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16',
    SMOKE_PARTNER_PORT: partnerPort,
  };
  for (const [name, value] of Object.entries(more)) appendFileSync(envFile, `${name}=${value}\n`);
  return /^FAIRLEAD_ADMIN_KEY=(.*)$/m.exec(readFileSync(envFile, 'utf8'))[1];
}

async function looksAtTheContainers() {
  const names = [
    'gateway',
    'ingestion',
    'scoring',
    'routing',
    'partner-notification',
    'outcome-tracking',
    'audit',
    'console',
  ];
  for (const name of names) {
    const look = 'id -u; touch /app/x 2>/dev/null && echo writable; grep CapEff /proc/self/status';
    const { stdout } = await compose(['exec', '-T', name, 'sh', '-c', look], 30_000);
    assert.match(stdout, /^1000\nCapEff:\s+0+\n$/, `${name}: ${stdout}`);
  }
}

async function introduce(adminKey) {
  const admin = (method, path, body) => call(method, path, adminKey, body);
  await admin('PUT', '/v1/sources/web', { format: 'json' });
  const secrets = {};
  for (const id of parties) {
    if (id !== 'direct') await admin('PUT', `/v1/partners/${id}`, { name: id, tier: 'gold', status: 'active' });
    const endpoint = { url: `http://partner:9000/${id}`, events: ['lead.routed'] };
    ({ secret: secrets[id] } = await admin('PUT', `/v1/partners/${id}/endpoints/main`, endpoint));
  }
  const { key: partnerKey } = await admin('POST', '/v1/keys', { name: 'acme', role: 'partner', partner: 'acme' });
  const { key: sourceKey } = await admin('POST', '/v1/keys', { name: 'web', role: 'source', source: 'web' });
  return { secrets, partnerKey, sourceKey };
}

async function sendLeads(key, from, count) {
  const rows = Array.from({ length: count }, (_, at) => ({
    externalId: `smoke-${from + at}`,
    email: `lead${from + at}@company${at % 50}.example`,
    firstName: 'Jane',
    lastName: 'Doe',
    company: `Company ${at % 50}`,
    country: ['DE', 'FR', 'AT'][at % 3],
    industry: 'software',
    employees: 10 * (1 + (at % 40)),
    product: 'cloud',
    consent: true,
    engagement: { visits: at % 20, downloads: at % 3 },
  }));
  const body = rows.map((row) => JSON.stringify(row)).join('\n');
  const { results } = await call('POST', '/v1/leads', key, body, 'application/x-ndjson');
  const taken = results.filter(({ status }) => status === 'received' || status === 'held');
  assert.equal(taken.length, count, `taken in: ${JSON.stringify(results.slice(0, 3))}`);
  return taken.map(({ id }) => id);
}

/** Every lead comes to rest, and each that is offered to somebody was told to that one under one webhook-id. */
async function arrived(adminKey, secrets, ids) {
  let offered = [];
  let told = new Map();
  await eventually(async () => {
    const leads = (await allLeads(adminKey)).filter(({ id }) => ids.includes(id));
    const unsettled = leads.filter(({ state }) => ['new', 'received', 'graded', 'incomplete'].includes(state));
    assert.equal(leads.length, ids.length);
    assert.equal(unsettled.length, 0);
    offered = leads.filter(({ party }) => party !== null);
    told = await webhooks(secrets);
    assert.deepEqual(
      offered.filter(({ id }) => !told.has(id)).map(({ id, state, party }) => ({ id, state, party })),
      [],
    );
  });
  assert.ok(offered.length > 0, 'no lead was offered to anybody');
  for (const { id, party } of offered)
    assert.deepEqual(
      [...told.get(id)].map((each) => each.split(' ')[0]),
      [party],
    );
  return `${offered.length} of ${ids.length} offered`;
}

/** What each lead was told as, `party webhook-id`, after its signature was verified. */
async function webhooks(secrets) {
  const received = await (await fetch(`http://127.0.0.1:${partnerPort}/`)).json();
  const told = new Map();
  for (const { url: path, headers, body } of received) {
    const party = path.slice(1);
    const bytes = Buffer.from(body, 'base64');
    const secret = Buffer.from(secrets[party].replace('whsec_', ''), 'base64');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
    const signature = createHmac('sha256', secret).update(signed).update(bytes).digest('base64');
    assert.ok(headers['webhook-signature'].split(' ').includes(`v1,${signature}`), 'a signature does not verify');
    const { subject } = JSON.parse(bytes.toString());
    told.set(subject, (told.get(subject) ?? new Set()).add(`${party} ${headers['webhook-id']}`));
  }
  return told;
}

async function accept(adminKey, partnerKey) {
  const leads = await allLeads(adminKey);
  const own = leads.find(({ party, state }) => party === 'acme' && state === 'offered');
  const other = leads.find(({ party, state }) => party !== 'acme' && state === 'offered');
  assert.ok(own && other, 'nothing was offered');
  assert.equal((await send('POST', `/v1/leads/${other.id}/accept`, partnerKey, {})).status, 404);
  assert.ok((await send('POST', `/v1/leads/${own.id}/accept`, partnerKey, {})).ok);
  await eventually(async () => {
    const { state } = await call('GET', `/v1/leads/${own.id}`, partnerKey);
    assert.equal(state, 'accepted');
  });
}

async function notReady() {
  const response = await fetch(`${url}/health/ready`);
  assert.equal(response.status, 503);
  const down = (await response.json()).services.filter(({ ready }) => !ready).map(({ name }) => name);
  assert.deepEqual(down, ['scoring', 'routing']);
  const refused = await fetch(`${url}/v1/policies`);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.get('retry-after'));
}

async function restart(adminKey, ids) {
  await compose(['stop'], START_WITHIN_MS);
  await compose(['up', '-d', '--wait', '--no-recreate'], START_WITHIN_MS);
  const known = new Set((await allLeads(adminKey)).map(({ id }) => id));
  assert.deepEqual(
    ids.filter((id) => !known.has(id)),
    [],
  );
}

// ---------------------------------------------------------------------------------------------------------------------

async function allLeads(key) {
  const all = [];
  for (let after = ''; ;) {
    const page = await call('GET', `/v1/leads?limit=1000${after}`, key);
    all.push(...page.leads);
    if (page.next === undefined) return all;
    after = `&after=${page.next}`;
  }
}

async function call(method, path, key, body, type) {
  const response = await send(method, path, key, body, type);
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

function send(method, path, key, body, type = 'application/json') {
  return fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
}

async function eventually(check) {
  for (const end = Date.now() + ARRIVE_WITHIN_MS; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(500);
    }
  }
}

function compose(args, withinMs, output = 'pipe') {
  const files = ['-f', 'docker-compose.yml', '-f', 'infra/docker/smoke.yml'];
  const all = ['compose', '-p', project, '--env-file', envFile, ...files, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('docker', all, { cwd: root, stdio: ['ignore', output, output], timeout: withinMs });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve({ stdout, stderr });
      const why = signal ? `did not finish within ${withinMs / 1_000} s` : `ended with ${code}`;
      reject(new Error(`docker compose ${args.join(' ')} ${why}\n${(stdout + stderr).slice(-4_000)}`));
    });
  });
}

async function step(title, work) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1_000).toFixed(1)} s`.padStart(8);
  try {
    const result = await work();
    console.log(
      `✓ ${`${title}${typeof result === 'string' && result.includes(' ') ? `, ${result}` : ''}`.padEnd(70)}${seconds()}`,
    );
    return result;
  } catch (error) {
    console.log(`✗ ${title.padEnd(70)}${seconds()}`);
    throw error;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
