import { randomUUID } from 'node:crypto';
import { encodeEvent, LeadErased, LeadQualified } from '@fairlead/events';
import type { Query } from '@fairlead/persistence';
import kafkajs from 'kafkajs';
import { pruneInbox } from '../src/inbox.js';
import { Kafka } from '../src/index.js';
import { Road } from './fixture/road.js';

describe('messaging, when something is wrong', () => {
  let road: Road;
  beforeEach(async () => {
    road = await Road.open();
  });
  afterEach(() => road.close());

  const waiting = async () =>
    (
      await road.db.query<{ id: string; error_class: string }>(
        'SELECT * FROM parked WHERE redriven_at IS NULL ORDER BY id',
      )
    ).rows;

  describe.each(['unprocessable', 'throws'])('with an event that its handler always refuses (%s)', (kind) => {
    it('parks it, lets other leads flow, keeps later events of its lead behind it, and redrives them once and in order', async () => {
      const service = await road.start();
      const [bad = '', ...good] = await road.send(20, 1);
      await road.settled([bad, ...good], 1);
      await road.db.query('INSERT INTO poison VALUES ($1, 2, $2)', [bad, kind]);

      await road.send([bad, ...good], 3, 2);

      await road.expectExactlyOnce(good, 4);
      await road.until(async () => (await waiting()).length === 3);
      const parked = await waiting();
      expect(parked.map((row) => row.error_class)).toEqual([
        kind === 'throws' ? 'TypeError' : 'refused-by-test',
        'waits',
        'waits',
      ]);
      expect(JSON.stringify(parked)).not.toContain('no way for');
      expect(road.published().get(bad)).toEqual([1]);

      const first = parked[0]?.id ?? '';
      expect(await service.ask({ redrive: first })).toMatchObject({ redriven: { redriven: 0, remaining: 3 } });
      await road.db.query('DELETE FROM poison');
      expect(await service.ask({ redrive: first })).toMatchObject({ redriven: { redriven: 3, remaining: 0 } });
      expect(await service.ask({ redrive: first })).toEqual({});

      await road.send([bad], 1, 5);
      await road.expectExactlyOnce([bad], 5);
      await road.until(() => Promise.resolve(road.eventsOf('event.redriven').length === 3));
      expect(road.eventsOf('event.redriven').map(({ data }) => data)).toEqual(
        parked.map(() => expect.objectContaining({ actor: 'tester', reason: 'it was mended' }) as object),
      );
      expect(road.eventsOf('event.parked')).toHaveLength(3);
    });
  });

  it('parks what is no event at all, and what comes after it under its key', async () => {
    const lead = randomUUID();
    const producer = new Kafka({ brokers: road.brokers, clientId: 'test' }).producer();
    const headers = { ce_type: 'lead.contacted' };
    await producer.send([
      { topic: road.lifecycle, key: lead, value: Buffer.from('{"half": '), headers },
      road.record(lead, 1),
    ]);
    await producer.close();
    await road.start();
    const others = await road.send(10, 2);

    await road.expectExactlyOnce(others, 2);
    await road.until(async () => (await waiting()).length === 2);
    expect((await waiting()).map((row) => row.error_class)).toEqual(['InvalidEvent:not-json', 'waits']);
  });

  it('empties, of an erased lead, what is parked and is no event, there and in its topic; events wait as before', async () => {
    const [lead, other] = [randomUUID(), randomUUID()];
    const producer = new Kafka({ brokers: road.brokers, clientId: 'test' }).producer();
    const headers = { ce_type: 'lead.contacted' };
    const unreadable = (key: string) => ({
      ...{ topic: road.lifecycle, key, headers },
      value: Buffer.from(`{"email": "walburga@${key}.example`),
    });
    await producer.send([unreadable(lead), unreadable(other), road.record(lead, 1)]);
    await road.start();
    await road.until(async () => (await waiting()).length === 3);
    const inTopic = async () => {
      const bytes: Buffer[] = [];
      const reader = new kafkajs.Kafka({ brokers: road.brokers, logLevel: kafkajs.logLevel.NOTHING }).consumer({
        groupId: randomUUID(),
      });
      await reader.connect();
      await reader.subscribe({ topic: road.parkedTopic, fromBeginning: true });
      await reader.run({ eachMessage: ({ message: { value } }) => Promise.resolve(void (value && bytes.push(value))) });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await reader.disconnect();
      return Buffer.concat(bytes).toString();
    };
    expect(await inTopic()).toContain(`walburga@${lead}`);

    const erased = encodeEvent(LeadErased, {
      ...{ id: randomUUID(), source: '/test', subject: lead, time: Date.now() },
      data: { requestedBy: 'a key' },
    });
    await producer.send([{ topic: road.lifecycle, key: lead, value: erased.bytes, headers: { ce_type: erased.type } }]);
    await producer.close();
    const { rows } = await road.db.query<{ event: Buffer }>('SELECT event FROM parked WHERE key = $1', [lead]);
    expect(rows).toHaveLength(2);
    await road.until(async () => (await waiting()).length === 2);
    const parked = await road.db.query<{ key: string; event: Buffer; error_class: string; behind: string | null }>(
      'SELECT key, event, error_class, behind FROM parked ORDER BY error_class COLLATE "C" DESC',
    );
    expect(
      parked.rows.map(({ key, event, ...row }) => ({ ...row, bytes: event.length > 0, own: key === lead })),
    ).toEqual([
      { error_class: 'waits', behind: null, bytes: true, own: true },
      { error_class: 'erased', behind: null, bytes: false, own: true },
      { error_class: 'InvalidEvent:not-json', behind: null, bytes: true, own: false },
    ]);
    expect(await inTopic()).toBe('');
  });

  it('dies after parking, before the offset is committed: the event is still parked once', async () => {
    const { deaths } = await road.supervise('parking.parked:1');
    const [bad = ''] = await road.send(1, 0);
    await road.db.query('INSERT INTO poison VALUES ($1, 1, $2)', [bad, 'unprocessable']);
    await road.send([bad], 1);
    await road.until(() => Promise.resolve(deaths() === 1));
    const others = await road.send(5, 1);
    await road.expectExactlyOnce(others, 1);
    expect(await waiting()).toHaveLength(1);
  });

  it('publishes a transaction that took a low position and committed late', async () => {
    const service = await road.start();
    const slow = await road.db.connect();
    await slow.query('BEGIN');
    const leads = await road.send(3, 1);
    await road.settled(leads, 1);
    const late = randomUUID();
    const record = road.record(late, 1);
    const bytes = Buffer.from(record.value.toString().replaceAll('lead.contacted', 'lead.qualified'));
    await slow.query('INSERT INTO outbox (event_id, topic, key, type, event) VALUES ($1, $2, $3, $4, $5)', [
      randomUUID(),
      'lifecycle',
      late,
      'lead.qualified',
      bytes,
    ]);
    await road.send(leads, 5, 2);
    await road.settled(leads, 6);
    expect(road.published().has(late)).toBe(false);

    // Nothing notifies the relay of this commit: it is its own look, once a second, that finds the row.
    await slow.query('COMMIT');
    slow.release();
    await road.until(() => Promise.resolve(road.published().has(late)), 5_000);
    expect(service.child.exitCode).toBeNull();
  });

  describe('with events so large that a thousand of them are no batch', () => {
    // A relay that read rows and never bytes sent the same refused batch for ever, while other partitions took theirs again.
    const backlog = async (lead: string, count: number) => {
      const note = { v: 1 as const, key: 1, nonce: 'A'.repeat(16), ciphertext: 'A'.repeat(40_000) };
      const events = Array.from({ length: count }, (_, step) =>
        encodeEvent(LeadQualified, {
          ...{ id: randomUUID(), source: '/echo', subject: lead, time: Date.now() },
          data: { party: 'direct', offer: step + 1, at: Date.now(), note },
        }),
      );
      await road.db.query(
        `INSERT INTO outbox (event_id, topic, key, type, event)
         SELECT event_id, 'lifecycle', $3, 'lead.qualified', event
         FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS said (event_id, event, place) ORDER BY place`,
        [events.map(({ id }) => id), events.map(({ bytes }) => bytes), lead],
      );
    };

    it('publishes them all, in order', async () => {
      await road.start();
      const lead = randomUUID();
      await backlog(lead, 120);
      await road.settled([lead], 120);
      expect(road.published().get(lead)).toEqual(Array.from({ length: 120 }, (_, step) => step + 1));
    });

    it('publishes them in halves where a topic takes less than ours do, and says so when one alone is too much', async () => {
      await road.limitBatches(200_000);
      const service = await road.start();
      const lead = randomUUID();
      await backlog(lead, 30);
      await road.settled([lead], 30);
      expect(road.published().get(lead)).toEqual(Array.from({ length: 30 }, (_, step) => step + 1));

      await road.limitBatches(20_000);
      const other = randomUUID();
      await backlog(other, 1);
      const failure = async () => (await service.ask<{ relay: string | null }>({ status: true })).relay;
      await road.until(async () => (await failure()) !== null);
      expect(await failure()).toMatch(/^BatchTooLarge: 1 records of \d+ bytes for .*lifecycle$/);
      await road.limitBatches(1_048_588);
      await road.settled([other], 1);
    });
  });

  // A consumer stood still for good, and looked well: its group was stable, and nothing was logged. A partition had brought more than
  // a batch holds; the rest of it was queued in the moment between the last look at the queue and the end of the work.
  it('works off a partition that brings more at once than a batch holds', async () => {
    const lead = randomUUID();
    const records = Array.from({ length: 1_200 }, (_, step) => road.record(lead, step + 1));
    const producer = new Kafka({ brokers: road.brokers, clientId: 'test' }).producer();
    await producer.send(records);
    await producer.close();
    await road.start();
    await road.expectExactlyOnce([lead], 1_200);
  });

  it('goes on from its own offsets when Kafka has forgotten those of its group', async () => {
    const service = await road.start();
    const leads = await road.send(20, 3);
    await road.expectExactlyOnce(leads, 3);
    await service.ask({ stop: true });
    await service.exited;
    // A group that has been empty for a week, and an inbox that need not remember so long.
    await road.forgetGroup('echo');
    await road.db.query('DELETE FROM inbox');

    await road.send(leads, 2, 4);
    await road.start();
    await road.expectExactlyOnce(leads, 5);
  });

  it('forgets claims that nothing can ask for any more, and only those', async () => {
    await road.start();
    const claim = `INSERT INTO inbox SELECT gen_random_uuid(), 'echo', now() - make_interval(days => $1) FROM generate_series(1, $2)`;
    await road.db.query(claim, [15, 12_000]);
    await road.db.query(claim, [13, 10]);
    const query: Query = async <Row>(sql: string, parameters?: readonly unknown[]) =>
      (await road.db.query(sql, parameters as unknown[])).rows as Row[];
    await pruneInbox(query, () => false);
    expect(await query('SELECT count(*)::integer AS left FROM inbox')).toEqual([{ left: 10 }]);
  });

  it('shares the work of two processes, and takes over from one that is killed in the middle', async () => {
    const first = await road.start();
    const leads = await road.send(100, 2);
    const second = await road.start();
    await road.send(leads, 4, 3);
    await road.until(() => Promise.resolve(road.published().size > 10));
    first.child.kill('SIGKILL');
    await first.exited;
    await road.send(leads, 2, 7);
    await road.expectExactlyOnce(leads, 8);
    expect(second.child.exitCode).toBeNull();
  });

  it('survives being killed at random moments', async () => {
    let service = await road.start();
    const leads = await road.send(40, 1);
    for (let round = 0; round < 5; round += 1) {
      await road.send(leads, 2, 2 + 2 * round);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      service.child.kill('SIGKILL');
      await service.exited;
      service = await road.start();
    }
    await road.expectExactlyOnce(leads, 11);
  });

  it('stops gracefully: the batch in hand is finished and published, and nothing is done again at the next start', async () => {
    const service = await road.start();
    const leads = await road.send(200, 3);
    expect(await service.ask({ stop: true })).toEqual({ stopped: true });
    await service.exited;
    const { rows } = await road.db.query<{ pending: number }>('SELECT count(*)::int AS pending FROM outbox');
    expect(rows).toEqual([{ pending: 0 }]);
    await road.start();
    await road.expectExactlyOnce(leads, 3);
  });

  it('halts with an alarm instead of skipping when its offset is out of range', async () => {
    const service = await road.start();
    const leads = await road.send(20, 2);
    await road.expectExactlyOnce(leads, 2);
    await service.ask({ stop: true });
    await service.exited;

    // The broker drops what had not been read: what kafkajs alone would skip silently.
    await road.send(leads, 2, 3);
    await road.administer(async (admin) => {
      const ends = await admin.fetchTopicOffsets(road.lifecycle);
      await admin.deleteTopicRecords({
        topic: road.lifecycle,
        partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
      });
    });

    const again = await road.start();
    await road.until(async () => {
      const { consumer } = await again.ask<{ consumer: string | null }>({ status: true });
      // Which of the two it is depends on whether the client has looked at the topic before the check.
      return /deleted-before-read|was-reset/.test(consumer ?? '');
    });
    await road.send(leads, 1, 5);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { rows } = await road.db.query<{ steps: number }>('SELECT max(step) AS steps FROM ledger');
    expect(rows).toEqual([{ steps: 2 }]);
  });
});
