import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signCheckpoint } from '../src/checkpoint.js';
import { FolderStorage } from '../src/folder-storage.js';
import { generateSigner, readVerifierKey, verifierKey } from '../src/signed-note.js';
import { LogNotSound, verifyLog } from '../src/verify-log.js';
import { sampleEntries, writeLog } from './sample-log.js';
import { witnessFor } from './sample-witness.js';

const SIZE = 70_000;
const sizes = [1, 255, 256, 257, 1_000, 65_535, 65_536, 65_537, SIZE];
const program = fileURLToPath(new URL('../../../infra/verify-log-go/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
const binary = join(scratch, 'verify-log');
// Its one dependency comes from the module proxy, once.
const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: program, encoding: 'utf8', timeout: 240_000 });
const absent = built.status === 0 ? '' : ` (skipped: ${built.error ? 'no Go here' : 'Go cannot build it here'})`;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a log of 70,000 entries in a folder', () => {
  const signer = generateSigner('log.example/fairlead');
  const folder = join(scratch, 'log');
  beforeAll(() => writeLog(new FolderStorage(folder), signer, sampleEntries(SIZE), sizes), 120_000);

  // The second way reads one bundle after the other into the same memory.
  it.each([{}, { waitForDisk: true }])(
    'verifies, with all its earlier checkpoints, and is told as it is: %j',
    async (options) => {
      const [told, written] = [createHash('sha256'), createHash('sha256')];
      const onEntries = (entries: readonly Buffer[]) => entries.forEach((entry) => told.update(entry));
      const { checkpoint, earlier } = await verifyLog(new FolderStorage(folder, options), { onEntries });
      expect({ size: checkpoint.size, earlier }).toEqual({ size: SIZE, earlier: sizes.length });
      for (const entry of sampleEntries(SIZE)) written.update(entry);
      expect(told.digest('hex')).toBe(written.digest('hex'));
    },
  );

  (absent ? it.skip : it)(`is read by Go’s own implementation, every entry and every checkpoint${absent}`, () => {
    expect(verifiedByGo(folder)).toEqual({
      said: `log.example/fairlead: ${SIZE} entries included, ${sizes.length} checkpoints consistent\n`,
      status: 0,
    });
  });

  (absent ? it.skip : it)(`is read by Go’s own implementation when witnesses have cosigned it${absent}`, () => {
    const file = join(folder, 'checkpoint');
    const note = readFileSync(file, 'utf8');
    const witness = witnessFor('witness.example');
    writeFileSync(file, note + witness.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n));
    expect(verifiedByGo(folder)).toMatchObject({ status: 0 });
    writeFileSync(file, note);
  });

  /** One file is another: both must say so. */
  const changes: readonly [what: string, path: string, change: (bytes: Buffer) => Buffer, said: string][] = [
    ['a bit of an entry', 'tile/entries/100', flip(9), 'entry 25600'],
    ['a bit of a tile', 'tile/0/100', flip(40), 'tile'],
    ['a bit of a tile above', 'tile/1/000', flip(40), 'tile'],
    ['a bit of a checkpoint', 'checkpoint', flip(25), 'checkpoint'],
    ['a bit of an earlier checkpoint', 'checkpoints/1000', flip(25), 'checkpoints/1000'],
    ['a bit of the key', 'verifier.key', flip(50), 'verifier.key'],
    ['the end of a bundle', 'tile/entries/273.p/112', (bytes) => bytes.subarray(0, -1), 'entries/273.p/112'],
    ['bytes after a bundle', 'tile/entries/273.p/112', (bytes) => Buffer.concat([bytes, bytes]), 'entries/273.p/112'],
    ['another log’s checkpoint', 'checkpoint', () => signed('other.example', SIZE), 'checkpoint'],
    ['a checkpoint of a fork', 'checkpoints/1000', () => signed(undefined, 1_000), '1000'],
    [
      'a size of another file',
      'checkpoints/1000',
      () => readFileSync(join(folder, 'checkpoints/257')),
      'checkpoints/1000',
    ],
  ];
  it.each(changes)('is refused for %s', async (_, path, change, said) => {
    const copy = join(scratch, 'changed');
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, path), change(readFileSync(join(copy, path))));
    const found = await verifyLog(new FolderStorage(copy)).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(LogNotSound);
    expect(String(found)).toContain(said);
    if (!absent) expect(verifiedByGo(copy)).toEqual({ said: expect.stringContaining(said), status: 1 });
    rmSync(copy, { recursive: true });
  });

  function signed(name: string | undefined, size: number): Buffer {
    return Buffer.from(
      signCheckpoint({ size, root: Buffer.alloc(32, 3) }, name === undefined ? signer : generateSigner(name)),
    );
  }
});

describe('the size of a checkpoint', () => {
  it.each(['18446744073709551615', '9007199254740992', '-1', '007'])('is not %s, for Go neither', async (size) => {
    const folder = join(scratch, 'size');
    const signer = generateSigner('log.example/fairlead');
    const { signNote } = await import('../src/signed-note.js');
    const note = signNote(`${signer.name}\n${size}\n${Buffer.alloc(32).toString('base64')}\n`, signer);
    const storage = new FolderStorage(folder);
    await storage.write('checkpoint', Buffer.from(note));
    await storage.write('verifier.key', Buffer.from(verifierKey(signer)));
    await expect(verifyLog(storage, { log: readVerifierKey(verifierKey(signer)) })).rejects.toThrow('checkpoint: ');
    if (!absent) expect(verifiedByGo(folder)).toEqual({ said: expect.stringContaining('checkpoint: '), status: 1 });
  });
});

function verifiedByGo(folder: string): { said: string; status: number | null } {
  if (!existsSync(binary)) throw new Error('the Go program was not built');
  const { stdout, stderr, status } = spawnSync(binary, [folder], { encoding: 'utf8', timeout: 60_000 });
  return { said: stdout + stderr, status };
}

function flip(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
    return bytes;
  };
}
