import type { FairleadEvent, LeadImported } from '@fairlead/events';
import { type Answer, eventually, type Intake, startIntake } from './fixture/intake.js';

const deal = (externalId: string, more: Record<string, unknown> = {}) => ({
  ...{ externalId, channel: 'channel', owner: 'Nordwind Systemhaus', occurredAt: '2024-03-01' },
  ...{ attributes: { size: '20k to 50k' }, ...more },
});
const won = { outcome: 'won', outcomeAt: '2024-05-01', amount: 900, currency: 'EUR' };

describe('deals that were closed elsewhere, with a real database', () => {
  let intake: Intake;

  beforeAll(async () => {
    intake = await startIntake();
    await intake.source('crm');
  });
  afterAll(() => intake?.end());

  const sends = (deals: readonly unknown[], source = 'crm', key = intake.admin): Promise<Answer> =>
    intake.call(`/v1/history?source=${source}`, { json: deals, key });
  const statusesOf = ({ body }: Answer) => body.results?.map(({ status }) => status);
  const idsOf = ({ body }: Answer) => body.results?.map(({ id }) => id) ?? [];
  const told = (events: readonly FairleadEvent[]) =>
    events.map(({ type, data }) => ({ type, ...(data as LeadImported['data']) }));

  it('are told once, one event for each, however often they are sent', async () => {
    const deals = [deal('a-1', won), deal('a-2')];
    const first = await sends(deals);
    expect([first.status, statusesOf(first)]).toEqual([200, ['imported', 'imported']]);
    const again = await sends(deals);
    expect([statusesOf(again), idsOf(again)]).toEqual([['known', 'known'], idsOf(first)]);
    const lines = deals.map((each) => JSON.stringify(each)).join('\n');
    const asLines = await intake.call('/v1/history?source=crm', { body: lines, type: 'application/x-ndjson' });
    expect(statusesOf(asLines)).toEqual(['known', 'known']);

    const last = await sends([deal('a-3')]);
    await intake.said(idsOf(last), 1);
    const events = told(await intake.said(idsOf(first), 2));
    expect(events).toHaveLength(2);
    expect(events.find(({ externalId }) => externalId === 'a-1')).toEqual({
      ...{ type: 'lead.imported', sourceId: 'crm', externalId: 'a-1', revision: 1 },
      facts: { engagement: {}, attributes: { size: '20k to 50k' } },
      ...{ party: 'nordwind-systemhaus', pool: 'legacy', policy: 'legacy@1', grade: null },
      ...{ occurredAt: Date.UTC(2024, 2, 1), outcome: 'won', closedAt: Date.UTC(2024, 4, 1) },
      amount: { value: 900, currency: 'EUR' },
    });
  });

  it('are completed and amended by what is told later, of the same lead', async () => {
    const [id = ''] = idsOf(await sends([deal('b-1')]));
    // A later file says what became of it, and nothing else.
    const closed = await sends([{ externalId: 'b-1', ...won }]);
    expect([statusesOf(closed), idsOf(closed)]).toEqual([['changed'], [id]]);
    expect(statusesOf(await sends([deal('b-1'), { externalId: 'b-1', ...won }]))).toEqual(['known', 'known']);
    // Two rows of one deal in one list: the last counts.
    const rows = [
      { externalId: 'b-1', ...won, amount: 950 },
      { externalId: 'b-1', ...won, amount: 975 },
    ];
    expect(statusesOf(await sends(rows))).toEqual(['changed', 'changed']);
    const events = told(await intake.said([id], 4));
    expect(events.map(({ revision, outcome, amount, party }) => [revision, outcome, amount?.value, party])).toEqual([
      [1, 'open', undefined, 'nordwind-systemhaus'],
      [2, 'won', 900, 'nordwind-systemhaus'],
      [3, 'won', 950, 'nordwind-systemhaus'],
      [4, 'won', 975, 'nordwind-systemhaus'],
    ]);
  });

  it('are as they were told last, so that what was imported by mistake is mended by what was right before', async () => {
    const [right, wrong] = [deal('g-1', won), deal('g-1', { ...won, channel: 'direct', owner: undefined })];
    const [id = ''] = idsOf(await sends([right]));
    expect(statusesOf(await sends([wrong]))).toEqual(['changed']);
    expect(statusesOf(await sends([right]))).toEqual(['changed']);
    expect(statusesOf(await sends([right]))).toEqual(['known']);
    const events = await intake.said([id], 3);
    expect(told(events).map(({ revision, party }) => [revision, party])).toEqual([
      [1, 'nordwind-systemhaus'],
      [2, 'direct'],
      [3, 'nordwind-systemhaus'],
    ]);
    expect(new Set(events.map((event) => event.id)).size).toBe(3);
  });

  it('say nothing new when a list whose rows contradict each other is sent again, as after a lost answer', async () => {
    const rows = [deal('h-1', won), { externalId: 'h-1', ...won, amount: 950 }, deal('h-2'), deal('h-1', won)];
    const first = await sends(rows);
    expect(statusesOf(first)).toEqual(['imported', 'changed', 'imported', 'changed']);
    expect(statusesOf(await sends(rows))).toEqual(['known', 'known', 'known', 'known']);
    // What is said of one deal anew is said, though another one's rows take each other back.
    const more = [...rows, { externalId: 'h-2', ...won }];
    expect(statusesOf(await sends(more))).toEqual(['known', 'known', 'known', 'known', 'changed']);
    const [h1 = '', , h2 = ''] = idsOf(first);
    await intake.said([h2], 2);
    expect(told(await intake.said([h1], 3)).map(({ revision, amount }) => [revision, amount?.value])).toEqual([
      [1, 900],
      [2, 950],
      [3, 900],
    ]);
    // Its number was not spent on what was said in vain.
    expect(statusesOf(await sends([{ externalId: 'h-1', ...won, amount: 975 }]))).toEqual(['changed']);
    expect(told(await intake.said([h1], 4)).at(-1)).toMatchObject({ revision: 4, amount: { value: 975 } });
  });

  it('count once when they are sent ten times at the same time', async () => {
    const deals = Array.from({ length: 40 }, (_, index) => deal(`c-${index}`));
    const answers = await Promise.all(Array.from({ length: 10 }, () => sends(deals)));
    const statuses = answers.flatMap((answer) => statusesOf(answer) ?? []);
    expect(statuses.filter((status) => status === 'imported')).toHaveLength(40);
    expect(statuses.filter((status) => status === 'known')).toHaveLength(360);
  });

  it('are each refused by what is wrong with them, and the others are taken', async () => {
    const { body } = await intake.call('/v1/leads?source=crm', { json: { externalId: 'here', country: 'DE' } });
    expect(body.results?.[0]?.status).toBe('received');
    const bad = [
      deal('d-1', { channel: 'Carrier pigeon' }),
      { ...won, externalId: 'd-2' },
      deal('d-3', { email: 'jane.roe@example.com' }),
      deal('here'),
      'none',
      deal('d-4', { attributes: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`one ${at}`, at])) }),
      { externalId: 'd-4', attributes: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`two ${at}`, at])) },
      deal('d-5'),
    ];
    const answer = await sends(bad);
    expect(
      answer.body.results?.map(({ status, errors = [] }) => [
        status,
        ...errors.map(({ field, rule }) => `${field} ${rule}`),
      ]),
    ).toEqual([
      ['rejected', 'channel channel'],
      ['rejected', 'channel required', 'occurredAt required'],
      ['rejected', 'email contact-data'],
      ['rejected', 'externalId known-lead'],
      ['rejected', 'deal type'],
      ['imported'],
      ['rejected', 'row too-large'],
      ['imported'],
    ]);
    await intake.settled();
    expect((await intake.dump()) + intake.everything().toString()).not.toContain('jane.roe');
    const brokenLine = await intake.call('/v1/history?source=crm', {
      body: '{"externalId":\n',
      type: 'application/x-ndjson',
    });
    expect(brokenLine.body.results?.[0]).toMatchObject({ status: 'rejected', errors: [{ rule: 'malformed-json' }] });
  });

  it('are not a lead that comes in later with the same id, which is scored and routed as any other', async () => {
    const [id] = idsOf(await sends([deal('e-1')]));
    const { body } = await intake.call('/v1/leads?source=crm', { json: { externalId: 'e-1', country: 'DE' } });
    expect(body.results?.[0]?.status).toBe('received');
    expect(body.results?.[0]?.id).not.toBe(id);
  });

  it('come from whoever may say what became of leads, from a source that there is, and not too many at once', async () => {
    expect((await sends([deal('f-1')], 'crm', await intake.keyOf('manager'))).status).toBe(200);
    for (const [role, owner] of [
      ['source', { source: 'crm' }],
      ['partner', { partner: 'acme' }],
      ['auditor', {}],
    ] as const)
      expect((await sends([deal('f-2')], 'crm', await intake.keyOf(role, owner))).status).toBe(403);
    expect((await sends([deal('f-2')], 'nowhere')).status).toBe(404);
    expect((await intake.call('/v1/history', { json: [] })).status).toBe(400);
    expect((await intake.call('/v1/history?source=crm&mapping=none', { json: [] })).status).toBe(400);
    expect((await intake.call('/v1/history?source=crm', { json: deal('f-2') })).status).toBe(400);
    expect((await sends(Array.from({ length: 5_001 }, () => deal('f-2')))).status).toBe(413);
    const lines = `${JSON.stringify(deal('f-2'))}\n`.repeat(5_001);
    const tooMany = { body: lines, type: 'application/x-ndjson' };
    expect((await intake.call('/v1/history?source=crm', tooMany)).status).toBe(413);
    await eventually(async () => {
      expect(await intake.rows(`SELECT 1 FROM imported_deals WHERE external_id = 'f-2'`)).toEqual([]);
    });
  });
});
