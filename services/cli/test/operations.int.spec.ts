import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { MortalServices } from './fixture/mortal-services.js';

/** A start takes seconds, and other tests may run beside this one. */
const PATIENCE_MS = 180_000;

describe('operating a running system', () => {
  let services: MortalServices;

  beforeAll(async () => {
    services = await MortalServices.start();
  }, PATIENCE_MS);

  afterAll(async () => {
    await services.stop();
  }, PATIENCE_MS);

  it(
    'makes a key, lists it without its secret, and revokes it',
    async () => {
      const made = await services.fairlead('keys', 'create', '--role', 'auditor', '--name', 'Audit 2025', '--json');
      const { id, key } = JSON.parse(made.stdout) as { id: string; key: string };
      expect(await statusWith(key)).toBe(200);

      const listed = await services.fairlead('keys', 'list');
      expect(listed.stdout).toMatch(new RegExp(`${id} +auditor +Audit 2025`));
      expect(listed.stdout).not.toContain(key);

      await services.fairlead('keys', 'create', '--role', 'partner', '--partner', 'acme');
      expect((await services.fairlead('keys', 'list')).stdout).toMatch(/partner +acme +partner acme/);

      const revoked = await services.fairlead('keys', 'revoke', id);
      expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining(`The key ${id} is revoked`) });
      expect(await statusWith(key)).toBe(401);
    },
    PATIENCE_MS,
  );

  it(
    'lets a partner list, make and revoke its keys with its own, and no others',
    async () => {
      const madeAs = async (more: NodeJS.ProcessEnv, partner: string) => {
        const options = ['--role', 'partner', '--partner', partner, '--json'];
        const { code, stdout } = await services.fairleadBeside(more, 'keys', 'create', ...options);
        return code === 0 ? (JSON.parse(stdout) as { id: string; key: string }) : undefined;
      };
      const first = await madeAs({}, 'birch');
      const own = { FAIRLEAD_API_KEY: first?.key };
      const second = await madeAs(own, 'birch');
      expect(await madeAs(own, 'acme')).toBeUndefined();
      const list = await services.fairleadBeside(own, 'keys', 'list', '--partner', 'birch', '--json');
      expect((JSON.parse(list.stdout) as { keys: { id: string }[] }).keys.map(({ id }) => id)).toEqual(
        [String(first?.id), String(second?.id)].sort(),
      );
      const revoked = await services.fairleadBeside(own, 'keys', 'revoke', String(first?.id), '--partner', 'birch');
      expect(revoked).toMatchObject({ code: 0 });
      expect([await statusWith(String(first?.key)), await statusWith(String(second?.key))]).toEqual([401, 200]);
    },
    PATIENCE_MS,
  );

  it(
    'revokes a key that has got about with all that were made with it, and says how many',
    async () => {
      const made = async (own: NodeJS.ProcessEnv = {}) => {
        const options = ['--role', 'partner', '--partner', 'cedar', '--json'];
        const { stdout } = await services.fairleadBeside(own, 'keys', 'create', ...options);
        return JSON.parse(stdout) as { id: string; key: string };
      };
      const kept = await made();
      const leaked = await made({ FAIRLEAD_API_KEY: kept.key });
      const more = await made({ FAIRLEAD_API_KEY: leaked.key });
      const listed = await services.fairlead('keys', 'list', '--partner', 'cedar');
      expect(listed.stdout).toMatch(new RegExp(`^${more.id} .* ${leaked.id}\\b`, 'm'));

      const own = { FAIRLEAD_API_KEY: kept.key };
      const revoke = ['keys', 'revoke', leaked.id, '--partner', 'cedar', '--with-made'];
      expect(await services.fairleadBeside(own, ...revoke)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          new RegExp(`The key ${leaked.id} and all .* are revoked.*\\n2 of them were valid`),
        ),
      });
      expect(await Promise.all([kept, leaked, more].map(({ key }) => statusWith(key)))).toEqual([200, 401, 401]);
      const again = await services.fairlead('keys', 'revoke', leaked.id, '--with-made', '--json');
      expect(JSON.parse(again.stdout)).toEqual({ revoked: leaked.id, keys: 0 });
    },
    PATIENCE_MS,
  );

  it(
    'says what is wrong with a key that is asked for, and with one that is not there',
    async () => {
      const partner = await services.fairlead('keys', 'create', '--role', 'partner');
      expect(partner).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('needs it') });
      const gone = await services.fairlead('keys', 'revoke', 'nobody');
      expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no such key') });
    },
    PATIENCE_MS,
  );

  it(
    'says what the leads of a source were worth, campaign by campaign, and what became of them to the source itself',
    async () => {
      await services.call('PUT', '/v1/sources/ads', { format: 'json' });
      const lead = (campaign: string) => ({
        ...{ source: 'ads', email: `${randomUUID()}@example.com`, country: 'DE', externalId: randomUUID() },
        attributes: { campaign },
      });
      const { results } = await services.call<{ results: { id: string }[] }>('POST', '/v1/leads', [
        ...[lead('spring'), lead('spring'), lead('autumn')],
      ]);
      const [{ id }] = results as [{ id: string }];
      const quality = async () => {
        const { stdout } = await services.fairlead('sources', 'quality', 'ads', '--json');
        return JSON.parse(stdout) as { counts: Record<string, number>; campaigns: { campaign: string }[] };
      };
      await until(async () => (await quality()).counts['routed'] === 3);
      await services.call('POST', `/v1/leads/${id}/accept`, {});
      await until(async () => (await quality()).counts['accepted'] === 1);
      expect((await quality()).campaigns.map(({ campaign }) => campaign)).toEqual(['spring', 'autumn']);
      const { code, stdout } = await services.fairlead('sources', 'quality', 'ads');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Source ads: leads received from [\d-]+ to [\d-]+\n/);
      expect(stdout).toMatch(/\nall +3 +0 +0 /);
      expect(stdout).toMatch(/\nspring +2 /);

      const feedback = () =>
        services.call<{ entries: { type: string; lead: string }[] }>('GET', '/v1/sources/ads/feedback');
      await until(async () =>
        (await feedback()).entries.some((entry) => entry.lead === id && entry.type === 'lead.accepted'),
      );
      const nowhere = await services.fairlead('sources', 'quality', 'ads', '--from', 'yesterday');
      expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('from') as unknown });
    },
    PATIENCE_MS,
  );

  it(
    'lists what could not be processed, and says when it fails again',
    async () => {
      expect(await services.fairlead('parked')).toMatchObject({ code: 0, stdout: 'Nothing is parked.\n' });
      await sendPoison(services.topic('lifecycle'));

      const ids = await parkedIds();
      expect(ids.map((id) => id.split('.')[0])).toContain('scoring');
      const why = ['--reason', 'the one who sent it says that it is mended'];
      const unexplained = await services.fairlead('parked', 'redrive', ids[0] ?? '');
      expect(unexplained).toMatchObject({ code: 1, stderr: expect.stringContaining('--reason TEXT') });
      const again = await services.fairlead('parked', 'redrive', ids[0] ?? '', ...why, '--json');
      expect({ code: again.code, outcome: JSON.parse(again.stdout) as unknown }).toEqual({
        code: 1,
        outcome: { redriven: 0, remaining: 1, errorClass: 'InvalidEvent:not-json' },
      });
      const all = JSON.parse((await services.fairlead('parked', 'redrive', '--all', ...why, '--json')).stdout) as {
        readonly remaining: number;
      };
      expect(all).toMatchObject({ redriven: 0, errorClass: 'InvalidEvent:not-json' });
      // Services that were slower to park it may have come since.
      expect(all.remaining).toBeGreaterThanOrEqual(ids.length);
      const neither = await services.fairlead('parked', 'redrive');
      expect(neither).toMatchObject({ code: 1, stderr: expect.stringContaining('--all') });
      const unknown = await services.fairlead('parked', 'redrive', 'scoring.999', ...why);
      expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no such parked event') });
    },
    PATIENCE_MS,
  );

  async function statusWith(key: string): Promise<number> {
    return (await fetch(`${services.url}/v1/leads`, { headers: { authorization: `Bearer ${key}` } })).status;
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (const giveUp = Date.now() + PATIENCE_MS / 3; !(await holds());)
      if (Date.now() > giveUp) throw new Error('it has not come about in time');
  }

  async function parkedIds(): Promise<string[]> {
    for (;;) {
      const { stdout } = await services.fairlead('parked', 'list', '--json');
      const { parked } = JSON.parse(stdout) as { parked: { id: string }[] };
      if (parked.length > 0) return parked.map(({ id }) => id);
    }
  }
});

async function sendPoison(topic: string): Promise<void> {
  const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  const client = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  // Of a type that every service handles or skips: those that handle it cannot read it.
  const message = { key: randomUUID(), value: '{"half": ', headers: { ce_type: 'lead.received' } };
  await producer.send({ topic, messages: [message] });
  await producer.disconnect();
}
