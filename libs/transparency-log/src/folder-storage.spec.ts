import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStorage } from './folder-storage.js';

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

describe('a log in a folder', () => {
  let folder: string;
  let storage: FolderStorage;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
    storage = new FolderStorage(join(folder, 'not', 'there'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const bytes = Buffer.from('bytes');

  it('reads what was written, and nothing where nothing was', async () => {
    await storage.write('checkpoint', Buffer.from('one'));
    await storage.write('checkpoint', Buffer.from('two'));
    expect(await storage.read('checkpoint', 100)).toEqual(Buffer.from('two'));
    await storage.writeOnce('tile/0/x001/000.p/1', bytes);
    expect(await storage.read('tile/0/x001/000.p/1', 5)).toEqual(bytes);
    for (const path of ['tile/9/000', 'checkpoint/000', 'tile/0/x001/000'])
      expect(await storage.read(path, 100)).toBeUndefined();
    await storage.write('empty', Buffer.alloc(0));
    expect(await storage.read('empty', 0)).toEqual(Buffer.alloc(0));
  });

  it('does not change what never changes, and says so', async () => {
    await storage.writeOnce('tile/0/000', bytes);
    await storage.writeOnce('tile/0/000', bytes);
    for (const other of ['Bytes', 'bytes and more', 'byte'])
      await expect(storage.writeOnce('tile/0/000', Buffer.from(other))).rejects.toMatchObject({
        name: 'WrittenOtherwise',
        path: 'tile/0/000',
      });
    expect(await storage.read('tile/0/000', 100)).toEqual(bytes);
  });

  it('gives up what is no longer needed, and minds nothing that is not there', async () => {
    await storage.writeOnce('tile/0/000.p/7', bytes);
    for (let time = 0; time < 2; time++) await storage.remove('tile/0/000.p/7');
    await storage.remove('tile/0/000.p/7/8');
    expect(await storage.read('tile/0/000.p/7', 100)).toBeUndefined();
    await expect(storage.remove('tile/0')).rejects.toThrow('EISDIR');
    await expect(storage.remove('../outside')).rejects.toThrow('not the path of a log');
  });

  it('lets one of many win who write at once', async () => {
    const contents = Array.from({ length: 20 }, (_, at) => Buffer.from(`writer ${at % 4}`));
    const written = await Promise.allSettled(contents.map((bytes) => storage.writeOnce('tile/0/000', bytes)));
    const kept = await storage.read('tile/0/000', 100);
    for (const [at, { status }] of written.entries())
      expect(status).toBe(contents[at]?.equals(kept ?? Buffer.alloc(0)) ? 'fulfilled' : 'rejected');
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  it('leaves nothing unfinished behind, also when it fails', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => storage.write(`tile/0/00${at % 5}`, bytes)));
    await storage.writeOnce('tile/0/007', bytes);
    await expect(storage.write('tile/0', bytes)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    await expect(storage.writeOnce('tile/0', bytes)).rejects.toMatchObject({ name: 'WrittenOtherwise' });
    expect(readdirSync(join(storage.folder, '.unfinished'))).toEqual([]);
    expect(readdirSync(join(storage.folder, 'tile/0')).sort()).toEqual(['000', '001', '002', '003', '004', '007']);
  });

  it('lists the files of a folder', async () => {
    for (const path of ['checkpoints/7', 'checkpoints/300', 'tile/0/000']) await storage.write(path, bytes);
    mkdirSync(join(storage.folder, 'checkpoints', 'folder'));
    expect((await all(storage.list('checkpoints'))).sort()).toEqual(['300', '7']);
    expect(await all(storage.list('nothing'))).toEqual([]);
    expect(await all(storage.list('tile/0/000'))).toEqual([]);
  });

  it('stays inside its folder', async () => {
    writeFileSync(join(folder, 'outside'), 'secret');
    for (const path of [
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
      ...['a\0b', '', '.', '..', '.unfinished/x', 'tile\\..\\outside', 'a b', 'tile/..%2foutside', '~', 'é'],
    ]) {
      await expect(storage.read(path, 100)).rejects.toThrow('not the path of a log');
      await expect(storage.write(path, bytes)).rejects.toThrow('not the path of a log');
      await expect(storage.writeOnce(path, bytes)).rejects.toThrow('not the path of a log');
      await expect(all(storage.list(path))).rejects.toThrow('not the path of a log');
    }
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('secret');
  });

  it('neither waits for what is no file, nor fills the memory with what is too large', async () => {
    await storage.write('checkpoint', bytes);
    await expect(storage.read('checkpoint', 4)).rejects.toThrow('checkpoint has 5 bytes, and 4 at most can be right');
    const at = (name: string) => join(storage.folder, name);
    execFileSync('mkfifo', [at('pipe')]);
    mkdirSync(at('folder'));
    symlinkSync('loop', at('loop'));
    symlinkSync('/dev/zero', at('endless'));
    for (const name of ['pipe', 'folder', 'loop', 'endless'])
      await expect(storage.read(name, 100)).rejects.toMatchObject({ name: 'UnreadableFile', what: 'is no file' });
    writeFileSync(at('sparse'), '');
    truncateSync(at('sparse'), 2 ** 40);
    await expect(storage.read('sparse', 8_192)).rejects.toMatchObject({ name: 'UnreadableFile' });
  });
});
