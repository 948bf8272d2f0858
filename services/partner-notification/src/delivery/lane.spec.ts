import type { Claim } from '../store/delivery-queue.store.js';
import { type Endpoint, Lane, type Waiting } from './lane.js';

function lane(): Lane {
  return new Lane('1', 8);
}

function waiting(sequence: number): Waiting {
  return {
    claim: { sequence: String(sequence) } as Claim,
    contact: undefined,
    claimedAt: 0,
    beginBefore: 0,
    notBefore: 0,
  };
}

/** How many it would send at once. */
function breadth(of: Lane): number {
  let sent = 0;
  for (let i = 0; i < 100; i += 1) of.add(waiting(i));
  while (of.sendsIn(0) === 0) {
    of.take();
    of.inFlight += 1;
    sent += 1;
  }
  of.inFlight = 0;
  of.takeAll();
  return sent;
}

describe('how much a sender dares to send to one endpoint', () => {
  it('begins small, grows with every success, and has a limit', () => {
    const one = lane();
    expect(breadth(one)).toBe(2);
    for (let i = 0; i < 3; i += 1) one.succeeded(10);
    expect(breadth(one)).toBe(5);
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    expect(breadth(one)).toBe(8);
  });

  it('shrinks with failures to one at a time, and grows again', () => {
    const one = lane();
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    one.failed(10);
    expect(breadth(one)).toBe(4);
    one.failed(10);
    one.failed(10);
    expect(one.failing).toBe(true);
    expect(breadth(one)).toBe(1);
    one.succeeded(10);
    expect(one.failing).toBe(false);
    expect(breadth(one)).toBe(2);
  });

  it('is no more than its party asked for', () => {
    const one = lane();
    one.endpoint = { concurrency: 3 } as Endpoint;
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    expect(breadth(one)).toBe(3);
    one.endpoint = { concurrency: 1 } as Endpoint;
    expect(breadth(one)).toBe(1);
    one.endpoint = { concurrency: 1_000 } as Endpoint;
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    expect(breadth(one)).toBe(8);
  });

  it('is one at a time in strict order, whatever else its party asked for', () => {
    const one = lane();
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    one.endpoint = { concurrency: 3, strictOrder: true } as Endpoint;
    for (let i = 0; i < 100; i += 1) one.succeeded(10);
    expect(breadth(one)).toBe(1);
  });

  it('is proven by an answer, and not any more by a failure', () => {
    const one = lane();
    const seen = [one.proven];
    one.succeeded(10);
    seen.push(one.proven);
    one.failed(10);
    seen.push(one.proven);
    one.succeeded(10);
    one.forget();
    expect([...seen, one.proven]).toEqual([false, true, false, false]);
  });

  it('is not proven any more when it has fallen silent, which of a slow one is known later', () => {
    const [fast, slow] = [lane(), lane()];
    for (let i = 0; i < 100; i += 1) fast.succeeded(10);
    for (let i = 0; i < 100; i += 1) slow.succeeded(2_000);
    for (const each of [fast, slow]) {
      each.begun(0);
      each.listen(1_500);
    }
    expect([fast, slow].map(({ proven }) => proven)).toEqual([false, true]);
    slow.over(7_000);
    slow.listen(60_000);
    expect(slow.proven).toBe(true);
    fast.over(1_600);
    expect(breadth(fast)).toBe(2);
    fast.succeeded(1_600);
    expect(fast.proven).toBe(true);
  });

  it('waits for the moment that is booked for what comes next', () => {
    const one = lane();
    expect(one.sendsIn(0)).toBeUndefined();
    one.add({ ...waiting(1), notBefore: 100 });
    expect([one.sendsIn(40), one.sendsIn(100), one.sendsIn(200)]).toEqual([60, 0, 0]);
  });

  it('begins anew when it is another server', () => {
    const one = lane();
    for (let i = 0; i < 3; i += 1) one.failed(10);
    one.forget();
    expect([one.failing, breadth(one)]).toEqual([false, 2]);
  });

  it('claims as much ahead as half a second takes, in batches, and one at a time while it fails', () => {
    const [fast, slow, failing] = [lane(), lane(), lane()];
    for (let i = 0; i < 100; i += 1) fast.succeeded(10);
    for (let i = 0; i < 100; i += 1) slow.succeeded(5_000);
    for (let i = 0; i < 3; i += 1) failing.failed(10);
    expect([fast, slow, failing].map(({ quota }) => quota)).toEqual([400, 2, 1]);
    for (let i = 0; i < 201; i += 1) fast.add(waiting(i));
    expect(fast.quota).toBe(0);
    fast.take();
    expect(fast.quota).toBe(200);
  });

  it('keeps the order of what it holds', () => {
    const one = lane();
    for (let i = 0; i < 3_000; i += 1) one.add(waiting(i));
    const taken = Array.from({ length: 2_000 }, () => one.take()?.claim.sequence);
    expect(taken).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i)));
    expect(one.buffered).toBe(1_000);
    expect(one.takeAll()[0]?.claim.sequence).toBe('2000');
    expect(one.take()).toBeUndefined();
  });

  // A secret was rotated in the moment in which the unreadable one was being looked at: the endpoint was then paused for a
  // minute, with a secret that could be read.
  it('is not paused for what was read of its endpoint before it was changed', () => {
    const lane = new Lane('1', 8);
    const whenRead = lane.changes;
    lane.endPause();
    expect([lane.pause(1_000, whenRead), lane.pausedUntil]).toEqual([false, 0]);
    expect([lane.pause(1_000, lane.changes), lane.pausedUntil]).toEqual([true, 1_000]);
    lane.endPause();
    expect(lane.pausedUntil).toBe(0);
  });
});
