import type { LeadErased, LeadReceived } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { eventually, type Intake, startIntake } from './fixture/intake.js';

const PATIENCE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('erasing personal data', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake();
    await intake.source('web');
    await intake.source('fair');
  }, PATIENCE_MS);
  afterAll(() => intake.end());

  const send = async (lead: object, source = 'web') => {
    const { status, body } = await intake.call(`/v1/leads?source=${source}`, { json: lead });
    expect(status).toBe(202);
    return body.results![0]!;
  };
  const erase = (id: string, query = '') => intake.call(`/v1/leads/${id}/personal-data${query}`, { method: 'DELETE' });
  const eraseSubject = (email: string, more = {}) => intake.call('/v1/erasures', { json: { email, ...more } });
  const person = () => ({ email: `${randomUUID()}@example.com`, phone: undefined, firstName: 'Walburga' });
  const identitiesOf = (id: string) =>
    intake.rows(`SELECT kind FROM identities WHERE lead_id = '${id}' UNION ALL
      SELECT kind FROM further_identities WHERE lead_id = '${id}'`);

  it('deletes the key and by what the lead was found, and says so once, however often it is asked for', async () => {
    const { id } = await send({ ...person(), externalId: randomUUID() });
    const [received] = (await intake.said([id], 1)) as [LeadReceived];
    const first = await erase(id, '?reason=consent-withdrawn');
    expect(first).toMatchObject({
      status: 200,
      body: { leadId: id, status: 'erased', reason: 'consent-withdrawn', erasedAt: expect.any(String) },
    });
    const sealed = received.data.contact!;
    expect(await intake.personalData.unseal([{ leadId: id, eventId: received.id, field: 'contact', sealed }])).toEqual([
      null,
    ]);
    expect(await identitiesOf(id)).toEqual([]);

    expect((await erase(id)).body).toEqual(first.body);
    expect((await Promise.all([erase(id), erase(id)])).map(({ status }) => status)).toEqual([200, 200]);
    const said = (await intake.said([id], 2)).map(({ type }) => type);
    expect(said).toEqual(['lead.received', 'lead.erased']);
    const erased = (await intake.said([id], 2))[1] as LeadErased;
    expect(erased.data).toEqual({ reason: 'consent-withdrawn', requestedBy: first.body['requestedBy'] });
  });

  it('of a lead that others were merged into covers all of them; who comes again is somebody new', async () => {
    const somebody = person();
    const { id } = await send(somebody);
    const merged = await send({ ...somebody, externalId: randomUUID(), phone: '+4930901820' }, 'fair');
    expect(merged).toMatchObject({ id, status: 'merged' });
    expect(await identitiesOf(id)).toHaveLength(3);
    expect((await erase(id)).status).toBe(200);
    expect(await identitiesOf(id)).toEqual([]);
    const again = await send(somebody);
    expect(again.status).toBe('received');
    expect(again.id).not.toBe(id);
  });

  it('refuses what is no lead and no reason', async () => {
    for (const id of [randomUUID(), 'nobody', randomUUID().toUpperCase()]) expect((await erase(id)).status).toBe(404);
    const { id } = await send(person());
    const { status, body } = await erase(id, '?reason=because');
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([400, ['reason']]);
  });

  it('of a person erases every lead that holds the address, in any spelling, and repeats it nowhere', async () => {
    const somebody = person();
    const { id } = await send(somebody);
    const dry = await eraseSubject(` ${somebody.email.toUpperCase()} `, { dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      body: { dryRun: true, leads: [{ leadId: id, status: 'found', source: 'web' }] },
    });
    expect(await identitiesOf(id)).toHaveLength(1);

    const done = await eraseSubject(somebody.email.toUpperCase());
    expect(done.body).toMatchObject({ dryRun: false, leads: [{ leadId: id, status: 'erased' }] });
    expect((await eraseSubject(somebody.email)).body).toEqual({ dryRun: false, leads: [] });
    expect(done.text + dry.text + (await intake.dump())).not.toContain(somebody.email.split('@')[0]);

    const nobody = await intake.call('/v1/erasures', { method: 'POST' });
    expect([nobody.status, nobody.body.errors?.map(({ field }) => field)]).toEqual([400, ['/email']]);
    const wrong = await eraseSubject('not an address at all');
    expect([wrong.status, wrong.text.includes('not an address at all')]).toEqual([400, false]);
  });

  it('finds a person by a phone number as well, which may be all that it left', async () => {
    const phone = `+4930902${String(Date.now()).slice(-5)}`;
    const { id: called } = await send({ phone, externalId: randomUUID() });
    const somebody = person();
    const { id: wrote } = await send(somebody);
    const both = { email: somebody.email, phone: phone.replace('+49', '+49 (').replace('(30', '(30) ') };
    const dry = await intake.call('/v1/erasures', { json: { ...both, dryRun: true } });
    expect((dry.body['leads'] as { leadId: string }[]).map(({ leadId }) => leadId)).toEqual([called, wrote]);

    const done = await intake.call('/v1/erasures', { json: { phone } });
    expect(done.body).toMatchObject({ dryRun: false, leads: [{ leadId: called, status: 'erased' }] });
    expect(await identitiesOf(called)).toEqual([]);
    expect(await identitiesOf(wrote)).toHaveLength(1);
    expect(done.text + dry.text + (await intake.dump())).not.toContain(phone);

    const refused = async (json: object) => {
      const { status, text, body } = await intake.call('/v1/erasures', { json });
      return [status, [...new Set(body.errors?.map(({ field }) => field))], text.includes('901820')];
    };
    expect(await refused({})).toEqual([400, ['/email'], false]);
    expect(await refused({ phone: '030 901820' })).toEqual([400, ['/phone'], false]);
    expect(await refused({ phone: 901820 })).toEqual([400, ['/phone'], false]);
    expect(await refused({ phone: null, email: '' })).toEqual([400, ['/email'], false]);
  });

  it('makes the rest of an erasure up for a process that died, or that the key database had left alone', async () => {
    const { id } = await send(person());
    await intake.rows(`UPDATE leads SET erased = true WHERE id = '${id}';
      INSERT INTO erasures (lead_id, reason, requested_by, requested_at) VALUES ('${id}', 'subject-request', 'a key', now())`);
    const [received, erased] = await intake.said([id], 2);
    expect(erased?.type).toBe('lead.erased');
    const { contact: sealed } = (received as LeadReceived).data;
    expect(
      await intake.personalData.unseal([{ leadId: id, eventId: received!.id, field: 'contact', sealed: sealed! }]),
    ).toEqual([null]);
  });

  it('loses nobody who is sent again at that very moment: recognised before, they are somebody new after it', async () => {
    const somebody = person();
    const { id } = await send(somebody);
    const erasure = new Client({ connectionString: intake.databaseUrl });
    await erasure.connect();
    try {
      await erasure.query(`SET search_path = ingestion`);
      await erasure.query(`BEGIN`);
      await erasure.query(`SELECT 1 FROM leads WHERE id = $1 FOR UPDATE`, [id]);
      const again = send(somebody);
      // It has recognised the person, and waits for the row of the lead.
      await eventually(async () => {
        const waiting = await intake.rows(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
          AND wait_event_type = 'Lock' AND query LIKE '%touches%'`);
        if (waiting.length === 0) throw new Error('nobody waits');
      });
      await erasure.query(`UPDATE leads SET erased = true WHERE id = $1`, [id]);
      await erasure.query(`DELETE FROM identities WHERE lead_id = $1`, [id]);
      await erasure.query(`COMMIT`);
      const { id: next, status } = await again;
      expect([status, next === id]).toEqual(['received', false]);
    } finally {
      await erasure.end();
    }
  });

  it('comes to an end with a hundred submissions of the same person around it', async () => {
    const somebody = person();
    await send(somebody);
    for (let round = 0; round < 10; round += 1)
      await Promise.all([...Array.from({ length: 10 }, () => send(somebody)), eraseSubject(somebody.email)]);
    const { id } = await send(somebody);
    const found = (await eraseSubject(somebody.email)).body['leads'] as { leadId: string }[];
    expect(found.map(({ leadId }) => leadId)).toEqual([id]);
  });

  describe('of a lead that is held', () => {
    beforeAll(async () => {
      await intake.activate({
        name: 'holding',
        pools: [
          {
            ...{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } },
            incomplete: { holdFor: '1h', then: 'route', needs: ['country', 'phone'] },
          },
        ],
      });
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    }, PATIENCE_MS);

    it('ends the hold: it goes on no more, and nothing can be supplied', async () => {
      const { id, status } = await send(person());
      expect(status).toBe('held');
      await erase(id);
      expect(await intake.rows(`SELECT 1 FROM held_leads WHERE lead_id = '${id}'`)).toEqual([]);
      const patched = await intake.call(`/v1/leads/${id}`, { method: 'PATCH', json: { country: 'DE' } });
      expect(patched.status).toBe(410);
      expect((await intake.said([id], 3)).map(({ type }) => type)).toEqual([
        'lead.received',
        'lead.held',
        'lead.erased',
      ]);
    });

    it('finds it by an address that was supplied later, although another lead is found by that', async () => {
      const somebody = person();
      const { id: first } = await send({ ...somebody, country: 'DE', phone: '+4930901821' });
      const { id: second } = await send({ externalId: randomUUID() }, 'fair');
      await intake.call(`/v1/leads/${second}`, { method: 'PATCH', json: { email: somebody.email } });
      const { body } = await eraseSubject(somebody.email);
      expect((body['leads'] as { leadId: string }[]).map(({ leadId }) => leadId)).toEqual([first, second]);
      expect(await identitiesOf(second)).toEqual([]);
    });

    it('finds it by an address that came along with its source’s own id', async () => {
      const [somebody, externalId] = [person(), randomUUID()];
      const { id: first } = await send({ ...somebody, country: 'DE', phone: '+4930901822' });
      const { id: second } = await send({ externalId }, 'fair');
      expect(await send({ externalId, email: somebody.email }, 'fair')).toMatchObject({ id: second, status: 'merged' });
      const { body } = await eraseSubject(somebody.email, { dryRun: true });
      expect((body['leads'] as { leadId: string }[]).map(({ leadId }) => leadId)).toEqual([first, second]);
    });

    it('is not in the way of the clock for the others', async () => {
      const [{ id: erased }, { id: other }] = [await send(person()), await send(person())];
      await erase(erased);
      await intake.rows(`UPDATE held_leads SET until = now() - interval '${HOUR_MS} ms' WHERE lead_id = '${other}'`);
      expect((await intake.said([other], 3)).map(({ type }) => type)).toContain('lead.completed');
    });
  });

  it('is said only when the key is gone', async () => {
    const { id } = await send({ ...person(), country: 'DE', phone: `+49309018${String(Date.now()).slice(-4)}` });
    const keys = new Client({ connectionString: intake.keysDatabaseUrl });
    await keys.connect();
    try {
      await keys.query('BEGIN');
      await keys.query('SELECT 1 FROM personal_data.lead_keys WHERE lead_id = $1 FOR UPDATE', [id]);
      const waiting = erase(id);
      await eventually(async () => {
        const rows = await intake.rows(`SELECT 1 FROM erasures WHERE lead_id = '${id}'`);
        if (rows.length === 0) throw new Error('not begun');
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect((await intake.said([id], 1)).map(({ type }) => type)).toEqual(['lead.received']);
      await keys.query('COMMIT');
      expect((await waiting).status).toBe(200);
      expect((await intake.said([id], 2)).map(({ type }) => type)).toContain('lead.erased');
    } finally {
      await keys.end();
    }
  });

  it('that two ask for at the same moment is one: both are told the same, and it is said once', async () => {
    const { id } = await send({ ...person(), country: 'DE', phone: '+4930901829' });
    const counted = async () => {
      const { text } = await intake.call('/metrics');
      const figures = text.matchAll(/^fairlead_leads_erased_total\{.*\} (\d+)$/gm);
      return [...figures].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const before = await counted();
    const keys = new Client({ connectionString: intake.keysDatabaseUrl });
    await keys.connect();
    try {
      await keys.query('BEGIN');
      await keys.query('SELECT 1 FROM personal_data.lead_keys WHERE lead_id = $1 FOR UPDATE', [id]);
      const erasures = [erase(id), erase(id, '?reason=consent-withdrawn')];
      // Both have begun: each believes that the rest is left to it.
      await eventually(async () => {
        await keys.query('SELECT pg_stat_clear_snapshot()');
        const { rows } = await keys.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (rows.length < 2) throw new Error('not both wait');
      });
      await keys.query('COMMIT');
      const [one, other] = await Promise.all(erasures);
      expect(one).toMatchObject({ status: 200, body: { status: 'erased', erasedAt: expect.any(String) } });
      expect(other!.body).toEqual(one!.body);
    } finally {
      await keys.end();
    }
    const ofIt = (await intake.said([id], 2)).map(({ type }) => type);
    expect(ofIt.filter((type) => type === 'lead.erased')).toHaveLength(1);
    expect(await counted()).toBe(before + 1);
  });
});
