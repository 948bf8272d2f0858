import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEvent, LeadAbsorbed } from '@fairlead/events';
import { generateSigner, readBundle, signNote, TILE_WIDTH, verifierKey, writeBundle } from '@fairlead/transparency-log';
import { idOf, madeEntries, type MadeLog, POLICY, START, writeLog } from './fixture/made-log.js';
import { CommandHost } from './fixture/command-host.js';
import { type Ended, type HowToRun, runFairlead } from './fixture/run-fairlead.js';

const LEADS = 250;
const BUNDLE = 'tile/entries/001';
/** Enough for any log, as memory does not grow with it; what reads a large file whole, or follows a bomb, ends here. */
const LITTLE_MEMORY = ['--max-old-space-size=160'];
/** Some processes for each way in which a log can be bad, each of which may take half a minute. */
const PATIENCE_MS = 120_000;

describe('a log that is not what it should be', () => {
  let folder: string;
  let good: string;
  let policy: string;
  let log: MadeLog;
  // Most of what a command takes here is the start of its process: one of them runs what need not run alone.
  const host = new CommandHost(LITTLE_MEMORY);
  const entries = madeEntries(LEADS);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-bad-'));
    chmodSync(folder, 0o755);
    good = join(folder, 'good');
    log = writeLog(good, entries, { sizes: [100, 300] });
    policy = join(folder, 'policy.json');
    writeFileSync(policy, JSON.stringify(POLICY));
  });
  afterAll(() => {
    host.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const commands = (dir: string): Record<string, string[]> => ({
    verify: ['verify', dir],
    replay: ['replay', dir],
    'what-if': ['what-if', dir, '--policy', policy],
    timeline: ['timeline', idOf('lead 0'), '--log', dir],
  });

  /** Each command says one sentence and ends with 1: no stack trace, nothing on stdout, no crash, in time. */
  async function eachSays(says: RegExp, args: readonly string[][], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const ended = [];
    for (const each of args) ended.push(await host.run(each, env));
    eachSaid(says, ended);
  }

  /** The same of processes of their own, which is how they run. */
  async function eachSaysAlone(says: RegExp, args: readonly string[][], how: HowToRun = {}): Promise<void> {
    eachSaid(says, await Promise.all(args.map((each) => runFairlead(each, { flags: LITTLE_MEMORY, ...how }))));
  }

  function eachSaid(says: RegExp, ended: readonly Ended[]): void {
    expect(ended.map(({ code, stdout }) => ({ code, stdout }))).toEqual(ended.map(() => ({ code: 1, stdout: '' })));
    for (const { stderr } of ended) {
      expect(stderr).toMatch(/^fairlead: [^\n]+\n$/);
      expect(stderr).toMatch(says);
    }
  }

  function copy(name: string): string {
    const dir = join(folder, name);
    rmSync(dir, { recursive: true, force: true });
    cpSync(good, dir, { recursive: true });
    return dir;
  }

  /** @param at  which byte */
  function flip(file: string, at: number): void {
    const bytes = readFileSync(file);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }

  /** Makes another of a letter of base64, which stays base64: what is none is told in other words. */
  function reletter(file: string, fromEnd: number): void {
    const text = readFileSync(file, 'latin1');
    const letter = text.at(-fromEnd) === 'A' ? 'B' : 'A';
    writeFileSync(file, text.slice(0, -fromEnd) + letter + text.slice(1 - fromEnd), 'latin1');
  }

  /** Changes the entries of the second bundle. */
  function rebundle(dir: string, change: (all: Buffer[]) => Buffer[]): void {
    const file = join(dir, BUNDLE);
    const changed = change(readBundle(readFileSync(file), TILE_WIDTH));
    writeFileSync(file, Buffer.concat(changed.map((entry) => writeBundle([entry]))));
  }

  const checkpointOf = (dir: string, size: string) =>
    writeFileSync(
      join(dir, 'checkpoint'),
      signNote(`${log.signer.name}\n${size}\n${Buffer.alloc(32).toString('base64')}\n`, log.signer),
    );

  it('is told from one that is', async () => {
    const ended = await Promise.all(Object.values(commands(good)).map((args) => runFairlead([...args, '--json'])));
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ended.map(() => ({ code: 0, stderr: '' })));
    const [verified, replayed, whatIf] = ended.map(({ stdout }) => JSON.parse(stdout) as unknown);
    expect(verified).toMatchObject({ entries: entries.length });
    expect(replayed).toMatchObject({ decisions: 2 * LEADS, identical: 2 * LEADS });
    expect(whatIf).toMatchObject({ decisions: LEADS, changed: 0, undecidable: 0 });
  });

  it('tells of a lead what was said of it, in its order, and not what was said of another that names it', async () => {
    const dir = join(folder, 'two-leads');
    const [lead, other] = [idOf('lead 0'), idOf('lead 1')];
    const data = { into: lead, merge: idOf('merge'), actor: 'key-1', reason: 'same-person' };
    const named = encodeEvent(LeadAbsorbed, {
      id: idOf('named'),
      source: '/ingestion',
      subject: other,
      time: START,
      data,
    });
    writeLog(dir, [...entries.slice(0, 11), named.bytes], { signer: log.signer });
    const told = async (id: string) => {
      const { stdout } = await host.run(['timeline', id, '--log', dir, '--json']);
      const timeline = JSON.parse(stdout) as { entries: { index: number; event: { type: string } }[] };
      return timeline.entries.map(({ index, event }) => `${index} ${event.type}`);
    };
    expect(await told(lead)).toEqual(['5 lead.received', '6 lead.scored', '7 lead.routed']);
    expect(await told(other)).toEqual(['8 lead.received', '9 lead.scored', '10 lead.routed', '11 lead.absorbed']);
  });

  const bad: [name: string, spoil: (dir: string) => void, says: RegExp][] = [
    ['a bit of an entry is flipped', (dir) => flip(join(dir, BUNDLE), 100), /entry 256: in tile\/entries\/001 is not/],
    ['a bit of a hash is flipped', (dir) => flip(join(dir, 'tile/0/001'), 40), /tile\/0\/001: does not come to what/],
    [
      'a bit of a hash at the edge is flipped',
      (dir) => flip(join(dir, 'tile/1/000.p/2'), 40),
      /tile\/1\/000\.p\/2: hash 1 /,
    ],
    [
      'a bit of the checkpoint’s text is flipped',
      (dir) => flip(join(dir, 'checkpoint'), 19),
      /checkpoint: the signature of/,
    ],
    [
      'a letter of its signature is another',
      (dir) => reletter(join(dir, 'checkpoint'), 10),
      /checkpoint: the signature of/,
    ],
    [
      'a bit of an earlier checkpoint is flipped',
      (dir) => flip(join(dir, 'checkpoints/300'), 22),
      /checkpoints\/300: /,
    ],
    [
      'a letter of the verifier key is another',
      (dir) => reletter(join(dir, 'verifier.key'), 20),
      /verifier\.key: the id of/,
    ],
    [
      'the verifier key is empty',
      (dir) => writeFileSync(join(dir, 'verifier.key'), ''),
      /verifier\.key: a verifier key/,
    ],
    [
      'an entry was removed',
      (dir) => rebundle(dir, (all) => all.toSpliced(44, 1)),
      /tile\/entries\/001: ends before entry 255 of 256/,
    ],
    [
      'two neighbours were swapped',
      (dir) => rebundle(dir, ([one, other, ...rest]) => [other!, one!, ...rest]),
      /entry 256: in tile\/entries\/001/,
    ],
    [
      'an entry was inserted',
      (dir) => rebundle(dir, (all) => all.toSpliced(44, 0, Buffer.from('{}'))),
      /tile\/entries\/001: \d+ bytes after the last of 256/,
    ],
    [
      'an entry claims more bytes than there are',
      (dir) => writeFileSync(join(dir, BUNDLE), Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(1_000)])),
      /tile\/entries\/001: entry 0 of 256 claims 65535 bytes, and 1000 are left/,
    ],
    [
      // Lengths have two bytes: 70,000 can only be claimed by what comes after.
      'a bundle is larger than bundles can be',
      (dir) => truncateSync(join(dir, BUNDLE), 70_000 * 256),
      /tile\/entries\/001: has 17920000 bytes, and \d+ at most can be right/,
    ],
    ['a bundle is missing', (dir) => rmSync(join(dir, BUNDLE)), /tile\/entries\/001: is missing/],
    ['a tile is missing', (dir) => rmSync(join(dir, 'tile/0/001')), /tile\/0\/001: is missing/],
    [
      'the partial tiles are missing',
      (dir) => rmSync(join(dir, 'tile/0/002.p'), { recursive: true }),
      /002\.p\/243: is missing/,
    ],
    [
      'a bundle was cut short',
      (dir) => truncateSync(join(dir, BUNDLE), 999),
      /tile\/entries\/001: entry \d of 256 claims/,
    ],
    ['a tile was cut short', (dir) => truncateSync(join(dir, 'tile/0/001'), 999), /tile\/0\/001: has 999 bytes/],
    ['the checkpoint is empty', (dir) => truncateSync(join(dir, 'checkpoint'), 0), /checkpoint: no blank line/],
    ['the checkpoint is missing', (dir) => rmSync(join(dir, 'checkpoint')), /checkpoint: is missing/],
    [
      'the checkpoint has 100 MB',
      (dir) => truncateSync(join(dir, 'checkpoint'), 100_000_000),
      /checkpoint: has 100000000/,
    ],
    [
      'its size is 2^64 − 1',
      (dir) => checkpointOf(dir, '18446744073709551615'),
      /size of 18446744073709551615 is beyond/,
    ],
    ['its size is all that a number holds', (dir) => checkpointOf(dir, '9007199254740991'), /x\d{3}.*: is missing/],
    ['its size is negative', (dir) => checkpointOf(dir, '-1'), /checkpoint: the size is not a number/],
    ['its size has zeros before it', (dir) => checkpointOf(dir, '0755'), /checkpoint: the size is not a number/],
    [
      'its size is less than it was',
      (dir) => writeFileSync(join(dir, 'checkpoint'), log.notes.get(300) ?? ''),
      /some were taken away/,
    ],
    [
      'a tile is a link to nowhere',
      (dir) => {
        rmSync(join(dir, BUNDLE));
        symlinkSync('nowhere', join(dir, BUNDLE));
      },
      /tile\/entries\/001: is missing/,
    ],
    [
      'a tile is a link to itself',
      (dir) => {
        rmSync(join(dir, BUNDLE));
        symlinkSync('001', join(dir, BUNDLE));
      },
      /tile\/entries\/001: is no file/,
    ],
    [
      'a tile is a device that never ends',
      (dir) => {
        rmSync(join(dir, BUNDLE));
        symlinkSync('/dev/zero', join(dir, BUNDLE));
      },
      /tile\/entries\/001: is no file/,
    ],
    [
      'a tile is a folder',
      (dir) => {
        rmSync(join(dir, BUNDLE));
        mkdirSync(join(dir, BUNDLE));
      },
      /tile\/entries\/001: is no file/,
    ],
    [
      'a tile is a pipe that nobody writes into',
      (dir) => {
        rmSync(join(dir, BUNDLE));
        spawnSync('mkfifo', [join(dir, BUNDLE)]);
      },
      /tile\/entries\/001: is no file/,
    ],
    [
      'it is somebody else’s, by its key',
      (dir) => writeFileSync(join(dir, 'verifier.key'), verifierKey(generateSigner(log.signer.name))),
      /checkpoint: not signed by fairlead\.test\/log/,
    ],
    [
      'it is somebody else’s, by its origin',
      (dir) => writeFileSync(join(dir, 'verifier.key'), verifierKey(generateSigner('other.test/log'))),
      /checkpoint: not signed by other\.test\/log/,
    ],
    [
      'a file is among the checkpoints',
      (dir) => writeFileSync(join(dir, 'checkpoints/notes'), ''),
      /checkpoints\/: has a file "notes"/,
    ],
  ];
  it.each(bad)(
    '%s: every command says so, and where',
    async (name, spoil, says) => {
      const dir = copy('spoilt');
      spoil(dir);
      // The others verify by the same code before they decide anything: one of them each time, in turns, saves a minute; and
      // the PostgreSQL for read models, which no finding depends on, another.
      const { verify = [], replay = [], 'what-if': whatIf = [], timeline = [] } = commands(dir);
      const others = [[...replay, '--no-read-models'], whatIf, timeline];
      const other = others[bad.findIndex(([each]) => each === name) % others.length] ?? [];
      await eachSays(says, [verify, other]);
    },
    PATIENCE_MS,
  );

  it('was forked: it is not the one of which somebody kept a checkpoint', async () => {
    const other = writeLog(join(folder, 'fork'), entries.with(7, Buffer.from('{}')), {
      signer: log.signer,
      sizes: [300],
    });
    const kept = join(folder, 'kept');
    writeFileSync(kept, other.notes.get(300) ?? '');
    await eachSays(/the checkpoint that was kept: the first 300 entries come to the root/, [
      ['verify', good, '--since', kept],
      ['replay', good, '--since', kept],
    ]);
    for (const [what, says] of [
      [folder, /is no file/],
      [join(folder, 'nothing'), /cannot be read \(ENOENT\)/],
    ] as const)
      await eachSays(says, [
        ['verify', good, '--since', what],
        ['verify', good, '--key', what],
        ['what-if', good, '--key', what, '--policy', policy],
      ]);
    const large = join(folder, 'large');
    writeFileSync(large, '');
    truncateSync(large, 3_000_000_000);
    await eachSays(/has 3000000000 bytes, and what belongs there has 65536 at most/, [
      ['verify', good, '--since', large],
      ['verify', good, '--key', large],
    ]);
  });

  it('is not there, or may not be read', async () => {
    await eachSays(/There is no folder /, Object.values(commands(join(folder, 'nowhere'))));
    await eachSays(/is no folder\.$/m, Object.values(commands(policy)));
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await eachSays(/verifier\.key: is missing/, Object.values(commands(empty)));

    const secret = copy('secret');
    chmodSync(join(secret, BUNDLE), 0);
    // Root reads everything; nobody does not.
    const how = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    // A process of its own for each, also because it is of another user.
    await eachSaysAlone(/tile\/entries\/001 cannot be read \(EACCES\)/, Object.values(commands(secret)), how);
    chmodSync(secret, 0);
    await eachSaysAlone(/cannot be read \(EACCES\)/, [commands(secret)['verify'] ?? []], how);
    chmodSync(secret, 0o755);
  });

  const event = JSON.parse(String(entries[9])) as Record<string, unknown>;
  const strange: [name: string, entry: string, says: RegExp][] = [
    ['no JSON', 'not { JSON', /Entry 9 of the log is no event of Fairlead’s\. not-json: the bytes are not JSON/],
    ['nothing', '', /Entry 9 .* not-json/],
    ['null', 'null', /Entry 9 .* not-an-event/],
    ['JSON that is no event', '{"hello":"world"}', /Entry 9 .* not-an-event/],
    ['nested 30,000 deep', '['.repeat(30_000) + ']'.repeat(30_000), /Entry 9 of the log is no event/],
    ['of a type that nobody knows', JSON.stringify({ ...event, type: 'lead.sold' }), /Entry 9 .* unknown-type/],
    [
      'of a version to come',
      JSON.stringify({ ...event, dataschema: `urn:fairlead:${String(event['type'])}:99` }),
      /Entry 9 .* unsupported-version/,
    ],
    ['without data', JSON.stringify({ ...event, data: null }), /Entry 9 .* not-an-event/],
  ];
  it('has an entry that only the read models look into, and that is no event: it is told, and nobody is waited for', async () => {
    const dir = join(folder, 'strange-to-read-models');
    const notified = { ...event, type: 'partner.notified', dataschema: 'urn:fairlead:partner.notified:1', data: null };
    writeLog(dir, entries.with(9, Buffer.from(JSON.stringify(notified))), { signer: log.signer });
    await eachSays(/Entry 9 .* not-an-event/, [commands(dir).replay ?? []]);
  });

  // Each of these passes for an event, and cost a stack trace: a COPY that failed far from it, or an instant that is none.
  const impossible: [name: string, change: object, says: RegExp][] = [
    ['of a lead that no row can have', { subject: 'x' }, /Entry 9 of the log cannot be read\. its subject is no lead/],
    ['at no moment', { time: '2026-13-45T00:00:00.000Z' }, /Entry 8 of the log cannot be read\. its time is no moment/],
  ];
  it.each(impossible)('has an entry %s: whoever cannot read it says which', async (_, change, says) => {
    const dir = join(folder, 'impossible');
    rmSync(dir, { recursive: true, force: true });
    const at = 'time' in change ? 8 : 9;
    const changed = { ...(JSON.parse(String(entries[at])) as object), ...change };
    writeLog(dir, entries.with(at, Buffer.from(JSON.stringify(changed))), { signer: log.signer });
    const { verify = [], replay = [] } = commands(dir);
    expect(await host.run(verify)).toMatchObject({ code: 0, stderr: '' });
    await eachSays(says, [replay]);
    const { stdout } = await host.run([...replay, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { where: `entry ${at}` } });
  });

  it('says of an offer a number that no column holds: what PostgreSQL says of it is told, and no more', async () => {
    const dir = join(folder, 'beyond');
    const routed = JSON.parse(String(entries[7])) as { data: object };
    const changed = { ...routed, data: { ...routed.data, offer: 3_000_000_000 } };
    writeLog(dir, entries.with(7, Buffer.from(JSON.stringify(changed))), { signer: log.signer });
    await eachSays(/The PostgreSQL that was started for it does not take what the log comes to: 22003: /, [
      commands(dir).replay ?? [],
    ]);
  });

  it('has an entry of a lead that has no time: its timeline says which', async () => {
    const dir = join(folder, 'timeless');
    const { time: _, ...timeless } = JSON.parse(String(entries[5])) as { time: string };
    writeLog(dir, entries.with(5, Buffer.from(JSON.stringify(timeless))), { signer: log.signer });
    await eachSays(/Entry 5 of the log is no event of Fairlead’s\. not-an-event: /, [commands(dir).timeline ?? []]);
  });

  it('is read on a machine with no room for what memory does not hold, which is no fault of the log', async () => {
    const args = commands(good).replay ?? [];
    const { code, stdout, stderr } = await host.run([...args, '--json'], { TMPDIR: join(folder, 'nowhere') });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^fairlead: \S+nowhere\/fairlead-replay-\S+ cannot be written \(ENOENT\)\. TMPDIR [^\n]+\n$/,
      ),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { file: expect.stringContaining('nowhere') as string } });
    // Too little for the files of a new database: that PostgreSQL says so, and not our thread.
    await eachSaysAlone(/PostgreSQL /, [args], { under: ['prlimit', '--fsize=1048576'] });
  });

  it('comes with read models that are no file, or too large: nobody waits for them, and nothing is done before', async () => {
    const dir = copy('exported');
    const file = join(dir, 'read-models.json');
    const makes: [make: () => void, says: RegExp][] = [
      [() => spawnSync('mkfifo', [file]), /read-models\.json is no file/],
      [() => symlinkSync('/dev/zero', file), /read-models\.json is no file/],
      [() => (writeFileSync(file, ''), truncateSync(file, 300_000_000)), /read-models\.json has 300000000 bytes/],
      [() => writeFileSync(file, '{}'), /read-models\.json is not what an export wrote/],
    ];
    for (const [make, says] of makes) {
      rmSync(file, { force: true });
      make();
      // Though the log is not sound either.
      flip(join(dir, BUNDLE), 100);
      await eachSays(says, [commands(dir).replay ?? []]);
    }
  });

  // The tree says that nothing was changed since: what was written into it in the first place is for those who read it.
  it.each(strange)('has an entry that is %s: it verifies, and whoever reads it says which', async (_, entry, says) => {
    const dir = join(folder, 'strange');
    rmSync(dir, { recursive: true, force: true });
    writeLog(dir, entries.with(9, Buffer.from(entry)), { signer: log.signer });
    const { verify = [], replay = [], 'what-if': whatIf = [] } = commands(dir);
    expect(await host.run(verify)).toMatchObject({ code: 0, stderr: '' });
    await eachSays(says, [[...replay, '--no-read-models'], whatIf]);
  });

  it('has an override that says of the policy what it would not have done: it verifies, and a replay says which', async () => {
    const dir = join(folder, 'overridden');
    const overridden = madeEntries(20, { overridden: 2 });
    const index = overridden.findLastIndex((entry) => String(entry).includes('"type":"lead.overridden"'));
    const said = JSON.parse(String(overridden[index])) as { subject: string; data: { policyWould: string } };
    const { policyWould } = said.data;
    const data = { ...said.data, policyWould: policyWould === 'direct' ? 'coil' : 'direct' };
    writeLog(dir, overridden.with(index, Buffer.from(JSON.stringify({ ...said, data }))), { signer: log.signer });
    expect(await host.run(['verify', dir])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await host.run(['replay', dir, '--no-read-models', '--json']);
    const { different, ...counts } = JSON.parse(stdout) as { different: object[] };
    expect([code, counts]).toMatchObject([1, { decisions: 42, identical: 41, differentCount: 1, undecidable: 0 }]);
    expect(different).toMatchObject([{ index, leadId: said.subject, was: data.policyWould, now: policyWould }]);
    const told = await host.run(['replay', dir, '--no-read-models']);
    expect(told.stdout).toMatch(new RegExp(`\\n${index} +${said.subject} +all/22 .* than the override says`));
  });

  const files: [name: string, content: string | Buffer | number, says: RegExp][] = [
    ['empty', '', /is no (?:policy|model|roster):/],
    ['binary', Buffer.from([0xff, 0x00, 0xfe, 0x80]), /it is not text in UTF-8/],
    ['50 MB', 50_000_000, /has 50000000 bytes, and a (?:policy|model|roster) has 524288 at most/],
    ['an error on its third line', 'name: x\npools:\n  - id: [\n', /line \d: /],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, index) => {
        const [before, name] = ['abcdefghij'[index], 'abcdefghij'[index + 1]];
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]\n`;
      }).join('')}`,
      /anchors and aliases are not allowed/,
    ],
    ['nested deep', '['.repeat(60_000), /is no (?:policy|model|roster):/],
  ];
  it.each(files)('is not at fault where a file is %s', async (_, content, says) => {
    const file = join(folder, 'otherwise.yaml');
    writeFileSync(file, typeof content === 'number' ? '' : content);
    if (typeof content === 'number') truncateSync(file, content);
    for (const option of ['--policy', '--model', '--partners']) {
      const { code, stdout, stderr } = await host.run(['what-if', good, option, file]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`fairlead: ${file} `);
      expect(stderr).toMatch(says);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stderr.length).toBeLessThan(20_000);
    }
  });

  it('is told to machines as well, where they asked for JSON', async () => {
    const dir = copy('json');
    flip(join(dir, BUNDLE), 100);
    for (const args of Object.values(commands(dir))) {
      const { code, stdout, stderr } = await host.run([...args, '--json']);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^fairlead: The log is not sound\. entry 256: /)]);
      expect(JSON.parse(stdout)).toEqual({
        error: {
          message: 'The log is not sound. entry 256: in tile/entries/001 is not what tile/0/001 says',
          where: 'entry 256',
          what: 'in tile/entries/001 is not what tile/0/001 says',
        },
      });
    }
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'name: x\npools: []\n');
    const { stdout } = await host.run(['what-if', good, '--policy', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { file, problems: [{ path: 'pools', line: 2 }] } });
  });

  describe('is not made by an export', () => {
    let close: () => void;
    let env: NodeJS.ProcessEnv;
    /** The folder of the log that the system has. */
    let served: string;
    beforeAll(async () => {
      served = good;
      const server = createServer(({ url = '' }, answer) => {
        const path = new URL(url, 'http://localhost').pathname;
        if (path === '/log/checkpoints') return answer.end(JSON.stringify({ checkpoints: [] }));
        try {
          answer.end(readFileSync(join(served, path.replace('/log/', ''))));
        } catch {
          answer.writeHead(404).end('{}');
        }
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      env = { FAIRLEAD_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, FAIRLEAD_API_KEY: 'any' };
      close = () => server.close();
    });
    afterAll(() => close());
    afterEach(() => (served = good));
    const exported = (dir: string) => ['export', '--out', dir];

    it('into a folder that has something else in it, or is none', async () => {
      const fresh = join(folder, 'fresh');
      expect(await host.run(exported(fresh), env)).toMatchObject({ code: 0, stderr: '' });
      expect(await host.run(['verify', fresh])).toMatchObject({ code: 0 });
      const homework = join(folder, 'homework');
      mkdirSync(homework);
      writeFileSync(join(homework, 'essay.txt'), 'x');
      await eachSays(/homework has other things in it \(essay\.txt\)/, [exported(homework)], env);
      await eachSays(/cannot be written \(/, [exported(policy), exported(join(policy, 'x'))], env);
    });

    it('where nothing can be written, which it says at once', async () => {
      // Here a folder is, and yet none can be made in it: no permission is missing, and it is no file.
      await eachSays(/\/proc\/export cannot be written \(ENOENT\)/, [exported('/proc/export')], env);
      await eachSays(/cannot be written \(ENOENT\)/, [exported('/proc/some/export')], env);
      const closed = join(folder, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o555);
      // Root writes everywhere; nobody does not.
      const how = { env, ...(process.getuid?.() === 0 && { uid: 65_534 }) };
      for (const dir of [closed, join(closed, 'x')])
        await eachSaysAlone(/closed\/\S+ cannot be written \(EACCES\)/, [exported(dir)], how);
      chmodSync(closed, 0);
      await eachSaysAlone(/closed cannot be written \(EACCES\)/, [exported(closed)], how);
      symlinkSync('nowhere', join(folder, 'to-nowhere'));
      await eachSays(/to-nowhere cannot be written \(EEXIST\)/, [exported(join(folder, 'to-nowhere'))], env);
    });

    it('over another log, or over one that has more', async () => {
      const other = join(folder, 'other-log');
      writeLog(other, entries.slice(0, 20));
      await eachSays(/other-log has another log/, [exported(other)], env);
      // Stopped before its checkpoint was written.
      rmSync(join(other, 'checkpoint'));
      await eachSays(/other-log has another log/, [exported(other)], env);
      const more = join(folder, 'more');
      writeLog(more, [...entries, Buffer.from('{}')], { signer: log.signer });
      await eachSays(/more has \d+ entries of a log, and this one has only/, [exported(more)], env);
      const dir = copy('folder-for-a-tile');
      rmSync(join(dir, BUNDLE));
      mkdirSync(join(dir, BUNDLE));
      await eachSays(/tile\/entries\/001 is no file/, [exported(dir)], env);
    });

    // It went on over an export of the log as it had been, size by size, and ended with 0: the proof of the fork was gone.
    it('over the log as it was before it was changed: that stays as it is, and shows it', async () => {
      const changed = entries.with(7, Buffer.from('{}'));
      for (const size of [300, entries.length]) {
        const dir = join(folder, `fork-of-${size}`);
        const { notes } = writeLog(dir, changed.slice(0, size), { signer: log.signer });
        const says = new RegExp(`does not begin with the ${size} entries that are in .* Nothing was written`);
        await eachSays(says, [exported(dir)], env);
        expect(readFileSync(join(dir, 'checkpoint'), 'utf8')).toBe(notes.get(size));
        expect(await host.run(['verify', dir])).toMatchObject({ code: 0 });
      }
      const earlier = join(folder, 'earlier');
      writeLog(earlier, entries.slice(0, 300), { signer: log.signer });
      expect(await host.run(exported(earlier), env)).toMatchObject({ code: 0, stderr: '' });
      const { stdout } = await host.run(['verify', earlier, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ entries: entries.length });
    });

    it('of a log that says it is larger than any disk', async () => {
      served = copy('endless');
      checkpointOf(served, '9007199254740991');
      await eachSays(/^fairlead: 404 /, [exported(join(folder, 'of-endless'))], env);
    });

    it('from files that are none; and what was cut short in the folder is fetched again', async () => {
      const dir = join(folder, 'cut-short');
      expect(await host.run(exported(dir), env)).toMatchObject({ code: 0 });
      truncateSync(join(dir, BUNDLE), 999);
      truncateSync(join(dir, 'tile/0/001'), 0);
      const { stdout } = await host.run([...exported(dir), '--json'], env);
      expect(JSON.parse(stdout)).toMatchObject({ fetched: 2 });
      expect(await host.run(['verify', dir])).toMatchObject({ code: 0, stderr: '' });
      served = copy('served-cut-short');
      truncateSync(join(served, BUNDLE), 999);
      await eachSays(
        /What the system has as tile\/entries\/001 is none: entry \d of 256 claims/,
        [exported(join(folder, 'of-cut-short'))],
        env,
      );
    });
  });
});
