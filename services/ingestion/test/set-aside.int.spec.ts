import { type Intake, startIntake } from './fixture/intake.js';
import { hmac } from './fixture/tools.js';

const SECRET = 'a secret of the tool';

describe('what a tool sent and nobody could read', () => {
  let intake: Intake;

  beforeAll(async () => {
    intake = await startIntake();
    for (const id of ['tool', 'quiet']) await intake.source(id, { format: 'mautic', secret: SECRET });
    for (const number of [1, 2, 3]) {
      const body = JSON.stringify({ [`mautic.unheard_of_${number}`]: [{ email: `ada-${number}@example.com` }] });
      const { status } = await intake.call('/v1/sources/tool/events', {
        ...{ type: 'application/json', body, key: undefined as never },
        headers: { 'webhook-signature': hmac(SECRET, 'base64', body) },
      });
      expect(status).toBe(202);
    }
    await intake.rows(
      `INSERT INTO set_aside (source_id, hash, type, received_at) VALUES ('tool', '\\x00', 'enormous', now() - interval '1 day')`,
    );
    await intake.rows(
      `INSERT INTO set_aside (source_id, hash, type, received_at, bytes) VALUES ('tool', '\\x01', 'foreign', now() - interval '2 days', '\\x0102')`,
    );
  });
  afterAll(() => intake?.end());

  const list = (source: string, query = '', key = intake.admin) =>
    intake.call(`/v1/sources/${source}/set-aside${query}`, { key });
  const items = ({ body }: Awaited<ReturnType<typeof list>>) => body['items'] as Record<string, unknown>[];

  it('is shown to an admin as it came, the newest first, and says where it cannot be', async () => {
    const { status, body } = await list('tool');
    expect([status, body['next']]).toEqual([200, undefined]);
    const receivedAt = expect.any(String) as unknown;
    const one = (number: number) => ({
      ...{ type: `mautic.unheard_of_${number}`, receivedAt },
      item: expect.stringContaining(`ada-${number}@example.com`) as unknown,
    });
    expect(body['items']).toEqual([
      ...[one(3), one(2), one(1)],
      { type: 'enormous', receivedAt, missing: 'too-large' },
      { type: 'foreign', receivedAt, missing: 'unreadable' },
    ]);
  });

  it('is counted for a manager, who does not see what is in it', async () => {
    const manager = await intake.keyOf('manager');
    const answer = await list('tool', '', manager);
    expect(items(answer).map(({ type }) => type)).toHaveLength(5);
    expect(answer.text).not.toContain('example.com');
    for (const role of ['auditor', 'source'])
      expect(
        (await list('tool', '', await intake.keyOf(role, role === 'source' ? { source: 'tool' } : {}))).status,
      ).toBe(403);
  });

  it('is read page by page', async () => {
    const seen: unknown[] = [];
    for (let after = ''; ;) {
      const page = await list('tool', `?limit=2${after}`);
      seen.push(...items(page).map(({ type }) => type));
      if (page.body['next'] === undefined) break;
      after = `&after=${page.body['next'] as string}`;
    }
    const all = items(await list('tool')).map(({ type }) => type);
    expect(seen).toEqual(all);
  });

  it('is of one source, and of one that there is', async () => {
    expect(items(await list('quiet'))).toEqual([]);
    expect((await list('nobody')).status).toBe(404);
    for (const query of ['?limit=0', '?limit=1001', '?after=x', '?after=1.%00'])
      expect((await list('tool', query)).status).toBe(400);
  });
});
