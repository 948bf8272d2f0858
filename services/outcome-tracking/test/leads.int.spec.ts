import { randomUUID } from 'node:crypto';
import { consentChanged, erased, merged, notified, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('leads as they stand', () => {
  let tracking: Tracking;
  let acme: string;

  beforeAll(async () => {
    tracking = await startTracking();
    acme = await tracking.partnerKey('acme');
  });
  afterAll(() => tracking?.end());

  const get = async (path: string, key?: string) => (await tracking.call(path, key ? { key } : {})).body;
  const contact = { firstName: 'Erika', lastName: 'Mustermann', email: 'erika@example.com', phone: '+4930123456' };

  async function leadWithContact(): Promise<{ lead: string; eventId: string; sealed: never }> {
    const [lead, eventId] = [randomUUID(), randomUUID()];
    const [sealed] = await tracking.personalData.seal([{ leadId: lead, eventId, field: 'contact', value: contact }]);
    return { lead, eventId, sealed: sealed as never };
  }

  it('show what is known of a lead, and who has it', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    await tracking.told(
      received(lead, { contact: sealed, externalId: 'crm-17' }, eventId),
      scored(lead),
      routed(lead, 'acme'),
      notified(lead, 'acme'),
    );
    await tracking.eventually(() => get(`/v1/leads/${lead}`), {
      id: lead,
      state: 'offered',
      source: 'web',
      externalId: 'crm-17',
      receivedAt: expect.any(String),
      grade: 'A',
      score: 80,
      party: 'acme',
      acceptBy: expect.any(String),
      outcome: null,
      facts: { company: 'Example GmbH', country: 'DE', engagement: {}, attributes: {} },
      reasons: [{ factor: 'country', points: 50, reason: 'a country that is served' }],
      missing: [],
      touches: 1,
      offers: [
        expect.objectContaining({
          number: 1,
          party: 'acme',
          pool: 'smb',
          policy: 'emea@1',
          stage: 'offered',
          deliveredAt: expect.any(String),
        }),
      ],
      contact,
    });
  });

  it('show whoever has the lead what it said later, contact data by the same rule', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    const told = randomUUID();
    const later = { phone: '+4930999999', message: 'Still there?' };
    const [more] = await tracking.personalData.seal([{ leadId: lead, eventId: told, field: 'contact', value: later }]);
    await tracking.told(
      ...[received(lead, { contact: sealed }, eventId), scored(lead), routed(lead, 'acme')],
      merged(lead, { contact: more as never, changed: ['phone', 'message', 'city'] }, { city: 'Bonn' }, told),
      merged(lead, { touch: 3 }, {}),
    );
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`, acme))['touches'], 3);
    const offered = await get(`/v1/leads/${lead}`, acme);
    expect(offered).toMatchObject({ state: 'offered', facts: { city: 'Bonn' } });
    expect(offered).not.toHaveProperty('contact');
    const { body } = await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });
    expect(body['contact']).toEqual({ ...contact, message: 'Still there?', further: [{ phone: '+4930999999' }] });
    await tracking.told(scored(lead, { grade: 'D', cause: 'merged' }), erased(lead));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`))['state'], 'erased');
    expect(await get(`/v1/leads/${lead}`)).toMatchObject({ contact: null });
    expect(JSON.stringify(await get(`/v1/leads/${lead}`))).not.toContain('999999');
  });

  it('reveal the contact to a partner when the policy says so, and only while the lead is its own', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    await tracking.told(received(lead, { contact: sealed }, eventId), scored(lead), routed(lead, 'acme'));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`, acme))['state'], 'offered');
    expect(await get(`/v1/leads/${lead}`, acme)).not.toHaveProperty('contact');
    const accepted = await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });
    expect(accepted.body['contact']).toEqual(contact);
    await tracking.call(`/v1/leads/${lead}/outcomes`, { json: { type: 'returned', reason: 'no-fit' }, key: acme });
    expect(await get(`/v1/leads/${lead}`, acme)).not.toHaveProperty('contact');
    expect(await get(`/v1/leads/${lead}`, await tracking.keyOf('auditor'))).not.toHaveProperty('contact');
    expect(await get(`/v1/leads/${lead}`, await tracking.keyOf('manager'))).toMatchObject({ contact });
  });

  it('show the proof of the consent with the contact, and once it is refused neither to a partner', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    const consent = { given: true, at: Date.UTC(2026, 0, 2), text: 'Partners may call me.' };
    await tracking.told(received(lead, { contact: sealed, consent }, eventId), scored(lead), routed(lead, 'acme'));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`, acme))['state'], 'offered');
    expect(await get(`/v1/leads/${lead}`, acme)).not.toHaveProperty('consent');
    const { body } = await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });
    const shown = { given: true, at: '2026-01-02T00:00:00.000Z', text: 'Partners may call me.' };
    expect(body).toMatchObject({ contact, consent: shown });
    await tracking.told(consentChanged(lead, { given: false }));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`))['consent'], { given: false });
    const after = await get(`/v1/leads/${lead}`, acme);
    expect([after['state'], 'contact' in after, 'consent' in after]).toEqual(['accepted', false, false]);
    expect(await get(`/v1/leads/${lead}`)).toMatchObject({ contact });
  });

  it('tell a partner nothing of what became of a lead elsewhere', async () => {
    const lead = randomUUID();
    await tracking.told(received(lead), scored(lead), routed(lead, 'acme', { acceptBy: Date.now() + 60_000 }));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`, acme))['state'], 'offered');
    await tracking.call(`/v1/leads/${lead}/decline`, { json: { reason: 'capacity' }, key: acme });
    // Routing reads the decline before it offers the lead to the next one.
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).length, 1);
    await tracking.told(routed(lead, 'bolt', { offer: 2, why: 'declined' }));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`))['party'], 'bolt');
    const seen = await get(`/v1/leads/${lead}`, acme);
    expect(seen).toMatchObject({ state: 'declined', party: 'acme', offers: [{ number: 1 }] });
    expect(JSON.stringify(seen)).not.toContain('bolt');
    expect(await get(`/v1/leads?state=declined&limit=1000`, acme)).toMatchObject({
      leads: expect.arrayContaining([expect.objectContaining({ id: lead, state: 'declined', party: 'acme' })]),
    });
  });

  it('come in pages, newest first, each lead once, narrowed by what is asked for', async () => {
    const ids = Array.from({ length: 25 }, () => randomUUID());
    await tracking.told(
      ...ids.flatMap((id, index) => [
        received(id, { sourceId: 'fair' }),
        scored(id, { grade: index % 5 === 0 ? 'B' : 'C' }),
        routed(id, index % 2 === 0 ? 'acme' : 'direct', { grade: index % 5 === 0 ? 'B' : 'C' }),
      ]),
    );
    const count = async (path: string, key?: string) => ((await get(path, key))['leads'] as unknown[]).length;
    await tracking.eventually(() => count('/v1/leads?source=fair&state=offered'), 25);

    const paged: { id: string; receivedAt: string }[] = [];
    for (let after = ''; ;) {
      const page = await get(`/v1/leads?source=fair&limit=10${after && `&after=${after}`}`);
      paged.push(...(page['leads'] as typeof paged));
      if (typeof page['next'] !== 'string') break;
      after = page['next'];
    }
    expect(paged.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    expect(paged.map(({ receivedAt }) => receivedAt)).toEqual(
      paged.map(({ receivedAt }) => receivedAt).toSorted((a, b) => (a < b ? 1 : -1)),
    );
    expect(await count('/v1/leads?source=fair&grade=B')).toBe(5);
    expect(await count('/v1/leads?source=fair&party=direct')).toBe(12);
    expect(await count('/v1/leads?source=fair', acme)).toBe(13);
    expect(await count('/v1/leads?source=fair&party=direct', acme)).toBe(0);
    expect(await count('/v1/leads?source=fair&grade=B', acme)).toBe(3);
  });

  it('never list contact data', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    await tracking.told(received(lead, { contact: sealed, sourceId: 'booth' }, eventId));
    await tracking.eventually(async () => ((await get('/v1/leads?source=booth'))['leads'] as unknown[]).length, 1);
    expect(JSON.stringify(await get('/v1/leads?source=booth'))).not.toContain('ciphertext');
  });

  it.each([
    ['key-missing', (lead: string) => `DELETE FROM personal_data.lead_keys WHERE lead_id = '${lead}'`],
    [
      'key-does-not-fit',
      (lead: string) => `UPDATE personal_data.lead_keys SET wrapped = '\\x00' WHERE lead_id = '${lead}'`,
    ],
    [
      'master-key-unusable',
      (lead: string) => `UPDATE personal_data.lead_keys SET master = 9 WHERE lead_id = '${lead}'`,
    ],
  ])('are answered without a contact that cannot be opened, and with why: %s', async (why, damage) => {
    const { lead, sealed, eventId } = await leadWithContact();
    await tracking.told(received(lead, { contact: sealed }, eventId), scored(lead), routed(lead, 'acme'));
    await tracking.eventually(async () => (await get(`/v1/leads/${lead}`, acme))['state'], 'offered');
    await tracking.keys(damage(lead));

    const accepted = await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });
    const told = { state: 'accepted', facts: { country: 'DE' }, contact: null, contactUnreadable: why };
    expect(accepted).toMatchObject({ status: 200, body: told });
    expect(await tracking.call(`/v1/leads/${lead}`, { key: acme })).toMatchObject({ status: 200, body: told });
    expect(await get(`/v1/leads/${lead}`, await tracking.keyOf('auditor'))).not.toHaveProperty('contactUnreadable');
  });

  it('lose their contact for good when they are erased', async () => {
    const { lead, eventId, sealed } = await leadWithContact();
    await tracking.told(received(lead, { contact: sealed }, eventId), scored(lead), routed(lead, 'acme'), erased(lead));
    await tracking.eventually(
      async () => {
        const { state, contact: shown } = await get(`/v1/leads/${lead}`);
        return { state, contact: shown };
      },
      { state: 'erased', contact: null },
    );
    expect(
      await tracking.rows(`SELECT contact, contact_event FROM outcome_tracking.leads WHERE lead_id = '${lead}'`),
    ).toEqual([{ contact: null, contact_event: null }]);
    // Nobody can answer the offer any more, so that it must not count as open for ever.
    expect(await tracking.rows(`SELECT stage FROM outcome_tracking.offers WHERE lead_id = '${lead}'`)).toEqual([
      { stage: 'withdrawn' },
    ]);
    expect((await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme })).status).toBe(410);
  });

  it.each([
    ['before it was erased', true],
    ['only after it was erased, because it was held up', false],
  ])('keep no contact that came %s', async (_, isKnown) => {
    const { lead, eventId, sealed } = await leadWithContact();
    const contactOf = async () =>
      (
        await tracking.rows(`SELECT events, state, contact, contact_event FROM outcome_tracking.leads
          WHERE lead_id = '${lead}'`)
      )[0];
    const brings = received(lead, { contact: sealed }, eventId);
    if (isKnown) {
      await tracking.told(brings);
      await tracking.eventually(async () => (await contactOf())?.['contact_event'], eventId);
      await tracking.told(erased(lead));
    } else await tracking.told(erased(lead), brings);
    await tracking.eventually(contactOf, { events: 2, state: 'erased', contact: null, contact_event: null });
    // What comes after all that fills nothing in again.
    await tracking.told(received(lead, { contact: sealed }), scored(lead), routed(lead, 'acme'));
    await tracking.eventually(contactOf, { events: 5, state: 'erased', contact: null, contact_event: null });
  });

  it.each([
    'state=open',
    'grade=E',
    'grade=A&grade=B',
    'sort=score',
    'after=1',
    'limit=0',
    "party='--",
    'state[$ne]=won',
  ])('refuse a query that is none of theirs: %s', async (query) => {
    expect((await tracking.call(`/v1/leads?${query}`)).status).toBe(400);
  });

  it('are not there under what is no id of a lead', async () => {
    for (const id of ['1', randomUUID().toUpperCase(), '__proto__', `${randomUUID()}%27`])
      expect((await tracking.call(`/v1/leads/${id}`)).status).toBe(404);
  });
});
