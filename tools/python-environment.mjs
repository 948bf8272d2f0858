// An environment of Python's own with what a requirements.txt pins by hash, in a folder that is kept from run to run.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A wheel of some megabytes; a registry that has not answered after this long is not there. */
const INSTALL_WITHIN_MS = 120_000;

/**
 * @param {string} name of the environment
 * @param {string} requirements a file in which everything is pinned with its hash
 * @returns {{ bin: string } | { missing: string }} where its commands are, or what it takes to have it
 */
export function pythonEnvironment(name, requirements) {
  const python = ['python3', 'python'].find(isFit);
  if (!python) return { missing: 'it needs Python 3.11 or newer, with venv and pip.' };
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(root, '.python', `${name}-${version}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const stamp = join(folder, 'complete');
  if (existsSync(stamp)) return { bin };
  rmSync(folder, { recursive: true, force: true });
  const made = run(python, ['-m', 'venv', folder]);
  if (made.status !== 0) return { missing: `Python cannot make an environment of its own. ${lastLine(made)}` };
  // Wheels only: nothing of what is fetched is run in order to install it.
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
  const filled = run(join(bin, 'python'), [...pip, '--require-hashes', '-r', requirements]);
  if (filled.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return { missing: `pip could not install what ${basename(requirements)} of ${name} pins. ${lastLine(filled)}` };
  }
  writeFileSync(stamp, '');
  return { bin };
}

/** @param {string} python */
function isFit(python) {
  return run(python, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']).status === 0;
}

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  return spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_WITHIN_MS });
}

/** @param {{ stderr: string | null }} result */
function lastLine({ stderr }) {
  return (stderr ?? '').trim().split('\n').at(-1) ?? '';
}
