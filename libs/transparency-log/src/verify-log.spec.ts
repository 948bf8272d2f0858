import { MemoryStorage } from '../test/memory-storage.js';
import { type Keys, newKeys, sampleEntries, verifierOf, writeLog } from '../test/sample-log.js';
import { readBundle, tilePath, tilesOf, writeBundle } from './layout.js';
import { LogNotSound, verifyLog } from './verify-log.js';

const keys = newKeys();
const log = verifierOf(keys);
const SIZE = 700;
const earlier = [0, 1, 256, 300, 512];

async function written(entries: Iterable<Buffer> = sampleEntries(SIZE), by: Keys = keys, sizes = [...earlier, SIZE]) {
  const storage = new MemoryStorage();
  await writeLog(storage, by, entries, sizes);
  return storage;
}

async function findingIn(storage: MemoryStorage, more: Partial<Parameters<typeof verifyLog>[1]> = {}) {
  try {
    await verifyLog(storage, { log, earlier, ...more });
    return 'sound';
  } catch (error) {
    if (error instanceof LogNotSound) return error.message;
    throw error;
  }
}

describe('verifying a log', () => {
  let sound: MemoryStorage;
  beforeAll(async () => {
    sound = await written();
  });

  it('finds a sound one sound, and hands out every entry in its order', async () => {
    const seen: string[] = [];
    const progress: number[] = [];
    const checkpoint = await verifyLog(sound, {
      log,
      earlier,
      since: String(sound.files.get('checkpoints/300')),
      onEntries: (entries, firstIndex) => {
        expect(firstIndex).toBe(seen.length);
        seen.push(...entries.map(String));
      },
      onProgress: (verified) => progress.push(verified),
    });
    expect(checkpoint).toMatchObject({ size: SIZE, origin: keys.origin });
    expect(seen).toEqual([...sampleEntries(SIZE)].map(String));
    expect(progress).toEqual([256, 512, 700]);
  });

  it('finds a log without entries sound', async () => {
    expect(await findingIn(await written([], keys, [0]), { earlier: [0] })).toBe('sound');
  });

  /** Changes one file of a copy. */
  async function changed(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<string> {
    const storage = sound.copy();
    const bytes = storage.files.get(path);
    if (!bytes) throw new Error(`no ${path} to change`);
    const after = change(bytes);
    if (after) storage.files.set(path, after);
    else storage.files.delete(path);
    return findingIn(storage);
  }
  const flip = (at: number) => (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
    return bytes;
  };

  it('names the entry in which a bit was changed', async () => {
    expect(await changed('tile/entries/001', flip(2 + 5))).toBe(
      'entry 256: is not what tile/0/001 says (tile/entries/001)',
    );
  });

  it('names the entry whose hash was changed', async () => {
    expect(await changed('tile/0/002.p/188', flip(32 * 100))).toMatch(
      /^entry 612: is not what tile\/0\/002\.p\/188 says/,
    );
  });

  it('names the tile above that was changed', async () => {
    expect(await changed('tile/1/000.p/2', flip(33))).toBe(
      'tile/1/000.p/2: hash 1 is not what the tiles below come to',
    );
  });

  it('sees an entry that was taken out, put in, or swapped with another', async () => {
    const edit = (change: (entries: Buffer[]) => Buffer[]) =>
      changed('tile/entries/000', (bytes) => writeBundle(change(readBundle(bytes, 256))));
    expect(await edit((entries) => entries.slice(1))).toMatch(/^tile\/entries\/000: ends before entry 255 of 256/);
    expect(await edit((entries) => [...entries, Buffer.from('{}')])).toMatch(
      /^tile\/entries\/000: \d+ bytes after the last/,
    );
    expect(await edit(([one, two, ...rest]) => [two, one, ...rest] as Buffer[])).toMatch(/^entry 0: /);
    const shifted = await edit((entries) => [...entries.slice(1), Buffer.from('{}')]);
    expect(shifted).toMatch(/^entry 0: /);
  });

  it('sees entries and their hashes changed together, by what they come to', async () => {
    const forged = await written([...sampleEntries(SIZE)].with(40, Buffer.from('{"entry":"other"}')), newKeys());
    const storage = sound.copy();
    for (const path of ['tile/entries/000', 'tile/0/000']) storage.files.set(path, forged.files.get(path) as Buffer);
    expect(await findingIn(storage)).toMatch(/^checkpoints\/256: the first 256 entries come to the root/);
    const above = 'tile/1/000.p/2: hash 0 is not what the tiles below come to';
    expect(await findingIn(storage, { earlier: [] })).toBe(above);
    storage.files.set('tile/1/000.p/2', forged.files.get('tile/1/000.p/2') as Buffer);
    expect(await findingIn(storage, { earlier: [] })).toMatch(/^checkpoint: the first 700 entries come to the root/);
  });

  it('names what is missing, cut off or too long', async () => {
    for (const path of ['checkpoint', 'checkpoints/300', 'tile/entries/001', 'tile/0/002.p/188', 'tile/1/000.p/2'])
      expect(await changed(path, () => undefined)).toBe(`${path}: is missing`);
    expect(await changed('tile/0/000', (bytes) => bytes.subarray(1))).toBe(
      'tile/0/000: has 8191 bytes, and 256 hashes have 8192',
    );
    expect(await changed('tile/entries/000', (bytes) => bytes.subarray(0, -1))).toMatch(
      /^tile\/entries\/000: entry 255 of 256 claims/,
    );
    const claims = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(100)]);
    expect(await changed('tile/entries/000', () => claims)).toBe(
      'tile/entries/000: entry 0 of 256 claims 65535 bytes, and 100 are left',
    );
  });

  it('refuses checkpoints that are nobody’s, somebody else’s, or of impossible sizes', async () => {
    expect(await changed('checkpoint', flip(3))).toMatch(/^checkpoint: /);
    expect(await changed('checkpoint', () => Buffer.from([0xff, 0xfe, 0]))).toMatch(/^checkpoint: no blank line/);
    const other = await written(sampleEntries(SIZE), newKeys('other.example'));
    expect(await changed('checkpoint', () => other.files.get('checkpoint'))).toMatch(/^checkpoint: not signed by/);
    const huge = String(sound.files.get('checkpoint')).replace('\n700\n', '\n18446744073709551615\n');
    expect(await changed('checkpoint', () => Buffer.from(huge))).toMatch(/^checkpoint: /);
    expect(await changed('checkpoints/300', () => sound.files.get('checkpoints/256'))).toBe(
      'checkpoints/300: is a checkpoint of size 256',
    );
  });

  it('sees a fork: another log of the same key, and one that lost its end', async () => {
    const fork = await written([...sampleEntries(SIZE)].with(290, Buffer.from('{"entry":"other"}')));
    const kept = String(sound.files.get('checkpoints/300'));
    expect(await findingIn(fork)).toBe('sound');
    expect(await findingIn(fork, { since: kept })).toMatch(
      /^the checkpoint that was kept: the first 300 entries come to/,
    );
    const shorter = await written(sampleEntries(300), keys, [...earlier.filter((size) => size <= 300), 300]);
    expect(await findingIn(shorter, { earlier: [256], since: String(sound.files.get('checkpoint')) })).toBe(
      'the checkpoint that was kept: is of 700 entries, and the log has only 300: some were taken away',
    );
  });

  it('finds every single bit that is changed', async () => {
    const small = await written(sampleEntries(3), keys, [3]);
    const paths = ['checkpoint', ...['entries', 0].flatMap((level) => [...tilesOf(level as 0, 3)].map(tilePath))];
    for (const path of paths) {
      const bytes = small.files.get(path) as Buffer;
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const storage = small.copy();
        const copy = storage.files.get(path) as Buffer;
        copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const finding = await findingIn(storage, { earlier: [] });
        // The log's name in its signature: another name is a stranger's signature, and then none is left.
        expect({ path, bit, finding }).not.toMatchObject({ finding: 'sound' });
      }
    }
  });
});
