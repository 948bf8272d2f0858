import type { LeadRejected } from '@fairlead/events';
import { type Intake, startIntake } from './fixture/intake.js';

// A key of a source sent `[0,0,…]`, 100,000 of them in 200 KB. Each became an entry of the log, which keeps them for good: 42 MB.
describe('rows that are no leads', () => {
  let intake: Intake;

  beforeAll(async () => {
    intake = await startIntake({ FAIRLEAD_MAX_REJECTED_PER_HOUR: '60' });
    for (const source of ['web', 'fair', 'booth', 'loud', 'tool', 'loud-tool']) await intake.source(source);
  });
  afterAll(() => intake.end());

  const post = (source: string, rows: readonly unknown[], headers: Record<string, string> = {}) =>
    intake.call(`/v1/leads?source=${source}`, { json: rows, headers });
  const rejectedOf = async (ids: readonly string[], count: number) =>
    (await intake.said(ids, count)).filter((event): event is LeadRejected => event.type === 'lead.rejected');

  it('are each answered; the first fifty of a request are told one by one, and of the rest how many there were and why', async () => {
    const bad = (row: number) => (row % 2 === 0 ? { email: 'nobody', externalId: `bad-${row}` } : { colour: 'red' });
    const rows = Array.from({ length: 300 }, (_, row) => (row % 10 === 9 ? { externalId: `good-${row}` } : bad(row)));
    const { status, body } = await post('web', rows, { 'idempotency-key': 'many' });
    expect(status).toBe(202);
    const results = body.results ?? [];
    expect(results.filter((each) => each.status === 'rejected')).toHaveLength(270);
    expect(results.filter((each) => each.status === 'received')).toHaveLength(30);
    expect(results[2]?.errors).toMatchObject([{ field: 'email', rule: 'email' }]);

    const ids = results.map(({ id }) => id);
    // 30 leads, 50 rejections, and one for the rest of each part of 250 rows.
    const rejected = await rejectedOf(ids, 30 + 50 + 2);
    const further = rejected.flatMap(({ data }) => data.further ?? []);
    expect(rejected).toHaveLength(52);
    expect(further.map(({ rows: count }) => count).toSorted((one, other) => other - one)).toEqual([174, 44]);
    expect(further.find(({ rows: count }) => count === 174)?.rules).toEqual([
      { field: 'email', rule: 'email', rows: 97 },
      { field: '*', rule: 'unknown-field', rows: 77 },
    ]);

    const again = await post('web', rows, { 'idempotency-key': 'many' });
    expect(again.body).toEqual(body);
    expect(await intake.rows(`SELECT events FROM rejections WHERE source_id = 'web'`)).toEqual([{ events: 52 }]);
  });

  it('are told one by one where they are few', async () => {
    const { body } = await post('booth', [{ email: 'nobody' }, {}]);
    const ids = body.results?.map(({ id }) => id) ?? [];
    expect((await rejectedOf(ids, 2)).map(({ data }) => [data.sourceId, data.further])).toEqual([
      ['booth', undefined],
      ['booth', undefined],
    ]);
  });

  it('are not taken at all where there are too many of them for one request', async () => {
    const { status, body } = await intake.call('/v1/leads?source=fair', {
      ...{ type: 'application/json', body: `[${'0,'.repeat(100_000)}0]` },
    });
    expect([status, body.detail]).toEqual([413, 'A request may have 100000 rows.']);
    expect(await intake.rows(`SELECT events FROM rejections WHERE source_id = 'fair'`)).toEqual([]);
  });

  it('of a tool’s delivery are told the same way: the first fifty one by one, and the rest of each part together', async () => {
    const key = await intake.keyOf('source', { source: 'tool' });
    const items = Array.from({ length: 300 }, (_, row) =>
      row % 10 === 9 ? { externalId: `t-${row}` } : { email: `nobody-${row}` },
    );
    const deliver = () => intake.call('/v1/sources/tool/events', { key, json: items });
    const { status, body } = await deliver();
    expect(status).toBe(202);
    const results = body.results ?? [];
    expect(results.map(({ index }) => index)).toEqual(items.map((_, index) => index));
    expect(results.map((each) => each.status)).toEqual(
      items.map((item) => ('externalId' in item ? 'received' : 'rejected')),
    );
    const rejected = await rejectedOf(
      results.map(({ id }) => id),
      30 + 50 + 2,
    );
    expect(rejected).toHaveLength(52);
    const further = rejected.flatMap(({ data }) => data.further?.rows ?? []);
    expect(further.toSorted((one, other) => other - one)).toEqual([174, 44]);
    // Sent again, it is known, and nothing is said twice.
    expect((await deliver()).body).toEqual(body);
    expect(await intake.rows(`SELECT events FROM rejections WHERE source_id = 'tool'`)).toEqual([{ events: 52 }]);
  });

  it('of a tool that delivers too many of them are refused until the next hour, with whatever else it sends', async () => {
    const key = await intake.keyOf('source', { source: 'loud-tool' });
    let round = 0;
    const deliver = (items: readonly unknown[]) => intake.call('/v1/sources/loud-tool/events', { key, json: items });
    const bad = () => deliver(Array.from({ length: 50 }, (_, row) => ({ email: `nobody-${(round += 1)}-${row}` })));
    let answer = await bad();
    for (let tries = 0; answer.status === 202 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await bad();
    }
    expect(answer).toMatchObject({ status: 429, body: { type: 'urn:fairlead:problem:too-much-rejected' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await deliver([{ externalId: 'good' }])).status).toBe(429);
    expect(await intake.rows(`SELECT 1 FROM leads WHERE source_id = 'loud-tool'`)).toEqual([]);
  });

  it('are refused of a source that sends too many of them, until the next hour; of others they are not', async () => {
    const bad = Array.from({ length: 50 }, () => ({}));
    let answer = await post('loud', bad);
    for (let tries = 0; answer.status === 202 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await post('loud', bad);
    }
    expect(answer).toMatchObject({
      status: 429,
      body: { type: 'urn:fairlead:problem:too-much-rejected', detail: expect.stringContaining('“loud”') },
    });
    const wait = Number(answer.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(3_600);
    expect((await post('loud', [{ externalId: 'good' }])).status).toBe(429);
    expect((await post('fair', [{ externalId: 'good' }])).status).toBe(202);

    await intake.rows(`UPDATE rejections SET hour = hour - interval '1 hour' WHERE source_id = 'loud'`);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await post('loud', [{ externalId: 'asks' }]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await post('loud', [{ externalId: 'good' }])).status).toBe(202);
    await post('loud', [{}]);
    expect(await intake.rows(`SELECT events FROM rejections WHERE source_id = 'loud'`)).toEqual([{ events: 1 }]);
  });
});
