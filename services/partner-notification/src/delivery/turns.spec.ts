import type { Claim } from '../store/delivery-queue.store.js';
import { type Endpoint, Lane, type Waiting } from './lane.js';
import { Turns } from './turns.js';

/** Endpoints that take nothing but what a test says, in the order in which they are sent to. */
class Sent {
  readonly order: string[] = [];
  readonly #answers = new Map<string, ((how: 'succeeded' | 'failed') => void)[]>();
  readonly turns: Turns;

  constructor(concurrency: number) {
    this.turns = new Turns(concurrency, (lane) => {
      this.order.push(lane.key);
      return new Promise((resolve) => {
        const answers = this.#answers.get(lane.key) ?? [];
        this.#answers.set(lane.key, [...answers, (how) => resolve(() => lane[how](10))]);
      });
    });
  }

  give(...lanes: readonly Lane[]): void {
    for (const lane of lanes) this.turns.offer(lane);
    this.turns.take();
  }

  async answers(lane: Lane): Promise<void> {
    this.#answers.get(lane.key)?.shift()?.('succeeded');
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Its deadline is over for so many. */
  async hangsUp(lane: Lane, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) this.#answers.get(lane.key)?.shift()?.('failed');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function lane(key: string, waiting: number): Lane {
  const made = new Lane(key, 8);
  for (let i = 0; i < waiting; i += 1)
    made.add({
      claim: { sequence: String(i) } as Claim,
      contact: null,
      claimedAt: 0,
      beginBefore: 0,
      notBefore: 0,
    } satisfies Waiting);
  return made;
}

describe('endpoints that share a sender', () => {
  it('take turns, however much one of them has', () => {
    const sent = new Sent(100);
    sent.give(lane('a', 50), lane('b', 2), lane('c', 2));
    expect(sent.order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('leave half of the room to those that answer, however many hang', async () => {
    const sent = new Sent(8);
    const healthy = lane('healthy', 20);
    sent.give(healthy);
    await sent.answers(healthy);
    await sent.answers(healthy);
    sent.give(...Array.from({ length: 20 }, (_, i) => lane(`hangs-${i}`, 5)));
    expect(sent.order.filter((key) => key.startsWith('hangs'))).toHaveLength(4);
    const before = sent.order.length;
    for (let i = 0; i < 5; i += 1) await sent.answers(healthy);
    expect(sent.order.slice(before).every((key) => key === 'healthy')).toBe(true);
    expect(sent.order.length - before).toBeGreaterThanOrEqual(5);
  });

  it('leave that half also when they answered before and begin to hang all together', async () => {
    const sent = new Sent(8);
    const [healthy, ...hanging] = ['healthy', 'a', 'b'].map((key) => lane(key, key === 'healthy' ? 12 : 100));
    for (const each of [healthy as Lane, ...hanging]) sent.give(each);
    for (let i = 0; i < 12; i += 1) await sent.answers(healthy as Lane);
    for (let i = 0; i < 20; i += 1) for (const each of hanging) await sent.answers(each);
    // given: from now on neither of the two answers, and they have all that they can get
    expect(sent.turns.inFlight).toBe(7);
    sent.turns.listen(performance.now() + 60_000);
    for (const each of lane('', 20).takeAll()) healthy?.add(each);
    sent.give(healthy as Lane);
    // when: the deadline of what one of them holds is over, then the room is not the other's
    const before = sent.order.length;
    await sent.hangsUp(hanging[0] as Lane, 2);
    for (let i = 0; i < 10; i += 1) await sent.answers(healthy as Lane);
    expect(new Set(sent.order.slice(before))).toEqual(new Set(['healthy']));
  });

  it('find room when they have nothing under way, however much others have that begin to hang at one moment', async () => {
    const sent = new Sent(16);
    const hanging = ['a', 'b', 'c'].map((key) => lane(key, 100));
    const healthy = ['d', 'e', 'f'].map((key) => lane(key, 21));
    sent.give(...healthy, ...hanging);
    for (let i = 0; i < 20; i += 1) for (const each of [...healthy, ...hanging]) await sent.answers(each);
    for (const each of healthy) await sent.answers(each);
    // when: nobody can know yet that the three hang, which answered until now
    expect(sent.turns.inFlight).toBe(14);
    for (const each of healthy) for (const waiting of lane('', 5).takeAll()) each.add(waiting);
    const before = sent.order.length;
    sent.give(...healthy);
    for (let i = 0; i < 5; i += 1) for (const each of healthy) await sent.answers(each);
    // then
    expect(sent.order.slice(before)).toEqual(Array(5).fill(['d', 'e', 'f']).flat());
    // and, once those that hang are given up, there is room for more than one of each again
    for (const each of hanging) await sent.hangsUp(each, 8);
    for (const each of healthy) for (const waiting of lane('', 5).takeAll()) each.add(waiting);
    sent.give(...healthy);
    expect(healthy.every(({ inFlight }) => inFlight > 1)).toBe(true);
  });

  it('are let in as soon as one of those that may hang has answered, the longest waiting first', async () => {
    const sent = new Sent(4);
    const lanes = ['a', 'b', 'c', 'd'].map((key) => lane(key, 1));
    sent.give(...lanes);
    expect(sent.order).toEqual(['a', 'b']);
    await sent.answers(lanes[1] as Lane);
    expect(sent.order).toEqual(['a', 'b', 'c']);
  });

  it('are sent no more than they take by now, if that has changed since they were given their turn', () => {
    const sent = new Sent(100);
    const one = lane('a', 1);
    sent.give(one);
    for (const waiting of lane('', 1).takeAll()) one.add(waiting);
    sent.turns.offer(one);
    one.endpoint = { concurrency: 1 } as Endpoint;
    sent.turns.take();
    expect(sent.order).toEqual(['a']);
  });

  it('send nothing any more once it is over, and are waited for', async () => {
    const sent = new Sent(4);
    const one = lane('a', 5);
    sent.give(one);
    sent.turns.end();
    const drained = sent.turns.answersWithin(60_000);
    await sent.answers(one);
    await sent.answers(one);
    await drained;
    expect([sent.order, sent.turns.inFlight]).toEqual([['a', 'a'], 0]);
  });
});
