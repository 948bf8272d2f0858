import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { erased, expired, hour, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('answers of partners and direct', () => {
  let tracking: Tracking;
  let acme: string;
  let bolt: string;

  beforeAll(async () => {
    tracking = await startTracking();
    [acme, bolt] = [await tracking.partnerKey('acme'), await tracking.partnerKey('bolt')];
  });
  afterAll(() => tracking?.end());

  /** A lead that was offered to this party, with the service's view up to date. */
  async function offeredTo(party: string, data: Parameters<typeof routed>[2] = {}): Promise<string> {
    const lead = randomUUID();
    await tracking.told(received(lead), scored(lead), routed(lead, party, data));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['party'], party);
    return lead;
  }
  const post = (lead: string, what: string, json: unknown, key?: string, headers?: Record<string, string>) =>
    tracking.call(`/v1/leads/${lead}/${what}`, { json, ...(key && { key }), ...(headers && { headers }) });
  const typeOf = ({ status, body }: { status: number; body: Record<string, unknown> }) => [
    status,
    String(body['type']).replace('urn:fairlead:problem:', ''),
  ];

  it('follow a lead from the offer to revenue, and every step is an event', async () => {
    const lead = await offeredTo('acme');
    expect((await post(lead, 'accept', {}, acme)).body).toMatchObject({ state: 'accepted', party: 'acme' });
    await post(lead, 'outcomes', { type: 'contacted' }, acme);
    await post(lead, 'outcomes', { type: 'qualified' }, acme);
    const won = await post(lead, 'outcomes', { type: 'won', amount: { value: 12_500.5, currency: 'EUR' } }, acme);
    expect([won.status, won.body['outcome']]).toEqual([200, 'won']);

    await tracking.eventually(
      async () => (await tracking.saidAbout(lead)).map(({ type }) => type),
      ['lead.accepted', 'lead.contacted', 'lead.qualified', 'lead.won'],
    );
    expect((await tracking.saidAbout(lead)).at(-1)?.data).toMatchObject({
      party: 'acme',
      offer: 1,
      amount: { value: 12_500.5, currency: 'EUR' },
    });
  });

  it('accept an offer once, however many ask at the same time', async () => {
    const lead = await offeredTo('acme');
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(lead, 'accept', {}, acme)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).map(({ type }) => type), ['lead.accepted']);
  });

  it('for many leads at once are each judged by themselves', async () => {
    const leads = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const [party, late] = [index % 3 === 0 ? 'bolt' : 'acme', index % 5 === 0];
        return { late, party, lead: await offeredTo(party, late ? { acceptBy: Date.now() - 1 } : {}) };
      }),
    );
    const answers = await Promise.all(
      leads.map(({ lead, party }) => post(lead, 'accept', {}, party === 'bolt' ? bolt : acme)),
    );
    expect(answers.map(({ status }) => status)).toEqual(leads.map(({ late }) => (late ? 409 : 200)));
    await tracking.eventually(
      async () =>
        (await Promise.all(leads.map(({ lead }) => tracking.saidAbout(lead)))).map((said) =>
          said.map(({ type }) => type),
        ),
      leads.map(({ late }) => [late ? 'lead.offer-expired' : 'lead.accepted']),
    );
  });

  it('do not fail because another that came in with them cannot be judged', async () => {
    const [first, damaged, ...sound] = await Promise.all(Array.from({ length: 12 }, () => offeredTo('acme')));
    // No list, and so nothing that an answer could be judged by.
    await tracking.rows(`UPDATE outcome_tracking.leads SET pending = '{}' WHERE lead_id = '${damaged}'`);
    // Two that wait for a lock take both turns, so that all others are judged together.
    const locked = tracking.rows(
      `SELECT 1 FROM outcome_tracking.leads WHERE lead_id = '${first}' FOR UPDATE; SELECT pg_sleep(1)`,
    );
    await pause(200);
    const waiting = [post(first as string, 'accept', {}, acme)];
    await pause(100);
    waiting.push(post(first as string, 'accept', {}, acme));
    await pause(100);
    const answers = await Promise.all(
      [...sound.slice(0, 5), damaged as string, ...sound.slice(5)].map((lead) => post(lead, 'accept', {}, acme)),
    );
    await Promise.all([locked, ...waiting]);
    expect(answers.map(({ status }) => status)).toEqual([...Array(5).fill(200), 500, ...Array(5).fill(200)]);
    await tracking.eventually(
      async () => (await Promise.all(sound.map((lead) => tracking.saidAbout(lead)))).map(({ length }) => length),
      sound.map(() => 1),
    );
  });

  it('let one of an acceptance and a decline at the same time win, and tell the other what happened', async () => {
    for (let round = 0; round < 10; round += 1) {
      const lead = await offeredTo('acme');
      const both = await Promise.all([
        post(lead, 'accept', {}, acme),
        post(lead, 'decline', { reason: 'capacity' }, acme),
      ]);
      expect([
        [
          [200, 'undefined'],
          [409, 'already-accepted'],
        ],
        [
          [409, 'offer-declined'],
          [200, 'undefined'],
        ],
      ]).toContainEqual(both.map(typeOf));
      await tracking.eventually(async () => (await tracking.saidAbout(lead)).length, 1);
    }
  });

  it('are for the party that was offered the lead: for anybody else it looks exactly like a lead that does not exist', async () => {
    const lead = await offeredTo('acme');
    const requests = [
      ['accept', {}],
      ['decline', { reason: 'no-fit' }],
      ['outcomes', { type: 'contacted' }],
    ] as const;
    await Promise.all(
      requests.map(async ([what, json]) => {
        const [other, absent] = [await post(lead, what, json, bolt), await post(randomUUID(), what, json, bolt)];
        expect([other.status, other.text]).toEqual([404, absent.text]);
        expect(other.headers.get('retry-after')).toBe(absent.headers.get('retry-after'));
      }),
    );
    expect((await tracking.call(`/v1/leads/${lead}`, { key: bolt })).status).toBe(404);
    expect(await tracking.saidAbout(lead)).toEqual([]);
  });

  it('for a lead that was erased before it was offered look to a partner like those for one that does not exist', async () => {
    const lead = randomUUID();
    await tracking.told(received(lead), erased(lead));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['state'], 'erased');
    const timed = async (id: string) => {
      const started = Date.now();
      const { status, text, headers } = await post(id, 'accept', {}, acme);
      return { status, text, retryAfter: headers.get('retry-after'), waited: Date.now() - started > 1_500 };
    };
    const [gone, absent] = await Promise.all([timed(lead), timed(randomUUID())]);
    expect(absent).toMatchObject({ status: 404, waited: true });
    expect(gone).toEqual(absent);
  });

  it('of a manager are direct’s, and never a partner’s', async () => {
    const manager = await tracking.keyOf('manager');
    const [own, acmes] = [await offeredTo('direct'), await offeredTo('acme')];
    expect((await post(own, 'accept', {}, manager)).status).toBe(200);
    expect(typeOf(await post(acmes, 'accept', {}, manager))).toEqual([409, 'not-offered-to-you']);
    expect((await post(own, 'accept', {}, await tracking.keyOf('auditor'))).status).toBe(403);
  });

  it('that come before the offer was read wait for it', async () => {
    const lead = randomUUID();
    const early = post(lead, 'accept', {}, acme);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await tracking.told(received(lead), scored(lead), routed(lead, 'acme'));
    expect((await early).body).toMatchObject({ state: 'accepted' });
  });

  it('that come for a lead that is never offered are told to come again, after a bounded wait', async () => {
    const lead = randomUUID();
    await tracking.told(received(lead));
    const started = Date.now();
    const [partner, manager] = await Promise.all([post(lead, 'accept', {}, acme), post(lead, 'accept', {})]);
    expect(Date.now() - started).toBeLessThan(4_000);
    expect([partner.status, partner.headers.get('retry-after')]).toEqual([404, '2']);
    expect(typeOf(manager)).toEqual([409, 'never-offered']);
    expect(manager.headers.get('retry-after')).toBe('2');
  });

  it('that come too late are refused, before and after it was said that the offer has expired', async () => {
    const lead = await offeredTo('acme', { acceptBy: Date.now() - 1 });
    expect(typeOf(await post(lead, 'accept', {}, acme))).toEqual([409, 'offer-expired']);
    await tracking.told(expired(lead, 'acme'), routed(lead, 'bolt', { offer: 2, why: 'expired' }));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['party'], 'bolt');
    expect(typeOf(await post(lead, 'accept', {}, acme))).toEqual([409, 'offer-expired']);
    expect((await post(lead, 'accept', { offer: 2 }, bolt)).status).toBe(200);
  });

  it('said again in the same words have the same result; in other words they are refused', async () => {
    const lead = await offeredTo('acme');
    const decline = () => post(lead, 'decline', { reason: 'no-fit' }, acme);
    expect([(await decline()).status, (await decline()).status]).toEqual([200, 200]);
    expect(typeOf(await post(lead, 'decline', { reason: 'spam' }, acme))).toEqual([409, 'told-differently']);
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).length, 1);
  });

  it('with an Idempotency-Key are bound to it', async () => {
    const [first, second] = [await offeredTo('acme'), await offeredTo('acme')];
    const key = { 'idempotency-key': randomUUID() };
    expect((await post(first, 'accept', {}, acme, key)).status).toBe(200);
    expect((await post(first, 'accept', {}, acme, key)).status).toBe(200);
    expect(typeOf(await post(second, 'accept', {}, acme, key))).toEqual([422, 'idempotency-key-reused']);
    expect(typeOf(await post(second, 'accept', {}, acme, { 'idempotency-key': 'x'.repeat(256) }))).toEqual([
      400,
      'invalid-input',
    ]);
    expect((await post(second, 'accept', {}, acme, { 'idempotency-key': randomUUID() })).status).toBe(200);
  });

  it('keep a note out of the log, except sealed', async () => {
    const lead = await offeredTo('acme');
    const note = 'Call Erika Mustermann after five';
    await post(lead, 'decline', { reason: 'not-ready', note }, acme);
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).length, 1);
    const [declined] = await tracking.saidAbout(lead);
    expect(JSON.stringify(declined)).not.toContain('Erika');
    const sealed = (declined?.data as { note: never }).note;
    expect(
      await tracking.personalData.unseal([{ leadId: lead, eventId: declined?.id ?? '', field: 'note', sealed }]),
    ).toEqual([note]);
  });

  it('may skip steps forward, never back, and an opportunity is not returned', async () => {
    const lead = await offeredTo('acme');
    expect(typeOf(await post(lead, 'outcomes', { type: 'contacted' }, acme))).toEqual([409, 'not-accepted']);
    await post(lead, 'accept', {}, acme);
    expect((await post(lead, 'outcomes', { type: 'qualified' }, acme)).status).toBe(200);
    expect(typeOf(await post(lead, 'outcomes', { type: 'contacted' }, acme))).toEqual([409, 'step-back']);
    expect(typeOf(await post(lead, 'outcomes', { type: 'returned', reason: 'no-fit' }, acme))).toEqual([
      409,
      'not-returnable',
    ]);
  });

  const euros = (value: number) => ({ value, currency: 'EUR' });
  const won = (value: number) => ({ type: 'won', amount: euros(value) });
  /** A lead that acme has accepted and won. */
  async function wonBy(party: string, key: string, value: number, pool = 'smb'): Promise<string> {
    const { decided } = (JSON.parse(routed(randomUUID(), party).bytes.toString()) as { data: { decided: object } })
      .data;
    const lead = await offeredTo(party, { decided: { ...decided, pool } as never });
    await post(lead, 'accept', {}, key);
    expect((await post(lead, 'outcomes', won(value), key)).status).toBe(200);
    return lead;
  }

  it('correct what was reported: both stay readable, and the figures count what is right, once', async () => {
    const pool = `pool-${randomUUID().slice(0, 8)}`;
    const lead = await wonBy('acme', acme, 1_250, pool);
    const counted = async () => {
      const { body } = await tracking.call(`/v1/trust?pool=${pool}`);
      const { parties } = body as { parties: Record<string, Record<string, { counts: Record<string, number> }>> };
      const { won, lost, qualified } = Object.values(parties['acme'] ?? {})[0]?.counts ?? {};
      return { won, lost, qualified };
    };
    await tracking.eventually(counted, { won: 1, lost: 0, qualified: 1 });
    const corrected = await post(lead, 'outcomes', { ...won(12_500), corrects: won(1_250) }, acme);
    const [first] = corrected.body['offers'] as { amount: object; corrections: object[] }[];
    expect([corrected.status, first?.amount]).toEqual([200, euros(12_500)]);
    expect(first?.corrections).toMatchObject([{ was: won(1_250), is: won(12_500), at: expect.any(String) }]);
    const toLost = { type: 'lost', reason: 'no-budget', corrects: won(12_500), note: 'Erika signed elsewhere.' };
    expect((await post(lead, 'outcomes', toLost, acme)).body).toMatchObject({ state: 'lost', outcome: 'lost' });
    await tracking.eventually(counted, { won: 0, lost: 1, qualified: 0 });

    await tracking.eventually(
      async () => (await tracking.saidAbout(lead)).map(({ type }) => type),
      ['lead.accepted', 'lead.won', 'lead.amended', 'lead.amended'],
    );
    const [, said, ...corrections] = await tracking.saidAbout(lead);
    expect(said?.data).toMatchObject({ amount: euros(1_250) });
    const { at } = said?.data as { at: number };
    expect(corrections.map(({ data }) => data)).toMatchObject([
      { party: 'acme', offer: 1, correction: 1, was: { ...won(1_250), at }, is: { ...won(12_500), at } },
      { correction: 2, was: { ...won(12_500), at }, is: { type: 'lost', at, reason: 'no-budget' } },
    ]);
    expect(JSON.stringify(corrections)).not.toContain('Erika');
  });

  it('take back what had not happened, after which it can be reported when it does', async () => {
    const lead = await wonBy('acme', acme, 5);
    const takenBack = { type: 'mistaken', corrects: won(5) };
    expect((await post(lead, 'outcomes', takenBack, acme)).body).toMatchObject({ state: 'accepted', outcome: null });
    expect((await post(lead, 'outcomes', won(5), acme)).body).toMatchObject({ state: 'won', outcome: 'won' });
    await tracking.eventually(
      async () => (await tracking.saidAbout(lead)).map(({ type }) => type),
      ['lead.accepted', 'lead.won', 'lead.amended', 'lead.won'],
    );
    const ids = (await tracking.saidAbout(lead)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['outcome'], 'won');
  });

  it('correct once, however often and late a correction comes, and however many come at once', async () => {
    const lead = await wonBy('acme', acme, 5);
    const [to6, to7] = [
      { ...won(6), corrects: won(5) },
      { ...won(7), corrects: won(6) },
    ];
    const together = await Promise.all(Array.from({ length: 20 }, () => post(lead, 'outcomes', to6, acme)));
    expect(new Set(together.map(({ status }) => status))).toEqual(new Set([200]));
    await post(lead, 'outcomes', to7, acme);
    const late = await post(lead, 'outcomes', to6, acme);
    expect([late.status, (late.body['offers'] as { amount: object }[])[0]?.amount]).toEqual([200, euros(7)]);
    // Of two who both saw the same, the second is told that it has changed meanwhile.
    expect(typeOf(await post(lead, 'outcomes', { ...won(8), corrects: won(6) }, acme))).toEqual([
      409,
      'told-differently',
    ]);
    await tracking.eventually(
      async () => (await tracking.saidAbout(lead)).map(({ type }) => type),
      ['lead.accepted', 'lead.won', 'lead.amended', 'lead.amended'],
    );
  });

  it('that are refused count for nothing, and those that come twice count once', async () => {
    const pool = `pool-${randomUUID().slice(0, 8)}`;
    const lead = await wonBy('acme', acme, 5, pool);
    const { decided } = (JSON.parse(routed(lead, 'acme').bytes.toString()) as { data: { decided: object } }).data;
    const late = await offeredTo('acme', { decided: { ...decided, pool } as never, acceptBy: Date.now() - 1 });
    const counts = async () => {
      const { body } = await tracking.call(`/v1/trust?pool=${pool}`);
      const { parties } = body as { parties: Record<string, Record<string, { counts: Record<string, number> }>> };
      return Object.fromEntries(
        Object.entries(Object.values(parties['acme'] ?? {})[0]?.counts ?? {}).filter(([, count]) => count !== 0),
      );
    };
    const expected = { offered: 2, accepted: 1, expired: 1, kept: 1, contacted: 1, qualified: 1, won: 1 };
    await tracking.eventually(counts, expected);
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const said: [string, unknown, string | undefined, [number, string]][] = [
      // Twice, and in other words.
      [lead, won(5), acme, [200, 'undefined']],
      [lead, won(6), acme, [409, 'told-differently']],
      // Out of order.
      [lead, { type: 'contacted' }, acme, [409, 'already-closed']],
      [lead, { type: 'lost' }, acme, [409, 'already-closed']],
      // From a party that does not have it.
      [lead, won(5), bolt, [404, 'not-found']],
      [lead, won(5), undefined, [409, 'not-offered-to-you']],
      // Of an offer that ran out.
      [late, won(5), acme, [409, 'offer-expired']],
      [late, { type: 'contacted', at: at(-1_000) }, acme, [409, 'offer-expired']],
      // What cannot be, also as a correction.
      [lead, { ...won(6), at: at(hour), corrects: won(5) }, acme, [400, 'invalid-input']],
      [lead, { ...won(6), at: '1999-01-01T00:00:00Z', corrects: won(5) }, acme, [400, 'invalid-input']],
      [lead, { ...won(-6), corrects: won(5) }, acme, [400, 'invalid-input']],
      [lead, { ...won(1e13), corrects: won(5) }, acme, [400, 'invalid-input']],
    ];
    for (const [id, json, key, answer] of said) expect(typeOf(await post(id, 'outcomes', json, key))).toEqual(answer);
    // Whatever was said by now has come back before this.
    const next = await wonBy('acme', acme, 5);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${next}`)).body['outcome'], 'won');
    expect(await counts()).toEqual(expected);
  });

  /** As a table, with the outcomes of several leads. */
  const table = (rows: readonly string[], key?: string) =>
    tracking.call('/v1/outcomes', {
      ...{ text: ['lead;type;at;reason;amount;currency;corrects;correctsAmount;correctsCurrency', ...rows].join('\n') },
      ...{ headers: { 'content-type': 'text/csv' }, ...(key && { key }) },
    });
  const statuses = ({ body }: { body: Record<string, unknown> }) =>
    (body['results'] as { index: number; status: string; why?: string; errors?: { field: string }[] }[]).map(
      ({ status, why, errors }) =>
        [status, why ?? [...new Set(errors?.map(({ field }) => field))].join(' ')].filter(Boolean).join(' '),
    );

  it('come in a table: each is judged by itself, those of one lead in their order, and the same table again says nothing new', async () => {
    const [mine, another, theirs] = [await offeredTo('acme'), await offeredTo('acme'), await offeredTo('bolt')];
    await post(mine, 'accept', {}, acme);
    await post(another, 'accept', {}, acme);
    const at = new Date().toISOString();
    const rows = [
      `${mine};contacted;${at};;;;;;`,
      `${another};won;${at};;7;EUR;;;`,
      `${mine};won;${at};;1250;EUR;;;`,
      `${mine};won;;;12500;EUR;won;1250;EUR`,
      `${mine};lost;;no-budget;;;won;12500;EUR`,
      `${another};mistaken;;;;;won;7;EUR`,
      `${theirs};contacted;${at};;;;;;`,
      `${randomUUID()};contacted;${at};;;;;;`,
      `${another};returned;${at};;;;;;`,
      `${another};qualified;;;;;;;`,
      `17;qualified;${at};;;;;;`,
      `${another};won;${at};;1.234,50;EUR;;;`,
    ];
    const rest = [
      'refused not-found',
      'refused not-found',
      'invalid /reason',
      'invalid /at',
      'invalid /lead',
      'invalid /amount/value',
    ];
    const first = await table(rows, acme);
    expect([first.status, statuses(first)]).toEqual([200, [...Array<string>(6).fill('taken'), ...rest]]);
    for (let again = 0; again < 2; again++)
      expect(statuses(await table(rows, acme))).toEqual([...Array<string>(6).fill('repeated'), ...rest]);
    const said = async () =>
      (await Promise.all([mine, another].map(tracking.saidAbout))).map((all) => all.map(({ type }) => type));
    await tracking.eventually(said, [
      ['lead.accepted', 'lead.contacted', 'lead.won', 'lead.amended', 'lead.amended'],
      ['lead.accepted', 'lead.won', 'lead.amended'],
    ]);
    expect((await tracking.call(`/v1/leads/${mine}`)).body).toMatchObject({ state: 'lost' });
    expect((await tracking.call(`/v1/leads/${another}`)).body).toMatchObject({ state: 'accepted' });
  });

  it('come as a list and as lines, and are refused whole where they cannot be told apart', async () => {
    const lead = await offeredTo('acme');
    await post(lead, 'accept', {}, acme);
    const outcome = { lead, type: 'contacted', at: new Date().toISOString(), note: 'Erika was in.' };
    expect(
      statuses(await tracking.call('/v1/outcomes', { json: [outcome, [], null, { ...outcome, stage: 1 }], key: acme })),
    ).toEqual([...['taken', 'invalid ', 'invalid ', 'invalid /stage'].map((each) => each.trim())]);
    const lines = (text: string) =>
      tracking.call('/v1/outcomes', { text, headers: { 'content-type': 'application/x-ndjson' }, key: acme });
    expect(statuses(await lines(`${JSON.stringify(outcome)}\nno JSON`))).toEqual(['repeated', 'invalid']);
    expect(typeOf(await tracking.call('/v1/outcomes', { json: outcome, key: acme }))).toEqual([400, 'invalid-input']);
    const nothing = await tracking.call('/v1/outcomes', { method: 'POST', key: acme });
    expect(typeOf(nothing)).toEqual([400, 'invalid-input']);
    expect(typeOf(await lines('{}\n'.repeat(1_001)))).toEqual([413, 'too-many']);
    expect(typeOf(await lines(`"${'x'.repeat(1024 * 1024)}"`))).toEqual([413, 'too-large']);
    await tracking.eventually(
      async () => JSON.stringify(await tracking.saidAbout(lead)).includes('lead.contacted'),
      true,
    );
    expect(JSON.stringify(await tracking.saidAbout(lead))).not.toContain('Erika');
  });

  it('correct what is one’s own, and nothing that was never said or cannot have been', async () => {
    const lead = await wonBy('acme', acme, 5);
    const correct = (json: object, key?: string) => post(lead, 'outcomes', json, key);
    expect(typeOf(await correct({ ...won(6), corrects: won(5) }, bolt))).toEqual([404, 'not-found']);
    expect(typeOf(await correct({ ...won(6), corrects: won(5) }))).toEqual([409, 'not-offered-to-you']);
    expect(typeOf(await correct({ type: 'lost', corrects: { type: 'lost', reason: 'spam' } }, acme))).toEqual([
      409,
      'nothing-to-correct',
    ]);
    expect(typeOf(await correct({ type: 'contacted', corrects: won(5) }, acme))).toEqual([409, 'not-amendable']);
    await tracking.told(erased(lead));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['state'], 'erased');
    expect(typeOf(await correct({ ...won(6), corrects: won(5) }, acme))).toEqual([410, 'lead-erased']);
  });

  it.each<[string, unknown, string[]]>([
    ['accept', { offer: '1' }, ['/offer']],
    ['accept', { unknown: 1 }, ['/unknown']],
    ['accept', [], []],
    ['decline', {}, ['/reason']],
    ['decline', { reason: 'because' }, ['/reason']],
    ['decline', { reason: ['spam'] }, ['/reason']],
    ['decline', { reason: 'spam', note: '' }, ['/note']],
    ['outcomes', { type: 'accepted' }, ['/type']],
    ['outcomes', { type: 'returned' }, ['/reason']],
    ['outcomes', { type: 'contacted', reason: 'spam' }, ['/reason']],
    ['outcomes', { type: 'contacted', amount: { value: 1, currency: 'EUR' } }, ['/amount']],
    ['outcomes', { type: 'won', amount: { value: -1, currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: '5', currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: 1, currency: 'eur' } }, ['/amount/currency']],
    ['outcomes', { type: 'won', amount: { value: 1, currency: 'XYZ' } }, ['/amount/currency']],
    ['outcomes', { type: 'won', amount: { value: 1, currency: 'XAU' } }, ['/amount/currency']],
    ['outcomes', { type: 'won', amount: { value: 1_250.5, currency: 'JPY' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: 1.234, currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: 1e-7, currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: 5e-324, currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: { value: 1e13, currency: 'EUR' } }, ['/amount/value']],
    ['outcomes', { type: 'won', amount: 5 }, ['/amount']],
    ['outcomes', { type: 'mistaken' }, ['/corrects']],
    ['outcomes', { type: 'mistaken', at: new Date().toISOString(), corrects: { type: 'won' } }, ['/at']],
    ['outcomes', { type: 'mistaken', reason: 'spam', corrects: { type: 'won' } }, ['/reason']],
    ['outcomes', { type: 'won', corrects: 'lost' }, ['/corrects']],
    ['outcomes', { type: 'won', corrects: { type: 'mistaken' } }, ['/corrects/type']],
    ['outcomes', { type: 'won', corrects: { type: 'won', reason: 'spam' } }, ['/corrects/reason']],
    ['outcomes', { type: 'won', corrects: { type: 'won', at: '2026-02-31T25:00:00Z' } }, ['/corrects/at']],
    [
      'outcomes',
      { type: 'won', corrects: { type: 'won', amount: { value: -1, currency: 'EUR' } } },
      ['/corrects/amount/value'],
    ],
    ['outcomes', { type: 'contacted', at: 'yesterday' }, ['/at']],
    ['outcomes', { type: 'contacted', at: '2026-02-31T25:00:00Z' }, ['/at']],
    ['outcomes', { type: 'contacted', at: new Date(Date.now() + hour).toISOString() }, ['/at']],
    ['outcomes', { type: 'contacted', at: '1999-01-01T00:00:00Z' }, ['/at']],
  ])('with a bad body are refused, naming the field: %s %j', async (what, json, fields) => {
    const lead = await offeredTo('acme');
    await post(lead, 'accept', {}, acme);
    const answer = await post(lead, what, json, acme);
    expect(typeOf(answer)).toEqual([400, 'invalid-input']);
    const named = new Set(((answer.body['errors'] ?? []) as { field: string }[]).map(({ field }) => field));
    for (const field of fields) expect(named).toContain(field);
  });

  it('may have a note of 2,000 characters, not longer', async () => {
    const lead = await offeredTo('acme');
    const decline = (length: number) => post(lead, 'decline', { reason: 'spam', note: 'ж'.repeat(length) }, acme);
    expect(typeOf(await decline(2_001))).toEqual([400, 'invalid-input']);
    expect((await decline(2_000)).status).toBe(200);
  });

  it('may come without any body where none is needed', async () => {
    const lead = await offeredTo('acme');
    expect((await tracking.call(`/v1/leads/${lead}/accept`, { method: 'POST', key: acme })).status).toBe(200);
  });
});
