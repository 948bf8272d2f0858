import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  contentHash,
  engine,
  type PolicyDocument,
  type PreviewMaterial,
  previewOf,
  rulesOf,
} from '@fairlead/decisions';
import type { LeadRouted, PolicyActivated } from '@fairlead/events';
import { scored } from './fixture/events.js';
import { type Answer, eventually, Stretch } from './fixture/stretch.js';

type Pool = PolicyDocument['pools'][number];

const half = { direct: 50, channel: 50 };
const rest: Pool = { id: 'rest', match: {}, promise: half };

function policy(name: string, ...pools: (Partial<Pool> & { id: string })[]): PolicyDocument {
  return { name, pools: [...pools.map((pool) => ({ match: {}, promise: half, ...pool })), rest] };
}

const german = (more: Partial<Pool> = {}) => ({ id: 'german', match: { countries: ['DE'] }, ...more });

interface Scheduled {
  readonly id: string;
  readonly version: number;
  readonly at: string;
}

describe('the life of a policy, with real servers', () => {
  let routing: Stretch;
  let partner: string;
  beforeAll(async () => {
    routing = await Stretch.open(2);
    await routing.under(policy('first', german()), { acme: { territories: ['DE'] } });
    partner = `Bearer ${await routing.keyOf('partner', { partner: 'acme' })}`;
  });
  afterAll(() => routing.close());

  const get = (path: string) => routing.call('GET', path);
  const put = (document: PolicyDocument) => routing.call('PUT', `/v1/policies/${document.name}`, document);
  const activate = (name: string, body: object = {}) => routing.call('POST', `/v1/policies/${name}/activate`, body);
  const asPartner = (method: string, path: string, body?: unknown) =>
    routing.call(method, path, body, { authorization: partner });
  const kindsOf = ({ body }: Answer) =>
    (body['warnings'] as { path: string; kind: string }[]).map(({ path, kind }) => `${path} ${kind}`);
  const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
  const activations = (name: string) => routing.said('policy.activated', name) as PolicyActivated[];

  // `call` reads a body, which a 204 has not.
  async function fetchStatus(method: string, path: string): Promise<number> {
    try {
      return (await routing.call(method, path)).status;
    } catch (error) {
      if ((error as Error).name === 'SyntaxError') return 204;
      throw error;
    }
  }

  async function routes(...leads: readonly ReturnType<typeof scored>[]): Promise<LeadRouted[]> {
    await routing.tell(...leads);
    return eventually(() =>
      leads.map(({ subject }) => {
        const [decision] = routing.said('lead.routed', subject) as LeadRouted[];
        expect(decision).toBeDefined();
        return decision as LeadRouted;
      }),
    );
  }

  describe('a draft', () => {
    it('is stored with warnings of what cannot be kept, each with its line where it was text', async () => {
      await routing.call('PUT', '/v1/partners/bolt', {
        name: 'Bolt',
        tier: 'tin',
        territories: ['FR'],
        caps: { perDay: 0 },
      });
      const yaml = [
        'name: warned',
        'pools:',
        '  - id: german',
        '    match: { countries: [DE] }',
        '    promise: { direct: 40, channel: 60 }',
        '    tiers: { gold: 3, platinum: 5 }',
        '    namedAccounts: { list: never-was, ceiling: 10 }',
        '  - id: austrian',
        '    match: { countries: [AT] }',
        '    promise: { direct: 40, channel: 60 }',
        '    tiers: { gold: 3 }',
        '  - id: french',
        '    match: { countries: [FR] }',
        '    promise: { direct: 40, channel: 60 }',
        '  - id: bavarian',
        '    match: { regions: [DE-BY] }',
        '    promise: { direct: 100, channel: 0 }',
        '  - id: cloud',
        '    match: { products: [cloud] }',
        '    promise: { direct: 100, channel: 0 }',
        '  - id: rest',
        '    match: {}',
        '    promise: { direct: 100, channel: 0 }',
      ].join('\n');
      const answer = await routing.call('PUT', '/v1/policies/warned', yaml, { 'content-type': 'application/yaml' });
      expect(answer).toMatchObject({ status: 201, body: { name: 'warned', version: 1, active: false } });
      expect(answer.body['warnings']).toEqual([
        {
          path: '/pools/0/tiers/platinum',
          line: 6,
          kind: 'tier-without-partner',
          detail: 'No partner is of the tier platinum.',
        },
        {
          path: '/pools/0/namedAccounts/list',
          line: 7,
          kind: 'list-missing',
          detail: expect.stringContaining('no list never-was'),
        },
        {
          path: '/pools/1/promise',
          line: 10,
          kind: 'no-able-partner',
          detail: expect.stringContaining('2 serve other territories'),
        },
        {
          path: '/pools/2/promise',
          line: 14,
          kind: 'too-little-capacity',
          detail: expect.stringContaining('at most 0 a day'),
        },
        { path: '/pools/3/match', line: 16, kind: 'never-reached', detail: expect.stringContaining('german') },
        {
          path: '/pools/4/match',
          line: 19,
          kind: 'overlap',
          detail: expect.stringContaining('german, austrian, french, bavarian'),
        },
      ]);

      const again = await routing.call(
        'PUT',
        '/v1/policies/warned',
        (await get('/v1/policies/warned')).body['document'],
      );
      expect([again.status, again.body['version'], kindsOf(again).length]).toEqual([200, 1, 6]);
      expect((again.body['warnings'] as object[])[0]).not.toHaveProperty('line');
    });

    it('can be checked without being stored', async () => {
      const document = policy('checked', german({ namedAccounts: { list: 'never-was', ceiling: 10 } }));
      const checked = await routing.call('POST', '/v1/policies/check', document);
      expect(checked).toMatchObject({ status: 200, body: { name: 'checked', hash: contentHash(document) } });
      expect(kindsOf(checked)).toEqual(['/pools/0/namedAccounts/list list-missing']);
      const wrong = await routing.call('POST', '/v1/policies/check', { ...document, pools: [] });
      expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: '/pools' }] } });
      expect((await get('/v1/policies/checked')).status).toBe(404);
      expect((await asPartner('POST', '/v1/policies/check', document)).status).toBe(403);
    });

    it('is refused with all that is wrong with it at once, and nothing of it is stored', async () => {
      const yaml = [
        'name: refused',
        'pools:',
        '  - id: german',
        '    match: { countries: [DE, UK], regions: [DE-QQ], product: [cloud] }',
        '    promise: { direct: 40, channel: 50 }',
        '  - id: german',
        '    match: { countries: [AT], regions: [DE-BY] }',
        '    promise: { direct: 40 }',
        '  - id: rest',
        '    match: {}',
        '    promise: { direct: 50, channel: 50 }',
      ].join('\n');
      const answer = await routing.call('PUT', '/v1/policies/refused', yaml, { 'content-type': 'application/yaml' });
      expect(answer).toMatchObject({
        status: 400,
        body: {
          errors: [
            { field: '/pools/0/match', detail: 'line 4: unknown key: product' },
            { field: '/pools/0/match/countries/1', detail: 'line 4: UK is in no list of ISO 3166-1; its code is GB' },
            { field: '/pools/0/match/regions/0', detail: 'line 4: DE-QQ is in no list of ISO 3166-2' },
            { field: '/pools/0/promise', detail: 'line 5: shares add up to 90, not 100' },
            { field: '/pools/1/id', detail: 'line 6: two pools have the id german' },
            { field: '/pools/1/match', detail: 'line 7: matches nothing: no lead is in DE-BY and in AT' },
            { field: '/pools/1/promise', detail: 'line 8: missing: channel' },
          ],
        },
      });
      expect((await get('/v1/policies/refused')).status).toBe(404);
    });

    it('is told what its named accounts have taken, where it lowers the ceiling', async () => {
      const list = { owner: 'jane', entries: [{ domain: 'siemens.com', owner: 'north', from: '2020-01-01' }] };
      await routing.call('PUT', '/v1/named-accounts/ceilings', list);
      const pool = german({ id: 'ceiling', namedAccounts: { list: 'ceilings', ceiling: 100 } });
      await routing.under(policy('ceiling', pool), { acme: { territories: ['DE'] } });
      const facts = { country: 'DE', companyDomain: 'siemens.com', engagement: {}, attributes: {} };
      await routes(scored({ facts }), scored({ facts }));
      expect(kindsOf(await put(policy('ceiling', pool)))).toEqual([]);
      const lowered = { ...pool, namedAccounts: { list: 'ceilings', ceiling: 50 } };
      expect(kindsOf(await put(policy('ceiling', lowered)))).toEqual([
        '/pools/0/namedAccounts/ceiling list-above-ceiling',
      ]);
    });

    it('is told that the leads of late are far more than its partners may take', async () => {
      await routing.under(policy('capacity', german()), { acme: { territories: ['DE'], caps: { perDay: 4 } } });
      const ten = (country: string) =>
        Array.from({ length: 10 }, () => scored({ facts: { country, engagement: {}, attributes: {} } }));
      await routes(...ten('NO'));
      const nordic = (id: string) => policy('capacity', german(), { id, match: { countries: ['NO'] } });
      await routing.call('PUT', '/v1/partners/viking', {
        name: 'Viking',
        tier: 'gold',
        territories: ['NO'],
        caps: { perDay: 2 },
      });
      expect(kindsOf(await put(nordic('nordic')))).toEqual(['/pools/1/promise too-little-capacity']);
      await routing.call('PUT', '/v1/partners/viking', {
        name: 'Viking',
        tier: 'gold',
        territories: ['NO'],
        caps: { perDay: 3 },
      });
      expect(kindsOf(await put(nordic('northern')))).toEqual([]);
    });
  });

  describe('its activation', () => {
    it('leaves credits alone where the id of a pool stays, also when an older version comes back', async () => {
      const channel = { direct: 0, channel: 100 };
      const kept = (weights: Record<string, number>) => ({
        id: 'kept',
        tiers: weights,
        promise: channel,
        match: { sources: ['kept'] },
      });
      await routing.under(policy('credits', kept({ gold: 1, silver: 1 })), {
        acme: { tier: 'gold' },
        bolt: { tier: 'silver' },
      });
      const credits = () =>
        routing.rows(`SELECT grade, level, party, credit FROM credits WHERE pool = 'kept' ORDER BY 1, 2, 3`);
      const [first] = await routes(scored({ sourceId: 'kept' }));
      expect(first?.data.to).toBe('acme');
      const before = await credits();
      expect(before.length).toBeGreaterThan(0);

      await put(policy('credits', kept({ gold: 10, silver: 9 }), german()));
      expect(await activate('credits')).toMatchObject({ status: 200, body: { version: 2, active: true } });
      expect(await credits()).toEqual(before);
      // Owed half a lead, it is next, although the other one has the larger weight now.
      expect((await routes(scored({ sourceId: 'kept' })))[0]?.data).toMatchObject({
        to: 'bolt',
        decided: { policy: { name: 'credits', version: 2 }, poolSeq: 2 },
      });

      const then = await credits();
      expect(await activate('credits', { version: 1 })).toMatchObject({
        status: 200,
        body: { version: 1, active: true },
      });
      expect(await credits()).toEqual(then);
      expect((await routes(scored({ sourceId: 'kept' })))[0]?.data.decided).toMatchObject({
        policy: { version: 1 },
        poolSeq: 3,
      });
      await eventually(() => expect(activations('credits').map(({ data }) => data.version)).toEqual([1, 2, 1]));
    });

    it('at a time to come is carried out once, within two seconds, by whichever process', async () => {
      await put(policy('planned', german()));
      await put(policy('planned', german({ promise: { direct: 10, channel: 90 } })));
      const at = soon(1_500);
      const planned = await activate('planned', { version: 1, at });
      expect(planned).toMatchObject({
        status: 202,
        body: { version: 1, active: false, scheduled: { version: 1, at } },
      });
      const { id } = planned.body['scheduled'] as Scheduled;
      expect((await activate('planned', { version: 1, at })).body['scheduled']).toMatchObject({ id });
      expect((await get('/v1/policies/planned/activations')).body).toEqual({
        scheduled: [{ id, version: 1, at, by: expect.any(String) }],
        ended: [],
        activations: [],
      });
      expect((await get('/v1/policies/planned')).body['active']).toBe(false);

      await eventually(() => expect(activations('planned')).toHaveLength(1));
      const late = Date.now() - Date.parse(at);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(2_000);
      await pause(1_200);
      const [event] = activations('planned') as [PolicyActivated];
      expect(activations('planned')).toHaveLength(1);
      expect(event.data).toMatchObject({ version: 1, policy: policy('planned', german()) });
      expect(Date.parse(event.time)).toBeGreaterThanOrEqual(Date.parse(at));
      expect((await get('/v1/policies/planned/activations')).body).toMatchObject({
        scheduled: [],
        ended: [{ id, version: 1, at, outcome: 'done', endedBy: 'fairlead' }],
        activations: [{ version: 1, until: null, scheduled: id }],
      });
      expect((await get('/v1/policies/planned?version=1')).body['active']).toBe(true);
    });

    it('survives that nothing runs at its time, and keeps the order of those that are due', async () => {
      await put(policy('restart', german()));
      await put(policy('restart', german({ promise: { direct: 10, channel: 90 } })));
      await activate('restart', { version: 1, at: soon(900) });
      await activate('restart', { version: 2, at: soon(600) });
      await routing.stop();
      await pause(1_000);
      await routing.start(2);
      await eventually(() => expect(activations('restart')).toHaveLength(2));
      await pause(700);
      expect(activations('restart').map(({ data }) => data.version)).toEqual([2, 1]);
      expect((await get('/v1/policies/restart?version=1')).body['active']).toBe(true);
    });

    it('can be cancelled until then, and no longer', async () => {
      await put(policy('cancelled', german()));
      const at = soon(1_000);
      const { id } = (await activate('cancelled', { at })).body['scheduled'] as Scheduled;
      const cancel = async (plan: string, name = 'cancelled') =>
        await fetchStatus('DELETE', `/v1/policies/${name}/activations/${plan}`);
      expect(await cancel(id, 'planned')).toBe(404);
      expect(await cancel(randomUUID())).toBe(404);
      expect(await cancel('x')).toBe(404);
      expect(await cancel(id)).toBe(204);
      expect(await cancel(id)).toBe(409);
      const { ended, ...others } = (await get('/v1/policies/cancelled/activations')).body;
      expect(others).toEqual({ scheduled: [], activations: [] });
      const by = expect.any(String) as string;
      const endedAt = expect.stringMatching(/Z$/) as string;
      expect(ended).toEqual([{ id, version: 1, at, by, outcome: 'cancelled', endedBy: by, endedAt }]);
      expect(ended).not.toMatchObject([{ endedBy: 'fairlead' }]);
      await pause(1_800);
      expect(activations('cancelled')).toEqual([]);
      // What was cancelled can be planned again.
      const later = soon(3_600_000);
      const replanned = (await activate('cancelled', { at: later })).body['scheduled'] as Scheduled;
      expect(await cancel(replanned.id)).toBe(204);
      expect((await activate('cancelled', { at: later })).status).toBe(202);
    });

    it.each([
      ['no time', 'tomorrow'],
      ['a time in the past', new Date(Date.now() - 3_600_000).toISOString()],
      ['a time years away', '2999-01-01T00:00:00Z'],
    ])('is refused at %s', async (_, at) => {
      await put(policy('when', german()));
      expect(await activate('when', { at })).toMatchObject({ status: 400, body: { errors: [{ field: '/at' }] } });
      expect((await activate('when', { at: 7 })).status).toBe(400);
      expect((await get('/v1/policies/when')).body['active']).toBe(false);
    });

    it('is planned at most a hundred times', async () => {
      await put(policy('plans', german()));
      const day = 86_400_000;
      const statuses = new Set<number>();
      for (let index = 1; index <= 101; index++)
        statuses.add((await activate('plans', { at: soon(day + index) })).status);
      expect([...statuses]).toEqual([202, 409]);
      const { scheduled } = (await get('/v1/policies/plans/activations')).body as { scheduled: Scheduled[] };
      // One is planned by a test above.
      expect(scheduled).toHaveLength(99);
      for (const { id } of scheduled) await fetchStatus('DELETE', `/v1/policies/plans/activations/${id}`);
      const after = (await get('/v1/policies/plans/activations')).body;
      expect(after['scheduled']).toEqual([]);
      expect(after['ended']).toHaveLength(20);
      // The latest first.
      expect((after['ended'] as Scheduled[])[0]).toMatchObject({ id: scheduled.at(-1)?.id, outcome: 'cancelled' });
    });
  });

  describe('its history', () => {
    const version = (channel: number) => policy('history', german({ promise: { direct: 100 - channel, channel } }));

    it('tells every version, who wrote it and when, and when it was in force, in pages', async () => {
      for (const channel of [10, 20, 30]) await put(version(channel));
      await activate('history', { version: 2 });
      await activate('history', { version: 1 });
      await activate('history', { version: 2 });
      const { body } = await get('/v1/policies/history?limit=2');
      const active = { from: expect.any(String), by: expect.any(String) };
      expect(body).toMatchObject({
        version: 3,
        active: false,
        document: version(30),
        versions: [
          {
            version: 3,
            hash: contentHash(version(30)),
            createdAt: expect.any(String),
            createdBy: expect.any(String),
            active: false,
            inForce: [],
          },
          {
            version: 2,
            active: true,
            inForce: [
              { ...active, until: null },
              { ...active, until: expect.any(String) },
            ],
          },
        ],
        next: '2',
      });
      const second = await get('/v1/policies/history?limit=2&after=2');
      expect(second.body['versions']).toMatchObject([{ version: 1, active: false, inForce: [active] }]);
      expect(second.body).not.toHaveProperty('next');
      const [newest] = (body['versions'] as { inForce: { from: string }[] }[])[1]!.inForce;
      const [old] = (second.body['versions'] as { inForce: { until: string }[] }[])[0]!.inForce;
      expect(old?.until).toBe(newest?.from);

      expect((await get('/v1/policies/history/versions/1')).body).toMatchObject({
        document: version(10),
        inForce: [active],
      });
      expect((await get('/v1/policies/history/versions/4')).status).toBe(404);
      expect((await get('/v1/policies/history/versions/x')).status).toBe(400);

      const page = await get('/v1/policies/history/activations?limit=2');
      expect(page.body['activations']).toMatchObject([{ version: 2, until: null }, { version: 1 }]);
      const next = await get(`/v1/policies/history/activations?limit=2&after=${String(page.body['next'])}`);
      expect(next.body).toMatchObject({ activations: [{ version: 2 }] });
      expect(next.body).not.toHaveProperty('next');
      expect((await get('/v1/policies/history/activations?after=x')).status).toBe(400);
    });

    it('compares any two versions by path, in pages', async () => {
      await put(policy('compared', german(), { id: 'fair', match: { sources: ['fair'] } }));
      await put(
        policy(
          'compared',
          { id: 'fair', match: { sources: ['fair'] } },
          german({ match: { countries: ['AT'] }, offer: { maxOffers: 2 } }),
        ),
      );
      const all = await get('/v1/policies/compared/compare?from=1&to=2');
      const differences = [
        { path: '/pools', change: 'changed', from: ['german', 'fair', 'rest'], to: ['fair', 'german', 'rest'] },
        { path: '/pools/german/match/countries', change: 'removed', from: 'DE' },
        { path: '/pools/german/match/countries', change: 'added', to: 'AT' },
        { path: '/pools/german/offer', change: 'added', to: { maxOffers: 2 } },
      ];
      expect(all).toMatchObject({ status: 200, body: { name: 'compared', from: { version: 1 }, to: { version: 2 } } });
      expect(all.body['differences']).toEqual(differences);
      const first = await get('/v1/policies/compared/compare?from=1&limit=3');
      expect(first.body['differences']).toEqual(differences.slice(0, 3));
      const second = await get(`/v1/policies/compared/compare?from=1&limit=3&after=${String(first.body['next'])}`);
      expect(second.body['differences']).toEqual(differences.slice(3));
      expect(second.body).not.toHaveProperty('next');
      expect((await get('/v1/policies/compared/compare?from=2&to=2')).body['differences']).toEqual([]);
      expect((await get('/v1/policies/compared/compare?from=1&to=3')).status).toBe(404);
      expect(await get('/v1/policies/compared/compare?to=3')).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'from' }] },
      });
    });

    it('shows a partner what was ever in force, and no draft or plan', async () => {
      for (const channel of [10, 20, 30])
        await put(policy('open', german({ promise: { direct: 100 - channel, channel } })));
      await activate('open', { version: 1 });
      await activate('open', { version: 2 });
      await activate('open', { version: 3, at: soon(3_600_000) });
      const dropped = (await activate('open', { version: 3, at: soon(7_200_000) })).body['scheduled'] as Scheduled;
      await fetchStatus('DELETE', `/v1/policies/open/activations/${dropped.id}`);

      expect((await asPartner('GET', '/v1/policies')).body).toMatchObject({
        policies: [{ name: 'open', version: 2, active: true }],
      });
      const { body } = await asPartner('GET', '/v1/policies/open');
      expect(body).toMatchObject({ version: 2, active: true, versions: [{ version: 2 }, { version: 1 }] });
      expect((await asPartner('GET', '/v1/policies/open?version=3')).status).toBe(404);
      expect((await asPartner('GET', '/v1/policies/open/versions/3')).status).toBe(404);
      expect((await asPartner('GET', '/v1/policies/open/versions/1')).status).toBe(200);
      expect((await asPartner('GET', '/v1/policies/open/compare?from=1&to=3')).status).toBe(404);
      expect((await asPartner('GET', '/v1/policies/open/compare?from=1')).body).toMatchObject({ to: { version: 2 } });
      expect((await asPartner('GET', '/v1/policies/open/activations')).body).toMatchObject({
        scheduled: [],
        ended: [],
        activations: [{ version: 2 }, { version: 1 }],
      });
      expect((await asPartner('GET', '/v1/policies/compared')).status).toBe(404);
      expect((await asPartner('GET', '/v1/policies/compared/activations')).status).toBe(404);
      expect((await asPartner('POST', '/v1/policies/open/preview')).status).toBe(403);
      const ours = (await get('/v1/policies/open/activations')).body as Record<'scheduled' | 'ended', Scheduled[]>;
      expect([ours.scheduled, ours.ended]).toMatchObject([[{ version: 3 }], [{ id: dropped.id }]]);
    });
  });

  describe('its preview', () => {
    it('decides the last leads once more under both policies, with no effect', async () => {
      await routing.under(policy('before', german({ promise: { direct: 100, channel: 0 } })), {
        acme: { territories: ['DE'] },
      });
      await routes(
        ...Array.from({ length: 6 }, () => scored({ facts: { country: 'DE', engagement: {}, attributes: {} } })),
      );
      const state = async () => [
        await routing.rows('SELECT * FROM pools ORDER BY id'),
        await routing.rows('SELECT * FROM credits ORDER BY 1, 2, 3, 4'),
        await routing.rows('SELECT * FROM loads ORDER BY 1'),
        await routing.rows('SELECT * FROM leads ORDER BY 1'),
        await routing.rows('SELECT policy, policy_version FROM rules'),
      ];
      const [before, said] = [await state(), routing.said('lead.routed').length];

      await put(policy('after', german({ id: 'de', promise: { direct: 0, channel: 100 } })));
      const preview = (body: object) => routing.call('POST', '/v1/policies/after/preview', body);
      expect(await preview({ leads: 6 })).toEqual({
        status: 200,
        body: {
          proposed: { name: 'after', version: 1, hash: expect.any(String) },
          inForce: { name: 'before', version: 1, hash: expect.any(String) },
          leads: 6,
          elsewhere: 6,
          inAnotherPool: 6,
          counts: [
            { pool: 'de', grade: 'A', party: 'acme', proposed: 6, inForce: 0 },
            { pool: 'german', grade: 'A', party: 'direct', proposed: 0, inForce: 6 },
          ],
        },
      });
      const all = await preview({});
      expect(all.body['leads']).toBe((await routing.rows(`SELECT 1 FROM leads`)).length);
      expect((await routing.call('POST', '/v1/policies/before/preview')).body).toMatchObject({
        elsewhere: 0,
        inAnotherPool: 0,
      });

      const material = await get('/v1/policies/after/preview/material');
      expect(material).toMatchObject({
        status: 200,
        body: { engine, proposed: { version: 1 }, inForce: { version: 1 } },
      });
      const made = material.body as unknown as PreviewMaterial & Record<'proposed' | 'inForce', { hash: string }>;
      const rules = rulesOf(made);
      expect([rules.proposed.policy.hash, rules.inForce.policy.hash]).toEqual([made.proposed.hash, made.inForce.hash]);
      expect(all.body).toMatchObject(previewOf(made, rules));
      expect(((await get('/v1/policies/after/preview/material?leads=6')).body['leads'] as object[]).length).toBe(6);
      expect((await get('/v1/policies/after/preview/material?version=9')).status).toBe(404);
      for (const wrong of ['leads=0', 'leads=1001', 'version=0', 'leads=1&leads=2'])
        expect((await get(`/v1/policies/after/preview/material?${wrong}`)).status).toBe(400);

      expect(await state()).toEqual(before);
      await pause(300);
      expect(routing.said('lead.routed')).toHaveLength(said);
      expect((await preview({ leads: 0 })).status).toBe(400);
      expect((await preview({ leads: 1_001 })).status).toBe(400);
      expect((await preview({ version: 9 })).status).toBe(404);
    });
  });

  describe('a partner', () => {
    const change = (more: object) =>
      routing.call('PUT', '/v1/partners/traced', { name: 'Traced', tier: 'gold', territories: ['DE'], ...more });

    it('keeps its history: who changed what and when, in pages', async () => {
      expect((await change({})).status).toBe(201);
      await change({ weight: 3 });
      await change({ weight: 3 });
      await change({ weight: 4, territories: ['DE', 'AT'] });
      const { body } = await get('/v1/partners/traced/history');
      const made = {
        at: expect.any(String),
        by: expect.any(String),
        hash: expect.any(String),
        version: expect.any(Number),
      };
      expect(body).toEqual({
        changes: [
          {
            ...made,
            differences: [
              { path: '/territories', change: 'added', to: 'AT' },
              { path: '/weight', change: 'changed', from: 3, to: 4 },
            ],
          },
          { ...made, differences: [{ path: '/weight', change: 'added', to: 3 }] },
          {
            ...made,
            differences: [{ path: '', change: 'added', to: { name: 'Traced', tier: 'gold', territories: ['DE'] } }],
          },
        ],
      });
      const changes = body['changes'] as { version: number; hash: string }[];
      await eventually(() => {
        const said = routing.said('roster.changed', 'traced').map(({ data }) => (data as { version: number }).version);
        expect(changes.map((each) => each.version)).toEqual(said.toReversed());
      });

      const first = await get('/v1/partners/traced/history?limit=1');
      expect(first.body['changes']).toEqual([(body['changes'] as object[])[0]]);
      const rest = await get(`/v1/partners/traced/history?limit=2&after=${String(first.body['next'])}`);
      expect(rest.body).toEqual({ changes: (body['changes'] as object[]).slice(1) });
    });

    it('sees its own history, and nobody else’s', async () => {
      expect((await asPartner('GET', '/v1/partners/acme/history')).status).toBe(200);
      const theirs = await asPartner('GET', '/v1/partners/traced/history');
      expect(theirs.status).toBe(404);
      expect(await asPartner('GET', '/v1/partners/never-was/history')).toEqual(theirs);
      expect((await get('/v1/partners/never-was/history')).status).toBe(404);
    });

    it('is warned of when it serves everywhere or is of a tier that nobody weighs, and refused for places that are none', async () => {
      expect((await change({})).body).toMatchObject({ id: 'traced', warnings: [] });
      expect(kindsOf(await change({ territories: [] }))).toEqual(['/territories serves-everywhere']);
      expect((await get('/v1/partners/traced')).body).not.toHaveProperty('warnings');
      await routing.under({ name: 'weighed', pools: [{ ...rest, tiers: { gold: 1 } }] });
      expect(kindsOf(await change({ tier: 'tin' }))).toEqual(['/tier tier-not-served']);
      expect(await change({ territories: ['DE', 'XY'] })).toMatchObject({
        status: 400,
        body: { errors: [{ field: '/territories/1', detail: 'XY is in no list of ISO 3166-1' }] },
      });
    });
  });
});
