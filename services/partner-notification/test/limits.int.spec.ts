import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import pg from 'pg';
import { leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// How much is sent to an endpoint, and when: what its party asked for, and what its server can bear.

let road: Stretch;
let sender: ChildProcess;
const receivers: Receiver[] = [];
const SETTINGS = {
  // 5 s are 10 ms: the pauses between probes begin there.
  FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.002',
  // What a test leaves unanswered for a while has not failed, however slow the machine is.
  FAIRLEAD_WEBHOOK_TIMEOUT: '60s',
  FAIRLEAD_WEBHOOK_LEASE: '180s',
};

beforeAll(async () => {
  road = await Stretch.open();
  // Five days are four seconds.
  sender = await road.start({ ...SETTINGS, FAIRLEAD_WEBHOOK_DISABLE_AFTER: '4s' });
});
afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  await road.close();
});

async function receiver(answer?: Receiver['answer']): Promise<Receiver> {
  const made = await new Receiver().listen();
  if (answer) made.answer = answer;
  receivers.push(made);
  return made;
}

async function endpoint(url: string, more: object = {}): Promise<{ party: string; path: string }> {
  const party = `p-${randomUUID().slice(0, 8)}`;
  const path = `/v1/partners/${party}/endpoints/crm`;
  const { status } = await road.call('PUT', path, { json: { url, events: ['lead.routed'], ...more } });
  expect(status).toBe(201);
  return { party, path };
}

const routed = (party: string, count: number) =>
  road.receives(...Array.from({ length: count }, () => leadRouted(randomUUID(), party)));

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: readonly { readonly failure: string | null }[];
}

/** Oldest first. */
async function deliveriesOf(path: string): Promise<Listed[]> {
  const { body } = await road.call('GET', `${path}/deliveries?limit=100`);
  return (body['deliveries'] as Listed[]).reverse();
}

/** Answers after a moment, and remembers how many it had to answer at once. */
function busy(server: Receiver, fails: (nth: number) => boolean = () => false): { most: number } {
  const seen = { most: 0 };
  let now = 0;
  server.answer = (_, response, nth) => {
    now += 1;
    seen.most = Math.max(seen.most, now);
    setTimeout(() => {
      now -= 1;
      response.writeHead(fails(nth) ? 500 : 200).end();
    }, 5);
  };
  return seen;
}

/** Answers nothing any more; what is asked from now on is kept to be answered later. */
function holdAll(server: Receiver): ServerResponse[] {
  const held: ServerResponse[] = [];
  server.answer = (_, response) => void held.push(response);
  return held;
}

/** How many of what waits for the party somebody has claimed. */
async function leasedFor(party: string): Promise<number> {
  const { rows } = await road.db.query<{ leased: number }>(
    `SELECT count(*)::int AS leased FROM delivery_queue JOIN endpoints ON key = endpoint_key WHERE party = $1 AND leased_until > now()`,
    [party],
  );
  return rows[0]?.leased ?? 0;
}

/** Another transaction, while it lasts. */
async function beside<T>(work: (other: pg.Client) => Promise<T>, connectionString = road.databaseUrl): Promise<T> {
  const other = new pg.Client({ connectionString, options: '-c search_path=partner_notification' });
  await other.connect();
  try {
    await other.query('BEGIN');
    const result = await work(other);
    await other.query('COMMIT');
    return result;
  } finally {
    await other.end();
  }
}

/** Somebody waits for what this transaction holds. */
async function isWaitedFor(other: pg.Client): Promise<void> {
  const { rows: own } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))', [
      own[0]?.pid,
    ]);
    expect(rows).toHaveLength(1);
  });
}

/** Milliseconds between one webhook and the next. */
function pausesOf({ received }: Receiver): number[] {
  return received.slice(1).map(({ at }, index) => at - (received[index]?.at ?? 0));
}

describe('an endpoint whose server fails', () => {
  it('is asked with one webhook at a time; the others spend no attempts, and all arrive when it is back', async () => {
    let down = true;
    const server = await receiver((_, response) => void response.writeHead(down ? 503 : 200).end());
    const { party, path } = await endpoint(server.url);
    await routed(party, 60);
    await eventually(async () => expect((await road.call('GET', path)).body).toMatchObject({ state: 'failing' }));
    await eventually(async () => expect(await deliveriesOf(path)).toHaveLength(60));
    const spent = (listed: readonly Listed[]) => listed.reduce((sum, { attempts }) => sum + attempts.length, 0);
    // Apart from those that were on their way when it was found out: 10 ms at first, and twice as long each time.
    await eventually(() => expect(pausesOf(server).at(-1)).toBeGreaterThan(100));
    const before = await deliveriesOf(path);
    expect(before.filter(({ attempts }) => attempts.length === 0).length).toBeGreaterThan(30);
    expect(new Set(before.map(({ state }) => state))).toEqual(new Set(['pending']));

    down = false;
    await eventually(async () => {
      const after = await deliveriesOf(path);
      expect(after.map(({ state }) => state)).toEqual(after.map(() => 'delivered'));
    });
    expect((await road.call('GET', path)).body).toMatchObject({ state: 'active' });
    expect(new Set(server.received.map(({ id }) => id)).size).toBe(60);
    expect(spent(await deliveriesOf(path)) - 60).toBeLessThan(30);
  });

  it('is disabled when it has done nothing else for days, and says so; set up again, it is sent what comes', async () => {
    let down = true;
    const server = await receiver((_, response) => void response.writeHead(down ? 503 : 200).end());
    const { party, path } = await endpoint(server.url);
    await routed(party, 5);
    await eventually(async () =>
      expect((await road.call('GET', path)).body).toMatchObject({ state: 'disabled', reason: 'failed-for-too-long' }),
    );
    const listed = await deliveriesOf(path);
    const withheld = listed.filter(({ state }) => state === 'withheld');
    expect(withheld.length).toBeGreaterThan(0);
    expect(new Set(withheld.map(({ reason }) => reason))).toEqual(new Set(['endpoint-disabled']));
    expect(new Set(listed.map(({ state }) => state)).has('pending')).toBe(false);
    const saidOf = (type: string) =>
      road
        .saidOf(type)
        .filter(({ data }) => (data as { party: string }).party === party)
        .map(({ data }) => data);
    await eventually(() =>
      expect(saidOf('partner.endpoint-disabled')).toEqual([
        {
          ...{ party, endpointId: 'crm', reason: 'failed-for-too-long', lastFailure: 'http-503' },
          ...{ failingSince: expect.any(Number) as number, withheld: withheld.length },
        },
      ]),
    );
    expect(await road.call('POST', `${path}/test`)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/endpoint-disabled$/) as string },
    });

    down = false;
    const document = { url: server.url, events: ['lead.routed'] };
    expect((await road.call('PUT', path, { json: document })).body).toMatchObject({ state: 'active' });
    await eventually(() => expect(saidOf('partner.endpoint-enabled')).toMatchObject([{ party, endpointId: 'crm' }]));
    const before = server.received.length;
    await routed(party, 1);
    await eventually(() => expect(server.received).toHaveLength(before + 1));
  });

  it('is asked at once when its party sends a test, whatever waits', async () => {
    let down = true;
    const server = await receiver((_, response) => void response.writeHead(down ? 503 : 200).end());
    const { party, path } = await endpoint(server.url);
    await routed(party, 10);
    await eventually(async () => expect((await road.call('GET', path)).body).toMatchObject({ state: 'failing' }));
    // As if it had failed for hours.
    await road.db.query(`UPDATE endpoints SET probe_at = now() + interval '1 hour' WHERE party = $1`, [party]);
    down = false;
    const { body } = await road.call('POST', `${path}/test`);
    await eventually(() => expect(server.received.some(({ id }) => id === body['deliveryId'])).toBe(true));
    await eventually(async () => expect((await road.call('GET', path)).body).toMatchObject({ state: 'active' }));
  });
});

describe('an endpoint with a rate', () => {
  it('is sent no more a second, by two senders together', async () => {
    await road.start(SETTINGS);
    const server = await receiver();
    const { party } = await endpoint(server.url, { perSecond: 20 });
    await routed(party, 40);
    await eventually(() => expect(server.received).toHaveLength(40));
    await road.stop(sender);
    // As they were sent: a receiver that has to wait for its turn on a busy machine then gets all at once.
    const times = await eventually(async () => {
      const { rows } = await road.db.query<{ at: number }>(
        `SELECT extract(epoch FROM started_at)::float8 * 1000 AS at FROM attempts JOIN deliveries USING (sequence)
         JOIN endpoints ON endpoints.key = endpoint_key WHERE party = $1 ORDER BY at`,
        [party],
      );
      expect(rows).toHaveLength(40);
      return rows.map(({ at }) => at);
    });
    // What is booked for one second may come a moment late, on the heels of the next.
    for (const [i, from] of times.entries())
      expect(times.slice(i).filter((at) => at < from + 1_000).length).toBeLessThanOrEqual(24);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_700);
  });
});

describe('an endpoint that says how many it takes at once', () => {
  it('is sent no more', async () => {
    const server = await receiver();
    const seen = busy(server);
    const { party } = await endpoint(server.url, { concurrency: 3 });
    await routed(party, 60);
    await eventually(() => expect(server.received).toHaveLength(60));
    expect(seen.most).toBe(3);
  });
});

describe('an endpoint in strict order', () => {
  it('is sent one after the other, in the order in which they were made, also when one fails', async () => {
    const server = await receiver();
    const seen = busy(server, (nth) => nth === 4 || nth === 5);
    const { party, path } = await endpoint(server.url, { order: 'strict' });
    await routed(party, 20);
    await eventually(() => expect(server.received).toHaveLength(22));
    await eventually(async () =>
      expect((await deliveriesOf(path)).every(({ state }) => state === 'delivered')).toBe(true),
    );
    expect(seen.most).toBe(1);
    const arrived = server.received.map(({ id }) => id);
    const made = (await deliveriesOf(path)).map(({ id }) => id);
    expect(arrived.filter((_, i) => i !== 3 && i !== 4)).toEqual(made);
  });

  it('is kept also for what waited when it was asked for', async () => {
    const server = await receiver((_, response) => void response.writeHead(503).end());
    const { party, path } = await endpoint(server.url);
    await routed(party, 10);
    await eventually(async () => expect((await road.call('GET', path)).body).toMatchObject({ state: 'failing' }));
    await eventually(async () => expect(await deliveriesOf(path)).toHaveLength(10));
    // No probe for an hour, and none under way: one that succeeds would let all of them go, in the order that they had.
    await eventually(async () => {
      await road.db.query(`UPDATE endpoints SET probe_at = now() + interval '1 hour' WHERE party = $1`, [party]);
      expect(await leasedFor(party)).toBe(0);
    });
    const before = server.received.length;
    const seen = busy(server);
    const strict = { url: server.url, events: ['lead.routed'], order: 'strict' };
    expect((await road.call('PUT', path, { json: strict })).status).toBe(200);
    await eventually(async () =>
      expect((await deliveriesOf(path)).every(({ state }) => state === 'delivered')).toBe(true),
    );
    expect(seen.most).toBe(1);
    const made = (await deliveriesOf(path)).map(({ id }) => id);
    expect(server.received.slice(before).map(({ id }) => id)).toEqual(made);
  });

  // Hundreds were in a sender's memory when a party asked for strict order. They went out as they had been claimed: many at once.
  it.each(['the same', 'another'])(
    'is kept also for what was claimed when it was asked for, through %s process',
    async (process) => {
      const server = await receiver();
      const { party, path } = await endpoint(server.url);
      await routed(party, 10);
      await eventually(async () =>
        expect((await deliveriesOf(path)).map(({ state }) => state)).toEqual(Array(10).fill('delivered')),
      );
      const held = holdAll(server);
      await routed(party, 40);
      await eventually(async () => {
        expect(await deliveriesOf(path)).toHaveLength(50);
        expect(held.length).toBeGreaterThan(1);
        expect(await leasedFor(party)).toBeGreaterThan(held.length);
      });
      const other = process === 'another' ? await road.start(SETTINGS) : undefined;
      try {
        const strict = { url: server.url, events: ['lead.routed'], order: 'strict' };
        expect((await road.call('PUT', path, { json: strict })).status).toBe(200);
        // All but what is under way is given back, and nothing is given out before that is over.
        await eventually(async () => expect(await leasedFor(party)).toBe(held.length));
        const begun = server.received.map(({ id }) => id);
        const seen = busy(server);
        for (const response of held) response.end();
        await eventually(async () =>
          expect((await deliveriesOf(path)).every(({ state }) => state === 'delivered')).toBe(true),
        );
        expect(seen.most).toBe(1);
        const made = (await deliveriesOf(path)).map(({ id }) => id);
        expect(server.received.slice(begun.length).map(({ id }) => id)).toEqual(
          made.filter((id) => !begun.includes(id)),
        );
      } finally {
        if (other) await road.stopOthers(other);
      }
    },
  );
});

describe('an endpoint that is changed', () => {
  it('is sent nothing as it was before that was being claimed at that moment', async () => {
    const server = await receiver();
    const seen = busy(server);
    const { party, path } = await endpoint(server.url);
    const leads = Array.from({ length: 10 }, () => randomUUID());
    await road.receives(
      ...(await Promise.all(leads.map((lead) => leadReceived(lead, road.personalData)))),
      ...leads.map((lead) => leadScored(lead)),
    );
    await eventually(async () => {
      const { rows } = await road.db.query('SELECT FROM leads WHERE lead_id = ANY($1) AND contact IS NOT NULL', [
        leads,
      ]);
      expect(rows).toHaveLength(10);
    });
    await beside(async (keys) => {
      // Whom to call is looked up after something is claimed and before it can be sent.
      await keys.query('LOCK TABLE personal_data.lead_keys IN ACCESS EXCLUSIVE MODE');
      await road.receives(...leads.map((lead) => leadRouted(lead, party, { revealContact: 'on-offer' })));
      await isWaitedFor(keys);
      const strict = { url: server.url, events: ['lead.routed'], order: 'strict' };
      expect((await road.call('PUT', path, { json: strict })).status).toBe(200);
    }, road.keysDatabaseUrl);
    await eventually(async () =>
      expect((await deliveriesOf(path)).map(({ state }) => state)).toEqual(Array(10).fill('delivered')),
    );
    expect(seen.most).toBe(1);
    expect(server.received.map(({ id }) => id)).toEqual((await deliveriesOf(path)).map(({ id }) => id));
  });

  it('is changed also when the database gives up one of two that wait for each other, and that is the change', async () => {
    const server = await receiver();
    const { party, path } = await endpoint(server.url);
    const held = holdAll(server);
    await routed(party, 1);
    await eventually(() => expect(held).toHaveLength(1));
    await beside(async (other) => {
      await other.query(
        `SELECT FROM delivery_queue WHERE endpoint_key = (SELECT key FROM endpoints WHERE party = $1) FOR UPDATE`,
        [party],
      );
      const strict = { url: server.url, events: ['lead.routed'], order: 'strict' };
      const changed = road.call('PUT', path, { json: strict });
      await isWaitedFor(other);
      await other.query('UPDATE endpoints SET probes = probes WHERE party = $1', [party]);
      await other.query('COMMIT');
      expect(await changed).toMatchObject({ status: 200, body: { order: 'strict' } });
    });
    for (const response of held) response.end();
  });

  it('waits for nobody who records what came of its webhooks: that one waits for the change, and holds nothing', async () => {
    const server = await receiver((_, response) => void response.writeHead(503, { 'retry-after': '1' }).end());
    const { party, path } = await endpoint(server.url);
    await beside(async (other) => {
      await other.query(`SELECT FROM endpoints WHERE party = $1 FOR NO KEY UPDATE`, [party]);
      await routed(party, 1);
      await isWaitedFor(other);
      const { rowCount } = await other.query(
        `SELECT FROM delivery_queue WHERE endpoint_key = (SELECT key FROM endpoints WHERE party = $1) FOR UPDATE NOWAIT`,
        [party],
      );
      expect(rowCount).toBe(1);
    });
    await eventually(async () => expect((await deliveriesOf(path))[0]?.attempts).toHaveLength(1));
  });
});

describe('one host for many partners', () => {
  it('is sent what is for the endpoints that answer, however many connections are held by those that hang', async () => {
    const host = await receiver((received, response) => void (received.path === '/answers' && response.end()));
    const at = (path: string) => new URL(path, host.url).href;
    const make = async (path: string, count: number) =>
      Promise.all(Array.from({ length: count }, async () => (await endpoint(at(path))).party));
    const [hanging, healthy] = [await make('/hangs', 70), await make('/answers', 10)];
    const arrived = (path: string) => host.received.filter((each) => each.path === path).length;
    await Promise.all(hanging.map((party) => routed(party, 2)));
    await eventually(() => expect(arrived('/hangs')).toBeGreaterThanOrEqual(64));

    await Promise.all(healthy.map((party) => routed(party, 5)));
    await eventually(() => expect(arrived('/answers')).toBe(50));
    // None of those that hang had to be given up before.
    const { rows } = await road.db.query(`SELECT FROM attempts WHERE failure = 'timeout'`);
    expect(rows).toHaveLength(0);
  });
});
