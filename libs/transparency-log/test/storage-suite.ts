import type { LogStorage } from '../src/storage.js';

export async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

export const PATHS_OF_NO_LOG = [
  ...[
    '../outside',
    '../../outside',
    '/etc/passwd',
    'tile/../../outside',
    'tile/./0',
    'tile//0',
    'tile/',
    './checkpoint',
  ],
  ...['a\0b', '', '.', '..', '.unfinished/x', 'tile\\..\\outside', 'a b', 'tile/..%2foutside', '~', 'é', 'a?b', 'a#b'],
];

/** What every storage of a log must do. @param fresh  an empty one; two at the same place, as two processes have it */
export function everyStorage(fresh: () => { readonly storage: LogStorage; readonly other: LogStorage }): void {
  let storage: LogStorage;
  let other: LogStorage;
  beforeEach(() => ({ storage, other } = fresh()));

  const bytes = Buffer.from('bytes');

  it('can be prepared, again and again, also while another process does', async () => {
    await Promise.all([storage.prepare(), other.prepare(), storage.prepare()]);
    await storage.write('checkpoint', bytes);
    await storage.prepare();
    expect(await storage.read('checkpoint', 100)).toEqual(bytes);
  });

  it('reads what was written, and nothing where nothing was', async () => {
    await storage.write('checkpoint', Buffer.from('one'));
    await storage.write('checkpoint', Buffer.from('two'));
    expect(await other.read('checkpoint', 100)).toEqual(Buffer.from('two'));
    await storage.writeOnce('tile/0/x001/000.p/1', bytes);
    expect(await other.read('tile/0/x001/000.p/1', 5)).toEqual(bytes);
    for (const path of ['tile/9/000', 'checkpoint/000', 'tile/0/x001/000'])
      expect(await storage.read(path, 100)).toBeUndefined();
    await storage.write('empty', Buffer.alloc(0));
    expect(await storage.read('empty', 0)).toEqual(Buffer.alloc(0));
  });

  it('keeps every byte of a bundle as large as they come', async () => {
    const large = Buffer.alloc(16 * 1024 * 1024);
    for (let at = 0; at < large.length; at += 4) large.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
    await storage.writeOnce('tile/entries/000', large);
    expect((await other.read('tile/entries/000', large.length))?.equals(large)).toBe(true);
  });

  it('does not change what never changes, and says so', async () => {
    await storage.writeOnce('tile/0/000', bytes);
    await storage.writeOnce('tile/0/000', bytes);
    for (const another of ['Bytes', 'bytes and more', 'byte', ''])
      await expect(other.writeOnce('tile/0/000', Buffer.from(another))).rejects.toMatchObject({
        name: 'WrittenOtherwise',
        path: 'tile/0/000',
      });
    expect(await storage.read('tile/0/000', 100)).toEqual(bytes);
  });

  it('lets one of many win who write at once', async () => {
    const contents = Array.from({ length: 20 }, (_, at) => Buffer.from(`writer ${at % 4}`));
    const written = await Promise.allSettled(
      contents.map((bytes, at) => (at % 2 === 0 ? storage : other).writeOnce('tile/0/000', bytes)),
    );
    const kept = await storage.read('tile/0/000', 100);
    for (const [at, { status }] of written.entries())
      expect(status).toBe(contents[at]?.equals(kept ?? Buffer.alloc(0)) ? 'fulfilled' : 'rejected');
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  it('gives up what is no longer needed, and minds nothing that is not there', async () => {
    await storage.writeOnce('tile/0/000.p/7', bytes);
    for (let time = 0; time < 2; time++) await storage.remove('tile/0/000.p/7');
    await storage.remove('tile/0/000.p/7/8');
    expect(await storage.read('tile/0/000.p/7', 100)).toBeUndefined();
    await storage.writeOnce('tile/0/000.p/7', Buffer.from('another'));
    expect(await storage.read('tile/0/000.p/7', 100)).toEqual(Buffer.from('another'));
  });

  it('lists the files of a folder, and neither what is below nor what is beside', async () => {
    for (const path of ['checkpoints/7', 'checkpoints/300', 'checkpoints/below/8', 'checkpoints-2/9', 'tile/0/000'])
      await storage.write(path, bytes);
    expect((await all(other.list('checkpoints'))).sort()).toEqual(['300', '7']);
    expect(await all(storage.list('nothing'))).toEqual([]);
    expect(await all(storage.list('tile/0/000'))).toEqual([]);
  });

  it('reads nothing that is larger than it can be', async () => {
    await storage.write('checkpoint', bytes);
    await expect(storage.read('checkpoint', 4)).rejects.toMatchObject({
      name: 'UnreadableFile',
      message: expect.stringMatching(/^checkpoint has 5 bytes.*, and 4 at most can be right$/),
    });
    await storage.write('large', Buffer.alloc(1024 * 1024));
    await expect(storage.read('large', 8_192)).rejects.toMatchObject({ name: 'UnreadableFile' });
    expect(await storage.read('checkpoint', 5)).toEqual(bytes);
  });

  it.each(PATHS_OF_NO_LOG)('stays where it is: %j is no path', async (path) => {
    await expect(storage.read(path, 100)).rejects.toThrow('not the path of a log');
    await expect(storage.write(path, bytes)).rejects.toThrow('not the path of a log');
    await expect(storage.writeOnce(path, bytes)).rejects.toThrow('not the path of a log');
    await expect(storage.remove(path)).rejects.toThrow('not the path of a log');
    await expect(all(storage.list(path))).rejects.toThrow('not the path of a log');
  });
}
