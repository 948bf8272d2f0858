import { createDataSource, queryOf, type Query } from '@fairlead/persistence';
import { FetchesStore } from '../src/store/fetches.store.js';
import { IdempotencyKeysStore } from '../src/store/idempotency-keys.store.js';
import { SetAsideStore } from '../src/store/set-aside.store.js';
import { type Intake, startIntake } from './fixture/intake.js';

let intake: Intake;
let query: Query;
let end: () => Promise<void>;

beforeAll(async () => {
  intake = await startIntake();
  const dataSource = createDataSource({
    url: intake.databaseUrl,
    schema: 'ingestion',
    poolSize: 1,
    applicationName: 'test',
  });
  await dataSource.initialize();
  query = queryOf(dataSource);
  end = () => dataSource.destroy();
  await intake.source('old', { format: 'mautic' });
});
afterAll(async () => {
  await end?.();
  await intake?.end();
});

const ages = async (table: string) =>
  (await intake.rows<{ age: string }>(`SELECT age FROM (${table}) AS kept ORDER BY age`)).map(({ age }) => age);

it('forgets what was set aside after thirty days, and shows it in clear until then to whoever has the key', async () => {
  const setAside = new SetAsideStore(intake.personalData);
  await setAside.add({ query } as never, { sourceId: 'old', type: 'x', item: '{"a":1}' });
  expect(await setAside.list(query, 'old', 10)).toMatchObject([{ type: 'x', item: '{"a":1}' }]);
  await query(`INSERT INTO set_aside (source_id, hash, type, received_at) VALUES ('old', '\\x01', '29', now() - interval '29 days'),
    ('old', '\\x02', '31', now() - interval '31 days')`);
  expect(await setAside.dropOld(query, 10)).toBe(1);
  expect(await ages('SELECT type AS age FROM set_aside')).toEqual(['29', 'x']);
});

it('forgets what nobody could ask for after thirty days', async () => {
  await query(`INSERT INTO fetches (source_id, reference, wanted_at, due_at) VALUES
    ('old', '29', now() - interval '29 days', now()), ('old', '31', now() - interval '31 days', now())`);
  expect(await new FetchesStore().dropOld(query, 10)).toBe(1);
  expect(await ages('SELECT reference AS age FROM fetches')).toEqual(['29']);
});

it('knows a tool’s delivery for three days, and a request with an Idempotency-Key for one', async () => {
  await query(`INSERT INTO idempotency_keys (caller, key, part, request, answer, used_at)
    SELECT caller, caller || days, 0, '\\x00', '[]', now() - make_interval(days => days, mins => 1)
    FROM unnest(ARRAY['source/old', 'a-key']) AS caller, unnest(ARRAY[0, 1, 2, 3]) AS days`);
  expect(await new IdempotencyKeysStore().forgetOld(query, 10)).toBe(4);
  expect(await ages('SELECT key AS age FROM idempotency_keys')).toEqual([
    'a-key0',
    'source/old0',
    'source/old1',
    'source/old2',
  ]);
});
