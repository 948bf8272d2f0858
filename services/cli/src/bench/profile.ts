import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Seconds of CPU in code of this owner itself, not in what it called. */
  readonly seconds: number;
  /** Of the time that the process was not idle, 0…1. */
  readonly share: number;
}

/** Where a process's CPU time went, by the package or library whose code was running, most first. */
export function whereTheTimeWent(folder: string): readonly Share[] {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (!file) return [];
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame.functionName, callFrame.url)]));
  const microseconds = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    const owner = owners.get(sample) ?? 'unknown';
    microseconds.set(owner, (microseconds.get(owner) ?? 0) + (timeDeltas[i] ?? 0));
  }
  microseconds.delete('idle');
  const busy = [...microseconds.values()].reduce((sum, each) => sum + each, 0);
  return [...microseconds]
    .map(([name, each]) => ({ name, seconds: each / 1e6, share: each / busy }))
    .sort((a, b) => b.seconds - a.seconds);
}

function ownerOf(functionName: string, url: string): string {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native code: sockets, system calls';
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/((?:libs|services)\/[^/]+)\//.exec(url)?.[1];
  if (own !== undefined) return own;
  if (url.startsWith('node:'))
    return url.startsWith('node:internal/crypto') ? 'node:crypto' : 'node: streams, http, timers';
  return 'native code: sockets, system calls';
}
