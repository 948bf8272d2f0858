import { randomUUID } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { leadRouted } from './fixture/events.js';
import { Receiver, verified } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// A database was restored beside another master key: no secret of one endpoint could be opened. Its whole backlog was
// claimed and given back every second, for hours, and the endpoint was shown as active. No test had such a secret.

const LEADS = 60;

let road: Stretch;
let service: ChildProcess;
let receiver: Receiver;
beforeEach(async () => {
  road = await Stretch.open();
  service = await road.start();
  receiver = await new Receiver().listen();
});
afterEach(async () => {
  receiver.close();
  await road.close();
});

/** As if it had been sealed with another master key. Answers what it was before. */
async function damageSecret(party: string): Promise<Buffer> {
  const { rows } = await road.db.query<{ secret: Buffer }>(
    `WITH changed AS (UPDATE endpoints SET version = version + 1 WHERE party = $1 RETURNING key)
     UPDATE endpoint_secrets SET secret = set_byte(endpoint_secrets.secret, 12, get_byte(endpoint_secrets.secret, 12) # 1)
     FROM changed, endpoint_secrets before WHERE endpoint_secrets.endpoint_key = key AND before.id = endpoint_secrets.id
     RETURNING before.secret`,
    [party],
  );
  return rows[0]?.secret as Buffer;
}

async function queue(): Promise<{ waiting: number; leased: number; claims: number }> {
  const { rows } = await road.db.query<{ waiting: number; leased: number; claims: number }>(
    `SELECT count(*)::int AS waiting, count(leased_until)::int AS leased, coalesce(max(claims), 0)::int AS claims FROM delivery_queue`,
  );
  return rows[0] as { waiting: number; leased: number; claims: number };
}

const stateOf = async (party: string) => (await road.call('GET', `/v1/partners/${party}/endpoints/crm`)).body;

async function aBacklogThatCannotBeSigned(): Promise<Buffer> {
  await road.endpoint('acme', 'crm', receiver.url);
  const secret = await damageSecret('acme');
  await road.receives(...Array.from({ length: LEADS }, () => leadRouted(randomUUID(), 'acme')));
  await eventually(async () => expect((await queue()).waiting).toBe(LEADS));
  await eventually(async () =>
    expect(await stateOf('acme')).toMatchObject({ state: 'failing', reason: 'secret-unreadable' }),
  );
  return secret;
}

describe('an endpoint none of whose secrets can be opened', () => {
  it('is left alone, says so, and holds up no other', async () => {
    await aBacklogThatCannotBeSigned();
    const since = (await stateOf('acme'))['since'];
    const other = await new Receiver().listen();
    await road.endpoint('beta', 'crm', other.url);
    await road.receives(leadRouted(randomUUID(), 'beta'));
    await eventually(() => expect(other.received).toHaveLength(1));
    other.close();

    // Four times as long as it takes to look for what is due.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await queue()).toEqual({ waiting: LEADS, leased: 0, claims: 1 });
    expect((await stateOf('acme'))['since']).toBe(since);
    expect(receiver.received).toEqual([]);
  });

  it('gets everything at once when its secret is rotated, although the old one still cannot be opened', async () => {
    await aBacklogThatCannotBeSigned();
    const { body } = await road.call('POST', '/v1/partners/acme/endpoints/crm/rotate-secret');
    await eventually(() => expect(receiver.received).toHaveLength(LEADS), 20_000);
    const [first] = receiver.received;
    expect(first && verified(first, body['secret'] as string)).toMatchObject({ type: 'lead.routed' });
    expect(await stateOf('acme')).toMatchObject({ state: 'active' });
  });

  it('gets everything when it can be opened again', async () => {
    const secret = await aBacklogThatCannotBeSigned();
    await road.stop(service);
    await road.db.query('UPDATE endpoint_secrets SET secret = $1', [secret]);
    await road.start();
    await eventually(() => expect(receiver.received).toHaveLength(LEADS), 20_000);
    expect(await stateOf('acme')).toMatchObject({ state: 'active' });
  });

  it('stays disabled when it was disabled', async () => {
    await aBacklogThatCannotBeSigned();
    await road.db.query(`UPDATE endpoints SET state = 'disabled', reason = 'gone', version = version + 1`);
    await road.call('POST', '/v1/partners/acme/endpoints/crm/rotate-secret');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stateOf('acme')).toMatchObject({ state: 'disabled', reason: 'gone' });
    expect(receiver.received).toEqual([]);
  });
});
