import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * @typedef {{ pid: number, born: string, port?: number }} ProcessRecord `born` tells a process from a later one that
 * was given the same number: numbers come round again, after a reboot even soon.
 */

/**
 * When the process was born, in the system's own words; undefined when there is no such process.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function bornOf(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in brackets may hold spaces and brackets itself; the fields are counted from behind the last one.
      const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return undefined; // ended, but not yet collected by its parent
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot}/${fields[18]}`;
    } catch {
      return undefined;
    }
  }
  if (process.platform === 'win32') return isAlive(pid) ? String(pid) : undefined;
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return ps.stdout?.trim() || undefined;
}

/**
 * Whether the very process that was written down is still there.
 * @param {ProcessRecord | undefined} record
 * @returns {record is ProcessRecord}
 */
export function isStillThere(record) {
  return record !== undefined && bornOf(record.pid) === record.born;
}

/**
 * @param {string} file
 * @returns {ProcessRecord | undefined} undefined also for a half-written or foreign file
 */
export function readProcessRecord(file) {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(record?.pid) && record.pid > 1 && typeof record.born === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {number} pid
 */
export function writeProcessRecord(file, pid) {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, JSON.stringify({ pid, born: bornOf(pid) ?? '' }));
  renameSync(half, file);
}

/**
 * Ends a process that an earlier, killed run left behind: the signals one after the other, each given `eachMs`.
 * @param {string} file its record, removed afterwards
 * @param {readonly NodeJS.Signals[]} signals
 * @param {number} [eachMs]
 * @returns {Promise<boolean>} whether there was one
 */
export async function endLeftover(file, signals, eachMs = 10_000) {
  const record = readProcessRecord(file);
  const found = isStillThere(record);
  if (found) {
    for (const signal of signals) {
      try {
        process.kill(record.pid, signal);
      } catch {
        // gone meanwhile, or somebody else's: the loop below finds out which
      }
      const deadline = Date.now() + eachMs;
      while (isStillThere(record) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
      if (!isStillThere(record)) break;
    }
  }
  rmSync(file, { force: true });
  return found;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
