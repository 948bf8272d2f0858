import { jest } from '@jest/globals';
import type { UnitsOfWork } from '@fairlead/messaging';
import type { SubmissionsStore } from '../store/submissions.store.js';
import { Waiting } from './waiting.js';

describe('what was accepted, while somebody sends', () => {
  let waiting: Waiting;
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_700_000_000_000 });
    waiting = new Waiting({} as UnitsOfWork, {} as SubmissionsStore);
  });
  afterEach(() => jest.useRealTimers());
  const seen = () => [waiting.isBusy, waiting.hasRightOfWay];

  it('waits until they have sent it all', async () => {
    expect(seen()).toEqual([false, false]);
    waiting.begin();
    expect(seen()).toEqual([true, true]);
    let passed = false;
    const passing = waiting.letPass(() => false).then(() => (passed = true));
    await jest.advanceTimersByTimeAsync(5_000);
    expect(passed).toBe(false);
    waiting.end();
    await jest.advanceTimersByTimeAsync(20);
    await passing;
    expect(seen()).toEqual([false, false]);
  });

  it('waits fifteen seconds at most, then is taken in beside it; and waits anew for who comes after a pause', () => {
    for (let second = 0; second < 15; second++) {
      waiting.gathered(8);
      expect(seen()).toEqual([true, true]);
      jest.advanceTimersByTime(999);
    }
    waiting.gathered(8);
    jest.advanceTimersByTime(15);
    expect(seen()).toEqual([true, false]);
    jest.advanceTimersByTime(985);
    expect(seen()).toEqual([false, false]);
    waiting.gathered(8);
    expect(seen()).toEqual([true, true]);
  });

  it('does not wait for leads that come one by one, nor when much waits', () => {
    waiting.gathered(7);
    expect(seen()).toEqual([false, false]);
    waiting.begin();
    waiting.accepted(99_992);
    expect(seen()).toEqual([true, true]);
    waiting.accepted(1);
    expect(seen()).toEqual([false, false]);
  });

  it('is waited for no more when the service stops', async () => {
    waiting.begin();
    await waiting.letPass(() => true);
  });
});
