import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createDataSource, migrate } from '@fairlead/persistence';
import { CONTACT, leadAccepted } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// What was waiting in the queue when a newer version took over.

const BEFORE = '1764000000000-endpoints-and-deliveries.sql';
const TOLD = ['lead.routed', 'lead.accepted', 'lead.offer-expired'];
const [PAST, FUTURE] = ['2026-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z'];

let road: Stretch;
let receiver: Receiver;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-upgrade-'));

beforeAll(async () => {
  road = await Stretch.open();
  receiver = await new Receiver().listen();
  cpSync(new URL(`../migrations/${BEFORE}`, import.meta.url), join(folder, BEFORE));
  const dataSource = await createDataSource({
    url: road.databaseUrl,
    schema: 'partner_notification',
    poolSize: 2,
    applicationName: 'test',
  }).initialize();
  await migrate(dataSource, [pathToFileURL(`${folder}/`)]);
  await dataSource.destroy();
});
afterAll(async () => {
  receiver.close();
  rmSync(folder, { recursive: true });
  await road.close();
});

/** A lead as the version before kept it, with what its party is told: only the last of it is still to be sent, unless said. */
async function given(
  holder: string,
  told: readonly {
    readonly type: string;
    readonly offer: number;
    readonly acceptBy?: string;
    readonly sent?: boolean;
  }[],
): Promise<string> {
  const [lead, received] = [randomUUID(), randomUUID()];
  const sealed = await road.personalData.seal([{ leadId: lead, eventId: received, field: 'contact', value: CONTACT }]);
  await road.db.query('INSERT INTO leads (lead_id, contact, contact_event, holder) VALUES ($1, $2, $3, $4)', [
    lead,
    JSON.stringify(sealed[0]),
    received,
    holder,
  ]);
  for (const { type, offer, acceptBy, sent = false } of told)
    await road.db.query(
      `WITH told AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
         SELECT gen_random_uuid(), key, $1, gen_random_uuid(), $2, $3, $2 <> 'lead.offer-expired' FROM endpoints WHERE party = 'acme'
         RETURNING sequence, endpoint_key, lead_id
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, lead_id, due_at)
       SELECT sequence, endpoint_key, lead_id, now() FROM told WHERE NOT $4`,
      [lead, type, JSON.stringify({ source: '/test', time: PAST, data: { party: 'acme', offer, acceptBy } }), sent],
    );
  return lead;
}

it('goes on with what was waiting, and sends no offer that was over by then', async () => {
  // Made by SQL, because there is no process of the version before: its secret is one that cannot be read.
  await road.db.query(
    `WITH made AS (INSERT INTO endpoints (party, id, url, events) VALUES ('acme', 'crm', $1, $2) RETURNING key)
     INSERT INTO endpoint_secrets (id, endpoint_key, secret) SELECT gen_random_uuid(), key, '\\x00' FROM made`,
    [receiver.url, TOLD],
  );
  const routed = { type: 'lead.routed', offer: 1 };
  const leads = {
    open: await given('acme', [{ ...routed, acceptBy: FUTURE }]),
    over: await given('acme', [{ ...routed, acceptBy: PAST }]),
    gone: await given('beta', [{ ...routed, acceptBy: FUTURE }]),
    expired: await given('acme', [
      { ...routed, acceptBy: FUTURE },
      { type: 'lead.offer-expired', offer: 1, acceptBy: FUTURE },
    ]),
    accepted: await given('acme', [
      { ...routed, acceptBy: PAST },
      { type: 'lead.accepted', offer: 1 },
    ]),
    answered: await given('acme', [
      { ...routed, acceptBy: PAST, sent: true },
      { type: 'lead.accepted', offer: 1 },
    ]),
    again: await given('acme', [
      { ...routed, acceptBy: FUTURE },
      { type: 'lead.routed', offer: 3, acceptBy: FUTURE },
    ]),
    /** Nothing of it waits: what is kept of it from now on is what events say from now on. */
    settled: await given('acme', [{ ...routed, acceptBy: FUTURE, sent: true }]),
  };
  await road.db.query(
    `INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, undelivered)
     SELECT gen_random_uuid(), key, gen_random_uuid(), gen_random_uuid(), 'lead.routed', '{}', true, 'withheld' FROM endpoints`,
  );

  await road.start();
  await road.call('POST', '/v1/partners/acme/endpoints/crm/rotate-secret');
  await road.receives(leadAccepted(leads.settled, 'acme'));
  const said = (lead: string) =>
    receiver.received
      .filter(({ body }) => body.subject === lead)
      .map(({ body }) => [body.type, body.data['offer'], 'contact' in body.data.lead]);
  await eventually(() =>
    expect(Object.fromEntries(Object.entries(leads).map(([name, lead]) => [name, said(lead)]))).toEqual({
      open: [['lead.routed', 1, true]],
      over: [],
      gone: [],
      expired: [['lead.offer-expired', 1, false]],
      accepted: [
        ['lead.routed', 1, true],
        ['lead.accepted', 1, true],
      ],
      answered: [['lead.accepted', 1, true]],
      again: [['lead.routed', 3, true]],
      settled: [['lead.accepted', 1, true]],
    }),
  );
  const { body } = await road.call('GET', '/v1/partners/acme/endpoints/crm/deliveries?state=withheld&limit=100');
  const withheld = (body['deliveries'] as { leadId: string; reason: string }[]).map(({ leadId, reason }) => [
    Object.entries(leads).find(([, lead]) => lead === leadId)?.[0],
    reason,
  ]);
  expect(withheld.reverse()).toEqual([
    ['over', 'offer-expired'],
    ['gone', 'not-the-current-offer'],
    ['expired', 'offer-expired'],
    ['again', 'not-the-current-offer'],
    [undefined, 'endpoint-disabled'],
  ]);
});
