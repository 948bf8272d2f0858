import type { FairleadEvent, LeadEngaged, LeadMerged, Sealed } from '@fairlead/events';
import { Client } from 'pg';
import { type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;
let people = 0;
const person = (more: Record<string, unknown> = {}): Record<string, unknown> & { email: string } => {
  people += 1;
  return { email: `known.${people}@company-${people}.example`, country: 'DE', ...more };
};

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
  await intake.source('fair', { format: 'csv' });
});
afterAll(() => intake.end());

async function sent(lead: unknown, source = 'website'): Promise<Result> {
  const { body } = await intake.call(`/v1/leads?source=${source}`, { json: [lead] });
  return body.results?.[0] as Result;
}

async function contactOf({ id, subject, data }: FairleadEvent): Promise<unknown> {
  const { contact: sealed } = data as { contact: Sealed };
  const [contact] = await intake.personalData.unseal([{ leadId: subject, eventId: id, field: 'contact', sealed }]);
  return contact;
}

describe('somebody known who is sent again', () => {
  it('is told with all that is known now, and with what was new', async () => {
    const jane = person({ lastName: 'Quibble', engagement: { visits: 2 } });
    const { id } = await sent(jane);
    const more = { email: jane.email, phone: '+49 30 901831', lastName: 'Quibble', employees: 250 };
    expect(await sent({ ...more, engagement: { visits: 5 }, consent: true }, 'fair')).toMatchObject({
      id,
      status: 'merged',
    });
    const [received, merged] = (await intake.said([id], 2)) as [FairleadEvent, LeadMerged];
    expect(merged.data).toMatchObject({
      ...{ sourceId: 'fair', matchedBy: 'email', touch: 2 },
      changed: ['phone', 'employees', 'engagement.visits', 'consent'],
      known: {
        ...{ sourceId: 'website', state: 'complete', missing: [], reachable: { email: true, phone: true } },
        facts: { country: 'DE', employees: 250, engagement: { visits: 5 } },
        consent: { given: true },
        receivedAt: Date.parse(received.time),
      },
    });
    expect(Object.keys(merged.data.known?.engagedAt ?? {})).toEqual(['visits']);
    // What was known already is not told once more.
    expect(await contactOf(merged)).toEqual({ phone: '+4930901831' });
    expect(`${await intake.dump()}${intake.everything().toString()}`).not.toMatch(/Quibble|901831|known\.\d+@/);
  });

  it('with nothing new changes nothing', async () => {
    const jane = person({ firstName: 'Jane', message: 'Call me', attributes: { seats: 3 } });
    const { id } = await sent(jane);
    await sent(jane);
    const [, merged] = (await intake.said([id], 2)) as [FairleadEvent, LeadMerged];
    expect(merged.data).toMatchObject({ changed: [], known: { facts: { attributes: { seats: 3 } } } });
    expect(merged.data).not.toHaveProperty('contact');
    expect(merged.data).not.toHaveProperty('otherwise');
  });

  it('and says something otherwise stays who they were; that is told beside it', async () => {
    const jane = person();
    const { id } = await sent(jane);
    await sent({ ...jane, country: 'FR', lastName: 'Roe' });
    const [, merged] = (await intake.said([id], 2)) as [FairleadEvent, LeadMerged];
    expect(merged.data).toMatchObject({
      changed: ['lastName'],
      otherwise: { country: 'FR' },
      known: { facts: { country: 'DE' } },
    });
  });

  it('is known by all submissions of one request', async () => {
    const jane = person();
    const { body } = await intake.call('/v1/leads?source=website', {
      json: [jane, { ...jane, city: 'Bonn' }, { ...jane, product: 'cloud' }],
    });
    const id = body.results?.[0]?.id ?? '';
    const events = (await intake.said([id], 3)) as LeadMerged[];
    expect(events.slice(1).map(({ data }) => [data.touch, data.changed, data.known?.facts.city])).toEqual([
      [2, ['city'], 'Bonn'],
      [3, ['product'], 'Bonn'],
    ]);
  });

  it('is erased there too, when the address came along with the id of somebody else', async () => {
    const [jane, joe] = [person(), person({ externalId: 'k-joe' })];
    const [first, second] = [await sent(jane), await sent(joe)];
    // One more time, and the tool says that Joe has Jane's address now.
    expect(await sent({ externalId: 'k-joe', email: jane.email })).toMatchObject({ id: second.id, status: 'merged' });
    const { body } = await intake.call('/v1/erasures', { json: { email: jane.email, reason: 'subject-request' } });
    expect(JSON.stringify(body)).toContain(first.id);
    expect(JSON.stringify(body)).toContain(second.id);
    expect(
      await intake.rows(`SELECT 1 FROM leads WHERE id IN ('${first.id}', '${second.id}') AND known IS NOT NULL`),
    ).toEqual([]);
  });

  // Before it was kept what is known of leads, there were leads.
  it('and came in before it was kept what is known, is told as it was sent', async () => {
    const jane = person({ phone: '+49 30 901832' });
    const { id } = await sent(jane);
    await intake.rows(`UPDATE leads SET known = NULL WHERE id = '${id}'`);
    await sent({ ...jane, employees: 7 });
    await sent({ ...jane, employees: 7 });
    const [, one, other] = (await intake.said([id], 3)) as [FairleadEvent, LeadMerged, LeadMerged];
    expect([one.data.touch, other.data.touch]).toEqual([2, 3]);
    expect(one.data).not.toHaveProperty('known');
    expect([one.data.changed, other.data.changed]).toEqual([['phone'], []]);
    expect(await contactOf(one)).toEqual({ phone: '+4930901832' });
    expect((await intake.tell('website', [doing(jane.email)]))[0]).toEqual({ index: 0, id, status: 'engaged' });
  });
});

const doing = (email: string, more: Record<string, number> = { pageViews: 1 }) => ({
  ...{ who: { email }, activity: 'page-viewed', adds: more, sets: { lastPage: '/pricing' }, occurredAt: Date.now() },
});

describe('what somebody does', () => {
  it('is added to what is known of them', async () => {
    const jane = person({ engagement: { pageViews: 4 } });
    const { id } = await sent(jane);
    const at = Date.now();
    const told = await intake.tell('website', [
      { ...doing(jane.email), occurredAt: at },
      { ...doing(jane.email.toUpperCase(), { pageViews: 2, opens: 1 }), activity: 'email-opened', occurredAt: at + 5 },
    ]);
    expect(told.map((each) => [each.id, each.status])).toEqual([
      [id, 'engaged'],
      [id, 'engaged'],
    ]);
    const [, one, other] = (await intake.said([id], 3)) as [FairleadEvent, LeadEngaged, LeadEngaged];
    expect(one).toMatchObject({
      type: 'lead.engaged',
      data: {
        ...{ sourceId: 'website', matchedBy: 'email', activity: 'page-viewed', adds: { pageViews: 1 }, touch: 2 },
        ...{ sets: { lastPage: '/pricing' }, occurredAt: at, changed: ['engagement.pageViews', 'engagement.lastPage'] },
        known: { facts: { engagement: { pageViews: 5, lastPage: '/pricing' } } },
      },
    });
    expect(other.data).toMatchObject({
      known: {
        facts: { country: 'DE', engagement: { pageViews: 7, opens: 1, lastPage: '/pricing' } },
        engagedAt: { pageViews: at + 5, opens: at + 5 },
      },
    });
  });

  it('is counted and goes no further when nobody knows them, and makes nobody known', async () => {
    const { email } = person();
    expect((await intake.tell('website', [doing(email)]))[0]?.status).toBe('ignored');
    expect((await intake.tell('website', [{ ...doing(''), who: { email: 'nonsense' } }]))[0]?.status).toBe('ignored');
    expect(await sent({ email })).toMatchObject({ status: 'received' });
    const { text } = await intake.call('/metrics');
    expect(text).toMatch(/^fairlead_intake_leads_total\{status="ignored"\} 2/m);
  });

  it('counts by the id of its own source, and of no other', async () => {
    const { id } = await sent(person({ externalId: 'a-1' }));
    const byId = { ...doing(''), who: { externalId: 'a-1' } };
    expect((await intake.tell('fair', [byId]))[0]?.status).toBe('ignored');
    expect((await intake.tell('website', [byId]))[0]).toMatchObject({ id, status: 'engaged' });
  });

  it('and makes no sense is rejected by name', async () => {
    const wrong = { ...doing('x@example.com', { half: 0.5 }), activity: 'Opened a mail' };
    const [result] = (await intake.tell('website', [wrong])) as readonly Result[];
    expect(result?.errors?.map(({ field }) => field)).toEqual(['activity', 'engagement.half']);
  });

  it('is of nobody once they are erased', async () => {
    const jane = person();
    const { id } = await sent(jane);
    await intake.call(`/v1/leads/${id}/personal-data`, { method: 'DELETE' });
    expect((await intake.tell('website', [doing(jane.email)]))[0]?.status).toBe('ignored');
  });
});

describe('a held lead', () => {
  beforeAll(() =>
    intake.activate({
      name: 'emea',
      pools: [
        {
          ...{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } },
          incomplete: { needs: ['employees', 'engagement.demo'], holdFor: '2h' },
        },
      ],
    }),
  );

  it('goes on by what is supplied, sent again and done, together', async () => {
    const jane = person();
    const { id, status } = await sent(jane);
    expect(status).toBe('held');
    await intake.call(`/v1/leads/${id}`, { method: 'PATCH', json: { city: 'Bonn' } });
    await sent({ ...jane, employees: 12 });
    await intake.tell('website', [doing(jane.email, { demo: 1 })]);
    await intake.tell('website', [doing(jane.email, { demo: 1 })]);
    const events = await intake.said([id], 6);
    expect(events.map(({ type }) => type)).toEqual([
      ...['lead.received', 'lead.held', 'lead.merged', 'lead.engaged', 'lead.completed', 'lead.engaged'],
    ]);
    expect(events.map(({ data }) => (data as LeadMerged['data']).known).filter(Boolean)).toMatchObject([
      { state: 'held', missing: ['engagement.demo'], facts: { city: 'Bonn', employees: 12 } },
      { state: 'held', facts: { engagement: { demo: 1 } } },
      { state: 'complete', missing: [], facts: { city: 'Bonn', employees: 12, engagement: { demo: 2 } } },
    ]);
    expect(events[4]?.data).toMatchObject({ facts: { city: 'Bonn', employees: 12, engagement: { demo: 1 } } });
  });
});

describe('a hundred submissions of one person at the same moment, in three formats', () => {
  it('are one lead, with one key and a history of a hundred touches', async () => {
    await intake.activate({ name: 'emea', pools: [{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } }] });
    const { email } = person();
    const phone = '+49 30 901899';
    const send = (place: number) => {
      const lead = { email, phone: place % 2 ? phone : '', lastName: 'Doe', externalId: place % 5 ? '' : 'hundred' };
      const to = '/v1/leads?source=website';
      if (place % 3 === 0) return intake.call(to, { json: lead });
      if (place % 3 === 1) return intake.call(to, { type: 'application/x-ndjson', body: `${JSON.stringify(lead)}\n` });
      const row = [lead.email, lead.phone, lead.lastName, lead.externalId].join(',');
      return intake.call(to, { type: 'text/csv', body: `email,phone,lastName,externalId\n${row}\n` });
    };
    const keys = await countKeys();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, place) => send(place)));
    const results = answers.flatMap(({ body }) => body.results ?? []);
    expect(results).toHaveLength(100);
    expect(results.filter(({ status }) => status === 'received')).toHaveLength(1);
    const [id = '', ...others] = new Set(results.map((result) => result.id));
    expect(others).toEqual([]);

    const events = await intake.said([id], 100);
    expect(events[0]?.type).toBe('lead.received');
    expect(events.slice(1).map(({ data }) => (data as LeadMerged['data']).touch)).toEqual(
      Array.from({ length: 99 }, (_, place) => place + 2),
    );
    expect((events.at(-1) as LeadMerged).data.known?.reachable).toEqual({ email: true, phone: true });
    expect(await intake.rows(`SELECT touches FROM leads WHERE id = '${id}'`)).toEqual([{ touches: 100 }]);
    expect(await countKeys()).toBe(keys + 1);
  });
});

async function countKeys(): Promise<number> {
  const client = new Client({ connectionString: intake.keysDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ table: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS table FROM information_schema.tables WHERE table_name = 'lead_keys'`,
    );
    const { rows: counted } = await client.query<{ keys: number }>(
      `SELECT count(*)::int AS keys FROM ${rows[0]?.table}`,
    );
    return counted[0]?.keys ?? 0;
  } finally {
    await client.end();
  }
}
