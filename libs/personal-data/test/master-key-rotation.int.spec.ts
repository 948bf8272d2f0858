import { randomBytes, randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Sealed } from '@fairlead/events';
import {
  createMasterKeyFile,
  MasterKeyUnusable,
  openMasterKeyRotation,
  openPersonalData,
  type PersonalData,
} from '../src/index.js';

/** More than two batches. */
const LEADS = 2_300;

describe('rotating the master key, with a real key database', () => {
  const server = process.env.TEST_DATABASE_URL ?? '';
  const name = `t_keys_${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-rotation-'));
  const masterKeyFile = join(folder, 'master.key');
  const keysDatabaseUrl = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const settings = { databaseUrl: server, keysDatabaseUrl, masterKeyFile };
  let running: Awaited<ReturnType<typeof openPersonalData>>;
  let rotating: Awaited<ReturnType<typeof openMasterKeyRotation>>;

  beforeAll(async () => {
    createMasterKeyFile(masterKeyFile);
    await asAdmin(`CREATE DATABASE ${name}`);
    running = await openPersonalData(settings);
    rotating = await openMasterKeyRotation(settings);
  });
  afterAll(async () => {
    await running.close();
    await rotating.close();
    await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
    rmSync(folder, { recursive: true });
  });

  async function sealed(personalData: PersonalData, count: number) {
    const places = Array.from({ length: count }, () => ({
      ...{ leadId: randomUUID(), eventId: randomUUID(), field: 'contact' },
    }));
    const all = await personalData.seal(places.map((place, i) => ({ ...place, value: i })));
    return places.map((place, i) => ({ ...place, sealed: all[i] as Sealed }));
  }

  it('goes on while others seal and open, leaves what is sealed as it is, and ends with the new key alone', async () => {
    const before = await sealed(running.personalData, LEADS);
    const bytes = JSON.stringify(before);
    const hash = running.personalData.keyedHash('email', 'a');
    const erased = before.pop()!;
    await running.personalData.erase([erased.leadId]);
    copyFileSync(masterKeyFile, join(folder, 'old.key'));
    const { rotation } = rotating;
    expect(await rotation.status()).toEqual({ newest: 1, older: [], leadKeys: { 1: LEADS - 1 } });

    expect(rotation.begin()).toBe(2);
    expect(rotation.begin()).toBe(2);
    expect(await rotation.retire()).toBeUndefined();
    let alongside: Awaited<ReturnType<typeof sealed>> = [];
    const progress: number[] = [];
    const [rewrapped] = await Promise.all([
      rotation.rewrap((count) => progress.push(count)),
      (async () => {
        for (let round = 0; round < 10; round += 1)
          alongside = [...alongside, ...(await sealed(running.personalData, 20))];
      })(),
    ]);
    expect(rewrapped).toBeGreaterThanOrEqual(LEADS - 1);
    expect(progress.slice(0, 2)).toEqual([1_000, 2_000]);
    // A process that has not looked at the file yet may have wrapped by the old key meanwhile: once more, until none is left.
    let retired = await rotation.retire();
    for (let tries = 0; !retired && tries < 5; tries += 1) {
      await rotation.rewrap();
      retired = await rotation.retire();
    }
    expect(retired).toEqual([1]);
    expect(await rotation.status()).toMatchObject({ newest: 2, older: [], leadKeys: { 2: LEADS - 1 + 200 } });

    const fresh = await openPersonalData(settings);
    const late = await sealed(running.personalData, 5);
    try {
      for (const personalData of [running.personalData, fresh.personalData]) {
        personalData.forget(before.map(({ leadId }) => leadId));
        expect(await personalData.unseal(before)).toEqual(before.map((_, i) => i));
        expect(await personalData.unseal([...alongside, ...late])).toHaveLength(205);
        expect(await personalData.unseal([erased])).toEqual([null]);
        expect(personalData.keyedHash('email', 'a')).toEqual(hash);
      }
    } finally {
      await fresh.close();
    }
    expect(JSON.stringify([...before, erased])).toBe(bytes);
    // What could be read with the key that is gone can be read with it no more.
    const old = /^1 (\S+)$/m.exec(readFileSync(join(folder, 'old.key'), 'utf8'))?.[1] ?? '?';
    expect(readFileSync(masterKeyFile, 'utf8')).not.toContain(old);
  });

  it('keeps a process that has only the old key from making keys that nobody could open', async () => {
    const outdated = await openPersonalData({ ...settings, masterKeyFile: join(folder, 'old.key') });
    try {
      const before = (await rotating.rotation.status()).leadKeys;
      const sealing = sealed(outdated.personalData, 3);
      await expect(sealing).rejects.toThrow(MasterKeyUnusable);
      await expect(sealing).rejects.toThrow(/retired.*out of date/);
      expect((await rotating.rotation.status()).leadKeys).toEqual(before);
    } finally {
      await outdated.close();
    }
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
