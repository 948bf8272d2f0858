import type { PolicyDocument } from '@fairlead/decisions';
import { createDataSource, queryOf } from '@fairlead/persistence';
import { ClaimsStore } from '../src/store/claims.store.js';
import { NamedAccountsStore } from '../src/store/named-accounts.store.js';
import { RulesStore } from '../src/store/rules.store.js';
import { Stretch } from './fixture/stretch.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('claims whose time is over, with real servers', () => {
  let routing: Stretch;
  const policy: PolicyDocument = {
    name: 'claims',
    dealRegistration: { protectFor: '90d', perPartner: 200 },
    pools: [{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } }],
  };
  beforeAll(async () => {
    routing = await Stretch.open();
    await routing.under(policy, { acme: {}, bolt: {} });
  });
  afterAll(() => routing.close());

  /** Claims of others, as if made one after the other, that end so many milliseconds from now. */
  const made = (name: string, count: number, endInMs: number) =>
    routing.tamper(
      `WITH made AS (
         INSERT INTO account_claims (id, kind, partner, domain, account_keys, claimed_at, until, version, claimed_by)
         SELECT gen_random_uuid(), 'deal-registration', 'bolt', '${name}-' || n || '.com', ARRAY['domain:${name}-' || n || '.com'],
           0, extract(epoch FROM now()) * 1000 + ${endInMs}, protections_version + n, 'test'
         FROM rules, generate_series(1, ${count}) AS n RETURNING 1
       )
       UPDATE rules SET protections_version = protections_version + (SELECT count(*) FROM made)`,
    );
  const register = (domain: string) => routing.call('POST', '/v1/partners/acme/deal-registrations', { domain });

  it('are forgotten by a router that runs for long, which decides with those that stand', async () => {
    // They were kept until the next restart, in memory and in the count of those that stand.
    const [{ schema, url }] = (await routing.rows<{ schema: string; url: string }>(
      `SELECT current_schema() AS schema, current_database() AS url`,
    )) as [{ schema: string; url: string }];
    const server = Object.assign(new URL(process.env['TEST_DATABASE_URL'] ?? ''), { pathname: `/${url}` }).href;
    const dataSource = createDataSource({ url: server, schema, poolSize: 1, applicationName: 'test' });
    await dataSource.initialize();
    try {
      const query = queryOf(dataSource);
      const rules = new RulesStore(new NamedAccountsStore(), new ClaimsStore());
      const protections = async () => (await rules.inForce(query)).protections;
      expect((await register('stands.com')).status).toBe(201);
      expect((await protections()).size).toBe(1);
      const sizes: number[] = [];
      for (let batch = 0; batch < 10; batch += 1) {
        await made(`old-${batch}`, 400, -2 * DAY_MS);
        sizes.push((await protections()).size);
      }
      expect(Math.max(...sizes)).toBeLessThan(2_000);
      const { version, size } = await protections();
      expect(size).toBeLessThan(2_000);
      const [row] = await routing.rows<{ version: number }>('SELECT protections_version::int AS version FROM rules');
      expect(version).toBe(row?.version);
      const match = async (companyDomain: string) =>
        (await protections()).match({ companyDomain }, Date.now())?.partner;
      expect([await match('stands.com'), await match('old-9-7.com')]).toEqual(['acme', undefined]);
    } finally {
      await dataSource.destroy();
    }
  });

  it('do not count against the most that may stand', async () => {
    await made('lapsed', 100_000, -HOUR_MS);
    expect((await register('one-more.com')).status).toBe(201);
    await made('standing', 100_000, HOUR_MS);
    const refused = await register('one-too-many.com');
    expect(refused.status).toBe(409);
    expect(refused.body['type']).toContain('too-many-claims');
  });
});
