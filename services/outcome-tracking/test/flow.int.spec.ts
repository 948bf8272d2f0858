import { randomUUID } from 'node:crypto';
import { LeadHeld } from '@fairlead/events';
import { SessionsStore } from '@fairlead/platform';
import { event, hour, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

interface Flow {
  readonly leads: number;
  readonly course: readonly number[];
  readonly states: readonly { readonly state: string; readonly leads: number; readonly course: readonly number[] }[];
  readonly waiting: object;
}

describe('whether leads flow', () => {
  let tracking: Tracking;
  let acme: string;
  let bolt: string;
  beforeAll(async () => {
    tracking = await startTracking();
    [acme, bolt] = [await tracking.partnerKey('acme'), await tracking.partnerKey('bolt')];
    const [worked, offered, waiting] = [randomUUID(), randomUUID(), randomUUID()];
    await tracking.told(
      ...[received(worked), scored(worked), routed(worked, 'acme')],
      ...[received(offered), scored(offered), routed(offered, 'bolt')],
      ...[received(waiting), event(LeadHeld, waiting, { missing: ['phone'], until: Date.now() + hour })],
    );
    await tracking.eventually(
      async () => (await tracking.call(`/v1/leads/${worked}/accept`, { method: 'POST', key: acme })).status,
      200,
    );
    await tracking.eventually(
      async () => (await look()).states.map(({ state }) => state),
      ['held', 'offered', 'accepted'],
    );
  });
  afterAll(() => tracking?.end());

  const look = async (key?: string, query = ''): Promise<Flow> =>
    (await tracking.call(`/v1/flow${query}`, key === undefined ? {} : { key })).body as unknown as Flow;

  it('is told by where the leads of the last hour are, and when they came', async () => {
    const { leads, course, states, waiting } = await look();
    expect([leads, course.length, course.at(-1)]).toEqual([3, 30, 3]);
    expect(states.map(({ state, leads: each }) => [state, each])).toEqual([
      ['held', 1],
      ['offered', 1],
      ['accepted', 1],
    ]);
    expect(waiting).toEqual({ held: 1, unroutable: 0, endingSoon: 0 });
  });

  it('counts what ends within a tenth of the time that is looked at', async () => {
    // These offers end in four hours.
    expect((await look(undefined, '?minutes=10080')).waiting).toMatchObject({ endingSoon: 1 });
  });

  it('shows a partner its own offers, and nobody’s queues', async () => {
    const own = await look(acme);
    expect([own.leads, own.states.map(({ state }) => state)]).toEqual([1, ['accepted']]);
    expect(own.waiting).toEqual({ held: 0, unroutable: 0, endingSoon: 0 });
    expect((await look(bolt, '?minutes=10080')).waiting).toMatchObject({ held: 0, endingSoon: 1 });
    expect((await look(acme, '?minutes=10080')).waiting).toMatchObject({ endingSoon: 0 });
  });

  it.each(['?minutes=0', '?minutes=x', '?minutes=99999', '?seconds=5', '?minutes=1&minutes=2'])(
    'refuses %s',
    async (query) => {
      expect((await tracking.call(`/v1/flow${query}`)).status).toBe(400);
    },
  );

  it('is told again and again to whoever watches, with what has changed', async () => {
    const { url, key } = tracking.address();
    const stop = new AbortController();
    const answer = await fetch(`${url}/v1/flow`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
      signal: stop.signal,
    });
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const lead = randomUUID();
    const seen: number[] = [];
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (data === undefined) continue;
      seen.push((JSON.parse(data) as Flow).leads);
      if (seen.length === 1) await tracking.told(received(lead));
      if (seen.at(-1) === 4 || seen.length === 10) break;
    }
    stop.abort();
    expect([seen[0], seen.at(-1)]).toEqual([3, 4]);
  });

  it('is told no longer to whom it would be refused: by a key that was withdrawn, or a session that was ended elsewhere', async () => {
    // Both went on for up to ten minutes.
    const { url } = tracking.address();
    const watch = (headers: Record<string, string>) =>
      fetch(`${url}/v1/flow`, {
        headers: { ...headers, accept: 'text/event-stream' },
        signal: AbortSignal.timeout(15_000),
      });
    const [key, another] = [await tracking.keyOf('auditor'), await tracking.keyOf('auditor')];
    const idOf = (each: string) => each.split('_')[1] ?? '';
    const sessions = tracking.service(SessionsStore);
    const { secret = '' } = (await sessions.begin(another)) ?? {};
    const watching = await Promise.all([
      watch({ authorization: `Bearer ${key}` }),
      watch({ cookie: `fairlead_session=${secret}` }),
    ]);
    expect(watching.map(({ status }) => status)).toEqual([200, 200]);
    await tracking.call(`/v1/keys/${idOf(key)}`, { method: 'DELETE' });
    await sessions.end(secret);
    for (const text of await Promise.all(watching.map((answer) => answer.text()))) expect(text).toContain('data: ');
  });

  it('keeps no process from stopping that somebody is watching', async () => {
    const { url, key } = tracking.address();
    const watching = await fetch(`${url}/v1/flow`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    });
    const ended = watching.text();
    await tracking.stop();
    // Requests that hang are cut off in the end, which would be an error here; this one was brought to its end.
    expect(await ended).toContain('data: ');
    await tracking.start();
  });
});
