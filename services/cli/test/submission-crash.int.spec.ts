import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { MortalServices } from './fixture/mortal-services.js';

// What is accepted is ours alone: its sender has gone, and will not send it again. So no death may lose any of it, or do it twice.

const PATIENCE_MS = 180_000;
/** Three parts. */
const ROWS = 1_200;
/** As many as come at once. */
const SINGLES = 120;
/** Of the process that died, and of the one after it. */
const KEYS_AHEAD = 2 * 24;

interface Progress {
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

describe('leads that were accepted, and ingestion that dies while it takes them in', () => {
  let services: MortalServices;

  beforeAll(async () => {
    services = await MortalServices.start(['ingestion']);
    await services.call('PUT', '/v1/sources/website', { format: 'json' });
  }, PATIENCE_MS);
  afterAll(() => services.stop(), PATIENCE_MS);

  const accept = async (tag: string, idempotencyKey = randomUUID()): Promise<string> => {
    const rows = Array.from({ length: ROWS }, (_, row) => ({
      externalId: `${tag}-${row}`,
      email: `${tag}.${row}@company.example`,
    }));
    const response = await fetch(`${services.url}/v1/leads?source=website`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${services.adminKey}`, 'content-type': 'application/x-ndjson' },
        ...{ prefer: 'respond-async', 'idempotency-key': idempotencyKey },
      },
      body: rows.map((row) => JSON.stringify(row)).join('\n'),
    });
    const { submission } = (await response.json()) as { submission: { id: string } };
    return submission.id;
  };

  /** Each in a request of its own; of those that were answered, the ids. */
  const acceptSingly = async (tag: string): Promise<string[]> => {
    const answers = await Promise.allSettled(
      Array.from({ length: SINGLES }, async (_, lead) => {
        const response = await fetch(`${services.url}/v1/leads?source=website`, {
          method: 'POST',
          headers: {
            ...{ authorization: `Bearer ${services.adminKey}`, 'content-type': 'application/json' },
            prefer: 'respond-async',
          },
          body: JSON.stringify({ externalId: `${tag}-${lead}`, email: `${tag}.${lead}@company.example` }),
        });
        const { submission } = (await response.json()) as { submission: { id: string } };
        return submission.id;
      }),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  };

  const untilDone = async (id: string): Promise<Progress> => {
    for (;;) {
      const progress = await services.call<Progress>('GET', `/v1/submissions/${id}`);
      if (progress.state === 'done') return progress;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  const count = async (url: string, sql: string): Promise<number> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ count: number }>(sql);
    await client.end();
    return rows[0]?.count ?? 0;
  };

  const leads = 'SELECT count(*)::int FROM ingestion.leads';
  const keys = 'SELECT count(*)::int FROM personal_data.lead_keys WHERE erased_at IS NULL';
  const unfinished = 'SELECT count(*)::int FROM ingestion.submissions WHERE finished_at IS NULL';

  it.each(['submission.part:1', 'submission.part:3', 'intake.stored:2', 'intake.stored:3', 'submission.taken-in:1'])(
    'at %s: each of them becomes one lead, with one key',
    async (point) => {
      const before = [await count(services.databaseUrl, leads), await count(services.keysDatabaseUrl, keys)];
      const { death } = await services.beginDying(point);
      const id = await accept(randomUUID().slice(0, 8));
      await death;
      await services.beginAgain();
      expect((await untilDone(id)).counts).toEqual({ received: ROWS });
      const after = [await count(services.databaseUrl, leads), await count(services.keysDatabaseUrl, keys)];
      expect(after.map((each, place) => each - (before[place] ?? 0))).toEqual([ROWS, ROWS]);
    },
    PATIENCE_MS,
  );

  it.each(['submission.gathered:1', 'submission.part:1', 'submission.taken-in:1'])(
    'at %s: each that was sent alone and answered becomes one lead, with one key',
    async (point) => {
      const before = [await count(services.databaseUrl, leads), await count(services.keysDatabaseUrl, keys)];
      const { death } = await services.beginDying(point);
      const ids = await acceptSingly(randomUUID().slice(0, 8));
      await death;
      await services.beginAgain();
      for (const id of ids) expect((await untilDone(id)).counts).toEqual({ received: 1 });
      while ((await count(services.databaseUrl, unfinished)) > 0)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const after = [await count(services.databaseUrl, leads), await count(services.keysDatabaseUrl, keys)];
      const [made = 0, keysMade] = after.map((each, place) => each - (before[place] ?? 0));
      // What was stored, and whose sender was not told any more, may be there as well; but once.
      expect(made).toBeGreaterThanOrEqual(Math.max(ids.length, 1));
      expect(made).toBeLessThanOrEqual(SINGLES);
      // Beside those of leads there are some that were made ahead, and that nothing was encrypted with.
      expect((keysMade ?? 0) - made).toBeGreaterThanOrEqual(0);
      expect((keysMade ?? 0) - made).toBeLessThanOrEqual(KEYS_AHEAD);
    },
    PATIENCE_MS,
  );
});
