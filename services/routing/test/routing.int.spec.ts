import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { contentHash, defaultPolicy, LEAD, type PolicyDocument, rosterHash } from '@fairlead/decisions';
import type { LeadOverridden, LeadRouted, LeadUnroutable } from '@fairlead/events';
import { accepted, declined, erased, expired, qualified, recycled, returned, scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

type Pool = PolicyDocument['pools'][number];

/** A policy of one pool, named after the test, for the channel alone unless said otherwise. */
function policyOf(name: string, more: Partial<Pool> = {}): PolicyDocument {
  return { name, pools: [{ id: name, match: {}, promise: { direct: 0, channel: 100 }, ...more }] };
}

describe('routing, with real servers', () => {
  let routing: Stretch;
  beforeAll(async () => {
    // Two routers, which share the partitions between them and must not both decide.
    routing = await Stretch.open(2);
  });
  afterAll(() => routing.close());

  const decisions = (leadId?: string) =>
    [...routing.said('lead.routed', leadId), ...routing.said('lead.unroutable', leadId)] as (
      LeadRouted | LeadUnroutable
    )[];
  const offers = (leadId: string) =>
    (routing.said('lead.routed', leadId) as LeadRouted[]).map(({ data }) => `${data.offer} ${data.to} (${data.why})`);

  async function routes(...leads: readonly ReturnType<typeof scored>[]): Promise<(LeadRouted | LeadUnroutable)[]> {
    await routing.tell(...leads);
    return eventually(() =>
      leads.map(({ subject }) => {
        expect(decisions(subject)).toHaveLength(1);
        return decisions(subject)[0] as LeadRouted;
      }),
    );
  }

  it('starts with the default policy, activated once by however many processes', async () => {
    await eventually(() => expect(routing.said('policy.activated', 'default')).toHaveLength(1));
    expect(routing.said('policy.activated', 'default')[0]?.data).toEqual({
      name: 'default',
      version: 1,
      hash: contentHash(defaultPolicy),
      policy: defaultPolicy,
      actor: 'fairlead',
    });
    const [decision] = await routes(scored());
    expect(decision?.data).toMatchObject({
      to: 'direct',
      decided: { policy: { name: 'default', version: 1 }, pool: 'all' },
    });
  });

  it('routes a lead once, however often it is delivered, and however often it is scored', async () => {
    await routing.under(policyOf('once'), { acme: {} });
    const lead = scored();
    await routing.tell(lead, lead);
    await routing.tell(lead, scored({ grade: 'B' }, lead.subject));
    await routes(scored());
    await pause(300);
    expect(offers(lead.subject)).toEqual(['1 acme (first)']);
    const [count] = await routing.rows<{ seq: string }>(`SELECT seq FROM pools WHERE id = 'once'`);
    expect(count?.seq).toBe('2');
  });

  it('routes a lead that went to nobody once it is judged better, and never one that somebody has', async () => {
    await routing.under(policyOf('again', { notQualified: { then: 'nurture' } }), { acme: {} });
    const worthless = { state: 'not-qualified', grade: null } as const;
    const lead = scored(worthless);
    await routes(lead);
    const judged = (data: Parameters<typeof scored>[0]) => scored({ cause: 'engaged', ...data }, lead.subject);
    await routing.tell(judged(worthless));
    const warm = judged({ grade: 'C', facts: { city: 'Bonn', engagement: { demo: 1 }, attributes: {} } });
    await routing.tell(warm, warm);
    await eventually(() => expect(offers(lead.subject)).toEqual(['1 acme (first)']));
    expect(routing.said('lead.routed', lead.subject)[0]?.data).toMatchObject({ grade: 'C', decided: { poolSeq: 2 } });
    expect(
      await routing.rows(`SELECT grade, facts->>'city' AS city FROM leads WHERE lead_id = '${lead.subject}'`),
    ).toEqual([{ grade: 'C', city: 'Bonn' }]);

    // Offered, accepted, closed: it stays where it is.
    await routing.tell(
      judged({ grade: 'A' }),
      accepted(lead.subject, 'acme', 1),
      judged({ grade: 'A', cause: 'merged' }),
    );
    await routing.tell(qualified(lead.subject, 'acme', 1), judged({ grade: 'A' }));
    // Judged twice before anybody decided.
    const other = scored(worthless);
    await routing.tell(other, scored({ cause: 'merged', grade: 'D' }, other.subject));
    await eventually(() => expect(offers(other.subject)).toEqual(['1 acme (first)']));
    expect(decisions(other.subject)).toHaveLength(2);
    await routes(scored());
    expect(decisions(lead.subject)).toHaveLength(2);
  });

  it('leaves a lead that all refused as it is, however it is judged afterwards', async () => {
    await routing.under(policyOf('refused', { offer: { maxOffers: 1, then: 'nurture' } }), { acme: {} });
    const [first] = (await routes(scored({ grade: 'C' }))) as [LeadRouted];
    await routing.tell(declined(first.subject, 'acme', 1));
    await eventually(() => expect(routing.said('lead.unroutable', first.subject)).toHaveLength(1));
    await routing.tell(scored({ cause: 'engaged', grade: 'A' }, first.subject));
    await routes(scored());
    expect(decisions(first.subject)).toHaveLength(2);
  });

  it('numbers the decisions of two routers without a gap, and never exceeds a cap, however many leads arrive at once', async () => {
    await routing.under(policyOf('crowd', { promise: { direct: 40, channel: 60 } }), {
      delta: { caps: { open: 7 } },
      eagle: { caps: { perDay: 11 } },
      falcon: { weight: 3 },
    });
    const leads = Array.from({ length: 600 }, (_, index) =>
      scored({ grade: (['A', 'B', 'C', 'D'] as const)[index % 4]! }),
    );
    const batches = Array.from({ length: 12 }, (_, index) => leads.slice(index * 50, index * 50 + 50));
    await Promise.all(batches.map((batch) => routing.tell(...batch)));
    const made = (await eventually(() =>
      leads.map(({ subject }) => {
        expect(decisions(subject)).toHaveLength(1);
        return decisions(subject)[0];
      }),
    )) as LeadRouted[];

    const numbers = made.map(({ data }) => data.decided.poolSeq).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 600 }, (_, index) => index + 1));
    const received = (party: string) => made.filter(({ data }) => data.to === party).length;
    expect([received('delta'), received('eagle')]).toEqual([7, 11]);
    expect(Math.abs(received('direct') - 240)).toBeLessThanOrEqual(2);
    const sums = await routing.rows(`SELECT sum(credit)::text FROM credits WHERE pool = 'crowd' GROUP BY grade, level`);
    expect(sums).toEqual(Array.from({ length: 8 }, () => ({ sum: '0' })));

    // In the order of their numbers, times do not go back.
    const times = made
      .toSorted((a, b) => a.data.decided.poolSeq - b.data.decided.poolSeq)
      .map(({ data }) => data.decided.now);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('offers a declined lead to the next, and never again to the one who declined', async () => {
    await routing.under(policyOf('decline', { offer: { maxOffers: 3, then: 'direct' } }), {
      acme: {},
      bolt: {},
      crane: {},
    });
    const [first] = (await routes(scored())) as [LeadRouted];
    const lead = first.subject;
    let current = first.data;
    for (let offer = 1; offer <= 4; offer++) {
      const refused = declined(lead, current.to, offer);
      await routing.tell(refused, refused);
      if (offer === 4) break;
      current = await eventually(() => {
        const next = (routing.said('lead.routed', lead) as LeadRouted[]).find(({ data }) => data.offer === offer + 1);
        expect(next).toBeDefined();
        return (next as LeadRouted).data;
      });
    }
    await eventually(() => expect(routing.said('lead.unroutable', lead)).toHaveLength(1));
    expect(offers(lead)).toEqual(['1 acme (first)', '2 bolt (declined)', '3 crane (declined)', '4 direct (fallback)']);
    expect(routing.said('lead.unroutable', lead)[0]?.data).toMatchObject({
      reason: 'offers-exhausted',
      refusedCounts: { 'declined-before': 4 },
    });
  });

  it('leaves alone what is declined by one who does not have the offer', async () => {
    await routing.under(policyOf('others'), { acme: {}, bolt: {} });
    const [first] = (await routes(scored())) as [LeadRouted];
    await routing.tell(
      declined(first.subject, 'bolt', 1),
      declined(first.subject, 'acme', 2),
      declined(randomUUID(), 'acme', 1),
    );
    await routes(scored({}, randomUUID()));
    await pause(200);
    expect(offers(first.subject)).toEqual(['1 acme (first)']);
  });

  it('offers the lead to the next when an offer has expired, and to nobody twice', async () => {
    await routing.under(policyOf('expiry', { offer: { then: 'nurture' } }), { acme: {}, bolt: {} });
    const [first] = (await routes(scored())) as [LeadRouted];
    await routing.tell(expired(first.subject, 'acme', 1), expired(first.subject, 'acme', 1));
    await eventually(() => expect(offers(first.subject)).toEqual(['1 acme (first)', '2 bolt (expired)']));
    await routing.tell(expired(first.subject, 'bolt', 2));
    await eventually(() => expect(routing.said('lead.unroutable', first.subject)).toHaveLength(1));
    const [load] = await routing.rows(`SELECT open FROM loads WHERE party = 'acme'`);
    expect(load).toMatchObject({ open: expect.any(Number) });
  });

  it('leaves alone an offer that was accepted before its expiry was said, also when it was down meanwhile', async () => {
    await routing.under(policyOf('down', { offer: { then: 'nurture' } }), { acme: {} });
    const [taken, missed] = (await routes(scored(), scored())) as [LeadRouted, LeadRouted];
    await routing.stop();
    await routing.tell(
      accepted(taken.subject, 'acme', 1),
      expired(taken.subject, 'acme', 1),
      expired(missed.subject, 'acme', 1),
    );
    await routing.start(2);
    await eventually(() => expect(routing.said('lead.unroutable', missed.subject)).toHaveLength(1));
    await pause(500);
    expect(routing.said('lead.unroutable', taken.subject)).toEqual([]);
    expect(await routing.rows(`SELECT stage FROM leads WHERE lead_id = '${taken.subject}'`)).toEqual([
      { stage: 'accepted' },
    ]);
  });

  it('frees a place when the lead becomes an opportunity, is returned, or is erased', async () => {
    await routing.under(policyOf('places', { offer: { then: 'nurture' } }), { acme: { caps: { open: 3 } } });
    const open = async () =>
      (await routing.rows<{ open: number }>(`SELECT open FROM loads WHERE party = 'acme'`))[0]?.open;
    const before = await open();
    await routing.under(policyOf('places', { offer: { then: 'nurture' } }), { acme: { caps: { open: before! + 3 } } });
    const leads = (await routes(scored(), scored(), scored())) as LeadRouted[];
    const [first, second, third] = leads.map(({ subject }) => subject) as [string, string, string];
    expect((await routes(scored()))[0]).toMatchObject({ type: 'lead.unroutable', data: { reason: 'nobody-eligible' } });

    await routing.tell(...leads.map(({ subject }) => accepted(subject, 'acme', 1)));
    await routing.tell(qualified(first, 'acme', 1), returned(second, 'acme', 1), erased(third));
    await eventually(async () => expect(await open()).toBe(before));
    await routing.tell(qualified(first, 'acme', 1), erased(third));
    expect((await routes(scored()))[0]).toMatchObject({ type: 'lead.routed', data: { to: 'acme' } });
    expect(await routing.rows(`SELECT facts FROM leads WHERE lead_id = '${third}'`)).toEqual([
      { facts: { engagement: {}, attributes: {} } },
    ]);
  });

  // That it comes out the same, byte for byte, when it is decided once more, is asked of all that is decided here (`close`).
  it('offers a returned lead to another as it is judged by then, once, and to nobody who had it', async () => {
    const offer = { maxOffers: 1, then: 'nurture' } as const;
    await routing.under(policyOf('returns', { offer }), { acme: {}, bolt: {}, cord: { status: 'paused' } });
    const [first] = (await routes(scored({ grade: 'C' }))) as [LeadRouted];
    const lead = first.subject;
    const one = first.data.to;
    const other = one === 'acme' ? 'bolt' : 'acme';
    const better = { grade: 'A', cause: 'merged', facts: { city: 'Bonn', engagement: {}, attributes: {} } } as const;
    const again = recycled(lead, one, 1);
    await routing.tell(accepted(lead, one, 1), returned(lead, one, 1), scored(better, lead), again, again);
    await eventually(() => expect(offers(lead)).toEqual([`1 ${one} (first)`, `2 ${other} (recycled)`]));
    const [, second] = routing.said('lead.routed', lead) as [LeadRouted, LeadRouted];
    expect(second.data).toMatchObject({ grade: 'A', refusedCounts: { 'declined-before': 1 } });
    expect(await routing.rows(`SELECT grade, facts->>'city' AS city FROM leads WHERE lead_id = '${lead}'`)).toEqual([
      { grade: 'A', city: 'Bonn' },
    ]);

    // Of a lead that is offered, or is erased, it says nothing; and when nobody is left it is nobody's.
    await routing.tell(recycled(lead, other, 2), accepted(lead, other, 2), returned(lead, other, 2));
    await routing.tell(recycled(lead, other, 2));
    await eventually(() => expect(routing.said('lead.unroutable', lead)).toHaveLength(1));
    expect(routing.said('lead.unroutable', lead)[0]?.data).toMatchObject({ reason: 'offers-exhausted' });
    const [gone] = (await routes(scored())) as [LeadRouted];
    const { to } = gone.data;
    await routing.tell(accepted(gone.subject, to, 1), returned(gone.subject, to, 1), erased(gone.subject));
    await routing.tell(recycled(gone.subject, to, 1));
    await routes(scored());
    expect([offers(lead).length, offers(gone.subject)]).toEqual([2, [`1 ${to} (first)`]]);
  });

  it('tells what a partner is owed that cannot have the lead', async () => {
    const policy = policyOf('owed', { promise: { direct: 0, channel: 100 } });
    await routing.under(policy, { acme: {}, bolt: {}, coil: {} });
    await routes(scored(), scored());
    await routing.under(policy, { acme: { status: 'paused' }, bolt: {}, coil: {} });
    const [decision] = await routes(scored());
    const { considered } = decision?.data as LeadRouted['data'];
    const paused = considered.find(({ party }) => party === 'acme');
    expect(paused?.refusals).toEqual(['paused']);
    // Three shared two leads: nobody is owed nothing.
    expect(paused?.credit).not.toBe(0);
  });

  it('does not route a lead that was erased before it was scored', async () => {
    const lead = randomUUID();
    await routing.tell(erased(lead));
    await routing.tell(scored({}, lead));
    await routes(scored());
    await pause(200);
    expect(decisions(lead)).toEqual([]);
  });

  it('keeps of an erased lead only that there was such, also in the decisions about it', async () => {
    await routing.under(policyOf('erasing'), { acme: {} });
    const lead = randomUUID();
    const facts = { company: 'Walburga Weberei', country: 'DE', engagement: { demo: 1 }, attributes: {} };
    await routes(scored({ facts }, lead));
    const kept = async () =>
      JSON.stringify(
        await routing.rows(`SELECT l.stage, l.facts, d.lead AS decided FROM leads l JOIN decisions d USING (lead_id)
          WHERE lead_id = '${lead}'`),
      );
    expect(await kept()).toContain('Walburga');
    await routing.tell(erased(lead));
    await eventually(async () => expect(await kept()).toContain('"stage":"erased"'));
    // What comes late finds the lead erased, and fills nothing in again.
    await routing.tell(scored({ facts }, lead));
    await routes(scored());
    await pause(200);
    expect(await kept()).not.toContain('Walburga');
  });

  it('gives a lead that is not qualified to nobody', async () => {
    await routing.under(policyOf('nobody'), { acme: {} });
    const [decision] = await routes(scored({ state: 'not-qualified', grade: null }));
    expect(decision).toMatchObject({
      type: 'lead.unroutable',
      data: { reason: 'not-qualified', then: 'nurture', grade: null, considered: [] },
    });
  });

  it('says in each decision which policy, roster and list it followed', async () => {
    await routing.under(policyOf('stamped', { namedAccounts: { list: 'emea', ceiling: 100 } }), { acme: {} });
    const list = { owner: 'jane', entries: [{ domain: 'siemens.com', owner: 'north', from: '2020-01-01' }] };
    expect((await routing.call('PUT', '/v1/named-accounts/emea', list)).status).toBe(201);
    expect((await routing.call('PUT', '/v1/named-accounts/emea', list)).status).toBe(200);
    const [first, named] = await routes(scored(), scored({ facts: { companyDomain: 'siemens.com' } as never }));

    await eventually(() => expect(routing.said('named-accounts.changed', 'emea')).toHaveLength(1));
    const change = routing.said('named-accounts.changed', 'emea')[0]?.data as { version: number; hash: string };
    expect(change.hash).toBe((await routing.call('GET', '/v1/named-accounts/emea')).body['hash']);
    expect(named?.data).toMatchObject({
      to: 'direct',
      namedAccount: { list: 'emea', version: 1, entry: 'siemens.com' },
    });
    const { body } = await routing.call('GET', '/v1/policies/stamped');
    expect(body).toMatchObject({ active: true, version: 1 });
    expect(first?.data.decided.policy).toEqual({ name: 'stamped', version: 1, hash: body['hash'] });

    const partners = (await routing.call('GET', '/v1/partners')).body['partners'] as ({ id: string } & object)[];
    const roster = rosterHash(partners.map(({ id, ...document }) => [id, contentHash(document)]));
    expect(first?.data.decided.roster).toBe(roster);
    await eventually(() => expect(routing.said('roster.changed').at(-1)?.data).toMatchObject({ hash: roster }));
  });

  it('lets a person override the policy, never silently, and makes whole whom the lead was taken from', async () => {
    await routing.under(policyOf('override'), { acme: {}, bolt: { weight: 3 }, paused: { status: 'paused' } });
    const [first] = (await routes(scored())) as [LeadRouted];
    const lead = first.subject;
    expect(first.data.to).toBe('bolt');
    const override = (json: object, id = lead) => routing.call('POST', `/v1/leads/${id}/override`, json);

    expect(await override({ to: 'paused', reason: 'They know the customer.' })).toMatchObject({
      status: 200,
      body: { to: 'paused', offer: 2, policyWould: 'bolt' },
    });
    await eventually(() => expect(offers(lead)).toEqual(['1 bolt (first)', '2 paused (override)']));
    const [overridden] = routing.said('lead.overridden', lead) as [LeadOverridden];
    expect(overridden.data).toEqual({
      to: 'paused',
      actor: expect.any(String),
      reason: 'They know the customer.',
      policyWould: 'bolt',
    });
    expect(
      await routing.rows(
        `SELECT party, credit FROM credits WHERE pool = 'override' AND level = 'partner' ORDER BY party`,
      ),
    ).toEqual([
      { party: '-', credit: String(-LEAD) },
      { party: 'acme', credit: String(LEAD / 4) },
      { party: 'bolt', credit: String((LEAD / 4) * 3) },
    ]);

    expect((await override({ to: 'paused', reason: 'again' })).status).toBe(409);
    expect((await override({ to: 'nobody', reason: 'x' })).status).toBe(400);
    expect((await override({ to: 'acme' })).status).toBe(400);
    expect((await override({ to: 'acme', reason: 'x' }, randomUUID())).status).toBe(404);
    expect((await override({ to: 'acme', reason: 'x' }, 'x')).status).toBe(404);
    await routing.tell(declined(lead, 'paused', 2));
    await eventually(() => expect(offers(lead)).toHaveLength(3));
  });

  it('says what the policy would have done at every override, and not whom the last person chose', async () => {
    // Overridden from acme to bolt and from bolt to cord, the signed log said the second time that the policy would have
    // given it to bolt, which the policy had never done.
    await routing.under(policyOf('again'), { acme: { weight: 9 }, bolt: {}, cord: {} });
    const [first] = (await routes(scored())) as [LeadRouted];
    const lead = first.subject;
    expect(first.data.to).toBe('acme');
    const overriddenTo = async (to: string) => {
      const { body } = await routing.call('POST', `/v1/leads/${lead}/override`, { to, reason: 'asked for' });
      return body['policyWould'];
    };
    expect(await overriddenTo('bolt')).toBe('acme');
    expect(await overriddenTo('cord')).toBe('acme');
    expect(await overriddenTo('acme')).toBe('acme');
    expect(await overriddenTo('bolt')).toBe('acme');

    // What the policy does when that is declined is its choice from then on.
    await routing.tell(declined(lead, 'bolt', 5));
    await eventually(() => expect(offers(lead)).toHaveLength(6));
    const chosen = (routing.said('lead.routed', lead) as LeadRouted[]).find(({ data }) => data.offer === 6)?.data;
    expect(chosen?.why).not.toBe('override');
    expect(chosen?.to).not.toBe('bolt');
    const others = ['acme', 'bolt', 'cord', 'direct'].filter((party) => party !== chosen?.to);
    expect(await overriddenTo(others[0]!)).toBe(chosen?.to);
    expect(await overriddenTo(others[1]!)).toBe(chosen?.to);
    await eventually(() =>
      expect((routing.said('lead.overridden', lead) as LeadOverridden[]).map(({ data }) => data.policyWould)).toEqual([
        ...Array<string>(4).fill('acme'),
        chosen?.to,
        chosen?.to,
      ]),
    );
  });

  it('tells all that is wrong with a policy, and shows partners only themselves', async () => {
    const wrong = {
      name: 'wrong',
      pools: [{ id: 'a', match: { countries: ['DE'] }, promise: { direct: 50, channel: 60 } }],
    };
    expect(await routing.call('PUT', '/v1/policies/wrong', wrong)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: '/pools/0/promise', detail: 'shares add up to 110, not 100' },
          { field: '/pools/0/match', detail: 'the last pool must match everything: match: {}' },
        ],
      },
    });
    const yaml = 'name: wrong\npools:\n  - id: a\n    match: {}\n    promise: { direct: 50, channel: 60 }\n';
    expect(await routing.call('PUT', '/v1/policies/wrong', yaml, { 'content-type': 'application/yaml' })).toMatchObject(
      {
        body: { errors: [{ field: '/pools/0/promise', detail: 'line 5: shares add up to 110, not 100' }] },
      },
    );
    expect((await routing.call('POST', '/v1/policies/wrong/activate')).status).toBe(404);
    expect((await routing.call('PUT', '/v1/partners/direct', { name: 'x', tier: 'gold' })).status).toBe(400);
    expect(await routing.call('PUT', '/v1/partners/acme', { name: 'x', teir: 'gold' })).toMatchObject({
      status: 400,
      body: { errors: [{ detail: 'missing: tier' }, { detail: 'unknown key: teir' }] },
    });

    const authorization = `Bearer ${await routing.keyOf('partner', { partner: 'acme' })}`;
    const asAcme = async (method: string, path: string) =>
      (await routing.call(method, path, undefined, { authorization })).status;
    expect(await asAcme('GET', '/v1/partners/acme')).toBe(200);
    expect(await asAcme('GET', '/v1/partners/bolt')).toBe(404);
    expect(await asAcme('GET', '/v1/partners/never-was')).toBe(404);
    expect(await asAcme('GET', '/v1/policies/stamped')).toBe(200);
    expect(await asAcme('GET', '/v1/partners')).toBe(403);
    expect(await asAcme('GET', '/v1/named-accounts/emea')).toBe(403);
    expect(await asAcme('POST', '/v1/policies/stamped/activate')).toBe(403);
  });
});
