import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { UnitsOfWork } from '@fairlead/messaging';
import { LeadsStore } from '../src/store/leads.store.js';
import { received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('the clock of an offer', () => {
  let tracking: Tracking;
  let acme: string;

  beforeAll(async () => {
    tracking = await startTracking();
    acme = await tracking.partnerKey('acme');
  });
  afterAll(() => tracking?.end());

  const offered = async (count: number, acceptBy: number): Promise<string[]> => {
    const leads = Array.from({ length: count }, () => randomUUID() as string);
    await tracking.told(...leads.flatMap((lead) => [received(lead), scored(lead), routed(lead, 'acme', { acceptBy })]));
    return leads;
  };
  const saidOf = async (lead: string) => (await tracking.saidAbout(lead)).map(({ type }) => type);
  const accept = (lead: string) => tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });

  it('ends an unanswered offer within two seconds of its time, and says so once', async () => {
    const acceptBy = Date.now() + 1_000;
    const [lead = ''] = await offered(1, acceptBy);
    await tracking.eventually(() => saidOf(lead), ['lead.offer-expired']);
    const [expired] = await tracking.saidAbout(lead);
    expect(expired?.data).toEqual({ party: 'acme', offer: 1, acceptBy, pool: 'smb' });
    const late = Date.parse(expired?.time ?? '') - acceptBy;
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThanOrEqual(2_000);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['state'], 'expired');
    await pause(1_000);
    expect(await saidOf(lead)).toEqual(['lead.offer-expired']);
  });

  it('ends those whose time is over, the longest ago first, and leaves those alone whose time has not come', async () => {
    const now = Date.now();
    const [later = ''] = await offered(1, now + 3_600_000);
    const [over = ''] = await offered(1, now + 500);
    await tracking.eventually(() => saidOf(over), ['lead.offer-expired']);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${later}`)).body['state'], 'offered');
    // Asked of what they look at, too: the clock weighs each once more, and would hide it if one of the two saw too much.
    const leads = new LeadsStore();
    const due = (at: number) =>
      tracking
        .service(UnitsOfWork)
        .run(async (unit) => [await leads.lockDue({ ...unit, now: at }, 10), await leads.anyDue(unit.query, at)]);
    expect(await due(now + 3_599_000)).toEqual([[], false]);
    const [evenLater = ''] = await offered(1, now + 3_700_000);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${evenLater}`)).body['state'], 'offered');
    expect(await due(now + 3_601_000)).toEqual([[later], true]);
    expect(await due(now + 3_701_000)).toEqual([[later, evenLater], true]);
    expect([await saidOf(later), await saidOf(evenLater)]).toEqual([[], []]);
  });

  // Routing once had the clock: while Kafka was away a partner's acceptance waited in one outbox and the expiry in another,
  // and the one that had been answered 200 lost its lead to the one that was published first.
  it('and an acceptance never both count, however close they come, and 200 means that the lead is theirs', async () => {
    const acceptBy = Date.now() + 4_000;
    const leads = await offered(150, acceptBy);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${leads.at(-1)}`)).body['state'], 'offered');
    const answers = await Promise.all(
      leads.map(async (lead, index) => {
        await pause(Math.max(0, acceptBy - 250 + 6 * index - Date.now()));
        return accept(lead);
      }),
    );
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 409]));
    await tracking.eventually(
      () => Promise.all(leads.map(saidOf)),
      statuses.map((status) => [status === 200 ? 'lead.accepted' : 'lead.offer-expired']),
    );
  });

  it('knows of an acceptance that has not come back from the log yet', async () => {
    const acceptBy = Date.now() + 2_000;
    const [lead = ''] = await offered(1, acceptBy);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['state'], 'offered');
    const release = await tracking.holdConsumer();
    expect((await accept(lead)).status).toBe(200);
    await pause(acceptBy + 1_500 - Date.now());
    await release();
    await tracking.eventually(
      async () => (await tracking.rows(`SELECT state FROM outcome_tracking.leads WHERE lead_id = '${lead}'`))[0],
      { state: 'accepted' },
    );
    expect(await saidOf(lead)).toEqual(['lead.accepted']);
  });

  it('runs on while the service is down, and nobody loses a lead that was accepted before', async () => {
    const acceptBy = Date.now() + 2_000;
    const [kept = '', missed = ''] = await offered(2, acceptBy);
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${missed}`)).body['state'], 'offered');
    expect((await accept(kept)).status).toBe(200);
    await tracking.stop();
    await pause(Math.max(0, acceptBy - Date.now()));
    await tracking.start();
    await tracking.eventually(() => saidOf(missed), ['lead.offer-expired']);
    expect(await saidOf(kept)).toEqual(['lead.accepted']);
  });
});
