import { LeadAccepted, LeadImported, LeadReturned, LeadWon } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { event, expired, policyActivated, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

interface Beside {
  readonly own: Record<string, unknown>;
  readonly partners: Record<string, unknown> | null;
  readonly direct: Record<string, unknown>;
}
interface Card {
  readonly together: string;
  readonly party: Record<'accepted' | 'won' | 'returned', Beside>;
  readonly vendor: {
    readonly promise: Record<string, unknown>;
    readonly mix: Record<'own' | 'partners', Record<string, unknown>>;
    readonly returns: unknown;
  };
}

describe('a two-way scorecard', () => {
  let tracking: Tracking;
  let acme: string;
  let bolts: { lead: string; party: string }[];
  const answered = (party: string) => ({ party, offer: 1, at: Date.now() });
  const offers = (party: string, count: number) => Array.from({ length: count }, () => ({ lead: randomUUID(), party }));
  const tell = (all: readonly { lead: string; party: string }[]) =>
    tracking.told(...all.flatMap(({ lead, party }) => [received(lead), scored(lead), routed(lead, party)]));
  const accept = (all: readonly { lead: string; party: string }[]) =>
    tracking.told(...all.map(({ lead, party }) => event(LeadAccepted, lead, answered(party))));
  const read = (partner: string, key?: string, query = '') =>
    tracking.call(`/v1/partners/${partner}/scorecard${query}`, key === undefined ? {} : { key });
  const card = async (partner: string, key?: string, query = '') =>
    (await read(partner, key, query)).body as never as Card;

  beforeAll(async () => {
    tracking = await startTracking();
    acme = await tracking.partnerKey('acme');
    const [mine, theirs] = [offers('acme', 3), offers('bolt', 9)];
    bolts = theirs;
    const [won, returned, again] = mine.map(({ lead }) => lead) as [string, string, string];
    await tracking.told(policyActivated(40));
    await tell([...mine, ...theirs, ...offers('direct', 2)]);
    await accept([...mine, ...theirs.slice(0, 4)]);
    await tracking.told(
      event(LeadWon, won, answered('acme')),
      event(LeadReturned, returned, { ...answered('acme'), reason: 'spam' as const }),
      routed(returned, 'bolt', { offer: 2 }),
      event(LeadReturned, again, { ...answered('acme'), reason: 'spam' as const }),
      routed(again, 'acme', { offer: 2 }),
    );
    await tracking.eventually(
      () =>
        tracking.rows(
          // The first of fourteen counts, and the last but one.
          `SELECT left(counts, 8)::int AS offered, substr(counts, 97, 8)::int AS returned
           FROM (SELECT lpad(sum(ever)::text, 112, '0') AS counts FROM outcome_tracking.cohort_counts WHERE dimension = '')`,
        ),
      [{ offered: 16, returned: 2 }],
    );
  });
  afterAll(() => tracking?.end());

  it('is seen whole by the vendor, of a partner as of direct', async () => {
    const of = await card('acme');
    expect(of).toMatchObject({
      together: 'whole',
      party: {
        won: { own: { successes: 1, trials: 3 }, partners: { successes: 1, trials: 7 } },
        returned: { own: { successes: 2, trials: 3 }, direct: { value: null } },
      },
      vendor: {
        promise: { A: { promised: { direct: 40, channel: 60 }, received: { direct: { successes: 2 } } } },
        returns: { byReason: { spam: 2 }, honoured: { successes: 1, trials: 2 } },
      },
    });
    const auditor = await tracking.keyOf('auditor');
    expect((await card('direct', auditor)).party.accepted.own).toMatchObject({ successes: 0, trials: 0 });
    expect((await card('silent')).party.accepted.own).toMatchObject({ value: null, trials: 0 });
  });

  it('is a partner’s own: another’s, direct’s, and one of nobody look alike', async () => {
    expect((await read('acme', acme)).status).toBe(200);
    const absent = (partner: string) =>
      read(partner, acme).then(({ status, body }) => ({ status, body: { ...body, instance: '', traceId: '' } }));
    const nobody = await absent('nobody');
    expect(nobody.status).toBe(404);
    expect(await absent('bolt')).toEqual(nobody);
    expect(await absent('direct')).toEqual(nobody);
    expect((await read('a%20b')).status).toBe(404);
  });

  it('keeps from a partner what the only other one did, also in the figures of the channel', async () => {
    const withheld = await card('acme', acme);
    expect(withheld).toMatchObject({
      together: 'protected',
      party: { accepted: { own: { successes: 3 }, partners: null, direct: { trials: 0 } }, won: { partners: null } },
      vendor: { promise: {}, mix: { partners: {} }, returns: { byReason: { spam: 2 } } },
    });
    const { channels } = (await tracking.call('/v1/trust', { key: acme })).body as never as {
      channels: { channel: { all: { counts: object } } };
    };
    expect(channels.channel.all.counts).toMatchObject({ offered: 4, won: 1 });
  });

  it('shows it of all together what enough others are behind, for a whole quarter of all pools', async () => {
    const third = offers('cato', 8);
    await tell(third);
    await accept(third.slice(0, 5));
    await tracking.told(...[...bolts.slice(4, 7), ...third.slice(5, 7)].map(({ lead, party }) => expired(lead, party)));
    await tracking.eventually(async () => {
      const { accepted } = (await card('acme')).party;
      return [accepted.partners?.['successes'], accepted.partners?.['trials']];
    }, [12, 17]);
    const told = await card('acme', acme);
    expect(told.party.accepted.partners).toMatchObject({ successes: 12, trials: 17 });
    expect(told.vendor.mix.partners).toMatchObject({ 'A+B+C+D+incomplete': { value: 1 } });
    // Of the others nobody won anything: to say so would tell of each that it did not.
    expect(told.party.won.partners).toBe(null);

    const today = new Date().toISOString().slice(0, 10);
    for (const query of ['?pool=smb', `?from=2026-01-01&to=${today}`, `?from=${today}&to=${today}`]) {
      const part = await card('acme', acme, query);
      expect([query, part.together, part.party.accepted.partners]).toEqual([query, 'none', null]);
    }
    expect((await card('acme', acme, '?pool=smb')).party.accepted.own).toMatchObject({ successes: 3 });
  });

  it('is of what was routed: deals from elsewhere are in that of their own pool alone', async () => {
    const before = await card('acme');
    const deal = (outcome: 'won' | 'returned') =>
      event(LeadImported, randomUUID(), {
        ...{ sourceId: 'crm', externalId: randomUUID(), revision: 1, party: 'acme', grade: null },
        ...{ facts: { engagement: {}, attributes: {} }, pool: 'legacy', policy: 'legacy@1' },
        ...{ occurredAt: Date.now(), closedAt: Date.now(), outcome },
      });
    await tracking.told(deal('won'), deal('won'), deal('returned'));
    await tracking.eventually(
      async () => (await card('acme', undefined, '?pool=legacy')).party.accepted.own,
      expect.objectContaining({ successes: 3, trials: 3 }),
    );
    expect(await card('acme', undefined, '?pool=legacy')).toMatchObject({
      party: { won: { own: { successes: 2 } } },
      vendor: { returns: { byReason: { none: 1 } } },
    });
    const { asOf: _, ...after } = (await card('acme')) as Card & { readonly asOf: unknown };
    expect(before).toMatchObject(after);
  });

  it.each(['from=2026-02-31', 'to=x', 'from=2026-02-02&to=2026-02-01', 'pool=a%20b', 'party=bolt'])(
    'refuses a query that is none of its own: %s',
    async (query) => {
      expect((await read('acme', undefined, `?${query}`)).status).toBe(400);
    },
  );
});
