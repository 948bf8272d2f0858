// What becomes of a lead is told to whoever sent it: for it to read, and to its own address.
import {
  derivedId,
  LeadAccepted,
  LeadAmended,
  LeadDeclined,
  LeadLost,
  LeadQualified,
  LeadReturned,
  LeadWon,
} from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { newSecret } from '@fairlead/platform/outgoing';
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { FeedbackTargetsStore } from '../src/store/feedback-targets.store.js';
import { FeedbackStore, type NewEntry } from '../src/store/feedback.store.js';
import { eventually, type Intake, startIntake } from './fixture/intake.js';
import { answer, say } from './fixture/outcomes.js';
import { json, type Receiver, startReceiver } from './fixture/receiver.js';

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly lead: string;
  readonly externalId?: string;
  readonly [name: string]: unknown;
}

let intake: Intake;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  intake = await startIntake({ FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8', FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.001' });
  await intake.activate({
    name: 'p',
    pools: [
      {
        ...{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } },
        incomplete: { holdFor: '48h', then: 'route', needs: ['company'] },
      },
    ],
  });
});
afterAll(async () => {
  await intake?.end();
  receiver?.end();
});
beforeEach(() => {
  receiver.came.length = 0;
  receiver.answers = [];
});

const someone = () => ({ email: `${randomUUID()}@example.com`, company: 'Example' });
async function send(source: string, lead: object): Promise<string> {
  const { body, text } = await intake.call(`/v1/leads?source=${source}`, { json: lead });
  const id = body.results?.[0]?.id;
  if (id === undefined) throw new Error(text);
  return id;
}
const read = async (source: string, query = '', key = intake.admin) =>
  intake.call(`/v1/sources/${source}/feedback${query}`, { key });
const entriesOf = async (source: string, count: number) =>
  eventually(async () => {
    const entries = (await read(source)).body['entries'] as Entry[];
    if (entries.length < count) throw new Error(`${entries.length} of ${count} entries`);
    return entries;
  });

describe('feedback that a source reads', () => {
  it('tells of a held lead what it lacks and until when, and that it went on, by the source’s own id and by ours', async () => {
    await intake.source('reads');
    const lead = await send('reads', { email: `${randomUUID()}@example.com`, externalId: 'r-1' });
    const [held] = await entriesOf('reads', 1);
    expect((await intake.call(`/v1/leads/${lead}`, { method: 'PATCH', json: { company: 'Example' } })).status).toBe(
      200,
    );
    const [, completed] = await entriesOf('reads', 2);
    const said = await intake.said([lead], 3);
    const idOf = (type: string) => derivedId(said.find((event) => event.type === type)?.id ?? '', 'feedback', 'reads');
    const common = { lead, externalId: 'r-1', at: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect([held, completed]).toEqual([
      {
        ...{ ...common, id: idOf('lead.held'), type: 'lead.held', missing: ['company'] },
        until: new Date((said[1]?.data as { until: number }).until).toISOString(),
      },
      { ...common, id: idOf('lead.completed'), type: 'lead.completed', by: 'supplied' },
    ]);
  });

  it('tells what came of it, why and how much it brought, and nobody’s name and no note', async () => {
    await intake.source('outcomes');
    const lead = await send('outcomes', { ...someone(), externalId: 'o-1' });
    const sealed = { v: 1, key: 1, nonce: 'A'.repeat(16), ciphertext: 'AAAA' };
    const at = Date.parse('2026-11-02T03:04:05.678Z');
    const won = { type: 'won', at, amount: { value: 12_000, currency: 'EUR' } };
    const corrected = { offer: 2, at, correction: 1, note: sealed, actor: 'a-key' };
    await say(intake, [
      answer(lead, LeadDeclined, { reason: 'capacity', note: sealed, at }),
      answer(lead, LeadAccepted, { offer: 2, actor: 'a-key', at }),
      answer(lead, LeadQualified, { offer: 2, at }),
      answer(lead, LeadWon, { offer: 2, amount: { value: 12_000, currency: 'EUR' }, note: sealed, at }),
      answer(lead, LeadAmended, { ...corrected, was: won, is: { type: 'lost', at, reason: 'no-budget' } }),
      answer(lead, LeadAmended, { ...corrected, was: { type: 'lost', at, reason: 'no-budget' } }),
    ]);
    const common = { id: expect.any(String), lead, externalId: 'o-1', at: '2026-11-02T03:04:05.678Z' };
    expect(await entriesOf('outcomes', 6)).toEqual([
      { ...common, type: 'lead.declined', reason: 'capacity' },
      { ...common, type: 'lead.accepted' },
      { ...common, type: 'lead.qualified' },
      { ...common, type: 'lead.won', amount: { value: 12_000, currency: 'EUR' } },
      {
        ...{ ...common, type: 'lead.amended', was: { type: 'won', amount: { value: 12_000, currency: 'EUR' } } },
        is: { type: 'lost', reason: 'no-budget' },
      },
      { ...common, type: 'lead.amended', was: { type: 'lost', reason: 'no-budget' }, is: null },
    ]);
  });

  it('tells every source that sent the lead, each by its own name for it', async () => {
    for (const source of ['first', 'second', 'third']) await intake.source(source);
    const somebody = someone();
    const lead = await send('first', { ...somebody, externalId: 'f-1' });
    for (const [source, externalId] of [
      ['first', 'f-2'],
      ['second', 's-1'],
      ['third', undefined],
    ] as const)
      expect(await send(source, { ...somebody, ...(externalId && { externalId }) })).toBe(lead);
    expect(await send('second', somebody)).toBe(lead);
    await say(intake, [answer(lead, LeadLost, { reason: 'no-budget' })]);
    const told = async (source: string) =>
      (await entriesOf(source, 1)).map(({ type, externalId, reason }) => [type, externalId, reason]);
    // The name that it used last.
    expect(await told('first')).toEqual([['lead.lost', 'f-2', 'no-budget']]);
    expect(await told('second')).toEqual([['lead.lost', 's-1', 'no-budget']]);
    expect(await told('third')).toEqual([['lead.lost', undefined, 'no-budget']]);
  });

  it('tells of two leads that are one to the sources of both, each by its own name', async () => {
    await intake.source('kept');
    await intake.source('taken');
    const [kept, taken] = [
      await send('kept', { ...someone(), externalId: 'k-1' }),
      await send('taken', { ...someone(), externalId: 't-1' }),
    ];
    await intake.rows(`UPDATE leads SET absorbed_by = '${kept}' WHERE id = '${taken}'`);
    await say(intake, [answer(kept, LeadQualified), answer(taken, LeadDeclined, { reason: 'duplicate' })]);
    const told = (entries: Entry[]) => entries.map(({ type, lead, externalId }) => [type, lead, externalId]);
    expect(told(await entriesOf('kept', 1))).toEqual([['lead.qualified', kept, 'k-1']]);
    // Of two leads, in whichever order.
    expect(new Set(told(await entriesOf('taken', 2)))).toEqual(
      new Set([
        ['lead.declined', taken, 't-1'],
        ['lead.qualified', kept, 't-1'],
      ]),
    );
  });

  it('is read page by page, and goes on where it ended before', async () => {
    await intake.source('pages');
    const lead = await send('pages', someone());
    await say(
      intake,
      ['spam', 'no-fit', 'duplicate'].map((reason) => answer(lead, LeadReturned, { reason })),
    );
    await entriesOf('pages', 3);
    const reasons = ({ body }: Awaited<ReturnType<typeof read>>) =>
      (body['entries'] as Entry[]).map((e) => e['reason']);
    const first = await read('pages', '?limit=2');
    const second = await read('pages', `?limit=2&after=${String(first.body['next'])}`);
    const third = await read('pages', `?limit=2&after=${String(second.body['next'])}`);
    expect([first, second, third].map(reasons)).toEqual([['spam', 'no-fit'], ['duplicate'], []]);
    expect(third.body['next']).toBe(second.body['next']);
    await say(intake, [answer(lead, LeadReturned, { reason: 'spam' })]);
    await entriesOf('pages', 4);
    expect(reasons(await read('pages', `?after=${String(third.body['next'])}`))).toEqual(['spam']);
    for (const query of ['?after=-1', '?after=x', '?limit=0', '?limit=1001'])
      expect((await read('pages', query)).status).toBe(400);
  });

  it('is a source’s own: to another it looks as if there were no such source', async () => {
    await intake.source('mine');
    await intake.source('yours');
    const [mine, yours] = [
      await intake.keyOf('source', { source: 'mine' }),
      await intake.keyOf('source', { source: 'yours' }),
    ];
    expect((await read('mine', '', mine)).status).toBe(200);
    const [foreign, absent] = [await read('mine', '', yours), await read('absent', '', yours)];
    expect([foreign.status, foreign.body.detail]).toEqual([404, absent.body.detail]);
  });

  it('has no number twice and none out of order: who has read up to one has missed none before it', async () => {
    const units = intake.service(UnitsOfWork);
    const store = intake.service(FeedbackStore);
    const entry = (reason: string): NewEntry => ({
      ...{ sourceId: 'ordered', eventId: randomUUID(), leadId: randomUUID(), externalId: null },
      ...{ type: 'lead.lost', at: Date.now(), saidAt: Date.now(), told: { reason } },
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const order: string[] = [];
    const slow = units.run(async (unit) => {
      await store.add(unit, [entry('slow')]);
      await released;
      order.push('slow');
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const quick = units.run(async (unit) => {
      await store.add(unit, [entry('quick')]);
      order.push('quick');
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await store.page(units.query, 'ordered', { after: '0', limit: 10 })).toEqual([]);
    release();
    await Promise.all([slow, quick]);
    expect(order).toEqual(['slow', 'quick']);
    const page = await store.page(units.query, 'ordered', { after: '0', limit: 10 });
    expect(page.map(({ position, entry: { reason } }) => [position, reason])).toEqual([
      ['1', 'slow'],
      ['2', 'quick'],
    ]);
  });

  it('says of an erased lead that it is erased, and nothing else any more', async () => {
    await intake.source('erases');
    const lead = await send('erases', { ...someone(), externalId: 'e-1' });
    await say(intake, [answer(lead, LeadQualified)]);
    await entriesOf('erases', 1);
    expect((await intake.call(`/v1/leads/${lead}/personal-data`, { method: 'DELETE' })).status).toBe(200);
    await eventually(async () => expect((await read('erases')).text).toContain('lead.erased'));
    const other = await send('erases', { ...someone(), externalId: 'e-2' });
    await say(intake, [answer(lead, LeadWon), answer(other, LeadWon)]);
    await eventually(async () => expect((await read('erases')).text).toContain('lead.won'));
    expect((await entriesOf('erases', 2)).map(({ type, externalId }) => [type, externalId])).toEqual([
      ['lead.erased', 'e-1'],
      ['lead.won', 'e-2'],
    ]);
    expect(await intake.rows(`SELECT external_id FROM leads WHERE id = '${lead}'`)).toEqual([{ external_id: null }]);
    expect(await intake.rows(`SELECT * FROM senders WHERE lead_id = '${lead}'`)).toEqual([]);
  });

  it('is kept for a quarter; what is older when it is read from the topic is not kept at all', async () => {
    await intake.source('ages');
    const lead = await send('ages', someone());
    const days = (count: number) => Date.now() - count * 86_400_000;
    await say(intake, [
      { ...answer(lead, LeadReturned, { reason: 'spam' }), time: days(91) },
      // Long ago, and told only lately.
      { ...answer(lead, LeadReturned, { reason: 'no-fit', at: days(400) }), time: days(89) },
    ]);
    expect((await entriesOf('ages', 1)).map((entry) => entry['reason'])).toEqual(['no-fit']);
    const store = intake.service(FeedbackStore);
    const { query } = intake.service(UnitsOfWork);
    expect(await store.dropOld(query, 89 * 86_400_000 - 60_000, 10)).toBe(1);
    expect((await read('ages')).body['entries']).toEqual([]);
  });
});

describe('feedback that is sent to a source', () => {
  const secret = newSecret();
  const source = (id: string, more: Record<string, unknown> = {}) =>
    intake.source(id, { format: 'json', feedback: { url: `${receiver.url}/${id}`, secret }, ...more });
  const targetOf = (id: string) =>
    intake.rows<{ sending: string | null; attempts: number; told_through: string; failing: string | null }>(
      `SELECT sending, attempts, told_through, failing FROM feedback_targets WHERE source_id = '${id}'`,
    );
  const verified = (came: Receiver['came'][number], by = secret) =>
    new Webhook(by).verify(came.body, came.headers as Record<string, string>) as { source: string; entries: Entry[] };

  it('is signed as Standard Webhooks says, and holds what can be read; a redirect, 410 or 500 is none', async () => {
    await source('called');
    const lead = await send('called', { ...someone(), externalId: 'c-1' });
    receiver.answers = [
      json({}, 500),
      json({}, 301, { location: `${receiver.url}/elsewhere` }),
      json({}, 410),
      json({}, 200),
    ];
    await say(intake, [answer(lead, LeadQualified)]);
    const came = await receiver.after(4);
    const { source: named, entries } = verified(came[0]!);
    expect(named).toBe('called');
    expect(entries).toEqual((await read('called')).body['entries']);
    expect(came[0]).toMatchObject({ method: 'POST', path: '/called', headers: { 'content-type': 'application/json' } });
    // Every attempt is the same webhook, so that a receiver sees that it has it.
    expect(new Set(came.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(came.every(({ body }) => body.equals(came[0]!.body))).toBe(true);
    await eventually(async () =>
      expect(await targetOf('called')).toEqual([{ sending: null, attempts: 0, told_through: '1', failing: null }]),
    );
    expect(receiver.came).toHaveLength(4);
  });

  it('is the same batch until it is taken, whatever comes meanwhile, and then goes on in order', async () => {
    await source('ordered-calls');
    const lead = await send('ordered-calls', someone());
    let hold: (() => void) | undefined;
    receiver.answers = [(_, response) => void (hold = () => response.writeHead(503).end()), json({})];
    await say(intake, [answer(lead, LeadDeclined, { reason: 'capacity' })]);
    await receiver.after(1);
    await say(intake, [answer(lead, LeadAccepted), answer(lead, LeadQualified)]);
    await entriesOf('ordered-calls', 3);
    hold?.();
    const came = await receiver.after(3);
    const types = came.map((each) => verified(each).entries.map(({ type }) => type));
    expect(types).toEqual([['lead.declined'], ['lead.declined'], ['lead.accepted', 'lead.qualified']]);
    const [first, again, next] = came.map(({ headers }) => headers['webhook-id']);
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it('begins with what is said after it was asked for', async () => {
    await intake.source('late');
    const lead = await send('late', someone());
    await say(intake, [answer(lead, LeadAccepted)]);
    await entriesOf('late', 1);
    await source('late');
    await say(intake, [answer(lead, LeadQualified)]);
    const [came] = await receiver.after(1);
    expect(verified(came!).entries.map(({ type }) => type)).toEqual(['lead.qualified']);
  });

  it('is signed with the secret before as well for a day, and begins nothing anew when all is said again', async () => {
    const after = newSecret();
    await source('rotates');
    await source('rotates');
    await source('rotates', { feedback: { url: `${receiver.url}/rotates`, secret: after } });
    await source('rotates', { feedback: { url: `${receiver.url}/rotates` } });
    const lead = await send('rotates', someone());
    await say(intake, [answer(lead, LeadQualified)]);
    const [came] = await receiver.after(1);
    for (const each of [secret, after]) expect(verified(came!, each).entries).toHaveLength(1);
    receiver.came.length = 0;
    await intake.rows(`UPDATE sources SET feedback_secret_before_until = now() WHERE id = 'rotates'`);
    await say(intake, [answer(lead, LeadWon)]);
    const [later] = await receiver.after(1);
    expect(verified(later!, after).entries).toHaveLength(1);
    expect(() => verified(later!)).toThrow();
  });

  it('is given up after nine attempts, says so, and goes on with what follows', async () => {
    await source('down');
    const lead = await send('down', someone());
    receiver.answers = [...Array.from({ length: 9 }, () => json({}, 500)), json({})];
    await say(intake, [answer(lead, LeadQualified)]);
    await receiver.after(1);
    await say(intake, [answer(lead, LeadWon)]);
    const failing = await eventually(async () => {
      const { body } = await intake.call('/v1/sources/down');
      expect(body['feedback']).toMatchObject({ failing: 'http-500' });
      return body['feedback'];
    });
    expect(failing).toEqual({
      ...{ url: `${receiver.url}/down`, hasSecret: true },
      ...{ failing: 'http-500', failingSince: expect.any(String) },
    });
    // The waits between attempts are not what this is about.
    const hurry = () =>
      intake.rows(
        `UPDATE feedback_targets SET due_at = now() WHERE due_at > now() AND attempts > 0 AND failing IS NOT NULL AND source_id = 'down'`,
      );
    const came = await eventually(async () => {
      await hurry();
      if (receiver.came.length < 10) throw new Error('not yet');
      return receiver.came;
    });
    expect(verified(came[9]!).entries.map(({ type }) => type)).toEqual(['lead.won']);
    expect(came.slice(0, 9).every((each) => verified(each).entries[0]?.type === 'lead.qualified')).toBe(true);
    await eventually(async () =>
      expect((await intake.call('/v1/sources/down')).body['feedback']).toEqual({
        url: `${receiver.url}/down`,
        hasSecret: true,
      }),
    );
    // What was given up can be read all the same.
    expect((await entriesOf('down', 2)).map(({ type }) => type)).toEqual(['lead.qualified', 'lead.won']);
  });

  it('leaves alone for as long as it asks a source that says 429, which is no attempt', async () => {
    await source('busy');
    const lead = await send('busy', someone());
    receiver.answers = [json({}, 429, { 'retry-after': '2' }), json({})];
    await say(intake, [answer(lead, LeadQualified)]);
    await receiver.after(1);
    const at = Date.now();
    await eventually(async () => expect(await targetOf('busy')).toMatchObject([{ attempts: 0, failing: 'http-429' }]));
    await receiver.after(2);
    expect(Date.now() - at).toBeGreaterThan(1_500);
  });

  it('of a lead that was erased meanwhile holds nothing but that', async () => {
    await source('forgets');
    const lead = await send('forgets', { ...someone(), externalId: 'x-1' });
    receiver.answers = [json({}, 500)];
    await say(intake, [answer(lead, LeadQualified)]);
    await receiver.after(1);
    expect((await intake.call(`/v1/leads/${lead}/personal-data`, { method: 'DELETE' })).status).toBe(200);
    await eventually(async () => expect((await read('forgets')).text).toContain('lead.erased'));
    receiver.came.length = 0;
    receiver.answers = [json({})];
    const came = await receiver.after(1);
    expect(came.flatMap((each) => verified(each).entries.map(({ type }) => type))).toEqual(['lead.erased']);
  });

  it('is told again when the process that had it is gone, and is settled by nobody who comes back too late', async () => {
    await source('stalled');
    const lead = await send('stalled', someone());
    const units = intake.service(UnitsOfWork);
    const targets = intake.service(FeedbackTargetsStore);
    await intake.rows(`UPDATE feedback_targets SET due_at = now() + interval '1 hour' WHERE source_id = 'stalled'`);
    await say(intake, [answer(lead, LeadQualified)]);
    await entriesOf('stalled', 1);
    const stalled = await units.run(async ({ query }) => {
      await query(`UPDATE feedback_targets SET due_at = now() WHERE source_id = 'stalled'`, []);
      return targets.claim(query, 'stalled', 'callback', 100);
    });
    if (!stalled) throw new Error('nothing was claimed');
    // Its own for a minute.
    expect(await targets.claim(units.query, 'stalled', 'callback', 100)).toBeUndefined();
    expect(receiver.came).toEqual([]);
    receiver.answers = [json({}, 500)];
    await intake.rows(`UPDATE feedback_targets SET due_at = now() WHERE source_id = 'stalled'`);
    const [again] = await receiver.after(1);
    expect(again?.headers['webhook-id']).toBe(derivedId('stalled', 'feedback', '0-1'));
    await targets.settle(units.query, stalled, null);
    expect(await targetOf('stalled')).toMatchObject([{ sending: '1', told_through: '0' }]);
    receiver.answers = [json({})];
    await eventually(async () =>
      expect(await targetOf('stalled')).toMatchObject([{ sending: null, told_through: '1' }]),
    );
  });

  it('ends when the source asks for it no more', async () => {
    await source('ends');
    await intake.source('ends');
    expect(await targetOf('ends')).toEqual([]);
    expect((await intake.call('/v1/sources/ends')).body['feedback']).toBeUndefined();
  });

  it('shows no secret, and keeps none in clear', async () => {
    await source('secretive');
    expect((await intake.call('/v1/sources/secretive')).text).not.toContain('whsec_');
    const dump = await intake.dump();
    expect(dump).not.toContain(secret.slice('whsec_'.length, 30));
  });

  it.each([
    ['no address', { url: 'nowhere', secret }, '/feedback/url'],
    ['an address that is nobody’s to call', { url: 'http://10.0.0.1/x', secret }, '/feedback/url'],
    ['a secret that is none', { url: 'http://127.0.0.1:1/x', secret: 'whsec_short' }, '/feedback/secret'],
    ['no secret the first time', { url: 'http://127.0.0.1:1/x' }, '/feedback/secret'],
    ['something else', { url: 'http://127.0.0.1:1/x', secret, event: 'all' }, '/feedback/event'],
  ])('refuses %s, and changes nothing', async (_, feedback, field) => {
    const { status, body } = await intake.call('/v1/sources/refused', {
      method: 'PUT',
      json: { format: 'json', feedback },
    });
    expect([status, body.errors?.map((error) => error.field)]).toEqual([400, [field]]);
    expect((await intake.call('/v1/sources/refused')).status).toBe(404);
  });

  it('does not send to another server what was signed for one, until it is given a secret for it', async () => {
    await source('moves');
    const moved = { format: 'json', feedback: { url: 'http://127.0.0.1:1/elsewhere' } };
    const { status, body } = await intake.call('/v1/sources/moves', { method: 'PUT', json: moved });
    expect([status, body.errors?.[0]?.field]).toEqual([400, '/feedback/secret']);
    expect((await intake.call('/v1/sources/moves')).body['feedback']).toMatchObject({ url: `${receiver.url}/moves` });
  });
});
