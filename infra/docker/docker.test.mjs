// What the files here say about the workspace must be true of it; whether they work, smoke.mjs finds out with an engine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true });
const services = [...read('services/cli/src/services.ts').matchAll(/^ {2}'?([a-z-]+)'?: async/gm)].map(
  ([, name]) => name,
);
const names = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name);
const required = [...new Set(names)].sort();

test('the image is built from the manifest of every package of the workspace', () => {
  const { workspaces } = JSON.parse(read('package.json'));
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  ).sort();
  const copied = [...read('infra/docker/Dockerfile').matchAll(/^COPY (\S+\/package\.json) (\S+)$/gm)];
  assert.deepEqual(copied.map(([, from]) => from).sort(), manifests);
  for (const [, from, to] of copied) assert.equal(from, `${to}package.json`);
});

test('every service is a container of its own, and the gateway waits for all of them', () => {
  assert.ok(services.length >= 5);
  for (const name of services) assert.deepEqual(compose.services[name]?.command, ['start', '--services', name]);
  assert.deepEqual(Object.keys(compose.services.gateway.depends_on).sort(), services.toSorted());
});

test('no container of ours can write its image, gain rights, run without limits or be killed in the middle of a batch', () => {
  for (const name of [...services, 'gateway']) {
    const { read_only, cap_drop, security_opt, mem_limit, pids_limit, stop_grace_period, restart } =
      compose.services[name];
    assert.deepEqual(
      { read_only, cap_drop, security_opt, restart },
      { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], restart: 'unless-stopped' },
    );
    assert.ok(mem_limit && pids_limit && stop_grace_period);
  }
});

test('no password has a default, and the master key reaches only who needs it', () => {
  assert.doesNotMatch(read('docker-compose.yml'), /(PASSWORD|_KEY|SECRET)[A-Z_]*:-/);
  const holders = Object.keys(compose.services).filter((name) => compose.services[name].secrets);
  assert.deepEqual(holders.sort(), ['audit', 'ingestion', 'outcome-tracking', 'partner-notification']);
});

test('the secrets are random, complete, and made once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-secrets-'));
  try {
    mkdirSync(join(folder, 'infra/docker'), { recursive: true });
    cpSync(join(root, 'infra/docker/make-secrets.sh'), join(folder, 'infra/docker/make-secrets.sh'));
    const make = () => {
      const { status, stderr } = spawnSync(join(folder, 'infra/docker/make-secrets.sh'), { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return readFileSync(join(folder, '.env'), 'utf8');
    };
    const made = make();
    assert.equal(make(), made);
    const values = new Map(
      made
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
    assert.deepEqual([...values.keys()].sort(), required);
    const {
      FAIRLEAD_MASTER_KEY_FILE: file,
      FAIRLEAD_LOG_KEY_FILE: logKey,
      FAIRLEAD_SECRETS_GROUP: group,
      ...random
    } = Object.fromEntries(values);
    assert.equal(createPrivateKey(readFileSync(join(folder, logKey), 'utf8')).asymmetricKeyType, 'ed25519');
    assert.equal(statSync(join(folder, logKey)).mode & 0o777, 0o440);
    for (const value of Object.values(random)) assert.match(value, /^[A-Za-z0-9_-]{22,}$/);
    assert.equal(new Set(Object.values(random)).size, Object.keys(random).length);
    assert.match(readFileSync(join(folder, file), 'utf8'), /^1 [A-Za-z0-9+/]{43}=\n$/);
    assert.equal(statSync(join(folder, file)).gid, Number(group));
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o440);
    assert.equal(statSync(join(folder, '.env')).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, '.secrets')).mode & 0o777, 0o700);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
