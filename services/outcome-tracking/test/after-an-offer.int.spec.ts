import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LeadAbsorbed, LeadImported, type LeadRecycled, type LeadReminded, LeadSplit } from '@fairlead/events';
import { Client } from 'pg';
import { OfferExpiryTimer } from '../src/handlers/offer-expiry.timer.js';
import { erased, event, merged, policyActivated, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('what a policy says of leads after they were offered', () => {
  let tracking: Tracking;
  let acme: string;
  let bolt: string;

  beforeAll(async () => {
    tracking = await startTracking();
    [acme, bolt] = [await tracking.partnerKey('acme'), await tracking.partnerKey('bolt')];
    await tracking.told(
      policyActivated(50, 1, {
        offer: { acceptWithin: '1h', remind: '2s' },
        followUp: { remindAfter: '1s', most: 1 },
        returned: { times: 1 },
      }),
      policyActivated(50, 2, { followUp: { remindAfter: '3s', every: '1h', most: 9 } }),
    );
    await tracking.eventually(
      () => tracking.rows('SELECT policy FROM outcome_tracking.pool_rules ORDER BY 1'),
      [{ policy: 'emea@1' }, { policy: 'emea@2' }],
    );
  });
  afterAll(() => tracking?.end());

  const stateOf = async (lead: string) => (await tracking.call(`/v1/leads/${lead}`)).body['state'];
  const offered = async (party: string, data: Parameters<typeof routed>[2] = {}, version = 1): Promise<string> => {
    const lead = randomUUID();
    const { bytes, ...rest } = routed(lead, party, data);
    const under = bytes.toString().replace('"version":1', `"version":${version}`);
    await tracking.told(received(lead), scored(lead), { ...rest, bytes: Buffer.from(under) });
    await tracking.eventually(() => stateOf(lead), 'offered');
    return lead;
  };
  const post = (lead: string, what: string, json: object, key?: string) =>
    tracking.call(`/v1/leads/${lead}/${what}`, { json, ...(key !== undefined && { key }) });
  const accepted = async (party: string, key: string, version = 1) => {
    const lead = await offered(party, {}, version);
    expect((await post(lead, 'accept', {}, key)).status).toBe(200);
    return lead;
  };
  const remindersOf = async (lead: string) =>
    (await tracking.saidAbout(lead))
      .filter(({ type }) => type === 'lead.reminded')
      .map(({ data }) => data as LeadReminded['data']);
  const countOf = async (lead: string) => (await remindersOf(lead)).map(({ what, number }) => `${what} ${number}`);

  it('reminds a party of an offer that runs out, once, and not if it has answered', async () => {
    const acceptBy = Date.now() + 3_500;
    const [waits, answered] = [await offered('acme', { acceptBy }), await offered('acme', { acceptBy })];
    expect((await post(answered, 'decline', { reason: 'capacity' }, acme)).status).toBe(200);
    await tracking.eventually(() => countOf(waits), ['offer-ends 1']);
    expect((await remindersOf(waits))[0]).toMatchObject({ party: 'acme', offer: 1, acceptBy });
    expect(Date.now()).toBeLessThan(acceptBy);
    await tracking.eventually(() => stateOf(waits), 'expired');
    expect([await countOf(waits), await countOf(answered)]).toEqual([['offer-ends 1'], []]);
  });

  it('reminds whoever has accepted a lead and says nothing, as often as the policy says, and anew after each word', async () => {
    const lead = await accepted('acme', acme);
    await tracking.eventually(() => countOf(lead), ['no-word 1']);
    expect((await post(lead, 'outcomes', { type: 'contacted' }, acme)).status).toBe(200);
    await tracking.eventually(() => countOf(lead), ['no-word 1', 'no-word 1']);
    const [first, second] = await remindersOf(lead);
    expect(second?.silentSince).toBeGreaterThan(first?.silentSince ?? Infinity);
    expect((await post(lead, 'outcomes', { type: 'won' }, acme)).status).toBe(200);
    await pause(1_200);
    expect(await countOf(lead)).toHaveLength(2);
  });

  it('reminds of what became due while nobody could be reminded, and lists who is silent the longest first', async () => {
    const [mine, theirs] = [await accepted('acme', acme, 2), await accepted('bolt', bolt, 2)];
    await tracking.eventually(() => stateOf(theirs), 'accepted');
    await tracking.eventually(
      () => tracking.rows(`SELECT offer FROM outcome_tracking.watched WHERE lead_id = '${theirs}'`),
      [{ offer: 1 }],
    );
    await tracking.stop();
    await pause(2_500);
    await tracking.start();
    await tracking.eventually(() => countOf(mine), ['no-word 1']);

    const silent = async (query: string, key?: string) => {
      const { status, body } = await tracking.call(`/v1/leads?silentFor=1s&${query}`, key === undefined ? {} : { key });
      const leads = (body['leads'] ?? []) as { id: string; silentSince: string }[];
      return { status, ids: leads.map(({ id }) => id), since: leads[0]?.silentSince, next: body['next'] };
    };
    const one = await silent('limit=1');
    expect([one.ids, Number.isNaN(Date.parse(one.since ?? ''))]).toEqual([[mine], false]);
    expect((await silent(`limit=1&after=${String(one.next)}`)).ids).toEqual([theirs]);
    // Of a deal from elsewhere nobody can report here, so nobody is silent of it.
    const deal = randomUUID();
    const began = Date.now() - 400 * 24 * 3_600_000;
    const told = { sourceId: 'crm', externalId: '1', revision: 1, facts: { engagement: {}, attributes: {} } };
    const elsewhere = { party: 'bolt', pool: 'legacy', policy: 'legacy@1', grade: null, occurredAt: began } as const;
    await tracking.told(event(LeadImported, deal, { ...told, ...elsewhere, outcome: 'contacted', contactedAt: began }));
    await tracking.eventually(() => stateOf(deal), 'contacted');
    expect((await silent('')).ids).toEqual([mine, theirs]);
    expect((await silent('', bolt)).ids).toEqual([theirs]);
    expect((await silent('party=acme')).ids).toEqual([mine]);
    expect((await silent('state=contacted')).ids).toEqual([]);
    expect((await tracking.call('/v1/leads?silentFor=1d')).body).toEqual({ leads: [] });
    expect((await tracking.call('/v1/leads?silentFor=long')).status).toBe(400);
  });

  const recycledOf = async (lead: string) =>
    (await tracking.saidAbout(lead))
      .filter(({ type }) => type === 'lead.recycled')
      .map(({ data }) => data as LeadRecycled['data']);
  const returned = async (reason: string) => {
    const lead = await accepted('acme', acme);
    // At once, from two of its systems.
    const answers = await Promise.all([1, 2].map(() => post(lead, 'outcomes', { type: 'returned', reason }, acme)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    // It counts at once, but what is told of the lead from now on is to come after it in Kafka too.
    await tracking.eventually(
      async () => (await tracking.saidAbout(lead)).some(({ type }) => type === 'lead.returned'),
      true,
    );
    return lead;
  };

  it('offers a returned lead again, once, at once or as soon as it is repaired', async () => {
    const lead = await returned('capacity');
    await tracking.eventually(() => stateOf(lead), 'recycled');
    await tracking.eventually(
      () => recycledOf(lead),
      [{ party: 'acme', offer: 1, reason: 'capacity', at: expect.any(Number) as number }],
    );
    // Returned by the next one, too: more often than the policy says, so it is for a person to say.
    await tracking.told(routed(lead, 'bolt', { offer: 2 }));
    await tracking.eventually(() => stateOf(lead), 'offered');
    await post(lead, 'accept', {}, bolt);
    expect((await post(lead, 'outcomes', { type: 'returned', reason: 'capacity' }, bolt)).status).toBe(200);

    const wrong = await returned('inaccurate-data');
    await tracking.eventually(() => stateOf(wrong), 'returned');
    await tracking.told(merged(wrong, { changed: ['phone'] }));
    await tracking.told(scored(wrong, { cause: 'merged' }));
    await tracking.eventually(() => stateOf(wrong), 'recycled');
    await tracking.eventually(async () => (await recycledOf(wrong)).map(({ reason }) => reason), ['repaired']);
    expect([await stateOf(lead), (await recycledOf(lead)).length]).toEqual(['returned', 1]);
  });

  it('offers nobody a returned lead that is one with another, neither by itself nor by hand, until the two are split', async () => {
    const [byItself, byHand] = [await accepted('acme', acme), await accepted('acme', acme)];
    const [into, merge] = [randomUUID(), randomUUID()];
    const decision = { actor: 'a-key', reason: 'same-person' };
    await tracking.told(
      ...[byItself, byHand].map((lead) => event(LeadAbsorbed, lead, { into, merge, ...decision })),
      // The last of the same partition is behind them.
      ...[byItself, byHand].map((lead) => merged(lead, { touch: 2 })),
    );
    for (const lead of [byItself, byHand])
      await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['touches'], 2);
    expect((await post(byItself, 'outcomes', { type: 'returned', reason: 'capacity' }, acme)).status).toBe(200);
    expect((await post(byHand, 'outcomes', { type: 'returned', reason: 'spam' }, acme)).status).toBe(200);
    for (const lead of [byItself, byHand])
      await tracking.eventually(
        () => tracking.rows(`SELECT state FROM outcome_tracking.leads WHERE lead_id = '${lead}'`),
        [{ state: 'returned' }],
      );
    const { status, body } = await post(byHand, 'recycle', { note: 'x' });
    expect([status, String(body['type']).split(':').at(-1), body['into']]).toEqual([409, 'absorbed', into]);
    expect([await recycledOf(byItself), await recycledOf(byHand)]).toEqual([[], []]);

    const part = { part: 'absorbed', other: into, merge, ...decision, touches: 1 } as const;
    await tracking.told(...[byItself, byHand].map((lead) => event(LeadSplit, lead, { ...part, changed: [] })));
    await tracking.eventually(async () => (await recycledOf(byItself)).map(({ reason }) => reason), ['capacity']);
    await tracking.eventually(async () => (await post(byHand, 'recycle', {})).status, 200);
    await tracking.eventually(async () => (await recycledOf(byHand)).length, 1);
  });

  it('offers it again by a person’s word, who is named, and never a lead that somebody has, or an erased one', async () => {
    const lead = await returned('spam');
    const again = (json: object, key?: string) => post(lead, 'recycle', json, key);
    expect((await again({}, acme)).status).toBe(403);
    expect((await again({ reason: 'Not A Word' })).status).toBe(400);
    const answers = await Promise.all(
      [1, 2, 3].map(() => again({ reason: 'new-number', note: 'Call +49 30 901820.' })),
    );
    expect(answers.map(({ status, body }) => [status, body['state']])).toEqual(Array(3).fill([200, 'recycled']));
    await tracking.eventually(async () => (await recycledOf(lead)).length, 1);
    const [said] = await recycledOf(lead);
    expect(said).toMatchObject({ party: 'acme', offer: 1, reason: 'new-number', actor: expect.any(String) as string });
    expect(JSON.stringify(said)).not.toContain('901820');

    await tracking.told(routed(lead, 'bolt', { offer: 2 }));
    await tracking.eventually(() => stateOf(lead), 'offered');
    const typeOf = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
      [status, String(body['type']).split(':').at(-1)] as const;
    expect(typeOf(await again({}))).toEqual([409, 'not-returned']);
    expect((await again({ offer: 1 })).status).toBe(200);
    expect((await post(randomUUID(), 'recycle', {})).status).toBe(404);
    const gone = await returned('spam');
    await tracking.told(erased(gone));
    await tracking.eventually(() => stateOf(gone), 'erased');
    expect(typeOf(await post(gone, 'recycle', { note: 'x' }))).toEqual([410, 'lead-erased']);
    expect([(await recycledOf(lead)).length, await recycledOf(gone)]).toEqual([1, []]);
  });

  it('reminds nobody of an offer that is over, or of an answer that has not come back yet', async () => {
    // Whichever of the two clocks looks first: here it is the one that reminds.
    await tracking.service(OfferExpiryTimer).onApplicationShutdown();
    const holder = new Client({ connectionString: tracking.databaseUrl });
    await holder.connect();
    const acceptBy = Date.now() + 5_000;
    const late = await offered('acme', { acceptBy });
    // Somebody has the lead in hand until it is too late to be reminded of it.
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM outcome_tracking.leads WHERE lead_id = $1 FOR UPDATE', [late]);
      await tracking.eventually(async () => Date.now() > acceptBy, true);
    } finally {
      await holder.end();
    }
    const watchedOf = (lead: string) =>
      tracking.rows(
        `SELECT reminded, remind_at > now() + interval '30 seconds' AS later FROM outcome_tracking.watched WHERE lead_id = '${lead}'`,
      );
    await tracking.eventually(() => watchedOf(late), [{ reminded: 0, later: null }]);
    expect(await countOf(late)).toEqual([]);

    const answered = await offered('acme', { acceptBy: Date.now() + 6_000 });
    const goOn = await tracking.holdConsumer();
    try {
      expect((await post(answered, 'decline', { reason: 'capacity' }, acme)).status).toBe(200);
      await tracking.eventually(() => watchedOf(answered), [{ reminded: 0, later: true }]);
    } finally {
      await goOn();
    }
    await tracking.eventually(() => stateOf(answered), 'declined');
    await tracking.eventually(() => watchedOf(answered), []);
    expect(await countOf(answered)).toEqual([]);
  });
});
