import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MortalServices, type Outcome } from './fixture/mortal-services.js';
import { Receivers } from './fixture/receivers.js';

interface Tally {
  readonly rows: number;
  readonly received: number;
  readonly merged: number;
  readonly held: number;
  readonly rejected: number;
}

interface Lead {
  readonly id: string;
  readonly state: string;
  readonly party: string | null;
}

const mapping = fileURLToPath(new URL('../../../docs/examples/xeducation-mapping.yaml', import.meta.url));
const real = fileURLToPath(new URL('../../../../shared/data/xeducation_leads.csv', import.meta.url));
const withRealLeads = existsSync(real) ? it : it.skip;
const without = existsSync(real) ? '' : ' (skipped: no ../shared/data here)';

/** Starts take seconds, deaths are many, and other tests may run beside this one. */
const PATIENCE_MS = 600_000;

const PARTNERS = ['alpenblick-it', 'nordwind', 'tamar-learning'];

describe('importing a file, with real services that die', () => {
  let services: MortalServices;
  let receivers: Receivers;

  beforeEach(async () => {
    [services, receivers] = await Promise.all([MortalServices.start(), new Receivers().listen()]);
    for (const id of PARTNERS) {
      await services.call('PUT', `/v1/partners/${id}`, { name: id, tier: 'gold', status: 'active' });
    }
    for (const party of [...PARTNERS, 'direct']) {
      const endpoint = { url: receivers.urlOf(party), events: ['lead.routed'] };
      const { secret } = await services.call<{ secret: string }>(
        'PUT',
        `/v1/partners/${party}/endpoints/main`,
        endpoint,
      );
      receivers.knows(party, secret);
    }
  }, PATIENCE_MS);

  afterEach(async () => {
    await services.stop();
    await receivers.close();
  }, PATIENCE_MS);

  const imports = (file: string): Promise<Outcome> =>
    services.fairlead('import', file, '--source', 'xeducation', '--map', mapping, '--json');

  const tallyOf = ({ code, stdout, stderr }: Outcome): Tally => {
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    return JSON.parse(stdout) as Tally;
  };

  const sumOf = ({ received, merged, held, rejected }: Tally): number => received + merged + held + rejected;

  /** Rows that were rejected have a history too, and are no leads. */
  async function leads(): Promise<Lead[]> {
    const all: Lead[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: { leads: Lead[]; next?: string } = await services.call(
        'GET',
        `/v1/leads?limit=1000${next && `&after=${next}`}`,
      );
      all.push(...page.leads.filter(({ state }) => state !== 'rejected'));
      next = page.next;
    }
    return all;
  }

  /** Leads come to rest: each is with somebody, or with nobody for a reason. */
  async function settled(count: number): Promise<Lead[]> {
    for (const end = Date.now() + 180_000; ;) {
      const all = await leads();
      const pending = all.filter(({ state }) => ['new', 'received', 'graded', 'incomplete'].includes(state));
      const told = new Set(receivers.deliveries.map(({ lead }) => lead)).size;
      const offered = all.filter(({ state }) => state === 'offered').length;
      if (all.length === count && pending.length === 0 && told >= offered) return all;
      if (Date.now() > end) {
        throw new Error(`${all.length} of ${count} leads, ${pending.length} pending, ${told} of ${offered} told`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Each offered lead was told to whom it was offered, under one webhook-id, however often the sender had to try. */
  function expectToldOnce(all: readonly Lead[]): void {
    const told = new Map<string, Set<string>>();
    for (const { lead, party, webhookId } of receivers.deliveries) {
      told.set(lead, (told.get(lead) ?? new Set()).add(`${party} ${webhookId}`));
    }
    const offered = all.filter(({ state }) => state === 'offered');
    expect(offered.length).toBeGreaterThan(0);
    expect(told.size).toBe(offered.length);
    expect([...told.values()].filter((each) => each.size !== 1)).toEqual([]);
    for (const { id, party } of offered) {
      expect([...(told.get(id) ?? [])].map((each) => each.split(' ')[0])).toEqual([party]);
    }
    expect(receivers.refused).toBe(0);
  }

  it(
    'takes each lead once and tells each offer once, and knows them all the second time',
    async () => {
      const file = join(services.folder, 'generated.csv');
      writeFileSync(file, generated(1_200));
      // With the real leads there are deaths enough.
      if (!existsSync(real)) services.startKilling(4);
      const first = tallyOf(await imports(file));
      await services.outlived();

      expect(first.rows).toBe(1_200);
      expect(sumOf(first)).toBe(1_200);
      // Row 7 has no id and no address; row 9 has the id of row 8.
      expect(first).toMatchObject({ rejected: 1, merged: 1 });
      const all = await settled(1_198);
      expectToldOnce(all);

      const before = receivers.deliveries.length;
      const second = tallyOf(await imports(file));
      expect(second).toEqual({ rows: 1_200, received: 0, merged: 1_199, held: 0, rejected: 1 });
      expect(await leads()).toHaveLength(1_198);
      expect(receivers.deliveries).toHaveLength(before);
    },
    PATIENCE_MS,
  );

  it('maps once, also for a source that has a mapping of its own', async () => {
    const file = join(services.folder, 'few.csv');
    writeFileSync(file, generated(5));
    const own = { columns: { externalId: 'attributes.theirs', Nr: 'externalId' } };
    await services.call('PUT', '/v1/sources/xeducation', { format: 'ndjson', mapping: own });

    expect(tallyOf(await imports(file))).toEqual({ rows: 5, received: 5, merged: 0, held: 0, rejected: 0 });
  });

  it('leaves it to the source’s own mapping when it is given none, and names what is rejected', async () => {
    const file = join(services.folder, 'own.csv');
    writeFileSync(file, 'Nr,Mail\n1,ada@example.com\n2,nobody\n');
    const own = { columns: { Nr: 'externalId', Mail: 'email' } };
    await services.call('PUT', '/v1/sources/fair', { format: 'csv', mapping: own });

    const { code, stdout, stderr } = await services.fairlead('import', file, '--source', 'fair');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '2 rows: 1 received, 0 merged, 0 held, 1 rejected\n',
      stderr: 'row 2 (line 3) is rejected: email: Not an e-mail address that one could write to.\n',
    });
    expect((await services.fairlead('import', file, '--source', 'fair', '--strict')).code).toBe(1);
  });

  it(
    'takes a history once, whoever dies meanwhile, and tells nobody of it',
    async () => {
      const [file, map] = [join(services.folder, 'deals.csv'), join(services.folder, 'deals.yaml')];
      const deals = Array.from(
        { length: 1_200 },
        (_, row) => `D-${row},${PARTNERS[row % 4] ?? 'direct'},2024-03-01,won`,
      );
      writeFileSync(file, ['Deal,Route,Since,Result', ...deals].join('\n'));
      const columns = { Deal: 'externalId', Route: 'channel', Since: 'occurredAt', Result: 'outcome' };
      writeFileSync(map, JSON.stringify({ columns, constants: { outcomeAt: '2024-05-01' } }));
      const importsHistory = () =>
        services.fairlead('import', file, '--history', '--map', map, '--source', 'crm', '--json');
      const sums = ({ code, stdout, stderr }: Outcome) => {
        if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
        const { rows, imported, changed, known, rejected } = JSON.parse(stdout) as Record<string, number>;
        return { rows, changed, rejected, taken: (imported ?? 0) + (known ?? 0) };
      };
      services.startKilling(1);
      // A batch whose answer was lost is known when it is sent again.
      expect(sums(await importsHistory())).toEqual({ rows: 1_200, changed: 0, rejected: 0, taken: 1_200 });
      await services.outlived();
      expect(JSON.parse((await importsHistory()).stdout)).toMatchObject({ imported: 0, known: 1_200 });

      const wonBy = async () => {
        const { likeForLike } = await services.call<{ likeForLike: Record<string, { crude: { successes: number } }> }>(
          'GET',
          '/v1/trust?pool=legacy',
        );
        return Object.fromEntries(Object.entries(likeForLike).map(([party, { crude }]) => [party, crude.successes]));
      };
      const all = Object.fromEntries([...PARTNERS, 'direct'].map((party) => [party, 300]));
      for (const end = Date.now() + 60_000; Date.now() < end;) {
        const sum = Object.values(await wonBy()).reduce((total, won) => total + won, 0);
        if (sum >= 1_200) break;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      expect(await wonBy()).toEqual(all);
      expect(receivers.deliveries).toEqual([]);
    },
    PATIENCE_MS,
  );

  withRealLeads(
    `accounts for every one of 4,596 real leads${without}`,
    async () => {
      services.startKilling(6);
      const first = tallyOf(await imports(real));
      await services.outlived();

      expect(first.rows).toBe(4_596);
      expect(sumOf(first)).toBe(4_596);
      expectToldOnce(await settled(first.received + first.held));

      services.startKilling(3);
      const second = tallyOf(await imports(real));
      await services.outlived();
      expect(second).toEqual({ ...first, received: 0, held: 0, merged: 4_596 - first.rejected });
      expectToldOnce(await settled(first.received + first.held));
    },
    600_000,
  );
});

/** Rows of the shape of the real file, for where that is absent. */
function generated(count: number): string {
  const header =
    'Prospect ID,Country,City,TotalVisits,Total Time Spent on Website,Page Views Per Visit,Lead Origin,Lead Source,' +
    'How did you hear about X Education,Search,Magazine,Newspaper Article,X Education Forums,Newspaper,' +
    'Digital Advertisement,Through Recommendations,Specialization,What matters most to you in choosing a course,' +
    'A free copy of Mastering The Interview,I agree to pay the amount through cheque,' +
    'Receive More Updates About Our Courses,Update me on Supply Chain Content,Get updates on DM Content,Do Not Email,' +
    'Do Not Call';
  const rows = Array.from({ length: count }, (_, row) => {
    const id = row === 6 ? '' : `p-${row === 8 ? 7 : row}`;
    const rest = `India,Select,${row % 9},${(row * 37) % 1_500},${row % 4}.5,API,Google,Select`;
    return `${id},${rest}${',No'.repeat(7)},Finance Management,Better Career Prospects${',No'.repeat(7)}`;
  });
  return [header, ...rows].join('\n');
}
