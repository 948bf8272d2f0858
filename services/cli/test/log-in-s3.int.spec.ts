import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readVerifierKey, verifyLog } from '@fairlead/transparency-log';
import { S3Storage } from '@fairlead/transparency-log/s3';
import { freePort } from '../../../infra/local/ports.mjs';
import { ownDatabase } from './fixture/own-database.js';
import { runFairlead } from './fixture/run-fairlead.js';

/** A server that other people wrote: infra/local/s3proxy.mjs, by its address, as it is no package. */
interface S3ForTests {
  whyNoS3(): Promise<string | undefined>;
  startS3(): Promise<{ url: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> }>;
}
const address = new URL('../../../infra/local/s3proxy.mjs', import.meta.url).href;
const { startS3, whyNoS3 } = (await import(address)) as S3ForTests;

const launcher = fileURLToPath(new URL('../bin/fairlead.cjs', import.meta.url));
const absent = await whyNoS3();
/** A server in Java and six services start in it, on two cores that have other things to do. */
const PATIENCE_MS = 120_000;

(absent === undefined ? describe : describe.skip)(
  `fairlead start with its log in S3${absent === undefined ? '' : ` (skipped: ${absent})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-in-s3-'));
    const adminKey = `test-${randomBytes(24).toString('hex')}`;
    const ends: (() => Promise<unknown>)[] = [];
    let url: string;
    let storage: S3Storage;
    beforeAll(async () => {
      const [server, database, keys, port] = await Promise.all([startS3(), ownDatabase(), ownDatabase(), freePort()]);
      const { accessKeyId, secretAccessKey } = server;
      const bucket = `${server.url}/fairlead/log`;
      storage = new S3Storage({ url: bucket, region: 'us-east-1', accessKeyId, secretAccessKey });
      writeFileSync(join(folder, 's3-secret'), `${secretAccessKey}\n`, { mode: 0o600 });
      url = `http://127.0.0.1:${port}`;
      const child = spawn(process.execPath, [launcher, 'start', '--port', String(port)], {
        env: {
          PATH: process.env['PATH'],
          DATABASE_URL: database.url,
          KEYS_DATABASE_URL: keys.url,
          KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
          FAIRLEAD_TOPIC_PREFIX: `t${randomBytes(4).toString('hex')}.`,
          FAIRLEAD_DATA_DIR: join(folder, 'data'),
          FAIRLEAD_ADMIN_KEY: adminKey,
          FAIRLEAD_LOG_S3: bucket,
          FAIRLEAD_LOG_S3_KEY_ID: accessKeyId,
          FAIRLEAD_LOG_S3_SECRET_FILE: join(folder, 's3-secret'),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += String(text)));
      const ended = once(child, 'exit');
      ends.push(
        async () => (child.kill('SIGTERM'), ended),
        () => Promise.all([server.stop(), database.drop(), keys.drop()]),
      );
      while (
        !(await fetch(`${url}/health/ready`)
          .then(({ ok }) => ok)
          .catch(() => false))
      ) {
        if (child.exitCode !== null) throw new Error(said);
        await pause(100);
      }
    }, PATIENCE_MS);
    afterAll(async () => {
      for (const end of ends) await end();
      rmSync(folder, { recursive: true, force: true });
    }, PATIENCE_MS);

    async function call<T>(method: string, path: string, body?: object): Promise<T> {
      const headers = { authorization: `Bearer ${adminKey}`, ...(body && { 'content-type': 'application/json' }) };
      const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as T;
    }

    it(
      'has a lead’s whole road in the bucket, from where it verifies, and as whoever exports it gets it',
      async () => {
        await call('PUT', '/v1/sources/web', { format: 'json' });
        await call('PUT', '/v1/partners/acme', { name: 'Acme', tier: 'gold' });
        const lead = { externalId: '1', email: 'someone@company.com', company: 'Company', country: 'DE' };
        const { results } = await call<{ results: { id: string }[] }>('POST', '/v1/leads?source=web', [lead]);
        const id = results[0]?.id ?? '';
        for (let types: string[] = []; !types.includes('lead.routed'); await pause(200))
          types = await fetch(`${url}/v1/leads/${id}/timeline`, { headers: { authorization: `Bearer ${adminKey}` } })
            .then((answer) => answer.json() as Promise<{ entries?: { event: { type: string } }[] }>)
            .then(({ entries = [] }) => entries.map(({ event }) => event.type));

        const key = await (
          await fetch(`${url}/log/verifier.key`, { headers: { authorization: `Bearer ${adminKey}` } })
        ).text();
        const inBucket: string[] = [];
        const { checkpoint } = await verifyLog(storage, {
          log: readVerifierKey(key),
          onEntries: (entries) => void inBucket.push(...entries.map(String)),
        });
        expect(checkpoint.size).toBe(inBucket.length);
        const ofLead = inBucket
          .map((entry) => JSON.parse(entry) as { subject: string; type: string })
          .filter(({ subject }) => subject === id);
        expect(ofLead.map(({ type }) => type)).toEqual(['lead.received', 'lead.scored', 'lead.routed']);
        // Nothing is kept beside the bucket, where a container would lose it.
        expect(existsSync(join(folder, 'data/log'))).toBe(false);

        const env = { FAIRLEAD_URL: url, FAIRLEAD_API_KEY: adminKey };
        const out = join(folder, 'taken');
        expect(await runFairlead(['export', '--out', out], { env })).toMatchObject({ code: 0, stderr: '' });
        const verified = await runFairlead(['verify', out, '--json']);
        expect(verified).toMatchObject({ code: 0, stderr: '' });
        expect((JSON.parse(verified.stdout) as { entries: number }).entries).toBeGreaterThanOrEqual(checkpoint.size);
      },
      PATIENCE_MS,
    );
  },
);
