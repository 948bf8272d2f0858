import { LeadAccepted, LeadImported } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { event, expired, merged, policyActivated, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('trust figures', () => {
  let tracking: Tracking;
  beforeAll(async () => {
    tracking = await startTracking();
  });
  afterAll(() => tracking?.end());

  it('count every offer once, on both sides, and come out the same when everything is read again', async () => {
    const acme = await tracking.partnerKey('acme');
    const offers = [
      ...Array.from({ length: 4 }, () => ({ lead: randomUUID(), party: 'direct', size: 'large' })),
      ...Array.from({ length: 6 }, (_, at) => ({ lead: randomUUID(), party: 'acme', size: ['small', 12.73][at] })),
    ];
    await tracking.told(policyActivated(40));
    const facts = (attributes: object) => ({ engagement: {}, attributes: { campaign: 'spring', ...attributes } });
    await tracking.told(
      ...offers.flatMap(({ lead, party, size }) => [
        received(lead, { facts: facts(size === undefined ? {} : { size }) }),
        scored(lead),
        routed(lead, party),
        // Whoever has it learns more of it: that makes it no other lead.
        merged(lead, { changed: ['attributes'] }, facts({ size: 'huge' })),
      ]),
    );
    const channels = async () => {
      const { channels } = (await tracking.call('/v1/trust?pool=smb')).body as never as Figures;
      return { direct: channels.direct['A']?.counts, channel: channels.channel['A']?.counts };
    };
    await tracking.eventually(channels, {
      direct: expect.objectContaining({ offered: 4, open: 4 }),
      channel: expect.objectContaining({ offered: 6, open: 6 }),
    });

    const post = (lead: string, what: string, json: unknown, key?: string) =>
      tracking.call(`/v1/leads/${lead}/${what}`, { json, ...(key && { key }) });
    for (const { lead } of offers.slice(0, 4)) await post(lead, 'accept', {});
    const [first, second, third, fourth] = offers.slice(4).map(({ lead }) => lead) as [string, string, string, string];
    for (const lead of [first, second]) await post(lead, 'accept', {}, acme);
    await post(first, 'outcomes', { type: 'won', amount: { value: 10, currency: 'EUR' } }, acme);
    await post(third, 'decline', { reason: 'capacity' }, acme);
    await tracking.told(expired(fourth, 'acme'), routed(fourth, 'direct', { offer: 2, why: 'fallback' }));

    await tracking.eventually(channels, {
      direct: expect.objectContaining({ offered: 5, accepted: 4, open: 1, kept: 5 }),
      channel: expect.objectContaining({
        offered: 6,
        accepted: 2,
        declined: 1,
        expired: 1,
        open: 2,
        kept: 4,
        contacted: 1,
        qualified: 1,
        won: 1,
      }),
    });
    const figures = (await tracking.call('/v1/trust')).body as never as Figures;
    expect(figures.promise['A']).toMatchObject({
      promised: { direct: 40, channel: 60 },
      received: { direct: { successes: 4, trials: 8 }, channel: { successes: 4, trials: 8 } },
      outside: { fallback: 1 },
    });
    expect(figures.channels.channel['A']?.rates['accepted']).toEqual({
      value: 0.5,
      successes: 2,
      trials: 4,
      low: expect.closeTo(0.15, 2),
      high: expect.closeTo(0.85, 2),
    });

    // Direct: four leads of grade A, nothing won; acme: two, one of them won. A grade alone leaves nothing to the mix.
    expect(figures).toMatchObject({
      mix: 'grade',
      commonMix: { A: 1 },
      likeForLike: {
        direct: { crude: { value: 0, successes: 0, trials: 4 }, standardised: { value: 0 }, covered: 1, unfinished: 4 },
        acme: { crude: { value: 0.5, successes: 1, trials: 2 }, standardised: { value: 0.5 }, unfinished: 1 },
      },
      gap: {
        won: { apart: { gap: { value: -0.5 }, betterLeads: { value: 0 }, betterWork: { value: -0.5 } } },
        qualified: { channel: { crude: { successes: 1, trials: 2 } } },
      },
    });

    // Four of direct's are large; of acme's one is small, and of the other the size is no kind: what it spent, perhaps.
    const bySize = (await tracking.call('/v1/trust?mix=attributes.size&source=web')).body as never as Figures;
    expect(bySize.likeForLike).toEqual(
      ((await tracking.call('/v1/trust?mix=attributes.size&campaign=spring')).body as never as Figures).likeForLike,
    );
    expect((await tracking.call('/v1/trust?mix=attributes.size')).body).toMatchObject({
      ...{ mix: 'attributes.size', commonMix: { large: 4 / 6, small: 1 / 6, none: 1 / 6 } },
      likeForLike: {
        ...bySize.likeForLike,
        acme: { crude: { successes: 1, trials: 2 }, covered: expect.closeTo(1 / 3, 9), unfinished: 1 },
      },
    });
    expect((await tracking.call('/v1/trust?source=elsewhere')).body).toMatchObject({ parties: {}, commonMix: {} });
    // Nobody has had a week.
    expect((await tracking.call('/v1/trust?age=7')).body).toMatchObject({ parties: {} });
    const inAMonth = new Date(Date.now() + 32 * 86_400_000).toISOString();
    expect((await tracking.call(`/v1/trust?age=7&asOf=${inAMonth}`)).body).toMatchObject({
      channels: { direct: { A: { counts: { offered: 5, accepted: 4 } } } },
      // Of acme's two one was won, and of the other nothing was heard.
      noWord: { days: 14, direct: { successes: 4, trials: 4 }, parties: { acme: { successes: 1, trials: 2 } } },
    });

    // Direct's four are open and no losses; who won a lead had spoken to somebody by then.
    expect((await tracking.call(`/v1/trust/times?pool=smb&asOf=${inAMonth}`)).body).toMatchObject({
      ...{ what: 'contact', channels: { direct: { leads: 4, happened: 0, median: { time: null }, curve: [] } } },
      parties: { acme: { leads: 2, happened: 1, median: { time: 1 }, curve: [{ time: 1, atRisk: 2, share: 0.5 }] } },
    });
    expect((await tracking.call(`/v1/trust/times?what=accept&asOf=${inAMonth}`)).body).toMatchObject({
      channels: { direct: { leads: 5, happened: 4 }, channel: { leads: 6, happened: 2 } },
    });
    for (const query of ['what=offer', 'mix=grade', 'from=x'])
      expect((await tracking.call(`/v1/trust/times?${query}`)).status).toBe(400);

    const state = async () => ({
      leads: await tracking.rows('SELECT * FROM outcome_tracking.leads ORDER BY lead_id'),
      offers: await tracking.rows('SELECT * FROM outcome_tracking.offers ORDER BY lead_id, number'),
      cohorts: await tracking.rows(
        'SELECT * FROM outcome_tracking.cohort_counts WHERE ever <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8',
      ),
      folded: await tracking.rows('SELECT * FROM outcome_tracking.folded ORDER BY 1'),
      promises: await tracking.rows('SELECT * FROM outcome_tracking.promises ORDER BY 1, 2, 3'),
    });
    await tracking.eventually(
      () => tracking.rows(`SELECT count(*)::int AS waiting FROM outcome_tracking.leads WHERE pending <> '[]'`),
      [{ waiting: 0 }],
    );
    const live = await state();
    const paths = [
      '',
      '?mix=attributes.size',
      '?source=web&campaign=spring',
      `?age=30&asOf=${inAMonth}&silence=7`,
      `/times?asOf=${inAMonth}`,
    ];
    const shown = async (path: string) => {
      const { asOf, ...figures } = (await tracking.call(`/v1/trust${path}`)).body;
      return JSON.stringify({ ...figures, ...(asOf as object), at: '' });
    };
    const before = await Promise.all(paths.map(shown));
    const read = await tracking.rows('SELECT sum(events)::int AS events FROM outcome_tracking.leads');
    expect(JSON.parse(before[0] as string)).toMatchObject({ total: read[0]?.['events'] });
    await tracking.readAgain();
    await tracking.eventually(state, live);
    expect(await Promise.all(paths.map(shown))).toEqual(before);
  });

  it('show a partner itself and direct, and of other partners nothing, whatever is asked', async () => {
    const lead = randomUUID();
    await tracking.told(received(lead), scored(lead), routed(lead, 'bolt'));
    const bolt = await tracking.partnerKey('bolt');
    await tracking.eventually(
      async () => Object.keys(((await tracking.call('/v1/trust', { key: bolt })).body as never as Figures).parties),
      ['bolt'],
    );
    const { channels, likeForLike } = (await tracking.call('/v1/trust', { key: bolt })).body as never as Figures;
    expect(Object.keys(likeForLike)).toEqual(['bolt']);
    expect(channels.channel['A']?.counts['offered']).toBe(1);
    const direct = channels.direct['A']?.counts['offered'];
    expect(direct).toBeGreaterThan(0);

    // Two others with much behind them: still a day less another, or one source less all, would tell what one of them did.
    const others = ['acme', 'cato'].flatMap((party) => Array.from({ length: 6 }, () => ({ party, id: randomUUID() })));
    await tracking.told(...others.flatMap(({ party, id }) => [received(id), scored(id), routed(id, party)]));
    await tracking.eventually(
      async () =>
        ((await tracking.call('/v1/trust')).body as never as Figures).channels.channel['A']?.counts['offered'],
      6 + 1 + others.length,
    );
    const today = new Date().toISOString().slice(0, 10);
    for (const query of ['', `?from=${today}&to=${today}`, '?pool=smb', '?source=web', '?mix=attributes.size']) {
      const told = (await tracking.call(`/v1/trust${query}`, { key: bolt })).body as never as Figures;
      expect([query, told.channels.channel['A']?.counts['offered']]).toEqual([query, 1]);
    }
    const inAMonth = new Date(Date.now() + 32 * 86_400_000).toISOString();
    expect((await tracking.call(`/v1/trust/times?what=accept&asOf=${inAMonth}`, { key: bolt })).body).toMatchObject({
      ...{ channels: { channel: { leads: 1 }, direct: { leads: direct } }, parties: { bolt: { leads: 1 } } },
    });
  });

  it('are no other partner’s to see: it looks as if there were no such partner, and asking for oneself changes nothing', async () => {
    const bolt = await tracking.partnerKey('bolt');
    const of = async (query: string) => {
      const { status, body } = await tracking.call(`/v1/trust${query}`, { key: bolt });
      return { status, body: { ...body, instance: '', traceId: '', asOf: '' } };
    };
    const nobody = await of('?partner=nobody');
    expect(nobody.status).toBe(404);
    expect(await of('?partner=acme')).toEqual(nobody);
    expect(await of('?partner=bolt')).toEqual(await of(''));
    expect((await of('')).body).toMatchObject({ partner: 'bolt' });
    // Whoever sees all sees it as bolt does.
    const { body } = await tracking.call('/v1/trust?partner=bolt');
    expect({ ...body, instance: '', traceId: '', asOf: '' }).toEqual((await of('')).body);
  });

  it('are of what was routed here: deals from elsewhere are counted where they are asked for, and the answer says so', async () => {
    const paths = ['', '?mix=attributes.size', '?source=web', '/times', '/times?what=accept'];
    const shown = async (path: string) => {
      const { asOf: _, ...figures } = (await tracking.call(`/v1/trust${path}`)).body;
      return figures;
    };
    const before = await Promise.all(paths.map(shown));
    for (const each of before) expect(each).toMatchObject({ pool: null, leftOut: ['legacy'] });
    const [ago, facts] = [Date.now() - 3 * 86_400_000, { engagement: {}, attributes: { size: 'large' } }];
    const deal = (party: string, outcome: 'won' | 'lost') =>
      event(LeadImported, randomUUID(), {
        ...{ sourceId: 'web', externalId: randomUUID(), revision: 1, party, grade: null, facts, outcome },
        ...{ pool: 'legacy', policy: 'legacy@1', occurredAt: ago, closedAt: ago + 3_600_000 },
      });
    await tracking.told(deal('acme', 'won'), deal('acme', 'lost'), deal('direct', 'won'));
    await tracking.eventually(
      () => shown('?pool=legacy'),
      expect.objectContaining({
        ...{ pool: 'legacy', leftOut: [], pools: ['legacy'] },
        likeForLike: expect.objectContaining({
          acme: expect.objectContaining({ crude: expect.objectContaining({ successes: 1, trials: 2 }) }),
        }),
      }),
    );
    expect(await shown('/times?pool=legacy&what=win')).toMatchObject({
      ...{ leftOut: [], parties: { acme: { leads: 2, happened: 1 }, direct: { leads: 1, happened: 1 } } },
    });
    expect(await Promise.all(paths.map(shown))).toEqual(before);
  });

  it('are of the offers made in the period', async () => {
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const offered = async (query: string) =>
      ((await tracking.call(`/v1/trust?${query}`)).body as never as Figures).channels.direct['all']?.counts['offered'];
    expect(await offered(`from=${day(-1)}&to=${day(1)}`)).toBe(5);
    expect(await offered(`to=${day(-2)}`)).toBe(0);
    expect(await offered('pool=another')).toBe(0);
  });

  it.each([
    'from=2026-02-31',
    'from=yesterday',
    'from=2026-02-02&to=2026-02-01',
    'pool=a b',
    'group=party',
    'mix=size',
    'mix=attributes.',
    'campaign=12.73',
    'age=31',
    'silence=x',
    'asOf=yesterday',
  ])('refuse a query that is none of theirs: %s', async (query) => {
    expect((await tracking.call(`/v1/trust?${query}`)).status).toBe(400);
  });

  it('refuse to compare leads by what nearly every lead has of its own', async () => {
    const leads = Array.from({ length: 101 }, () => randomUUID());
    const facts = (number: string) => ({ engagement: {}, attributes: { number } });
    await tracking.told(
      ...leads.flatMap((lead) => [
        received(lead, { facts: facts(`n-${lead}`) }),
        routed(lead, 'acme', {}),
        event(LeadAccepted, lead, { party: 'acme', offer: 1, at: Date.now() }),
      ]),
    );
    const detail = expect.stringContaining('has 101 kinds in this period') as string;
    await tracking.eventually(
      async () => (await tracking.call('/v1/trust?mix=attributes.number')).body,
      expect.objectContaining({ status: 400, errors: [{ field: 'mix', detail }] }),
    );
  });
});

interface Figures {
  readonly likeForLike: Record<string, unknown>;
  readonly channels: Record<'direct' | 'channel', Record<string, FiguresOfGrade>>;
  readonly parties: Record<string, unknown>;
  readonly promise: Record<string, unknown>;
}
interface FiguresOfGrade {
  readonly counts: Record<string, number>;
  readonly rates: Record<string, unknown>;
}
