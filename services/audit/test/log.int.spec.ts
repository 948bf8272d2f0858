import { randomUUID } from 'node:crypto';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { UnitsOfWork } from '@fairlead/messaging';
import { FolderStorage, leafHash, readBundle, readReceipt, verifyReceipt } from '@fairlead/transparency-log';
import type { AuditSettings } from '../src/config.js';
import { LogReader } from '../src/log-reader.js';
import { hasPublished } from '../src/published.js';
import { LogStore } from '../src/store/log.store.js';
import { eventually, LogSystem, someEvent, someEvents } from './fixture/log-system.js';

describe('the log, with real servers', () => {
  let system: LogSystem;
  let signedBeforeStart: boolean;
  beforeAll(async () => {
    system = await LogSystem.open();
    signedBeforeStart = await hasPublished(system.databaseUrl);
    await system.start();
  });
  afterAll(() => system?.close());

  it('can be begun with any key until something was signed, which its database tells, if there is one', async () => {
    expect(signedBeforeStart).toBe(false);
    await eventually(async () => expect(await hasPublished(system.databaseUrl)).toBe(true));
    expect(await hasPublished(system.databaseUrl.replace(/\/\w+$/, '/nowhere'))).toBe(false);
    await expect(hasPublished(system.databaseUrl.replace(/:\d+\//, ':1/'))).rejects.toThrow();
  });

  it('has every event once, its bytes as they were published, under a signed checkpoint', async () => {
    const lead = randomUUID();
    const events = [...someEvents(300), someEvent(lead), someEvent(lead)];
    await system.tell(...events);
    // A relay that was killed repeats what it could not note.
    await system.tell(...events.slice(100, 200));
    await system.untilPublished(302);
    const entries: Buffer[] = [];
    const { checkpoint } = await system.verified(entries);
    expect(checkpoint).toMatchObject({ origin: 'log.example/test', size: 302 });
    const bytes = (all: readonly Buffer[]) => all.map(String).sort();
    expect(bytes(entries)).toEqual(bytes(events.map((event) => event.bytes)));
    const ofLead = entries.map(String).filter((text) => text.includes(lead));
    expect(ofLead).toEqual(events.slice(300).map((event) => String(event.bytes)));

    const { status, text, headers } = await system.get('/log/checkpoint');
    expect([status, text]).toEqual([200, checkpoint.note]);
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it('serves tiles that never change, partial ones of earlier checkpoints too', async () => {
    const tile = await system.get('/log/tile/entries/000');
    expect(tile.status).toBe(200);
    expect(tile.headers.get('cache-control')).toContain('immutable');
    const before = await system.get('/log/tile/0/001.p/46');
    await system.tell(...someEvents(10));
    await system.untilPublished(312);
    const after = await system.get('/log/tile/0/001.p/46');
    expect([before.status, after.status]).toEqual([200, 200]);
    expect(after.text).toBe(before.text);
    await eventually(() => {
      expect(readdirSync(join(system.logFolder, 'tile/0'), { recursive: true })).not.toContain('001.p/46');
    });
    // Timelines and receipts failed, and exports broke off, when a checkpoint came between looking how far the log is and reading it.
    const settings = { openStorage: () => new FolderStorage(system.logFolder) } as unknown as AuditSettings;
    const reader = new LogReader(settings, { query: system.query } as UnitsOfWork, new LogStore());
    const asItWas = await reader.entries([256, 301], 302);
    expect(asItWas.map((entry) => entry.length > 0)).toEqual([true, true]);
    const narrower = await reader.tile({ level: 'entries', index: 1, width: 46 }, 302);
    expect(readBundle(narrower as Buffer, 46)[45]).toEqual(asItWas[1]);
    expect(await reader.tile({ level: 'entries', index: 1, width: 99 }, 302)).toBeUndefined();
    for (const path of [
      'tile/0/002',
      'tile/0/001',
      'tile/0/1',
      'tile/9/000',
      'tile/entries/001.p/99',
      'tile/0/x000/001',
    ])
      expect((await system.get(`/log/${path}`)).status).toBe(404);
    await system.verified();
  });

  it('tells a lead’s life in its order, and gives receipts that verify without it', async () => {
    const lead = randomUUID();
    const events = [someEvent(lead), someEvent(lead), someEvent(lead)];
    await system.tell(...events);
    const { entries } = await eventually(async () => {
      const { status, text } = await system.get(`/v1/leads/${lead}/timeline`);
      const timeline = JSON.parse(text) as { entries: { index: number; event: { id: string } }[] };
      expect([status, timeline.entries?.length]).toEqual([200, 3]);
      return timeline;
    });
    expect(entries.map(({ event }) => event.id)).toEqual(events.map(({ id }) => id));
    const [first = { index: -1 }] = entries;
    const { status, text: receipt } = await system.get(`/v1/leads/${lead}/receipt?index=${first.index}`);
    expect({ status, receipt }).toMatchObject({ status: 200 });
    const verifier = await system.verifier();
    const [event, other] = events as [(typeof events)[0], (typeof events)[0]];
    expect(verifyReceipt(receipt, event.bytes, verifier)).toMatchObject({
      checkpoint: { origin: 'log.example/test' },
    });
    expect(readReceipt(receipt).index).toBe(first.index);
    expect(() => verifyReceipt(receipt, other.bytes, verifier)).toThrow();
    expect(leafHash(event.bytes)).toHaveLength(32);

    for (const path of [
      `/v1/leads/${randomUUID()}/timeline`,
      `/v1/leads/${randomUUID()}/receipt`,
      '/v1/leads/x/timeline',
    ])
      expect((await system.get(path)).status).toBe(404);
    expect((await system.get(`/v1/leads/${lead}/timeline?after=x`)).status).toBe(400);

    // Whoever erased a lead and asked at once whom it had been shown to got a 500: its erasure was published between the two
    // statements of the answer. So what is looked for is bounded by what was published when the answer began.
    const store = new LogStore();
    const [, second = first, third = first] = entries;
    const below = third.index;
    const bounded = await store.placesOf(system.query, lead, { after: -1, below, limit: 10 });
    expect(bounded.map(({ index }) => index)).toEqual([first.index, second.index]);
    expect(await store.placeOf(system.query, lead, { index: undefined, below })).toBe(second.index);
    expect(await store.placeOf(system.query, lead, { index: third.index, below })).toBeUndefined();

    // A partner's receipt was looked for among the first thousand events of the lead: of one that was engaged with for years, there
    // was none of the latest offer.
    const { type } = events[0] as (typeof events)[0];
    const latest = (of: object) =>
      store.latestPlacesOf(system.query, lead, { type, index: undefined, below: below + 1, limit: 2, ...of });
    expect(await latest({})).toEqual([second.index, third.index]);
    expect(await latest({ below })).toEqual([first.index, second.index]);
    expect(await latest({ index: first.index })).toEqual([first.index]);
    expect(await latest({ type: 'lead.routed' })).toEqual([]);
  });

  it('accounts for every record, those that are no events too', async () => {
    await system.tellBytes(Buffer.from('no json'));
    await system.tellBytes(Buffer.from('{"id":"no uuid"}'));
    await system.tellBytes(Buffer.alloc(70_000, 'x'));
    await system.tellBytes(null);
    await system.tell(someEvent());
    const complete = await eventually(async () => {
      const { text } = await system.get('/log/completeness');
      const { entries, partitions } = JSON.parse(text) as {
        entries: number;
        partitions: {
          from: string;
          next: string;
          entries: number;
          repeated: number;
          unreadable: number;
          gaps: number;
        }[];
      };
      const sum = (of: 'entries' | 'repeated' | 'unreadable' | 'gaps') =>
        partitions.reduce((total, each) => total + each[of], 0);
      expect({ entries, unreadable: sum('unreadable') }).toEqual({ entries: 316, unreadable: 4 });
      for (const { from, next, ...counts } of partitions)
        expect(Number(next) - Number(from)).toBe(counts.entries + counts.repeated + counts.unreadable + counts.gaps);
      return { entries: sum('entries'), repeated: sum('repeated'), gaps: sum('gaps') };
    });
    expect(complete).toEqual({ entries: 316, repeated: 100, gaps: 0 });
    await system.untilPublished(316);
  });

  it('goes on where it was after a restart, and signs no fork of an older folder', async () => {
    await system.stop();
    cpSync(system.logFolder, join(system.folder, 'older'), { recursive: true });
    await system.start();
    await system.tell(...someEvents(20));
    await system.untilPublished(336);
    await system.verified();
    await system.stop();

    cpSync(system.logFolder, join(system.folder, 'newer'), { recursive: true });
    rmSync(system.logFolder, { recursive: true });
    cpSync(join(system.folder, 'older'), system.logFolder, { recursive: true });
    await system.start();
    await eventually(async () => {
      const { status, text } = await system.get('/health/ready');
      expect([status, text]).toEqual([503, expect.stringContaining('refuses to sign')]);
    });
    await system.tell(...someEvents(5));
    await pause(1_500);
    expect(await system.rows('SELECT published FROM log_head')).toEqual([{ published: '336' }]);
    await system.stop();

    rmSync(system.logFolder, { recursive: true });
    cpSync(join(system.folder, 'newer'), system.logFolder, { recursive: true });
    await system.start();
    await system.untilPublished(341);
    await system.verified();
  });

  it('signs nothing with another key', async () => {
    const [before] = await system.rows<{ published: string }>('SELECT published FROM log_head');
    await system.stop();
    system.changeKey();
    await system.start();
    await eventually(async () => {
      const { status, text } = await system.get('/health/ready');
      expect([status, text]).toEqual([503, expect.stringContaining('cannot be read with the log')]);
    });
    await system.tell(...someEvents(5));
    await pause(1_500);
    expect(await system.rows('SELECT published FROM log_head')).toEqual([before]);
  });
});
