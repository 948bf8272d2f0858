import { randomUUID } from 'node:crypto';
import { derivedId, type EncodedEvent } from '@fairlead/events';
import { parse } from 'csv-parse/sync';
import {
  leadAccepted,
  leadDeclined,
  leadErased,
  leadOfferExpired,
  leadReceived,
  leadRouted,
  leadScored,
} from './fixture/events.js';
import { headerOf, type Mail, MailRelay } from '@fairlead/platform/testing';
import { eventually, Stretch } from './fixture/stretch.js';

// Small partners look at their leads once a day, in a spreadsheet. A mail for each event is what they stop reading first.

const EVENTS = ['lead.routed', 'lead.accepted', 'lead.declined', 'lead.offer-expired', 'lead.erased'];
const HOURLY = { every: 'hour' };

let road: Stretch;
let relay: MailRelay;
const settings = () => ({
  FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.001',
  FAIRLEAD_WEBHOOK_LEASE: '3s',
  FAIRLEAD_WEBHOOK_TIMEOUT: '1s',
  FAIRLEAD_MAIL_FROM: 'leads@vendor.test',
  FAIRLEAD_SMTP_URL: relay.url,
  FAIRLEAD_SMTP_PLAINTEXT: 'true',
});

beforeAll(async () => {
  relay = await new MailRelay({ disabledCommands: ['STARTTLS', 'AUTH'] }).listen();
  road = await Stretch.open();
  await road.start(settings());
});
afterAll(async () => {
  await road?.close();
  await relay?.close();
});

async function subscriber(document: object = {}) {
  const party = `p-${randomUUID().slice(0, 8)}`;
  const to = `ann@${party}.test`;
  const path = `/v1/partners/${party}/endpoints/daily`;
  const json = { kind: 'digest', to: [to], events: EVENTS, digest: HOURLY, ...document };
  const put = () => road.call('PUT', path, { json });
  expect((await put()).status).toBe(201);
  const kept = async () => {
    const { rows } = await road.db.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM party_events WHERE party = $1',
      [party],
    );
    return rows[0]?.n;
  };
  return {
    ...{ party, path, put },
    mails: () => relay.mails.filter((mail) => mail.to.includes(to)),
    deliveries: async () =>
      (await road.call('GET', `${path}/deliveries`)).body['deliveries'] as Record<string, unknown>[],
    /** All that arrives is handled before the next digest is due. */
    async receives(...events: readonly EncodedEvent[]) {
      const before = (await kept()) ?? 0;
      await road.receives(...events);
      const told = events.filter(({ type }) => EVENTS.includes(type)).length;
      await eventually(async () => expect(await kept()).toBe(before + told));
    },
    /** As if these had been handled: some of many, or where no consumer is to be waited for. */
    declines: (leads: readonly string[]) =>
      road.db.query(
        `INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact)
         SELECT $1::text, lead, gen_random_uuid(), 'lead.declined',
           json_build_object('source', '/test', 'time', now(), 'data', json_build_object('party', $1::text)), false
         FROM unnest($2::uuid[]) AS told (lead)`,
        [party, leads],
      ),
    due: () =>
      road.db.query('UPDATE digests SET due_at = now() FROM endpoints e WHERE e.key = endpoint_key AND e.party = $1', [
        party,
      ]),
    isOver: () =>
      eventually(async () => {
        const { rows } = await road.db.query(
          `SELECT FROM digests d JOIN endpoints e ON e.key = d.endpoint_key WHERE e.party = $1 AND d.due_at <= now()`,
          [party],
        );
        expect(rows).toEqual([]);
      }),
  };
}

type Row = Partial<Record<string, string>>;
const tableOf = (mail: Mail | undefined) => parse<Row>(mail?.attachments[0]?.text ?? '', { bom: true, columns: true });
const eventsIn = (mails: readonly Mail[]) => mails.flatMap(tableOf).map(({ lead, event }) => `${lead} ${event}`);

describe('a digest', () => {
  it('is a table with a row for each event, whom to call where the party may see it, and a link that answers', async () => {
    const acme = await subscriber();
    const [open, hidden] = [randomUUID(), randomUUID()];
    const acceptBy = Date.now() + 3_600_000;
    const events = [
      ...[await leadReceived(open, road.personalData), leadScored(open), leadRouted(open, acme.party, { acceptBy })],
      ...[await leadReceived(hidden, road.personalData), leadScored(hidden)],
      leadRouted(hidden, acme.party, { acceptBy, revealContact: 'on-accept' }),
    ];
    await acme.receives(...events);
    expect(acme.mails()).toEqual([]);
    await acme.due();
    await eventually(() => expect(acme.mails()).toHaveLength(1));
    const [mail] = acme.mails();
    expect(mail?.text).toContain('2 × A lead is offered to you');
    expect(mail?.attachments[0]?.type).toContain('text/csv');
    const rows = new Map(tableOf(mail).map((row) => [row['lead'], row]));
    expect(rows.size).toBe(2);
    expect(rows.get(open)).toMatchObject({
      ...{ event: 'lead.routed', offer: '1', ended: '', company: 'Größe & Söhne', country: 'DE', grade: 'B' },
      ...{ firstName: 'Ada', email: 'ada@example.com', message: 'call me "now"', reasons: 'country is DE' },
      link: expect.stringContaining('https://leads.vendor.test/v1/links/') as string,
    });
    expect(rows.get(hidden)).toMatchObject({ company: 'Größe & Söhne', firstName: '', email: '', message: '' });

    const [delivery] = await acme.deliveries();
    expect(delivery).toMatchObject({ eventType: 'fairlead.digest', leadId: null });
    expect(headerOf(mail as Mail, 'message-id')).toBe(`<${String(delivery?.['id'])}@vendor.test>`);
    // What each lead's story says: that its party was told.
    const toldOf = () =>
      road.saidOf('partner.notified').filter(({ data }) => (data as { party: string }).party === acme.party);
    await eventually(() => expect(toldOf()).toHaveLength(2));
    const said = toldOf();
    expect(said.map(({ subject }) => subject).sort()).toEqual([open, hidden].sort());
    expect(said.map(({ data }) => (data as { eventType: string }).eventType)).toEqual(['lead.routed', 'lead.routed']);
  });

  it('is not sent where nothing came', async () => {
    const acme = await subscriber({ events: ['lead.declined'] });
    await acme.receives(leadRouted(randomUUID(), acme.party));
    await acme.due();
    await acme.isOver();
    expect(await acme.deliveries()).toEqual([]);
    const lead = randomUUID();
    await acme.receives(leadDeclined(lead, acme.party));
    await acme.due();
    await eventually(() => expect(acme.mails()).toHaveLength(1));
    expect(eventsIn(acme.mails())).toEqual([`${lead} lead.declined`]);
  });

  it('tells of an offer that ended that it was there and why it ended, and of its lead nothing; of an erased one neither', async () => {
    const acme = await subscriber();
    const [late, erased] = [randomUUID(), randomUUID()];
    await acme.receives(
      ...[await leadReceived(late, road.personalData), leadScored(late), leadRouted(late, acme.party)],
      ...[leadOfferExpired(late, acme.party)],
      ...[await leadReceived(erased, road.personalData), leadScored(erased), leadRouted(erased, acme.party)],
      leadErased(erased),
    );
    await acme.due();
    await eventually(() => expect(acme.mails()).toHaveLength(1));
    const rows = tableOf(acme.mails()[0]);
    expect(rows.map(({ lead, event, ended }) => [lead, event, ended])).toEqual(
      expect.arrayContaining([
        [late, 'lead.routed', 'offer-expired'],
        [late, 'lead.offer-expired', ''],
        [erased, 'lead.routed', 'lead-erased'],
        [erased, 'lead.erased', ''],
      ]),
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row).toMatchObject({ company: '', grade: '', email: '', reasons: '', link: '' });
  });

  it('holds what its filter lets through, and always that somebody is to be forgotten', async () => {
    const acme = await subscriber({ filter: { pools: ['enterprise'] } });
    const [wanted, other] = [randomUUID(), randomUUID()];
    await acme.receives(leadRouted(wanted, acme.party), leadRouted(other, acme.party), leadErased(other));
    await road.db.query(
      `UPDATE party_events SET event = jsonb_set(event::jsonb, '{data,pool}', '"enterprise"')::json WHERE lead_id = $1`,
      [wanted],
    );
    await acme.due();
    await eventually(() => expect(acme.mails()).toHaveLength(1));
    expect(eventsIn(acme.mails())).toEqual([`${wanted} lead.routed`, `${other} lead.erased`]);
  });

  it('has five hundred rows at most: the rest comes at once, in others, and nothing twice', async () => {
    const acme = await subscriber();
    await acme.declines(Array.from({ length: 1_200 }, () => randomUUID()));
    await acme.due();
    await eventually(() => expect(acme.mails()).toHaveLength(3));
    const sizes = acme.mails().map((mail) => tableOf(mail).length);
    expect(sizes).toEqual([500, 500, 200]);
    expect(new Set(eventsIn(acme.mails())).size).toBe(1_200);
    await acme.isOver();
  });

  it('waits while its endpoint is disabled, and then holds what came meanwhile', async () => {
    const acme = await subscriber();
    await road.db.query(`UPDATE endpoints SET state = 'disabled', reason = 'failed-for-too-long' WHERE party = $1`, [
      acme.party,
    ]);
    const lead = randomUUID();
    await acme.receives(leadDeclined(lead, acme.party));
    await acme.due();
    // Another party's, due later, has been sent: this one was passed over.
    const other = await subscriber();
    await other.receives(leadDeclined(randomUUID(), other.party));
    await other.due();
    await eventually(() => expect(other.mails()).toHaveLength(1));
    expect(await acme.deliveries()).toEqual([]);
    expect((await acme.put()).status).toBe(200);
    await acme.due();
    await eventually(() => expect(eventsIn(acme.mails())).toEqual([`${lead} lead.declined`]));
  });

  it('is sent although another party’s, due before it, cannot be gathered', async () => {
    const broken = await subscriber();
    await broken.declines([randomUUID()]);
    // Something that nobody foresees: the digest's own id is taken.
    const { rows } = await road.db.query<{ id: string }>('SELECT event_id AS id FROM party_events WHERE party = $1', [
      broken.party,
    ]);
    const taken = derivedId(rows[0]?.id ?? '', 'digest', `${broken.party}/daily`);
    await road.db.query(
      `INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
       VALUES ($1, 0, $1, $1, 'lead.won', '{}', false)`,
      [taken],
    );
    await broken.due();
    const acme = await subscriber();
    const lead = randomUUID();
    await acme.declines([lead]);
    await acme.due();
    await eventually(() => expect(eventsIn(acme.mails())).toEqual([`${lead} lead.declined`]));
    expect(await broken.deliveries()).toEqual([]);
    await road.db.query('DELETE FROM deliveries WHERE id = $1', [taken]);
    await eventually(() => expect(broken.mails()).toHaveLength(1));
  });

  it('is sent again with what it held, as it is by then, under another id', async () => {
    const acme = await subscriber();
    const lead = randomUUID();
    await acme.receives(await leadReceived(lead, road.personalData), leadScored(lead), leadRouted(lead, acme.party));
    await acme.due();
    await eventually(async () => expect(await acme.deliveries()).toMatchObject([{ state: 'delivered' }]));
    const [first] = await acme.deliveries();
    await acme.receives(leadAccepted(lead, acme.party));
    const since = new Date(Date.now() - 60_000).toISOString();
    const replayed = await road.call('POST', `${acme.path}/replay?since=${since}&state=all&dryRun=true`);
    expect(replayed.body).toMatchObject({ deliveries: 1 });
    expect((await road.call('POST', `${acme.path}/deliveries/${String(first?.['id'])}/resend`)).status).toBe(202);
    await eventually(() => expect(acme.mails()).toHaveLength(2));
    expect(eventsIn(acme.mails())).toEqual([`${lead} lead.routed`, `${lead} lead.routed`]);
    expect(new Set(acme.mails().map((mail) => headerOf(mail, 'message-id'))).size).toBe(2);
  });

  it('is sent at a time of the day where its party is, and says when the next one is', async () => {
    const berlin = { every: 'day', at: '07:30', timeZone: 'Europe/Berlin' };
    const acme = await subscriber({ digest: berlin });
    const { body } = await road.call('GET', acme.path);
    expect(body).toMatchObject({ kind: 'digest', order: 'strict', digest: berlin });
    const { next } = body['digest'] as { next: string };
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
    expect(clock.format(new Date(next))).toBe('07:30');
    const inMs = Date.parse(next) - Date.now();
    expect(inMs).toBeGreaterThan(0);
    expect(inMs).toBeLessThan(25 * 3_600_000);
    const hourly = await road.call('GET', (await subscriber()).path);
    expect((hourly.body['digest'] as { next: string }).next).toMatch(/:00:00/);
  });

  it.each([
    [{ digest: undefined }, '/digest'],
    [{ digest: { every: 'day' } }, '/digest/at'],
    [{ digest: { every: 'hour', at: '07:00' } }, '/digest/at'],
    [{ digest: { every: 'day', at: '24:00' } }, 'digest'],
    [{ digest: { every: 'week' } }, 'digest'],
    [{ digest: { every: 'day', at: '07:00', timeZone: 'Europe/Atlantis' } }, '/digest/timeZone'],
    [{ order: 'per-lead' }, '/order'],
    [{ url: 'https://acme.test' }, '/url'],
    [{ to: undefined }, '/to'],
    [{ kind: 'email' }, '/digest'],
  ])('is not set up by %j', async (wrong, field) => {
    const json = { kind: 'digest', to: ['a@b.test'], events: EVENTS, digest: HOURLY, ...wrong };
    const { status, body } = await road.call('PUT', '/v1/partners/wrong/endpoints/daily', { json });
    expect([status, JSON.stringify(body['errors'])]).toEqual([400, expect.stringContaining(field)]);
  });

  it('is written to a relay that takes it, and tested as any endpoint is', async () => {
    const acme = await subscriber();
    expect((await road.call('POST', `${acme.path}/test`)).status).toBe(202);
    await eventually(() => expect(acme.mails()[0]?.text).toContain('This is a test'));
  });

  // The last one: other processes take the place of the first.
  it('loses nothing and tells nothing in two tables, wherever its sender dies; what is sent once more has the same id', async () => {
    const acme = await subscriber();
    const leads = Array.from({ length: 6 }, () => randomUUID());
    const [one, two, three] = [leads.slice(0, 2), leads.slice(2, 4), leads.slice(4)] as [string[], string[], string[]];
    await acme.declines(one);
    // Between what was sent and what is known of it.
    let dying = await road.start({ ...settings(), FAIRLEAD_CRASH_AT: 'delivery.sent:1' });
    await road.stopOthers(dying);
    await acme.due();
    await eventually(() => expect(dying.signalCode).toBe('SIGKILL'));
    expect(acme.mails()).toHaveLength(1);
    await road.start(settings());
    await eventually(async () => expect((await acme.deliveries())[0]).toMatchObject({ state: 'delivered' }));
    await acme.declines(two);
    // Before what was gathered is committed: the whole of it is gathered again.
    dying = await road.start({ ...settings(), FAIRLEAD_CRASH_AT: 'unit.committing:1' });
    await road.stopOthers(dying);
    await acme.due();
    await eventually(() => expect(dying.signalCode).toBe('SIGKILL'));
    await road.start(settings());
    await eventually(() => expect(eventsIn(acme.mails()).length).toBeGreaterThan(4));
    await acme.declines(three);
    await acme.due();
    const distinct = () => [...new Map(acme.mails().map((mail) => [headerOf(mail, 'message-id'), mail])).values()];
    await eventually(() => expect(distinct()).toHaveLength(3));
    expect(eventsIn(distinct()).sort()).toEqual(leads.map((lead) => `${lead} lead.declined`).sort());
    expect(acme.mails()).toHaveLength(4);
  });
});
