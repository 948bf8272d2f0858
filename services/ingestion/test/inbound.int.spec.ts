import { type LeadEngaged, LeadRejected } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { eventually, type Intake, startIntake } from './fixture/intake.js';

let intake: Intake;
let people = 0;
const email = () => `inbound.${(people += 1)}@company-${people}.example`;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('shop');
  await intake.source('crm', { format: 'json', mapping: { columns: { Mail: 'email', Land: 'country' } } });
});
afterAll(() => intake.end());

const CLOUDEVENT = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
const event = (data: object, more: object = {}) => ({
  ...{ specversion: '1.0', id: randomUUID(), source: 'https://vendor.example/sources/shop', type: 'lead.submitted' },
  ...{ time: '2026-11-20T10:00:00Z', data },
  ...more,
});
const put = (value: unknown, headers: Record<string, string> = {}, key: string = randomUUID()) =>
  intake.produce('inbound', [{ key, headers, value: typeof value === 'string' ? value : JSON.stringify(value) }]);

/** @returns the lead's id, once somebody is known by the address */
async function known(address: string): Promise<string> {
  return eventually(async () => {
    const told = await intake.tell('shop', [
      { who: { email: address }, activity: 'asked-for', adds: {}, sets: {}, occurredAt: Date.now() },
    ]);
    if (told[0]?.status !== 'engaged') throw new Error('not yet there');
    return told[0].id;
  });
}

describe('the public entrance', () => {
  it('takes CloudEvents, structured and binary, and plain JSON', async () => {
    const [one, two, three, four] = [email(), email(), email(), email()];
    const subject = `s-${randomUUID()}`;
    await put(event({ email: one, country: 'DE' }, { subject }), CLOUDEVENT);
    await put(
      { email: two, country: 'AT' },
      {
        ...{ ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/sources/shop', ce_type: 'lead.submitted' },
        'content-type': 'application/json',
      },
    );
    await put({ source: 'shop', email: three });
    await put({ Mail: four, Land: 'Schweiz' }, { 'Fairlead-Source': 'crm' });
    const ids = await Promise.all([one, two, three, four].map(known));
    expect(await Promise.all(ids.map(async (id) => (await intake.said([id], 1))[0]))).toMatchObject([
      {
        type: 'lead.received',
        data: {
          sourceId: 'shop',
          externalId: subject,
          facts: { country: 'DE' },
          occurredAt: Date.UTC(2026, 10, 20, 10),
        },
      },
      { type: 'lead.received', data: { sourceId: 'shop', facts: { country: 'AT' } } },
      { type: 'lead.received', data: { sourceId: 'shop' } },
      { type: 'lead.received', data: { sourceId: 'crm', facts: { country: 'CH' } } },
    ]);
  });

  it('keeps ids of more digits than a double holds', async () => {
    const address = email();
    await intake.source('numbered', { format: 'json', mapping: { columns: { mail: 'email', id: 'externalId' } } });
    await put(`{"mail":"${address}","id":12345678901234567890}`, { 'fairlead-source': 'numbered' });
    const [received] = await intake.said([await known(address)], 1);
    expect(received).toMatchObject({ data: { sourceId: 'numbered', externalId: '12345678901234567890' } });
  });

  it('takes what somebody did, in its order, once however often the event comes', async () => {
    const address = email();
    const key = randomUUID();
    const did = (more: object) => ({ who: { email: address }, activity: 'page-viewed', ...more });
    const view = event(did({ adds: { views: 1 } }), { type: 'vendor.activity.v1' });
    await put(event({ email: address }), CLOUDEVENT, key);
    for (const each of [view, view, view]) await put(each, CLOUDEVENT, key);
    for (const page of ['/a', '/b', '/c'])
      await put(event(did({ sets: { page } }), { type: 'vendor.activity.v1' }), CLOUDEVENT, key);
    const id = await known(address);
    const viewed = await eventually(async () => {
      const events = (await intake.said([id], 5)) as LeadEngaged[];
      const found = events.filter(({ data }) => data.activity === 'page-viewed');
      expect(found).toHaveLength(4);
      return found;
    });
    expect(viewed).toMatchObject([
      { type: 'lead.engaged', data: { known: { facts: { engagement: { views: 1 } } } } },
      ...['/a', '/b', '/c'].map((page) => ({
        type: 'lead.engaged',
        data: { known: { facts: { engagement: { views: 1, page } } } },
      })),
    ]);
  });

  it('tells the source what cannot be used, and parks it without its bytes', async () => {
    const secret = 'ottokar.zwiebelfisch';
    const id = `bad-${randomUUID()}`;
    await put(event({ email: `${secret}@@nowhere`, country: 'Atlantis' }, { subject: id }), CLOUDEVENT);
    await put(`{"source": "shop", "email": "${secret}@example.com"`);
    await put({ source: 'nobody', email: `${secret}@example.com` });
    await put([`${secret}@example.com`]);
    await put('');
    const last = email();
    await put(event({ email: last }), CLOUDEVENT);
    await known(last);

    const classes = await eventually(async () => {
      const rows = await intake.rows<{ error_class: string; bytes: number }>(
        `SELECT error_class, octet_length(event) AS bytes FROM parked WHERE type = 'inbound' ORDER BY error_class`,
      );
      expect(rows).toHaveLength(5);
      expect(rows.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0]);
      return rows.map(({ error_class }) => error_class);
    });
    expect(classes).toEqual([
      ...[
        'inbound-empty',
        'inbound-not-json',
        'inbound-not-one-object',
        'inbound-not-usable',
        'inbound-unknown-source',
      ],
    ]);
    const { body } = await intake.call('/v1/parked');
    expect(JSON.stringify(body)).toMatch(/inbound-not-usable/);
    const heard = await eventually(async () => {
      const all = intake.everything().toString();
      expect(all).toContain(id);
      return all;
    });
    expect(heard).toContain(LeadRejected.type);
    expect(`${await intake.dump()}${heard}${JSON.stringify(body)}`).not.toContain('zwiebelfisch');
  });

  it('keeps no record that was read, once somebody is erased', async () => {
    const address = email();
    await put(event({ email: address }), CLOUDEVENT);
    await known(address);
    expect(await intake.retained('inbound')).toBeGreaterThan(0);
    const { status } = await intake.call('/v1/erasures', { json: { email: address, reason: 'subject-request' } });
    expect(status).toBe(200);
    await eventually(async () => expect(await intake.retained('inbound')).toBe(0));
    await eventually(async () =>
      expect(await intake.rows('SELECT 1 FROM erasures WHERE inbound_cleared_at IS NULL')).toEqual([]),
    );
    // And goes on reading.
    const next = email();
    await put(event({ email: next }), CLOUDEVENT);
    await known(next);
  });
});
