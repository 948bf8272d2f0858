import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { MortalServices } from './fixture/mortal-services.js';

// What is accepted is ours alone: its sender has gone, and will not send it again. So no death may lose any of it, or do it twice.

const PATIENCE_MS = 180_000;
/** Three parts. */
const ROWS = 1_200;

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

  it.each(['submission.part:1', 'submission.part:3', 'intake.stored:2', 'intake.stored:3', 'submission.taken-in:1'])(
    'at %s: each of them becomes one lead, with one key',
    async (point) => {
      const leads = 'SELECT count(*)::int FROM ingestion.leads';
      const keys = 'SELECT count(*)::int FROM personal_data.lead_keys WHERE erased_at IS NULL';
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
});
