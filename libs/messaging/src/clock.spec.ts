import { setTimeout as pause } from 'node:timers/promises';
import { Clock } from './clock.js';

const turn = () => pause(5);

describe('a clock', () => {
  it('looks again and again, never twice at once, and not after it was stopped', async () => {
    let [looks, atOnce, most] = [0, 0, 0];
    const clock = new Clock({
      everyMs: 1,
      look: async () => {
        looks += 1;
        most = Math.max(most, (atOnce += 1));
        await turn();
        atOnce -= 1;
      },
    });
    clock.start();
    while (looks < 4) await turn();
    await clock.stop();
    expect([most, atOnce]).toEqual([1, 0]);
    const before = looks;
    await pause(30);
    expect(looks).toBe(before);
  });

  it('goes on after a look that failed, and tells the first of several', async () => {
    const outcomes = [false, true, true, false, true, false];
    const told: boolean[] = [];
    let looks = 0;
    const clock = new Clock({
      everyMs: 1,
      look: () => (outcomes[looks++] ? Promise.reject(new Error('away')) : Promise.resolve()),
      onFailure: (_, isFirst) => told.push(isFirst),
    });
    clock.start();
    while (looks < outcomes.length) await turn();
    await clock.stop();
    expect(told).toEqual([true, false, true]);
  });

  it('tells a look that takes long when to stop, and waits for it', async () => {
    let ended = false;
    let begun: () => void = () => undefined;
    const under = new Promise<void>((resolve) => (begun = resolve));
    const clock = new Clock({
      everyMs: 1,
      look: async (stopping) => {
        begun();
        while (!stopping()) await turn();
        await turn();
        ended = true;
      },
    });
    clock.start();
    await under;
    await clock.stop();
    expect(ended).toBe(true);
  });
});
