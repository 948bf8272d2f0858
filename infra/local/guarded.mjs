import { spawn } from 'node:child_process';

/**
 * Waits beside the server for the pipe on descriptor 3 to close. A line before that means "ended, all is well"; the bare
 * end of the pipe means that we died without a word (kill -9), and then neither the server nor what it has started may
 * outlive us. The watcher is forked twice: as a child of the server its end would look to PostgreSQL like a crashed
 * backend. It belongs to the server's process group itself, so the last signal ends it too.
 */
const GUARD = `
first=$1 last=$2 grace=$3
shift 3
( (
  exec </dev/null >/dev/null 2>&1 4>&-
  if ! read -r word <&3; then
    trap '' HUP INT QUIT TERM
    kill -s "$first" -- "-$$"
    while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 0.2; grace=$((grace - 1)); done
    kill -s "$last" -- "-$$"
  fi
) & )
exec "$@" 3<&-
`;

/**
 * Starts a process that ends when this one does, however this one ends. It stands in a session of its own, so that
 * Ctrl-C reaches us alone and we decide in which order things stop.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {readonly [NodeJS.Signals, NodeJS.Signals]} options.signals the polite and the last one, for the guard
 * @param {number} options.graceMs how long the guard waits between the two
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} [options.uid]
 * @param {number} [options.gid]
 * @param {number | 'ignore' | 'pipe' | 'inherit'} [options.output] where its stdout and stderr go
 * @param {boolean} [options.ipc] with a channel for messages
 * @returns {import('node:child_process').ChildProcess} its pid is the server's own
 */
export function spawnGuarded(command, args, options) {
  const { signals, graceMs, output = 'ignore', ipc = false, ...rest } = options;
  const channel = ipc ? [/** @type {const} */ ('ipc')] : [];
  if (process.platform === 'win32') {
    // No shell to guard with: what a killed run leaves is ended by the next start, from its record.
    return spawn(command, args, {
      ...rest,
      windowsHide: true,
      stdio: ['ignore', output, output, 'ignore', ...channel],
    });
  }
  const short = signals.map((signal) => signal.slice('SIG'.length));
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', ...short, String(Math.ceil(graceMs / 200)), command, ...args], {
    ...rest,
    detached: true,
    stdio: ['ignore', output, output, 'pipe', ...channel],
  });
  const pipe = /** @type {import('node:stream').Writable} */ (child.stdio[3]);
  pipe.on('error', () => undefined); // the watcher may be gone before our last word
  child.once('exit', () => pipe.end('ended\n'));
  /** @type {{ unref?: () => void }} */ (pipe).unref?.();
  return child;
}
