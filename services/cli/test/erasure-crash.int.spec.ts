import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { MortalServices } from './fixture/mortal-services.js';
import { readTopic } from './fixture/read-topic.js';

// Two databases, and no transaction over both: whatever dies in between, the lead ends up erased, and the log never says
// so while its key is left.

const PATIENCE_MS = 180_000;
const COMES_ABOUT_MS = 60_000;

describe('an erasure whose process dies', () => {
  let services: MortalServices;
  let [data, keys]: [Client, Client] = [new Client(), new Client()];

  beforeAll(async () => {
    services = await MortalServices.start();
    data = new Client({ connectionString: services.databaseUrl });
    keys = new Client({ connectionString: services.keysDatabaseUrl });
    await Promise.all([data.connect(), keys.connect()]);
    await services.call('PUT', '/v1/sources/website', { format: 'json' });
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([data.end(), keys.end()]);
    await services.stop();
  }, PATIENCE_MS);

  const taken = async (): Promise<string> => {
    const lead = { source: 'website', email: `${randomUUID()}@example.com`, country: 'DE' };
    const { results } = await services.call<{ results: [{ id: string }] }>('POST', '/v1/leads', lead);
    return results[0].id;
  };
  const erase = (lead: string) => services.call<object>('DELETE', `/v1/leads/${lead}/personal-data`);
  const first = async <Row extends object>(client: Client, sql: string, lead: string) =>
    (await client.query<Row>(sql, [lead])).rows[0];
  const keyOf = (lead: string) =>
    first(keys, 'SELECT wrapped IS NULL AS gone FROM personal_data.lead_keys WHERE lead_id = $1', lead);
  const erasureOf = (lead: string) =>
    first(data, 'SELECT erased_at IS NOT NULL AS told FROM ingestion.erasures WHERE lead_id = $1', lead);
  const shown = async (lead: string) => (await services.call<{ state: string }>('GET', `/v1/leads/${lead}`)).state;
  const until = async (holds: () => Promise<boolean>) => {
    for (const giveUp = Date.now() + COMES_ABOUT_MS; !(await holds().catch(() => false));) {
      if (Date.now() > giveUp) throw new Error('it has not come about in time');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it.each([
    ['before the key is deleted', 'erasure.begun', false],
    ['when the key is gone and nothing is said', 'erasure.key-deleted', true],
  ])(
    '%s is finished by the next one, and said once',
    async (_, point, keyGone) => {
      const { death } = await services.beginDying(`${point}:1`);
      const lead = await taken();
      await expect(erase(lead)).rejects.toThrow('fetch failed');
      await death;
      expect([await keyOf(lead), await erasureOf(lead)]).toEqual([{ gone: keyGone }, { told: false }]);

      await services.beginAgain();
      await until(async () => (await erasureOf(lead))?.['told' as never] === true);
      await until(async () => (await shown(lead)) === 'erased');
      expect(await keyOf(lead)).toEqual({ gone: true });
      const answer = await erase(lead);
      expect(answer).toMatchObject({ leadId: lead, status: 'erased' });
      expect(await erase(lead)).toEqual(answer);
      const told = (await readTopic(services.topic('lifecycle'))).filter(
        ({ key, value }) => key === lead && value.includes('"type":"lead.erased"'),
      );
      expect(told).toHaveLength(1);
    },
    PATIENCE_MS,
  );
});
