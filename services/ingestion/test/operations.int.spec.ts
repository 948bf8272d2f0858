import { Client } from 'pg';
import { eventually, type Intake, startIntake } from './fixture/intake.js';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake({ FAIRLEAD_MAX_UNPUBLISHED: '5' });
  await intake.source('website');
});
afterAll(() => intake.end());

const send = (count: number, prefix: string) =>
  intake.call('/v1/leads?source=website', {
    json: Array.from({ length: count }, (_, index) => ({ externalId: `${prefix}-${index}` })),
  });

describe('intake', () => {
  it('stops, and says when to come back, while too much is waiting for Kafka; and goes on by itself', async () => {
    const publisher = await takeOverPublishing(intake.databaseUrl);
    expect((await send(6, 'waiting')).status).toBe(202);
    const refused = await eventually(async () => {
      const answer = await send(1, 'refused');
      if (answer.status !== 503) throw new Error('still taken');
      return answer;
    });
    expect(refused).toMatchObject({
      ...{ type: 'application/problem+json', headers: { 'retry-after': '10' } },
      body: { type: 'urn:fairlead:problem:backlog-full' },
    });

    await publisher.end();
    await eventually(async () => {
      if ((await send(1, 'after')).status !== 202) throw new Error('still refused');
    });
  });

  it('survives that its connections are cut, again and again', async () => {
    const client = new Client({ connectionString: intake.databaseUrl });
    await client.connect();
    const cut = () =>
      client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'fairlead-ingestion' AND query NOT LIKE '%pg_try_advisory%' AND pid <> pg_backend_pid()`);
    const answers = [];
    for (let round = 0; round < 8; round += 1) {
      const sending = send(3, `cut-${round}`);
      await cut();
      answers.push(await sending);
    }
    await client.end();
    for (const [round, { status, type }] of answers.entries()) {
      if (status === 202) continue;
      // Not known to be stored: said so, in words that a machine understands.
      expect({ status, type }).toEqual({ status: 503, type: 'application/problem+json' });
      await eventually(async () => {
        const again = await send(3, `cut-${round}`);
        if (again.status !== 202) throw new Error(again.text);
      });
    }
    const rows = await intake.rows<{ count: string }>(
      `SELECT count(*) FROM leads JOIN identities ON lead_id = leads.id WHERE kind = 'externalId'`,
    );
    expect(Number(rows[0]?.count)).toBeGreaterThanOrEqual(24);
  });

  it('is described in OpenAPI: what may be sent, what comes back', async () => {
    const { text } = await intake.call('/openapi/ingestion.json');
    const document = JSON.parse(text) as {
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, { properties?: object }> };
    };
    const post = document.paths['/v1/leads']?.['post'];
    expect(Object.keys(post?.requestBody?.content ?? {})).toEqual([
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'application/x-ndjson',
      'text/csv',
    ]);
    const [one] = post?.requestBody?.content['application/json']?.schema.oneOf ?? [];
    expect(one).toEqual({ $ref: '#/components/schemas/LeadInput' });
    const { properties = {} } = document.components.schemas['LeadInput'] ?? {};
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['email', 'consent', 'attributes']));
    expect(Object.keys(post?.responses ?? {})).toEqual(
      expect.arrayContaining(['202', '400', '413', '415', '422', '503']),
    );
    for (const path of ['/v1/leads/{leadId}', '/v1/sources/{sourceId}']) expect(document.paths).toHaveProperty([path]);
  });
});

interface Operation {
  readonly requestBody?: { content: Record<string, { schema: { oneOf?: object[] } }> };
  readonly responses: object;
}

/** Holds the lock by which one relay publishes, so that nobody does. */
async function takeOverPublishing(databaseUrl: string): Promise<Client> {
  const [taker, killer] = [
    new Client({ connectionString: databaseUrl }),
    new Client({ connectionString: databaseUrl }),
  ];
  await taker.connect();
  await killer.connect();
  const taken = taker.query(`SELECT pg_advisory_lock(hashtextextended('outbox_ingestion', 0))`);
  await killer.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
     WHERE locktype = 'advisory' AND granted AND datname = current_database()`,
  );
  await taken;
  await killer.end();
  return taker;
}
