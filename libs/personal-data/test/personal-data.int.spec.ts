import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createDataSource, type Query, queryOf } from '@fairlead/persistence';
import {
  createMasterKeyFile,
  LeadKeyMissing,
  LeadWasErased,
  openPersonalData,
  PersonalData,
  SealBroken,
} from '../src/index.js';
import { LeadKeysStore } from '../src/lead-keys.store.js';
import { readMasterKeyFile } from '../src/master-keys.js';

const connection = { schema: 'personal_data', poolSize: 1, applicationName: 'test' };

const contact = {
  firstName: 'Jane',
  lastName: 'Doe',
  email: 'jane@example.com',
  phone: '+49 30 1234',
  message: '“ü” 💛',
};

describe('personal data, with a real key database', () => {
  const server = process.env.TEST_DATABASE_URL ?? '';
  const name = `t_keys_${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-keys-'));
  const masterKeyFile = join(folder, 'master.key');
  const url = new URL(server);
  url.pathname = `/${name}`;
  const settings = { databaseUrl: server, keysDatabaseUrl: url.href, masterKeyFile };
  let opened: Awaited<ReturnType<typeof openPersonalData>>;
  let personalData: PersonalData;
  let database: Client;

  beforeAll(async () => {
    createMasterKeyFile(masterKeyFile);
    await asAdmin(`CREATE DATABASE ${name}`);
    opened = await openPersonalData(settings);
    ({ personalData } = opened);
    database = new Client({ connectionString: url.href });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await opened.close();
    await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
    rmSync(folder, { recursive: true });
  });

  it('gives back what was sealed, in order, several values of one lead among them', async () => {
    const [first, second] = [place(), place()];
    const items = [
      { ...first, value: contact },
      { ...second, value: 'a note' },
      { ...first, field: 'note', value: null },
    ];
    const sealed = await personalData.seal(items);
    const opening = items.map(({ leadId, eventId, field }, i) => ({ leadId, eventId, field, sealed: sealed[i]! }));
    expect(await personalData.unseal(opening)).toEqual([contact, 'a note', null]);
  });

  it('opens in another process what was sealed in this one', async () => {
    const there = place();
    const [sealed] = await personalData.seal([{ ...there, value: contact }]);
    const other = await openPersonalData(settings);
    try {
      expect(await other.personalData.unseal([{ ...there, sealed: sealed! }])).toEqual([contact]);
      expect(other.personalData.keyedHash('email', contact.email)).toEqual(
        personalData.keyedHash('email', contact.email),
      );
    } finally {
      await other.close();
    }
  });

  it('shows nothing of a value, and never the same twice', async () => {
    const there = place();
    const sealed = await personalData.seal([
      { ...there, value: contact },
      { ...there, value: contact },
    ]);
    expect(sealed[0]).toEqual({ v: 1, key: 1, nonce: expect.any(String), ciphertext: expect.any(String) });
    expect(sealed[0]!.nonce).not.toBe(sealed[1]!.nonce);
    expect(Buffer.from(sealed[0]!.ciphertext, 'base64').toString('latin1')).not.toMatch(/Jane|example/);
  });

  it('does not open what was changed or moved', async () => {
    const there = place();
    const elsewhere = place();
    const [sealed, other] = await personalData.seal([
      { ...there, value: contact },
      { ...elsewhere, value: contact },
    ]);
    const refused = [
      { ...there, sealed: { ...sealed!, ciphertext: flip(sealed!.ciphertext) } },
      { ...there, sealed: { ...sealed!, nonce: flip(sealed!.nonce) } },
      { ...there, sealed: { ...sealed!, ciphertext: sealed!.ciphertext.slice(0, 16) } },
      { ...there, sealed: { ...sealed!, key: 2 } },
      { ...there, sealed: other! },
      { ...there, eventId: elsewhere.eventId, sealed: sealed! },
      { ...there, leadId: elsewhere.leadId, sealed: sealed! },
      { ...there, field: 'note', sealed: sealed! },
    ];
    for (const item of refused) await expect(personalData.unseal([item])).rejects.toThrow(SealBroken);
  });

  it('notices a wrapped key that was put into another lead’s row', async () => {
    const [there, elsewhere] = [place(), place()];
    const [sealed] = await personalData.seal([
      { ...there, value: contact },
      { ...elsewhere, value: contact },
    ]);
    await database.query(
      `UPDATE personal_data.lead_keys SET wrapped = (SELECT wrapped FROM personal_data.lead_keys WHERE lead_id = $2) WHERE lead_id = $1`,
      [there.leadId, elsewhere.leadId],
    );
    personalData.forget([there.leadId]);
    await expect(personalData.unseal([{ ...there, sealed: sealed! }])).rejects.toThrow(SealBroken);
  });

  it('opens nothing of an erased lead, in no process, and leaves the others as they are', async () => {
    const [erased, kept] = [place(), place()];
    const sealed = await personalData.seal([
      { ...erased, value: contact },
      { ...kept, value: contact },
    ]);
    await personalData.erase([erased.leadId]);
    await personalData.erase([erased.leadId]);

    const opening = [
      { ...erased, sealed: sealed[0]! },
      { ...kept, sealed: sealed[1]! },
    ];
    expect(await personalData.unseal(opening)).toEqual([null, contact]);
    const other = await openPersonalData(settings);
    try {
      expect(await other.personalData.unseal(opening)).toEqual([null, contact]);
    } finally {
      await other.close();
    }
    const { rows } = await database.query('SELECT wrapped FROM personal_data.lead_keys WHERE lead_id = $1', [
      erased.leadId,
    ]);
    expect(rows).toEqual([{ wrapped: null }]);
  });

  it('makes no new key for an erased lead, whether or not it ever had one', async () => {
    const [never, once] = [place(), place()];
    await personalData.seal([{ ...once, value: contact }]);
    for (const there of [never, once]) {
      await personalData.erase([there.leadId]);
      await expect(personalData.seal([{ ...there, value: contact }])).rejects.toThrow(LeadWasErased);
      // Nor is one left behind that a later try would find.
      const { rows } = await database.query(
        'SELECT wrapped, erased_at FROM personal_data.lead_keys WHERE lead_id = $1',
        [there.leadId],
      );
      expect(rows).toEqual([{ wrapped: null, erased_at: expect.any(Date) }]);
      await expect(personalData.seal([{ ...there, value: contact }])).rejects.toThrow(LeadWasErased);
    }
  });

  it('raises an alarm when a key is missing although nobody erased it', async () => {
    const there = place();
    const [sealed] = await personalData.seal([{ ...there, value: contact }]);
    await database.query('DELETE FROM personal_data.lead_keys WHERE lead_id = $1', [there.leadId]);
    personalData.forget([there.leadId]);
    await expect(personalData.unseal([{ ...there, sealed: sealed! }])).rejects.toThrow(LeadKeyMissing);
  });

  it('makes one key for a lead that many processes meet at the same time', async () => {
    const leads = Array.from({ length: 20 }, () => place());
    const others = await Promise.all(Array.from({ length: 4 }, () => openPersonalData(settings)));
    try {
      const sealed = await Promise.all(
        others.map(({ personalData: each }, i) =>
          each.seal((i % 2 ? leads : leads.toReversed()).map((lead) => ({ ...lead, value: i }))),
        ),
      );
      for (const [i, each] of sealed.entries()) {
        const order = i % 2 ? leads : leads.toReversed();
        const opening = order.map((lead, n) => ({ ...lead, sealed: each[n]! }));
        expect(await personalData.unseal(opening)).toEqual(leads.map(() => i));
      }
    } finally {
      await Promise.all(others.map(({ close }) => close()));
    }
  });

  it('asks the database once for a batch, and not at all for leads that it has just seen', async () => {
    const dataSource = createDataSource({ ...connection, url: url.href });
    await dataSource.initialize();
    let statements = 0;
    const counting: Query = (...statement) => {
      statements += 1;
      return queryOf(dataSource)(...statement);
    };
    const master = readMasterKeyFile(masterKeyFile);
    const counted = new PersonalData(new LeadKeysStore(counting, master), master);
    const leads = Array.from({ length: 500 }, () => place());
    try {
      const sealed = await counted.seal(leads.map((lead) => ({ ...lead, value: contact })));
      await counted.unseal(leads.map((lead, i) => ({ ...lead, sealed: sealed[i]! })));
      expect(statements).toBe(1);
    } finally {
      await dataSource.destroy();
    }
  });

  it('makes the default database beside the services’ when it is missing', async () => {
    const own = `t_app_${randomBytes(6).toString('hex')}`;
    await asAdmin(`CREATE DATABASE ${own}`);
    const app = new URL(server);
    app.pathname = `/${own}`;
    const first = { databaseUrl: app.href, keysDatabaseUrl: undefined, masterKeyFile };
    const both = await Promise.all([openPersonalData(first), openPersonalData(first)]);
    try {
      const there = place();
      const [sealed] = await both[0].personalData.seal([{ ...there, value: contact }]);
      expect(await both[1].personalData.unseal([{ ...there, sealed: sealed! }])).toEqual([contact]);
    } finally {
      await Promise.all(both.map(({ close }) => close()));
      await asAdmin(`DROP DATABASE ${own} WITH (FORCE)`);
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

function place() {
  return { leadId: randomUUID(), eventId: randomUUID(), field: 'contact' };
}

function flip(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0] = (bytes[0] as number) ^ 1;
  return bytes.toString('base64');
}
