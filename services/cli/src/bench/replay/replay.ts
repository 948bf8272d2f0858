import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDataSource, queryOf, RowCopy } from '@fairlead/persistence';
import { CHECKPOINT } from '@fairlead/transparency-log';
import { startPostgres } from '../../../../../infra/local/postgres.mjs';
import { CommandFailed } from '../../api/command-failed.js';
import { generateLog } from './generated-log.js';
import { simulatedVendor } from './simulated-vendor.js';

export interface ReplayBenchResult {
  readonly events: number;
  readonly bytes: number;
  readonly decisions: number;
  readonly leads: number;
  readonly offers: number;
  /** From the start of the program to its end: the log verified, all decided again, the read models written and hashed. */
  readonly seconds: number;
  /** The most that the process had in memory at once, in megabytes; its PostgreSQL is not in it. */
  readonly memoryMb: number;
  /** What one thread needs for a part of it, and for nothing else: seconds for as many events. */
  readonly limits: { readonly jsonParse: number; readonly sha256: number; readonly copy: number };
}

interface Replayed {
  readonly events: number;
  readonly decisions: number;
  readonly identical: number;
  readonly readModels: { readonly leads: number; readonly offers: number };
  readonly memoryMb: number;
}

/** So many events stand for all: enough that the compiler has done its work. */
const SAMPLE = 100_000;

/**
 * Replays a log that the real decisions have made, in a process of its own, as `fairlead replay` does it.
 * @param log  of which folder; a simulated one of so many events is made where there is none
 * @throws CommandFailed when a decision does not come out as it was recorded
 */
export async function benchReplay(
  { events: wanted, log: kept }: { events: number; log?: string },
  onProgress: (text: string) => void,
): Promise<ReplayBenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-replay-'));
  try {
    const log = kept ?? join(folder, 'log');
    if (!existsSync(join(log, CHECKPOINT))) simulate(log, wanted, onProgress);
    onProgress('replaying');
    const began = performance.now();
    const { events, decisions, identical, readModels, memoryMb } = await replay(log);
    const seconds = (performance.now() - began) / 1_000;
    if (identical !== decisions)
      throw new CommandFailed(`Only ${identical} of ${decisions} decisions came out as they were recorded.`);
    onProgress('measuring what its parts can do alone');
    const copy = await copyLimit(join(folder, 'postgres'), readModels.leads + readModels.offers);
    const limits = { ...limitsOf(events), copy };
    return { events, bytes: bytesIn(log), decisions, ...readModels, seconds, memoryMb, limits };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function simulate(log: string, events: number, onProgress: (text: string) => void): void {
  onProgress(`simulating a vendor until it has said ${thousands(events)} things`);
  let told = 0;
  generateLog(log, events, (done) => {
    if (done - told < 100_000) return;
    told = done;
    onProgress(`${thousands(done)} events`);
  });
}

/** Of all entries, with their lengths; of bundles that were partial once, and are left, too. */
function bytesIn(log: string): number {
  const files = readdirSync(join(log, 'tile', 'entries'), { recursive: true, withFileTypes: true });
  return files.reduce((sum, file) => sum + (file.isFile() ? statSync(join(file.parentPath, file.name)).size : 0), 0);
}

async function replay(log: string): Promise<Replayed> {
  const main = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url),
  );
  const child = spawn(process.execPath, [...process.execArgv, main, 'replay', log, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let answer = '';
  child.stdout.on('data', (text: Buffer) => (answer += String(text)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new CommandFailed(`The replay ended with ${code}.`);
  const { readModels, ...replayed } = JSON.parse(answer) as Replayed;
  return { ...replayed, readModels: { leads: readModels.leads, offers: readModels.offers } };
}

function limitsOf(events: number): { jsonParse: number; sha256: number } {
  const entries: Buffer[] = [];
  for (const { bytes } of simulatedVendor(2)) if (entries.push(bytes) === SAMPLE) break;
  const seconds = (each: (entry: Buffer) => unknown): number => {
    const began = performance.now();
    for (const entry of entries) each(entry);
    return ((performance.now() - began) / 1_000) * (events / SAMPLE);
  };
  const twice = (each: (entry: Buffer) => unknown): number => Math.min(seconds(each), seconds(each));
  return {
    jsonParse: twice((entry) => JSON.parse(entry.toString('utf8')) as unknown),
    sha256: twice((entry) => hash('sha256', entry, 'buffer')),
  };
}

/** Rows of about the size of those that a replay writes, into a PostgreSQL like the one that it starts. */
async function copyLimit(dir: string, rows: number): Promise<number> {
  const postgres = await startPostgres({ dir, durable: false, databases: ['fairlead'] });
  const url = postgres.urls['fairlead'] ?? '';
  const dataSource = createDataSource({ url, schema: 'bench', poolSize: 1, applicationName: 'fairlead-bench' });
  try {
    await dataSource.initialize();
    const query = queryOf(dataSource);
    await query('CREATE SCHEMA bench');
    await query('CREATE TABLE rows (id bigint PRIMARY KEY, document jsonb, at timestamptz)');
    const document = { filler: 'x'.repeat(600), list: [1, 2, 3], words: { one: 'word', another: 'word' } };
    const at = new Date(0);
    const began = performance.now();
    const copy = await RowCopy.into(dataSource, 'rows', ['id', 'document', 'at']);
    for (let id = 0; id < rows; id++) await copy.write([id, document, at]);
    await copy.end();
    return (performance.now() - began) / 1_000;
  } finally {
    await dataSource.destroy();
    await postgres.stop();
  }
}

const thousands = (value: number): string => value.toLocaleString('en');
