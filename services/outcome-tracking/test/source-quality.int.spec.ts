import {
  LeadAccepted,
  LeadDeclined,
  LeadHeld,
  LeadQualified,
  LeadRejected,
  LeadReturned,
  LeadWon,
} from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { event, merged, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

interface Figures {
  readonly counts: Record<string, unknown>;
  readonly rates: Record<string, unknown>;
  readonly calibration: {
    readonly byGrade: Record<string, unknown>;
    readonly byScore: unknown[];
    readonly byChance: Record<string, unknown>[];
  };
  readonly campaigns: ({ campaign: string } & Figures)[];
}

describe('what the leads of a source were worth', () => {
  let tracking: Tracking;
  const ids = Array.from({ length: 5 }, () => randomUUID()) as [string, string, string, string, string];
  const [won, returned, declined, waiting, elsewhere] = ids;
  const of = (campaign?: string) => ({
    sourceId: 'ads',
    facts: { engagement: {}, attributes: { ...(campaign !== undefined && { campaign }), region: 'north' } },
  });
  const answer = <More extends object>(more: More) => ({ party: 'acme', offer: 1, at: Date.now(), ...more });

  beforeAll(async () => {
    tracking = await startTracking();
    await tracking.told(
      ...[received(won, of('spring')), scored(won, { score: 91, probability: 700_000 }), routed(won, 'acme')],
      ...[event(LeadAccepted, won, answer({})), event(LeadQualified, won, answer({})), event(LeadWon, won, answer({}))],
      ...[merged(won, { sourceId: 'ads' }), merged(won, { sourceId: 'web', touch: 3 })],
      ...[received(returned, of('spring')), event(LeadHeld, returned, { missing: ['phone'], until: 1 })],
      ...[scored(returned, { score: 100, probability: 1_000_000 }), routed(returned, 'acme')],
      ...[
        event(LeadAccepted, returned, answer({})),
        event(LeadReturned, returned, answer({ reason: 'spam' as const })),
      ],
      ...[
        received(declined, of('autumn')),
        scored(declined, { grade: 'B', score: 60 }),
        routed(declined, 'acme', { grade: 'B' }),
      ],
      event(LeadDeclined, declined, answer({ reason: 'capacity' as const })),
      routed(declined, 'bolt', { offer: 2, grade: 'B', why: 'declined' }),
      event(LeadDeclined, declined, answer({ party: 'bolt', offer: 2, reason: 'capacity' as const })),
      received(waiting, of()),
      ...[received(elsewhere, { sourceId: 'fair' }), scored(elsewhere), routed(elsewhere, 'acme')],
      event(LeadRejected, randomUUID(), { sourceId: 'ads', errors: [{ field: 'email', rule: 'email' }] }),
    );
    await tracking.eventually(
      () => tracking.rows('SELECT count(*)::int AS leads, sum(events)::int AS events FROM outcome_tracking.leads'),
      [{ leads: 6, events: 25 }],
    );
  });
  afterAll(() => tracking?.end());

  const read = async (query = '', source = 'ads', key?: string) =>
    tracking.call(`/v1/sources/${source}/quality${query}`, key === undefined ? {} : { key });
  const figuresOf = async (query = '') => (await read(query)).body as never as Figures;

  it('is counted lead by lead, with what was expected of each against what became of it', async () => {
    const { counts, rates, calibration } = await figuresOf();
    expect(counts).toEqual({
      ...{ received: 4, duplicates: 2, held: 1, scored: { A: 2, B: 1, C: 0, D: 0, none: 0 }, notQualified: 0 },
      // A lead that two parties declined for one reason is one lead.
      ...{ routed: 3, accepted: 2, declined: { capacity: 1 }, returned: { spam: 1 }, qualified: 1, won: 1 },
    });
    const half = {
      value: 0.5,
      successes: 1,
      trials: 2,
      low: expect.closeTo(0.0945, 4),
      high: expect.closeTo(0.9055, 4),
    };
    expect(rates).toMatchObject({ returned: half, qualified: half, won: half, accepted: { successes: 2, trials: 3 } });
    expect(calibration).toEqual({
      byGrade: {
        A: { leads: 2, accepted: 2, qualified: half, won: half },
        B: { leads: 1, accepted: 0, qualified: expect.objectContaining({ value: null }), won: expect.anything() },
      },
      byScore: [
        expect.objectContaining({ from: 60, to: 70, leads: 1, accepted: 0 }),
        // A hundred is in the last ten.
        { from: 90, to: 100, leads: 2, accepted: 2, qualified: half, won: half },
      ],
      byChance: [
        expect.objectContaining({ from: 0.7, to: 0.8, predicted: 0.7, won: expect.objectContaining({ value: 1 }) }),
        expect.objectContaining({ from: 0.9, to: 1, predicted: 1, won: expect.objectContaining({ value: 0 }) }),
      ],
    });
  });

  it('is told by campaign, and by any other attribute', async () => {
    const campaigns = (figures: Figures) =>
      figures.campaigns.map(({ campaign, counts }) => [campaign, counts['received']]);
    expect(campaigns(await figuresOf())).toEqual([
      ['spring', 2],
      ['autumn', 1],
    ]);
    expect(campaigns(await figuresOf('?campaign=region'))).toEqual([['north', 4]]);
    expect(campaigns(await figuresOf('?campaign=nothing'))).toEqual([]);
    const [spring] = (await figuresOf()).campaigns;
    expect(spring?.counts).toMatchObject({ returned: { spam: 1 }, declined: {}, won: 1, held: 1, duplicates: 2 });
  });

  it('is of leads received on these days', async () => {
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    expect((await figuresOf(`?from=${day(-1)}&to=${day(1)}`)).counts['received']).toBe(4);
    expect((await figuresOf(`?to=${day(-1)}`)).counts['received']).toBe(0);
  });

  it('is a source’s own; of one that sent nothing it is nothing', async () => {
    const key = (await tracking.call('/v1/keys', { json: { name: 'a test', role: 'source', source: 'ads' } })).body[
      'key'
    ];
    expect((await read('', 'ads', key as string)).status).toBe(200);
    expect((await read('', 'fair', key as string)).status).toBe(404);
    expect((await read('', 'ads', await tracking.partnerKey('acme'))).status).toBe(403);
    expect((await read('', 'silent')).body).toMatchObject({ counts: { received: 0 }, campaigns: [] });
  });

  it.each(['from=2026-02-31', 'to=x', 'from=2026-02-02&to=2026-02-01', 'campaign=', 'attribute=x'])(
    'refuses a query that is none of its own: %s',
    async (query) => {
      expect((await read(`?${query}`)).status).toBe(400);
    },
  );

  it('comes out the same when everything is read again', async () => {
    const stable = async () => {
      const { asOf: _, ...figures } = (await read()).body;
      return figures;
    };
    const live = await stable();
    await tracking.readAgain();
    await tracking.eventually(stable, live);
  });
});
