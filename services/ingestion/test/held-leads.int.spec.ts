import type { FairleadEvent, Sealed } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;
let people = 0;
const person = (more: Record<string, unknown> = {}) => ({ email: `p.${(people += 1)}@company.example`, ...more });
const pool = { match: {}, promise: { direct: 50, channel: 50 } };
const policy = (holdFor: string | undefined, needs: string[]) => ({
  name: 'emea',
  pools: [
    { ...pool, id: 'cloud', match: { products: ['cloud'] }, incomplete: { needs: [...needs, 'employees'], holdFor } },
    { ...pool, id: 'rest', incomplete: { needs, holdFor } },
  ],
});

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
  await intake.source('fair');
});
afterAll(() => intake.end());

async function sent(lead: unknown): Promise<Result> {
  const { body } = await intake.call('/v1/leads?source=website', { json: [lead] });
  return body.results?.[0] as Result;
}

const supply = (id: string, json: unknown, more: { key?: string; headers?: Record<string, string> } = {}) =>
  intake.call(`/v1/leads/${id}`, { method: 'PATCH', json, ...more });

async function contactOf({ id, subject, data }: FairleadEvent): Promise<unknown> {
  const { contact: sealed } = data as { contact: Sealed };
  const [contact] = await intake.personalData.unseal([{ leadId: subject, eventId: id, field: 'contact', sealed }]);
  return contact;
}

describe('a lead that lacks what its pool needs', () => {
  beforeAll(() => intake.activate(policy('2h', ['contact', 'country', 'company'])));

  it('is held, and says what for and until when', async () => {
    const { id, status } = await sent(person());
    expect(status).toBe('held');
    const [received, held] = await intake.said([id], 2);
    expect(received).toMatchObject({ type: 'lead.received', data: { state: 'held', missing: ['country', 'company'] } });
    expect(held).toMatchObject({ type: 'lead.held', data: { missing: ['country', 'company'] } });
    const until = (held?.data as { until: number }).until;
    expect(until).toBe(Date.parse(held?.time ?? '') + 2 * 3_600_000);
  });

  it('goes on at once when it lacks nothing', async () => {
    const { id, status } = await sent(person({ country: 'DE', company: 'Example' }));
    expect(status).toBe('received');
    expect(await intake.said([id], 1)).toMatchObject([{ data: { state: 'complete', missing: [] } }]);
  });

  it('goes on when what it lacks is supplied, piece by piece', async () => {
    const { id } = await sent(person({ firstName: 'Jane', externalId: 'h-1', attributes: { a: 1 } }));
    expect(await supply(id, { country: 'Austria', phone: '01 534530', attributes: { b: 2 } })).toMatchObject({
      status: 200,
      body: { id, status: 'held', missing: ['company'] },
    });
    // Found again by what was supplied.
    expect(await sent({ phone: '+43 1 534530' })).toMatchObject({ id, status: 'merged' });
    expect(await supply(id, { company: 'Example AG', lastName: 'Doe' })).toMatchObject({
      status: 200,
      body: { id, status: 'completed', missing: [] },
    });

    const events = await intake.said([id], 4);
    expect(events.map(({ type }) => type)).toEqual(['lead.received', 'lead.held', 'lead.merged', 'lead.completed']);
    const completed = events[3] as FairleadEvent;
    expect(completed.data).toMatchObject({
      by: 'supplied',
      supplied: ['company'],
      missing: [],
      sourceId: 'website',
      reachable: { email: true, phone: true },
      facts: { country: 'AT', company: 'Example AG', attributes: { a: 1, b: 2 } },
    });
    expect(await contactOf(completed)).toEqual({
      firstName: 'Jane',
      lastName: 'Doe',
      email: `p.${people}@company.example`,
      phone: '+431534530',
    });
    expect(await supply(id, { city: 'Wien' })).toMatchObject({ status: 409 });
    expect(await intake.dump()).not.toMatch(/Jane|p\.\d+@company|431534530/);
  });

  it('needs what the pool needs that it comes into by what is supplied', async () => {
    const { id } = await sent(person({ country: 'DE' }));
    expect((await supply(id, { company: 'Example', product: 'cloud' })).body).toMatchObject({ missing: ['employees'] });
    expect((await supply(id, { employees: '51-200' })).body).toMatchObject({ status: 'completed' });
  });

  it('goes on when it is sent again with what was missing; what was said before stays', async () => {
    const jane = person({ lastName: 'Doe', country: 'DE' });
    const { id } = await sent(jane);
    expect(await sent({ ...jane, lastName: 'Roe', company: 'Example', country: 'FR' })).toMatchObject({
      id,
      status: 'merged',
    });
    const events = await intake.said([id], 4);
    expect(events.map(({ type }) => type)).toEqual(['lead.received', 'lead.held', 'lead.merged', 'lead.completed']);
    expect(events[3]?.data).toMatchObject({ by: 'supplied', facts: { country: 'DE', company: 'Example' } });
    expect(await contactOf(events[3] as FairleadEvent)).toMatchObject({ lastName: 'Doe' });
  });

  it('goes on when what was missing comes with the same request', async () => {
    const jane = person({ lastName: 'Doe', country: 'DE' });
    const json = [jane, { ...jane, company: 'Example' }];
    const { body } = await intake.call('/v1/leads?source=website', { json });
    const [first, second] = body.results ?? [];
    expect([first?.status, second?.status, second?.id]).toEqual(['held', 'merged', first?.id]);
    const events = await intake.said([first?.id ?? ''], 4);
    expect(events.map(({ type }) => type)).toEqual(['lead.received', 'lead.held', 'lead.merged', 'lead.completed']);
    expect(events[3]?.data).toMatchObject({ by: 'supplied', facts: { country: 'DE', company: 'Example' } });
  });

  it('loses nothing when it is sent again while somebody supplies something', async () => {
    const jane = person({ country: 'DE' });
    const { id } = await sent(jane);
    // Somebody supplies the city, in a transaction that is not through yet when the lead comes in again.
    const supplying = intake.rows(
      `UPDATE held_leads SET lead = jsonb_set(lead, '{facts,city}', '"Bonn"'), revision = revision + 1
       WHERE lead_id = '${id}'; SELECT pg_sleep(1)`,
    );
    await pause(300);
    expect(await sent({ ...jane, company: 'Example' })).toMatchObject({ id, status: 'merged' });
    await supplying;
    const events = await intake.said([id], 4);
    expect(events.map(({ type }) => type)).toEqual(['lead.received', 'lead.held', 'lead.merged', 'lead.completed']);
    expect(events[3]?.data).toMatchObject({ facts: { country: 'DE', city: 'Bonn', company: 'Example' } });
  });

  it('is completed once, however many supply at the same moment', async () => {
    const { id } = await sent(person({ company: 'Example' }));
    const answers = await Promise.all(['DE', 'AT', 'CH', 'FR'].map((country) => supply(id, { country })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
    expect(await intake.said([id], 3)).toHaveLength(3);
  });

  it('is answered as before when the same is supplied again under one Idempotency-Key', async () => {
    const { id } = await sent(person({ company: 'Example' }));
    const headers = { 'idempotency-key': 'complete-it' };
    const first = await supply(id, { country: 'DE' }, { headers });
    expect([first.status, (await supply(id, { country: 'DE' }, { headers })).text]).toEqual([200, first.text]);
    expect((await supply(id, { country: 'AT' }, { headers })).status).toBe(422);
  });

  it('is refused what would not be a lead, by name', async () => {
    const { id } = await sent(person());
    const errors = async (json: unknown) => {
      const { status, body } = await supply(id, json);
      return [status, ...(body.errors ?? []).map(({ field }) => field)];
    };
    expect(await errors({ country: 'Nowhere', phone: '12' })).toEqual([422, 'country', 'phone']);
    expect(await errors({ colour: 'red' })).toEqual([400, 'colour']);
    expect(await errors({ externalId: 'other', source: 'fair' })).toEqual([400, 'externalId', 'source']);
    expect(await errors([])).toEqual([400, 'lead']);
  });

  it('is its source’s alone: to another it looks like none', async () => {
    const { id } = await sent(person());
    const key = await intake.keyOf('source', { source: 'fair' });
    const own = await intake.keyOf('source', { source: 'website' });
    const [others, none, odd] = [
      await supply(id, { country: 'DE' }, { key }),
      await supply(randomUUID(), { country: 'DE' }, { key }),
      await supply('not-an-id', { country: 'DE' }, { key }),
    ];
    expect([others.status, none.status, odd.status]).toEqual([404, 404, 404]);
    expect([others.text, odd.text]).toEqual([none.text, none.text]);
    expect((await supply(id, { country: 'DE', company: 'Example' }, { key: own })).status).toBe(200);
    expect((await supply(id, {}, { key: await intake.keyOf('auditor') })).status).toBe(403);
  });
});

describe('when its time is up', () => {
  it('a held lead goes on as it is, and says what it lacks', async () => {
    await intake.activate(policy('1s', ['company', 'phone']));
    const [known, unknown] = [await sent(person({ externalId: 'x-1' })), await sent({ externalId: 'x-2' })];
    expect([known.status, unknown.status]).toEqual(['held', 'held']);
    const events = await intake.said([known.id, unknown.id], 6);
    const completed = events.filter(({ type }) => type === 'lead.completed');
    expect(completed).toHaveLength(2);
    for (const { data } of completed) {
      expect(data).toMatchObject({
        by: 'hold-expired',
        supplied: [],
        missing: ['company', 'phone'],
        sourceId: 'website',
      });
    }
    const ofKnown = completed.find(({ subject }) => subject === known.id) as FairleadEvent;
    expect(await contactOf(ofKnown)).toEqual({ email: `p.${people}@company.example` });
    expect((await supply(known.id, { company: 'Too late' })).status).toBe(409);
    expect(await intake.rows('SELECT 1 FROM held_leads WHERE until < now()')).toEqual([]);
  });

  it('and a pool that gives no time holds nobody, but says what is missing', async () => {
    await intake.activate(policy(undefined, ['company']));
    const { id, status } = await sent(person());
    expect(status).toBe('received');
    expect(await intake.said([id], 1)).toMatchObject([{ data: { state: 'complete', missing: ['company'] } }]);
  });
});

// A policy of another name had been parked for weeks. Redriven, it became the active one: leads were held for what nobody asks any more.
describe('an activation that comes out of the parking place', () => {
  it('does not put aside what was activated since', async () => {
    await intake.activate({ ...policy(undefined, ['company']), name: 'emea-2' });
    const [active] = await intake.rows<{ version: number }>('SELECT version FROM active_policy');
    const version = (active?.version ?? 0) + 1;
    // Of the active name: it comes in its order, and is taken, whatever the clock says of the process that said it.
    const told = [
      await intake.tellActivation({ ...policy(undefined, ['city']), name: 'emea-2' }, version, Date.now() - 1_000),
      await intake.tellActivation({ ...policy('2h', ['phone']), name: 'an-old-one' }, 900, Date.now() - 86_400_000),
    ];
    // These two: what earlier tests have said is still being read.
    const handled = `SELECT FROM inbox WHERE consumer = 'ingestion' AND event_id IN ('${told.join("', '")}')`;
    await eventually(async () => expect(await intake.rows(handled)).toHaveLength(2));
    expect(await intake.rows('SELECT name, version FROM active_policy')).toEqual([{ name: 'emea-2', version }]);
    expect((await sent(person())).status).toBe('received');
  });
});

// One row of the key store was lost. Every second the timer took the oldest 500 holds, failed at that one lead, and took
// the same 500 again: no hold expired any more, anywhere. No test had a lead that could not be opened.
describe('a held lead whose contact cannot be opened', () => {
  beforeAll(() => intake.activate(policy('2h', ['company', 'phone'])));

  const timeIsUp = (...ids: readonly string[]) =>
    intake.rows(`UPDATE held_leads SET until = now() WHERE lead_id IN ('${ids.join("','")}')`);
  const damage = (id: string) =>
    intake.rows(`UPDATE held_leads SET contact = contact || '{"nonce": "AAAAAAAAAAAAAAAA"}' WHERE lead_id = '${id}'`);
  const held = async (id: string) =>
    (
      await intake.rows<{ failures: number; later: boolean; contact: unknown; lead: Record<string, unknown> }>(
        `SELECT failures, until > now() + interval '30 seconds' AS later, contact, lead FROM held_leads
         WHERE lead_id = '${id}'`,
      )
    )[0];

  it('goes on without it, which is in the log since it was received, and holds up nobody', async () => {
    const [damaged, sound] = [await sent(person()), await sent(person())];
    await damage(damaged.id);
    await timeIsUp(damaged.id, sound.id);
    const events = await intake.said([damaged.id, sound.id], 6);
    const completed = (of: Result) =>
      events.find(({ type, subject }) => type === 'lead.completed' && subject === of.id) as FairleadEvent;
    expect(completed(damaged).data).toMatchObject({ by: 'hold-expired', missing: ['company', 'phone'] });
    expect(completed(damaged).data).not.toHaveProperty('contact');
    expect(await contactOf(completed(sound))).toEqual({ email: `p.${people}@company.example` });
  });

  it('waits for its key when more was supplied than was received, holds up nobody, and goes on when the key is back', async () => {
    const [damaged, sound] = [await sent(person({ externalId: 'k-1' })), await sent(person())];
    await supply(damaged.id, { lastName: 'Doe' });
    const before = await held(damaged.id);
    await damage(damaged.id);
    await timeIsUp(damaged.id, sound.id);
    expect(await intake.said([sound.id], 3)).toHaveLength(3);
    await eventually(async () => expect(await held(damaged.id)).toMatchObject({ failures: 1, later: true }));
    const { text } = await intake.call('/metrics');
    expect(text).toMatch(/^fairlead_held_leads_failed_total [1-9]/m);

    await intake.rows(
      `UPDATE held_leads SET contact = '${JSON.stringify(before?.contact)}' WHERE lead_id = '${damaged.id}'`,
    );
    await timeIsUp(damaged.id);
    const [, , completed] = await intake.said([damaged.id], 3);
    expect(await contactOf(completed as FairleadEvent)).toMatchObject({ lastName: 'Doe' });
  });

  it('goes on without it in the end', async () => {
    const { id } = await sent(person());
    await supply(id, { lastName: 'Doe' });
    await damage(id);
    await intake.rows(`UPDATE held_leads SET failures = 1000 WHERE lead_id = '${id}'`);
    await timeIsUp(id);
    const [, , completed] = await intake.said([id], 3);
    expect(completed).toMatchObject({ type: 'lead.completed', data: { by: 'hold-expired' } });
    expect(completed?.data).not.toHaveProperty('contact');
  });

  it('may be sent again: others in the request are taken in, and what is no contact is kept', async () => {
    const jane = person();
    const { id } = await sent(jane);
    await damage(id);
    const again = { ...jane, company: 'Example', phone: '+43 1 534531' };
    const { status, body } = await intake.call('/v1/leads?source=website', { json: [again, person()] });
    expect([status, ...(body.results ?? []).map((each) => each.status)]).toEqual([202, 'merged', 'held']);
    expect((await held(id))?.lead).toMatchObject({ facts: { company: 'Example' }, reachable: { phone: false } });
    await timeIsUp(id);
    const events = await intake.said([id], 4);
    expect(events[3]).toMatchObject({ type: 'lead.completed', data: { missing: ['phone'] } });
  });
});

describe('a held lead that cannot go on', () => {
  it('is set aside, and holds up nobody', async () => {
    const [damaged, sound] = [await sent(person()), await sent(person())];
    await intake.rows(`UPDATE held_leads SET lead = lead - 'occurredAt' WHERE lead_id = '${damaged.id}'`);
    await intake.rows(`UPDATE held_leads SET until = now() WHERE lead_id IN ('${damaged.id}', '${sound.id}')`);
    expect(await intake.said([sound.id], 3)).toHaveLength(3);
    await eventually(async () =>
      expect(await intake.rows(`SELECT failures FROM held_leads WHERE lead_id = '${damaged.id}'`)).toEqual([
        { failures: 1 },
      ]),
    );
  });
});
