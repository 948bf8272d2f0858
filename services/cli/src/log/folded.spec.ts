import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FairleadEvent } from '@fairlead/events';
import { madeEntries } from '../../test/fixture/made-log.js';
import { simulatedVendor } from '../bench/replay/simulated-vendor.js';
import { FOLDED } from './folded.js';
import { readEvent } from './read-event.js';
import { skimEvent } from './skim-event.js';

/** Enough for each kind of event that the simulation has, several times over. */
const EVENTS = 5_000;

describe('read models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-folded-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The rows that are written of it. */
  async function rowsOf(entries: readonly Buffer[], read: (entry: Buffer) => FairleadEvent): Promise<string[]> {
    const rows: string[] = [];
    const copyInto = (table: string) =>
      Promise.resolve({
        write: (row: readonly unknown[]) => void rows.push(`${table} ${JSON.stringify(row)}`),
        writeWritten: (lines: string, rest = Buffer.alloc(0)) => void rows.push(`${table} ${lines}${rest.toString()}`),
        end: () => Promise.resolve(),
      });
    const { ReadModelsLoad } = await import('@fairlead/outcome-tracking/read-models');
    const load = new ReadModelsLoad(mkdtempSync(join(folder, 'load-')));
    for (const entry of entries) await load.read(read(entry));
    await load.end(() => Promise.resolve([]), copyInto as never);
    await load.close();
    return rows;
  }

  it.each([
    ['a vendor’s months', monthsOfAVendor],
    ['leads whose persons have not all agreed', () => madeEntries(40).map(withoutConsent)],
  ])('come to the same from as much of the events as is read: %s', async (_, made) => {
    const entries = made();
    const whole = await rowsOf(entries, (entry) => readEvent(entry));
    expect(whole.length).toBeGreaterThan(40);
    expect(await rowsOf(entries, (entry) => skimEvent(entry, entry.toString('utf8'), FOLDED))).toEqual(whole);
  });
});

function monthsOfAVendor(): Buffer[] {
  const entries: Buffer[] = [];
  for (const { bytes } of simulatedVendor()) if (entries.push(bytes) === EVENTS) break;
  return entries;
}

/** Each second lead went to direct, as no partner was allowed to have it. */
function withoutConsent(entry: Buffer, index: number): Buffer {
  const event = JSON.parse(entry.toString('utf8')) as { type: string; data: { to?: string; refusedCounts?: object } };
  if (event.type === 'lead.routed' && index % 2 === 0)
    Object.assign(event.data, { to: 'direct', refusedCounts: { 'no-consent': 3 } });
  return Buffer.from(JSON.stringify(event));
}
