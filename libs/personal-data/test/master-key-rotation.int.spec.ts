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
import { belongsToMasterKey } from '../src/key-database.js';

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

  type Place = Awaited<ReturnType<typeof sealed>>[number];
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

  describe('beside others who work on the same keys', () => {
    let other: Client;
    beforeAll(async () => {
      other = new Client({ connectionString: keysDatabaseUrl });
      await other.connect();
      await other.query('SET search_path = personal_data');
    });
    afterAll(() => other.end());

    /** Until the rotation waits for a lock. */
    async function untilItWaits(): Promise<void> {
      for (;;) {
        // A transaction would see what it has seen before.
        await other.query('SELECT pg_stat_clear_snapshot()');
        const { rows } = await other.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (rows.length > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }

    it('lets no master key go while somebody is in the middle of making a key with it', async () => {
      const { rotation } = rotating;
      const version = rotation.begin();
      await rotation.rewrap();
      // What a process that has not read the file again is at: it was let through by the fence, and has not committed.
      const late = randomUUID();
      await other.query('BEGIN');
      await other.query('INSERT INTO lead_keys (lead_id, version, master, wrapped) VALUES ($1, 1, $2, $3)', [
        ...[late, version - 1, Buffer.alloc(60)],
      ]);
      const retiring = rotation.retire();
      await Promise.race([untilItWaits(), retiring]);
      await other.query('COMMIT');
      expect(await retiring).toBeUndefined();
      expect((await rotation.status()).older).toEqual([version - 1]);
      await other.query('DELETE FROM lead_keys WHERE lead_id = $1', [late]);
      expect(await rotation.retire()).toEqual([version - 1]);
    });

    it('holds up nobody who knows only the key that has just gone: the file is read again', async () => {
      const { rotation } = rotating;
      await sealed(running.personalData, 1);
      // Within the two seconds for which that look at the file is taken to be good.
      rotation.begin();
      await rotation.rewrap();
      expect(await rotation.retire()).toHaveLength(1);
      expect(await sealed(running.personalData, 1)).toHaveLength(1);
    });

    it('does not bring back the key of a lead that is erased while its key is wrapped anew', async () => {
      const { rotation } = rotating;
      const [lead, another] = (await sealed(running.personalData, 2)) as [Place, Place];
      rotation.begin();
      await other.query('BEGIN');
      // As an erasure does it, which is not committed when the rotation reads the key.
      await other.query('UPDATE lead_keys SET wrapped = NULL, erased_at = now() WHERE lead_id = $1', [lead.leadId]);
      const rewrapping = rotation.rewrap();
      await untilItWaits();
      await other.query('COMMIT');
      await rewrapping;
      const { rows } = await other.query('SELECT wrapped FROM lead_keys WHERE lead_id = $1', [lead.leadId]);
      expect(rows).toEqual([{ wrapped: null }]);
      running.personalData.forget([lead.leadId, another.leadId]);
      expect(await running.personalData.unseal([lead, another])).toEqual([null, 1]);
      expect(await rotation.retire()).toHaveLength(1);
    });
  });

  it('goes on with a key database of before fingerprints were kept, with the keys of any time of a rotation', async () => {
    const [first] = await sealed(running.personalData, 1);
    const { rotation } = rotating;
    const version = rotation.begin();
    await forgetFingerprint();
    const halfWay = await openMasterKeyRotation(settings);
    await forgetFingerprint();
    await halfWay.rotation.rewrap();
    expect(await halfWay.rotation.retire()).toEqual([version - 1]);
    await halfWay.close();
    const after = await openPersonalData(settings);
    expect(await after.personalData.unseal([first!])).toEqual([0]);
    await after.close();
    expect((await inKeys('SELECT fingerprint FROM master_key_in_force'))[0]).toEqual({
      fingerprint: expect.any(Buffer),
    });
  });

  it.each(['with', 'without'])(
    'refuses another master key than the one that was used, %s a fingerprint, and takes nothing from it',
    async (how) => {
      // A file that could not be read was taken for none, and a new key put in its place: every lead of before was lost from
      // sight, and the system said that it was ready.
      const other = join(folder, `other-${how}.key`);
      createMasterKeyFile(other);
      if (how === 'without') await forgetFingerprint();
      const [before] = await inKeys('SELECT * FROM master_key_in_force');
      for (const opening of [
        openPersonalData({ ...settings, masterKeyFile: other }),
        openMasterKeyRotation({ ...settings, masterKeyFile: other }),
      ]) {
        await expect(opening).rejects.toThrow(MasterKeyUnusable);
        await expect(opening).rejects.toThrow(`${other} is not the one that the key database belongs to`);
      }
      expect((await inKeys('SELECT * FROM master_key_in_force'))[0]).toEqual(before);
      await (await openPersonalData(settings)).close();
    },
  );

  it('knows whether a key database belongs to a master key, whatever is there of it', async () => {
    expect(await belongsToMasterKey(settings)).toBe(true);
    await forgetFingerprint();
    expect(await belongsToMasterKey(settings)).toBe(true); // by its leads
    await inKeys('ALTER TABLE master_key_in_force DROP COLUMN fingerprint');
    expect(await belongsToMasterKey(settings)).toBe(true);
    await inKeys('DELETE FROM lead_keys');
    expect(await belongsToMasterKey(settings)).toBe(false);
    await inKeys('ALTER TABLE master_key_in_force ADD COLUMN fingerprint bytea');
    expect(await belongsToMasterKey(settings)).toBe(false);
    await (await openPersonalData(settings)).close();
    expect(await belongsToMasterKey(settings)).toBe(true); // by the fingerprint: sources and endpoints have secrets, too
    await inKeys('DROP SCHEMA personal_data CASCADE');
    expect(await belongsToMasterKey(settings)).toBe(false);
    expect(await belongsToMasterKey({ ...settings, keysDatabaseUrl: `${keysDatabaseUrl}_gone` })).toBe(false);
    const away = Object.assign(new URL(server), { port: '1' }).href;
    await expect(belongsToMasterKey({ ...settings, keysDatabaseUrl: away })).rejects.toThrow();
  });

  const forgetFingerprint = () => inKeys('UPDATE master_key_in_force SET fingerprint = NULL');

  async function inKeys(sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: keysDatabaseUrl, options: '-c search_path=personal_data' });
    await client.connect();
    try {
      return (await client.query<object>(sql)).rows;
    } finally {
      await client.end();
    }
  }

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
