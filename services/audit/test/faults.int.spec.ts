import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, LogSystem, someEvent, someEvents } from './fixture/log-system.js';

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

  it('shows what was published, though whoever published it was killed before it came to that, and nothing comes after it', async () => {
    const silent = await LogSystem.open();
    try {
      const child = await silent.startProcess({ FAIRLEAD_CRASH_AT: 'audit.published:1' });
      if (child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      expect(existsSync(join(silent.logFolder, 'checkpoint'))).toBe(false);
      await silent.start();
      await silent.untilPublished(0);
    } finally {
      await silent.close();
    }
  });

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

describe('a log whose records are gone before they were read, with real servers', () => {
  let system: LogSystem;
  beforeAll(async () => {
    system = await LogSystem.open();
  });
  afterAll(() => system?.close());

  it('says so, and leaves nothing out: what comes after them gets no place', async () => {
    await system.start();
    await system.tell(...someEvents(20));
    await system.untilPublished(20);
    await system.stop();

    await system.tell(...someEvents(20));
    await system.dropRecords();
    await system.start();
    await eventually(async () => {
      const { status, text } = await system.get('/health/ready');
      expect([status, text]).toEqual([
        503,
        expect.stringMatching(/gives no place: Kafka lacks records, .*expected offset/),
      ]);
    });
    await system.tell(...someEvents(20));
    await pause(2_500);
    expect((await system.get('/health/ready')).status).toBe(503);
    expect(await system.rows('SELECT size::int, published::int FROM log_head')).toEqual([{ size: 20, published: 20 }]);
    await system.verified();
  });
});

describe('a log of a topic that has offsets without a record, with real servers', () => {
  let system: LogSystem;
  beforeAll(async () => {
    system = await LogSystem.open();
  });
  afterAll(() => system?.close());

  it('goes on, and counts them', async () => {
    const lead = randomUUID();
    await system.start();
    await system.stop();
    await system.tellInTransaction(someEvent(lead), someEvent(lead));
    await system.tellInTransaction(someEvent(lead));
    await system.start();
    await system.tellInTransaction(someEvent(lead), someEvent(lead));
    await system.tell(someEvent(lead));
    await system.untilPublished(6);
    const { text } = await system.get('/log/completeness');
    const { partitions } = JSON.parse(text) as { partitions: { gaps: number; entries: number }[] };
    expect(partitions.filter(({ entries }) => entries > 0)).toMatchObject([{ entries: 6, gaps: 3 }]);
  });
});

/** A disk of 1 MB, which the kernel itself says is full. */
function mountSmall(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
}

function unmount(folder: string): void {
  spawnSync('umount', ['--lazy', folder]);
}

const probe = mkdtempSync(join(tmpdir(), 'fairlead-mount-'));
const mayMount = mountSmall(probe);
if (mayMount) unmount(probe);
rmdirSync(probe);

describe('a log whose disk is full, with real servers', () => {
  let system: LogSystem;
  beforeAll(async () => {
    system = await LogSystem.open();
    mkdirSync(system.logFolder);
    if (mayMount) mountSmall(system.logFolder);
  });
  afterAll(async () => {
    await system?.stop();
    if (mayMount) unmount(system.logFolder);
    await system?.close();
  });

  (mayMount ? it : it.skip)(
    `signs nothing that is not written, says what is wrong, and goes on by itself when there is room${mayMount ? '' : ' (skipped: this process may mount nothing)'}`,
    async () => {
      const events = someEvents(1_200);
      await system.start();
      await system.tell(...events.slice(0, 300));
      await system.untilPublished(300);

      const ballast = join(system.logFolder, 'ballast');
      writeFileSync(ballast, '');
      const fill = () => {
        for (;;) appendFileSync(ballast, Buffer.alloc(4_096));
      };
      expect(fill).toThrow(/ENOSPC/);
      await system.tell(...events.slice(300, 1_000));
      const full = async () => {
        const { status, text } = await system.get('/health/ready');
        expect([status, text]).toEqual([
          503,
          expect.stringContaining('no room is left where the log is kept (ENOSPC)'),
        ]);
      };
      await eventually(full);
      // Through several attempts it neither wavers nor ends, and what stands there is sound: nothing is signed that is not written.
      for (let time = 0; time < 10; time++) {
        await full();
        const { checkpoint } = await system.verified();
        const [head] = await system.rows<{ published: string }>('SELECT published FROM log_head');
        expect(checkpoint.size).toBe(Number(head?.published));
        expect(checkpoint.size).toBeLessThan(1_000);
        await pause(600);
      }

      rmSync(ballast);
      await system.tell(...events.slice(1_000));
      await system.untilPublished(events.length);
      await eventually(async () => expect((await system.get('/health/ready')).status).toBe(200));
      const entries: Buffer[] = [];
      await system.verified(entries);
      expect(entries.map(String).sort()).toEqual(events.map(({ bytes }) => String(bytes)).sort());
    },
  );
});
