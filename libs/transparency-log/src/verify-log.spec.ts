import fc from 'fast-check';
import { MemoryStorage } from '../test/memory-storage.js';
import { sampleEntries, writeLog } from '../test/sample-log.js';
import { witnessFor } from '../test/sample-witness.js';
import { signCheckpoint } from './checkpoint.js';
import { emptyRoot, leafHash } from './hashing.js';
import { readBundle, tilePath, tilesFor, writeBundle } from './layout.js';
import { generateSigner, readVerifierKey, signNote, type Signer, verifierKey } from './signed-note.js';
import { TiledTree } from './tree.js';
import { LogNotSound, verifyLog, type VerifyOptions } from './verify-log.js';

const signer = generateSigner('log.example/fairlead');
const log = readVerifierKey(verifierKey(signer));
const SIZE = 700;
const sizes = [0, 1, 100, 256, 300, 512, SIZE];

async function written(
  entries: Iterable<Buffer> = sampleEntries(SIZE),
  by: Signer = signer,
  at: readonly number[] = sizes,
): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await writeLog(storage, by, entries, at);
  return storage;
}

/** @returns what is wrong, or `sound`; anything but LogNotSound is a crash */
async function findingIn(storage: MemoryStorage, options: VerifyOptions = { log }): Promise<string> {
  try {
    await verifyLog(storage, options);
    return 'sound';
  } catch (error) {
    if (error instanceof LogNotSound) return error.message;
    throw error;
  }
}

let sound: MemoryStorage;
beforeAll(async () => {
  sound = await written();
});

function fileOf(storage: MemoryStorage, path: string): Buffer {
  const bytes = storage.files.get(path);
  if (!bytes) throw new Error(`the sample has no ${path}`);
  return bytes;
}

/** What is found when the file is another, or gone. */
async function changed(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<string> {
  const storage = sound.copy();
  const after = change(fileOf(storage, path));
  if (after) storage.files.set(path, after);
  else storage.files.delete(path);
  return findingIn(storage);
}

/** Another bit, in the byte at that place. */
const flip = (at: number) => (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  return bytes;
};

describe('verifying a log', () => {
  it('finds a sound one sound, and hands out every entry in its order', async () => {
    const seen: string[] = [];
    const progress: string[] = [];
    const verified = await verifyLog(sound, {
      since: fileOf(sound, 'checkpoints/300'),
      onEntries: (entries, firstIndex) => {
        expect(firstIndex).toBe(seen.length);
        seen.push(...entries.map(String));
      },
      onProgress: (done, of) => progress.push(`${done} of ${of}`),
    });
    expect(verified).toMatchObject({ checkpoint: { size: SIZE, origin: signer.name }, earlier: sizes.length, log });
    expect(seen).toEqual([...sampleEntries(SIZE)].map(String));
    expect(progress).toEqual(['256 of 700', '512 of 700', '700 of 700']);
  });

  it('finds logs of every size sound, and reads each file once', async () => {
    for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513, 1_025]) {
      const storage = await written(sampleEntries(size), signer, [size]);
      expect(await findingIn(storage)).toBe('sound');
      const expected = ['checkpoint', `checkpoints/${size}`, ...[...tilesFor(size)].map(tilePath)];
      // What is at the edge is looked at before everything else, and once more in its turn.
      expect([...new Set(storage.wasRead)].sort()).toEqual(expected.sort());
    }
  });

  it('waits for whoever takes the entries, and stops when they fail', async () => {
    const order: string[] = [];
    const onEntries = async (_: readonly Buffer[], firstIndex: number) => {
      order.push(`takes ${firstIndex}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`took ${firstIndex}`);
      if (firstIndex > 0) throw new Error('enough');
    };
    await expect(verifyLog(sound, { log, onEntries })).rejects.toThrow('enough');
    expect(order).toEqual(['takes 0', 'took 0', 'takes 256', 'took 256']);
  });

  it('hands out no entry that the signed root does not have', async () => {
    const forged = await written(
      [...sampleEntries(SIZE)].with(40, Buffer.from('{"entry":"other"}')),
      generateSigner('x'),
    );
    for (const taken of [['tile/entries/000'], ['tile/entries/000', 'tile/0/000'], [...tilesFor(SIZE)].map(tilePath)]) {
      const storage = sound.copy();
      for (const path of taken) storage.files.set(path, fileOf(forged, path));
      const seen: string[] = [];
      const onEntries = (entries: readonly Buffer[]) => void seen.push(...entries.map(String));
      expect(await findingIn(storage, { log, onEntries })).not.toBe('sound');
      expect(seen.filter((entry) => entry.includes('other'))).toEqual([]);
    }
  });

  it('takes a full tile or bundle where the partial one was deleted', async () => {
    const larger = await written(sampleEntries(1_024), signer, [700, 1_024]);
    larger.files.set('checkpoint', fileOf(larger, 'checkpoints/700'));
    larger.files.delete('checkpoints/1024');
    for (const path of ['tile/entries/002.p/188', 'tile/0/002.p/188']) larger.files.delete(path);
    expect(await findingIn(larger)).toBe('sound');
    larger.files.delete('tile/0/002');
    expect(await findingIn(larger)).toBe('tile/0/002.p/188: is missing');
  });

  it('tells the witnesses of the checkpoint', async () => {
    const storage = sound.copy();
    const witness = witnessFor('witness.example');
    const note = String(storage.files.get('checkpoint'));
    const cosigned = note + witness.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n);
    storage.files.set('checkpoint', Buffer.from(cosigned));
    const { checkpoint } = await verifyLog(storage, { log, witnesses: [witness.verifier] });
    expect(checkpoint.witnesses).toEqual(new Map([['witness.example', 1_700_000_000]]));
  });

  // Of a log whose last checkpoint was a second old it was said that nobody had cosigned it.
  it('tells up to where how many witnesses have cosigned it', async () => {
    const storage = sound.copy();
    const [one, other] = [witnessFor('one.example'), witnessFor('other.example')];
    const cosign = (path: string, ...by: (typeof one)[]) => {
      const note = String(storage.files.get(path));
      const lines = by.map((witness) => witness.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n));
      storage.files.set(path, Buffer.from(note + lines.join('')));
    };
    const witnesses = [one.verifier, other.verifier];
    expect(await verifyLog(storage, { log, witnesses })).toMatchObject({ cosigned: [] });
    cosign('checkpoints/100', one, other);
    cosign('checkpoints/256', other, one);
    cosign('checkpoints/512', one);
    expect(await verifyLog(storage, { log, witnesses })).toMatchObject({ cosigned: [512, 256] });
    expect(await verifyLog(storage, { log, witnesses: [other.verifier] })).toMatchObject({ cosigned: [256] });
    cosign('checkpoint', other);
    expect(await verifyLog(storage, { log, witnesses })).toMatchObject({ cosigned: [SIZE, 256] });
  });
});

describe('verifying finds', () => {
  it('the entry in which a bit was changed', async () => {
    expect(await changed('tile/entries/001', flip(2 + 5))).toBe(
      'entry 256: in tile/entries/001 is not what tile/0/001 says',
    );
    expect(await changed('tile/entries/002.p/188', (bytes) => flip(bytes.length - 1)(bytes))).toBe(
      'entry 699: in tile/entries/002.p/188 is not what tile/0/002.p/188 says',
    );
  });

  it('the tile in which a bit was changed', async () => {
    expect(await changed('tile/0/001', flip(32 * 100))).toBe(
      'tile/0/001: does not come to what the tile of level 1 above it says',
    );
    expect(await changed('tile/1/000.p/2', flip(33))).toBe('tile/1/000.p/2: hash 1 is not what tile/0/001 comes to');
    expect(await changed('tile/0/002.p/188', flip(32 * 100))).toBe(
      'entry 612: in tile/entries/002.p/188 is not what tile/0/002.p/188 says',
    );
  });

  it('the tile or bundle that was left from an earlier checkpoint, and was changed', async () => {
    expect(await changed('tile/0/001.p/44', flip(32 * 40))).toBe('tile/0/001.p/44: hash 40 is not what the tree has');
    expect(await changed('tile/1/000.p/1', flip(0))).toBe('tile/1/000.p/1: hash 0 is not what the tree has');
    expect(await changed('tile/entries/000.p/100', flip(2 + 5))).toBe(
      'tile/entries/000.p/100: entry 0 of 100 is not what the tree has',
    );
    expect(await changed('tile/0/001.p/44', () => undefined)).toBe('sound');
  });

  it('entries that were taken out, put in or swapped', async () => {
    const edit = (change: (entries: Buffer[]) => Buffer[]) =>
      changed('tile/entries/000', (bytes) => writeBundle(change(readBundle(bytes, 256))));
    expect(await edit((entries) => entries.slice(1))).toBe('tile/entries/000: ends before entry 255 of 256');
    const oneMore = (bytes: Buffer) => Buffer.concat([bytes, writeBundle([Buffer.from('{}')])]);
    expect(await changed('tile/entries/000', oneMore)).toBe('tile/entries/000: 4 bytes after the last of 256 entries');
    expect(await edit(([one, two, ...rest]) => [two, one, ...rest] as Buffer[])).toMatch(/^entry 0: /);
    expect(await edit((entries) => entries.toSpliced(7, 1).concat(Buffer.from('{}')))).toMatch(/^entry 7: /);
    expect(await edit((entries) => entries.toSpliced(9, 0, Buffer.from('{}')).slice(0, 256))).toMatch(/^entry 9: /);
    expect(await changed('tile/entries/000', () => fileOf(sound, 'tile/entries/001'))).toMatch(/^entry 0: /);
  });

  it('what was changed together with all that is above it, by the root that was signed', async () => {
    const forged = await written(
      [...sampleEntries(SIZE)].with(40, Buffer.from('{"entry":"other"}')),
      generateSigner('x'),
    );
    const storage = sound.copy();
    const forge = (path: string) => storage.files.set(path, fileOf(forged, path));
    forge('tile/entries/000');
    forge('tile/0/000');
    expect(await findingIn(storage)).toBe('tile/0/000: does not come to what the tile of level 1 above it says');
    forge('tile/1/000.p/2');
    expect(await findingIn(storage)).toMatch(/^checkpoint: the first 700 entries come to the root /);
  });

  it('what is missing, cut off or too long', async () => {
    for (const path of ['checkpoint', 'tile/entries/001', 'tile/0/002.p/188', 'tile/1/000.p/2', 'tile/0/000'])
      expect(await changed(path, () => undefined)).toBe(`${path}: is missing`);
    expect(await findingIn(new MemoryStorage())).toBe('checkpoint: is missing');
    expect(await findingIn(new MemoryStorage(), {})).toBe('verifier.key: is missing');
    expect(await changed('tile/0/000', (bytes) => bytes.subarray(1))).toBe(
      'tile/0/000: has 8191 bytes, and 256 hashes have 8192',
    );
    expect(await changed('tile/0/000', (bytes) => Buffer.concat([bytes, Buffer.alloc(32)]))).toBe(
      'tile/0/000: has 8224 bytes',
    );
    expect(await changed('tile/entries/000', (bytes) => bytes.subarray(0, -1))).toMatch(
      /^tile\/entries\/000: entry 255 of 256 claims \d+ bytes, and \d+ are left/,
    );
    const claims = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(100)]);
    expect(await changed('tile/entries/000', () => claims)).toBe(
      'tile/entries/000: entry 0 of 256 claims 65535 bytes, and 100 are left',
    );
    // 70,000 does not fit into two bytes: what is written is 4,464, and the rest is taken for more entries.
    const tooLong = Buffer.concat([Buffer.from([(70_000 >> 8) & 0xff, 70_000 & 0xff]), Buffer.alloc(70_000)]);
    expect(await changed('tile/entries/000', () => tooLong)).toMatch(/^tile\/entries\/000: \d+ bytes after the last/);
    expect(await changed('tile/entries/000', () => Buffer.alloc(17_000_000))).toBe(
      'tile/entries/000: has 17000000 bytes',
    );
  });

  it('checkpoints that are nobody’s, somebody else’s, or of impossible sizes', async () => {
    expect(await changed('checkpoint', flip(3))).toBe('checkpoint: the signature of log.example/fairlead is not right');
    expect(await changed('checkpoint', () => Buffer.from([0xff, 0xfe, 0]))).toBe('checkpoint: not UTF-8');
    expect(await changed('checkpoint', () => Buffer.alloc(0))).toBe('checkpoint: no blank line before the signatures');
    expect(await changed('checkpoint', () => Buffer.alloc(100_000))).toBe('checkpoint: has 100000 bytes');
    const other = await written(sampleEntries(SIZE), generateSigner('other.example'));
    expect(await changed('checkpoint', () => fileOf(other, 'checkpoint'))).toBe(
      'checkpoint: not signed by log.example/fairlead',
    );
    expect(await findingIn(other)).toBe('checkpoint: not signed by log.example/fairlead');
    const root = emptyRoot().toString('base64');
    for (const size of ['18446744073709551615', '9007199254740992']) {
      const huge = signNote(`${signer.name}\n${size}\n${root}\n`, signer);
      expect(await changed('checkpoint', () => Buffer.from(huge))).toBe(`checkpoint: a size of ${size} is beyond 2^53`);
    }
    const largest = signCheckpoint({ size: Number.MAX_SAFE_INTEGER, root: emptyRoot() }, signer);
    expect(await changed('checkpoint', () => Buffer.from(largest))).toBe(
      'tile/0/x035/x184/x372/x088/831.p/255: is missing',
    );
  });

  it('a key that is another than the log’s', async () => {
    const storage = sound.copy();
    storage.files.set('verifier.key', Buffer.from(verifierKey(generateSigner(signer.name))));
    expect(await findingIn(storage, {})).toBe('checkpoint: not signed by log.example/fairlead');
    expect(await findingIn(storage)).toBe('sound');
    for (const at of [0, 25, 40]) {
      storage.files.set('verifier.key', flip(at)(Buffer.from(fileOf(sound, 'verifier.key'))));
      expect(await findingIn(storage, {})).toMatch(/^verifier\.key: /);
    }
  });

  it('earlier checkpoints that are of another log, of another size, or no checkpoints', async () => {
    const forked = [...sampleEntries(SIZE)].with(290, Buffer.from('{"entry":"other"}'));
    const fork = await written(forked);
    expect(await changed('checkpoints/300', () => fileOf(fork, 'checkpoints/300'))).toMatch(
      /^checkpoints\/300: the first 300 entries come to the root \S+, and it says \S+: it is of another log/,
    );
    expect(await changed('checkpoints/256', () => fileOf(fork, 'checkpoints/256'))).toBe('sound');
    expect(await changed('checkpoints/300', () => fileOf(sound, 'checkpoints/256'))).toBe(
      'checkpoints/300: is a checkpoint of size 256',
    );
    expect(
      await changed('checkpoints/0', () =>
        Buffer.from(signCheckpoint({ size: 0, root: leafHash(Buffer.alloc(0)) }, signer)),
      ),
    ).toMatch(/^checkpoints\/0: the first 0 entries come to the root/);
    expect(await changed('checkpoints/1', flip(0))).toMatch(/^checkpoints\/1: the signature of/);
    for (const name of ['0300', '-1', '1e2', '300.txt', '9007199254740992', '..', 'x\u001b[2J']) {
      const storage = sound.copy();
      storage.files.set(`checkpoints/${name}`, fileOf(sound, 'checkpoints/300'));
      expect(await findingIn(storage)).toBe(
        `checkpoints/: has a file ${JSON.stringify(name)}, which is not the size of a log`,
      );
    }
  });

  it('a fork, and the loss of what was there, by a checkpoint that somebody kept', async () => {
    const fork = await written([...sampleEntries(SIZE)].with(290, Buffer.from('{"entry":"other"}')));
    const kept = fileOf(sound, 'checkpoints/300');
    expect(await findingIn(fork)).toBe('sound');
    expect(await findingIn(fork, { log, since: fileOf(sound, 'checkpoints/256') })).toBe('sound');
    expect(await findingIn(fork, { log, since: kept })).toMatch(
      /^the checkpoint that was kept: the first 300 entries come to/,
    );
    const shorter = await written(sampleEntries(300), signer, [300]);
    expect(await findingIn(shorter, { log, since: fileOf(sound, 'checkpoint') })).toBe(
      'the checkpoint that was kept: is of 700 entries, and the log has only 300: some were taken away',
    );
    shorter.files.set('checkpoints/700', fileOf(sound, 'checkpoint'));
    expect(await findingIn(shorter)).toBe(
      'checkpoints/700: is of 700 entries, and the log has only 300: some were taken away',
    );
    const strangers = fileOf(await written([], generateSigner('other.example'), [0]), 'checkpoint');
    expect(await findingIn(sound, { log, since: strangers })).toBe(
      'the checkpoint that was kept: not signed by log.example/fairlead',
    );
  });

  it('every single bit that is changed', async () => {
    const small = await written(sampleEntries(3), signer, [2, 3]);
    for (const path of small.files.keys()) {
      const bytes = fileOf(small, path);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const storage = small.copy();
        const copy = fileOf(storage, path);
        copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const finding = await findingIn(storage, {});
        // White space after the key is not looked at.
        const isBlank = path === 'verifier.key' && /^\S+\s$/.test(copy.toString('latin1'));
        if (!isBlank) expect({ path, bit, finding }).not.toMatchObject({ finding: 'sound' });
      }
    }
  });

  it('something, or nothing, in whatever is made of a log, and never breaks', async () => {
    const small = await written(sampleEntries(260), signer, [3, 260]);
    const path = fc.constantFrom(...small.files.keys());
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      path.map((path) => fileOf(small, path)),
      fc.tuple(path, fc.nat(9_000)).map(([path, at]) => fileOf(small, path).subarray(0, at)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, bytes), { minLength: 1, maxLength: 4 }), async (changes) => {
        const storage = small.copy();
        for (const [path, bytes] of changes) storage.files.set(path, Buffer.from(bytes));
        const isSame = [...small.files].every(([path, bytes]) => storage.files.get(path)?.equals(bytes));
        expect((await findingIn(storage, {})) === 'sound').toBe(isSame);
      }),
      { numRuns: 300 },
    );
  });
});

it('verifies logs of three levels, at and around every full tile', async () => {
  const storage = new MemoryStorage();
  const around = [65_535, 65_536, 65_537, 65_792, 65_793];
  await writeLog(storage, signer, sampleEntries(66_000), [1, 255, 256, 257, ...around, 66_000]);
  expect(await findingIn(storage)).toBe('sound');
  expect(await findingIn(storage, { log, since: fileOf(storage, 'checkpoints/65537') })).toBe('sound');
  const tree = new TiledTree();
  for (const entry of sampleEntries(66_000)) tree.append(leafHash(entry));
  expect((await verifyLog(storage, { log })).checkpoint.root).toEqual(tree.root());
  flip(32 * 255 + 3)(fileOf(storage, 'tile/1/000'));
  expect(await findingIn(storage)).toBe('tile/1/000: does not come to what the tile of level 2 above it says');
});
