import { randomUUID } from 'node:crypto';
import { LeadAccepted, LeadImported, type LeadRecycled, LeadReturned } from '@fairlead/events';
import { event, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('a returned lead that a person has offered again', () => {
  let tracking: Tracking;
  beforeAll(async () => {
    tracking = await startTracking();
  });
  afterAll(() => tracking?.end());

  const stateOf = async (lead: string) => (await tracking.call(`/v1/leads/${lead}`)).body['state'];
  const returned = async (): Promise<string> => {
    const lead = randomUUID();
    const answer = { party: 'acme', offer: 1, at: Date.now() };
    await tracking.told(received(lead), scored(lead), routed(lead, 'acme'));
    await tracking.told(event(LeadAccepted, lead, answer), event(LeadReturned, lead, { ...answer, reason: 'spam' }));
    await tracking.eventually(() => stateOf(lead), 'returned');
    return lead;
  };
  const recycle = (lead: string, options: Parameters<Tracking['call']>[1] = { json: {} }) =>
    tracking.call(`/v1/leads/${lead}/recycle`, { method: 'POST', ...options });
  const refusalOf = ({ status, body }: Awaited<ReturnType<typeof recycle>>) => [
    status,
    String(body['type']).split(':').at(-1),
  ];
  const saidOf = async (lead: string) => {
    const said = (await tracking.saidAbout(lead)).filter(({ type }) => type === 'lead.recycled');
    return said as unknown as (LeadRecycled & { readonly id: string })[];
  };

  it('says who wanted it and why, or that it was by hand where nothing is said', async () => {
    const [bare, told] = [await returned(), await returned()];
    const manager = await tracking.keyOf('manager');
    expect((await recycle(bare, { key: manager })).body).toMatchObject({ id: bare, state: 'recycled' });
    const note = 'Call Erika Mustermann after five';
    expect((await recycle(told, { key: manager, json: { reason: 'new-number', note } })).status).toBe(200);

    await tracking.eventually(async () => (await saidOf(bare)).length + (await saidOf(told)).length, 2);
    const [[first], [second]] = [await saidOf(bare), await saidOf(told)];
    const actor = manager.split('_')[1];
    expect(first?.data).toEqual({ party: 'acme', offer: 1, reason: 'by-hand', at: expect.any(Number), actor });
    expect(second?.data).toMatchObject({ reason: 'new-number', actor });
    expect(JSON.stringify(second)).not.toContain('Mustermann');
    const sealed = second?.data.note as never;
    expect(
      await tracking.personalData.unseal([{ leadId: told, eventId: second?.id ?? '', field: 'note', sealed }]),
    ).toEqual([note]);
  });

  it('is so at once, before it has come back from the log, and once, whoever asks again meanwhile', async () => {
    const lead = await returned();
    const goOn = await tracking.holdConsumer();
    try {
      expect((await recycle(lead)).body).toMatchObject({ state: 'recycled' });
      expect(await stateOf(lead)).toBe('recycled');
      expect((await recycle(lead, { json: { reason: 'another', note: 'x' } })).body).toMatchObject({
        state: 'recycled',
      });
      const pending = await tracking.rows(
        `SELECT jsonb_array_length(pending) AS pending FROM outcome_tracking.leads WHERE lead_id = '${lead}'`,
      );
      expect(pending).toEqual([{ pending: 1 }]);
    } finally {
      await goOn();
    }
    await tracking.eventually(async () => (await saidOf(lead)).map(({ data }) => data.reason), ['by-hand']);
  });

  it('is for managers alone, and for nobody who says what is no reason and no note', async () => {
    const lead = await returned();
    for (const key of [await tracking.keyOf('auditor'), await tracking.partnerKey('acme')])
      expect((await recycle(lead, { key })).status).toBe(403);
    for (const [json, field] of [
      [{ reason: 'New number' }, '/reason'],
      [{ reason: 7 }, '/reason'],
      [{ note: '' }, '/note'],
      [{ note: 'x'.repeat(2_001) }, '/note'],
      [{ offer: 0 }, '/offer'],
      [{ actor: 'somebody' }, '/actor'],
    ] as const) {
      const { status, body } = await recycle(lead, { json });
      const fields = new Set((body['errors'] as { field: string }[]).map((each) => each.field));
      expect([status, [...fields]]).toEqual([400, [field]]);
    }
    expect([await stateOf(lead), await saidOf(lead)]).toEqual(['returned', []]);
  });

  it('is none that nobody has returned, that is not here, that is erased, or that was closed elsewhere', async () => {
    expect(refusalOf(await recycle('no-lead'))[0]).toBe(404);
    for (const json of [{}, { note: 'x' }]) expect(refusalOf(await recycle(randomUUID(), { json }))[0]).toBe(404);

    const waits = randomUUID();
    await tracking.told(received(waits), scored(waits));
    await tracking.eventually(() => stateOf(waits), 'graded');
    expect(refusalOf(await recycle(waits))).toEqual([409, 'not-returned']);

    const deal = randomUUID();
    const began = Date.now() - 86_400_000;
    const told = { sourceId: 'crm', externalId: '1', revision: 1, facts: { engagement: {}, attributes: {} } };
    const elsewhere = { party: 'acme', pool: 'legacy', policy: 'legacy@1', grade: null, occurredAt: began } as const;
    await tracking.told(event(LeadImported, deal, { ...told, ...elsewhere, outcome: 'returned', closedAt: began }));
    await tracking.eventually(() => stateOf(deal), 'returned');
    expect(refusalOf(await recycle(deal))).toEqual([409, 'closed-elsewhere']);

    // Its keys are gone, and nobody here has heard of it yet: a note cannot be kept, and nothing is said without it.
    const erased = await returned();
    await tracking.personalData.erase([erased]);
    expect(refusalOf(await recycle(erased, { json: { note: 'x' } }))).toEqual([410, 'lead-erased']);
    for (const lead of [waits, deal, erased]) expect(await saidOf(lead)).toEqual([]);
  });
});
