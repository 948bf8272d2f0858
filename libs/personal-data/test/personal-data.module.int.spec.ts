import { ConfigurationError, startServices } from '@fairlead/platform';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createMasterKeyFile, LeadKeyMissing, PersonalData } from '../src/index.js';
import { sealing, unsealing } from './fixture/sealing.service.js';

const ADMIN = `test-${randomBytes(24).toString('hex')}`;

describe('personal data in a running process', () => {
  const server = process.env.TEST_DATABASE_URL ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-pd-'));
  const names = [`t_${randomBytes(6).toString('hex')}`, `t_${randomBytes(6).toString('hex')}`];
  const [DATABASE_URL, KEYS_DATABASE_URL] = names.map(
    (name) => Object.assign(new URL(server), { pathname: `/${name}` }).href,
  );
  const environment = {
    DATABASE_URL,
    KEYS_DATABASE_URL,
    KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
    FAIRLEAD_TOPIC_PREFIX: `${String(names[0])}.`,
    FAIRLEAD_PORT: '0',
    FAIRLEAD_LOG_LEVEL: 'silent',
    FAIRLEAD_MASTER_KEY_FILE: join(folder, 'master.key'),
  };

  beforeAll(async () => {
    for (const name of names) await asAdmin(`CREATE DATABASE ${name}`);
    createMasterKeyFile(environment.FAIRLEAD_MASTER_KEY_FILE);
  });
  afterAll(async () => {
    for (const name of names) await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
    rmSync(folder, { recursive: true });
  });

  it('is one for all services of the process, and part of its readiness', async () => {
    const running = await startServices([sealing, unsealing], environment);
    try {
      expect(running.app.get(PersonalData, { each: true, strict: false })).toHaveLength(1);
      const ready = (await (await fetch(`${running.url}/health/ready`)).json()) as { checks: object[] };
      expect(ready.checks).toContainEqual({ name: 'key database', ok: true });
    } finally {
      expect(await running.close()).toBe(true);
    }
  });

  it('raises an alarm for a key that is missing and was not erased, and goes on serving', async () => {
    const running = await startServices([sealing], { ...environment, FAIRLEAD_ADMIN_KEY: ADMIN });
    const keys = new Client({ connectionString: KEYS_DATABASE_URL });
    await keys.connect();
    try {
      const figure = async () => {
        const headers = { authorization: `Bearer ${ADMIN}` };
        const text = await (await fetch(`${running.url}/metrics`, { headers })).text();
        return /^fairlead_personal_data_key_missing_total (\d+)$/m.exec(text)?.[1];
      };
      const before = Number(await figure());
      const personalData = running.app.get(PersonalData, { strict: false });
      const [lost, erased] = [randomUUID(), randomUUID()].map((leadId) => {
        return { leadId, eventId: randomUUID(), field: 'contact', value: 'Walburga' };
      });
      const sealed = await personalData.seal([lost!, erased!]);
      await personalData.erase([erased!.leadId]);
      await keys.query('DELETE FROM personal_data.lead_keys WHERE lead_id = $1', [lost!.leadId]);
      personalData.forget([lost!.leadId]);
      expect(await personalData.unseal([{ ...erased!, sealed: sealed[1]! }])).toEqual([null]);
      expect(Number(await figure())).toBe(before);

      const opening = personalData.unseal([
        { ...erased!, sealed: sealed[1]! },
        { ...lost!, sealed: sealed[0]! },
      ]);
      await expect(opening).rejects.toThrow(LeadKeyMissing);
      expect(Number(await figure())).toBe(before + 1);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const health = await fetch(`${running.url}/health/ready`);
      expect(health.status).toBe(200);
      expect(((await health.json()) as { checks: object[] }).checks).toContainEqual({
        ...{ name: 'personal data', ok: true },
        remark: '1 key is missing of leads that were never erased',
      });
    } finally {
      await keys.end();
      await running.close();
    }
  });

  it('refuses a start without its master key, or with one that cannot be used, in one plain message', async () => {
    const empty = join(folder, 'empty.key');
    writeFileSync(empty, '', { mode: 0o600 });
    const tried = [
      ['', /FAIRLEAD_MASTER_KEY_FILE: is not set/],
      [join(folder, 'lost.key'), /FAIRLEAD_MASTER_KEY_FILE: .*lost\.key cannot be read \(ENOENT\)/],
      [
        `1 ${randomBytes(32).toString('base64')}`,
        /FAIRLEAD_MASTER_KEY_FILE: must name the file with the key, not hold the key$/,
      ],
      [empty, /FAIRLEAD_MASTER_KEY_FILE: there is no master key/],
    ] as const;
    for (const [file, why] of tried) {
      const starting = startServices([sealing], { ...environment, FAIRLEAD_MASTER_KEY_FILE: file });
      await expect(starting).rejects.toThrow(ConfigurationError);
      await expect(starting).rejects.toThrow(why);
    }
  });

  it('refuses a start with another master key than the key database belongs to, by the same plain message', async () => {
    const other = join(folder, 'other.key');
    createMasterKeyFile(other);
    const starting = startServices([sealing], { ...environment, FAIRLEAD_MASTER_KEY_FILE: other });
    await expect(starting).rejects.toThrow(ConfigurationError);
    await expect(starting).rejects.toThrow(
      /FAIRLEAD_MASTER_KEY_FILE: .*other\.key is not the one that the key database belongs to/,
    );
  });

  async function asAdmin(sql: string): Promise<void> {
    const client = new Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
});
