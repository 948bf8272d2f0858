import type { LeadRouted } from '@fairlead/events';
import { scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

// A router whose clock ran a month ahead decided once. From then on everybody's decisions carried that time: deadlines were
// a month away, and a partner that had had its leads of that day got none, until the month was over.
describe('the time of decisions, with real servers', () => {
  let routing: Stretch;
  beforeAll(async () => {
    routing = await Stretch.open();
    await routing.under(
      {
        name: 'time',
        pools: [{ id: 'time', match: {}, promise: { direct: 0, channel: 100 }, offer: { acceptWithin: '1h' } }],
      },
      { acme: { caps: { perDay: 2 } } },
    );
  });
  afterAll(() => routing.close());

  async function decided(): Promise<LeadRouted['data']> {
    const lead = scored();
    await routing.tell(lead);
    return eventually(() => {
      const [said] = [...routing.said('lead.routed', lead.subject), ...routing.said('lead.unroutable', lead.subject)];
      expect(said).toBeDefined();
      return (said as LeadRouted).data;
    });
  }
  const lastDecided = (at: number) => routing.rows(`UPDATE pools SET decided_at = ${at} WHERE id = 'time'`);

  it('does not go back behind a clock that runs a little ahead', async () => {
    await decided();
    const ahead = Date.now() + MINUTE_MS / 2;
    await lastDecided(ahead);
    expect((await decided()).decided).toMatchObject({ now: ahead, poolSeq: 2 });
  });

  it('does not follow a clock that ran far ahead: deadlines and caps are those of the day, and numbers have no gap', async () => {
    await lastDecided(Date.now() + 30 * DAY_MS);
    // As the wrong clock left it: the partner has had what it may have on that day.
    const day = Math.floor(Date.now() / DAY_MS) + 30;
    await routing.tamper(`UPDATE loads SET today = 2, day = ${day} WHERE party = 'acme'`);
    const before = Date.now();
    const { to, acceptBy, decided: stamp } = await decided();
    expect([to, stamp.poolSeq]).toEqual(['acme', 3]);
    expect(stamp.now).toBeGreaterThanOrEqual(before);
    expect(stamp.now).toBeLessThan(before + 30_000);
    expect(acceptBy).toBe(stamp.now + 60 * MINUTE_MS);
    expect((await decided()).decided).toMatchObject({ poolSeq: 4 });
  });
});
