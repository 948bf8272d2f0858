import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { LogSystem, someEvents } from './fixture/log-system.js';

/** Enough that each fault meets work under way. */
const EVENTS = 1_500;

describe('the log under faults, with real servers', () => {
  let system: LogSystem;
  beforeAll(async () => {
    system = await LogSystem.open();
    // For the key and the questions at the end; killed ones come and go beside it.
    await system.start();
    await system.stop();
  });
  afterAll(() => system?.close());

  /** Everything that was told is in the log once, and the log is sound. */
  async function expectAll(told: readonly { id: string }[]): Promise<void> {
    await system.start();
    await system.untilPublished(told.length);
    const entries: Buffer[] = [];
    const { checkpoint } = await system.verified(entries);
    expect(checkpoint.size).toBe(told.length);
    const ids = entries.map((entry) => (JSON.parse(String(entry)) as { id: string }).id);
    expect(ids.sort()).toEqual(told.map(({ id }) => id).sort());
    await system.stop();
  }
  const told: { id: string }[] = [];
  async function tell(count: number): Promise<void> {
    const events = someEvents(count);
    told.push(...events);
    await system.tell(...events);
  }

  it.each(['audit.placed', 'audit.written', 'audit.published'])(
    'survives a crash at %s: nothing is lost, nothing is there twice, and no checkpoint is taken back',
    async (point) => {
      for (const hit of [1, 3]) {
        const child = await system.startProcess({ FAIRLEAD_CRASH_AT: `${point}:${hit}` });
        // Until it gets there: a leader that was killed before it may go on for five seconds.
        for (const until = Date.now() + 30_000; child.signalCode === null && Date.now() < until; await pause(600))
          await tell(EVENTS / 30);
        expect(child.signalCode).toBe('SIGKILL');
      }
      await expectAll(told);
    },
  );

  it('is written by one of two, and by the other one when that is stopped for longer than it may lead', async () => {
    const first = await system.startProcess();
    await tell(EVENTS / 10);
    await system.untilPublished(told.length);
    const second = await system.startProcess();
    first.kill('SIGSTOP');
    await tell(EVENTS / 10);
    await system.untilPublished(told.length);
    // It wakes up in the belief that it leads.
    first.kill('SIGCONT');
    await tell(EVENTS / 10);
    await system.untilPublished(told.length);
    await pause(2_000);
    for (const child of [first, second]) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await expectAll(told);
    const epochs = await system.rows<{ epoch: string }>('SELECT epoch FROM log_head');
    expect(Number(epochs[0]?.epoch)).toBeGreaterThan(2);
  });

  it('is whole after leaders were killed at random while events came', async () => {
    for (let round = 0; round < 4; round++) {
      const child = await system.startProcess();
      const killed = pause(300 + Math.random() * 1_200).then(() => child.kill('SIGKILL'));
      await tell(EVENTS / 5);
      await killed;
      if (child.signalCode === null) await once(child, 'exit');
    }
    await expectAll(told);
  });
});
