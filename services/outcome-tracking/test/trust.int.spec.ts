import { randomUUID } from 'node:crypto';
import { expired, policyActivated, received, routed, scored } from './fixture/events.js';
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
      ...Array.from({ length: 4 }, () => ({ lead: randomUUID(), party: 'direct' })),
      ...Array.from({ length: 6 }, () => ({ lead: randomUUID(), party: 'acme' })),
    ];
    await tracking.told(policyActivated(40));
    await tracking.told(...offers.flatMap(({ lead, party }) => [received(lead), scored(lead), routed(lead, party)]));
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

    const state = async () => ({
      leads: await tracking.rows('SELECT * FROM outcome_tracking.leads ORDER BY lead_id'),
      offers: await tracking.rows('SELECT * FROM outcome_tracking.offers ORDER BY lead_id, number'),
      counts: await tracking.rows('SELECT * FROM outcome_tracking.offer_counts ORDER BY 1, 2, 3, 4, 5, 6'),
      promises: await tracking.rows('SELECT * FROM outcome_tracking.promises ORDER BY 1, 2, 3'),
    });
    await tracking.eventually(
      () => tracking.rows(`SELECT count(*)::int AS waiting FROM outcome_tracking.leads WHERE pending <> '[]'`),
      [{ waiting: 0 }],
    );
    const live = await state();
    const shown = async () => ({ ...(await tracking.call('/v1/trust')).body, asOf: '' });
    const before = JSON.stringify(await shown());
    await tracking.readAgain();
    await tracking.eventually(state, live);
    expect(JSON.stringify(await shown())).toBe(before);
  });

  it('show a partner both channels as wholes, and of the parties only itself', async () => {
    const lead = randomUUID();
    await tracking.told(received(lead), scored(lead), routed(lead, 'bolt'));
    const bolt = await tracking.partnerKey('bolt');
    await tracking.eventually(
      async () => Object.keys(((await tracking.call('/v1/trust', { key: bolt })).body as never as Figures).parties),
      ['bolt'],
    );
    const { channels, likeForLike } = (await tracking.call('/v1/trust', { key: bolt })).body as never as Figures;
    expect(Object.keys(likeForLike)).toEqual(['bolt']);
    expect(channels.channel['A']?.counts['offered']).toBe(7);
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
  ])('refuse a query that is none of theirs: %s', async (query) => {
    expect((await tracking.call(`/v1/trust?${query}`)).status).toBe(400);
  });

  it('say that leads cannot be compared by an attribute yet', async () => {
    expect(await tracking.call('/v1/trust?mix=attributes.size')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'mix', detail: expect.stringContaining('not yet by attribute') as string }] },
    });
    expect((await tracking.call('/v1/trust?mix=grade')).status).toBe(200);
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
