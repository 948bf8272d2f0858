import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { all, everyStorage, PATHS_OF_NO_LOG } from '../test/storage-suite.js';
import { FolderStorage } from './folder-storage.js';

describe.each([{}, { waitForDisk: true }])('a log in a folder, %j', (options) => {
  let folder: string;
  let storage: FolderStorage;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
    storage = new FolderStorage(join(folder, 'not', 'there'), options);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  everyStorage(() => ({ storage, other: new FolderStorage(storage.folder, options) }));

  const bytes = Buffer.from('bytes');

  it('gives up files, and no folders', async () => {
    await storage.writeOnce('tile/0/000', bytes);
    await expect(storage.remove('tile/0')).rejects.toThrow('EISDIR');
  });

  it('clears up what a crash left, and leaves alone what somebody is about to finish', async () => {
    await storage.write('checkpoint', bytes);
    const unfinished = (name: string) => join(storage.folder, '.unfinished', name);
    for (const name of ['old', 'new']) writeFileSync(unfinished(name), name);
    const before = Date.now() / 1_000 - 4;
    utimesSync(unfinished('old'), before, before);
    await storage.prepare();
    expect(readdirSync(join(storage.folder, '.unfinished'))).toEqual(['new']);
    expect(await storage.read('checkpoint', 100)).toEqual(bytes);
  });

  it('leaves nothing unfinished behind, also when it fails', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => storage.write(`tile/0/00${at % 5}`, bytes)));
    await storage.writeOnce('tile/0/007', bytes);
    await expect(storage.write('tile/0', bytes)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    await expect(storage.writeOnce('tile/0', bytes)).rejects.toMatchObject({ name: 'WrittenOtherwise' });
    expect(readdirSync(join(storage.folder, '.unfinished'))).toEqual([]);
    expect(readdirSync(join(storage.folder, 'tile/0')).sort()).toEqual(['000', '001', '002', '003', '004', '007']);
  });

  it('lists no folders', async () => {
    for (const path of ['checkpoints/7', 'checkpoints/300', 'tile/0/000']) await storage.write(path, bytes);
    mkdirSync(join(storage.folder, 'checkpoints', 'folder'));
    expect((await all(storage.list('checkpoints'))).sort()).toEqual(['300', '7']);
  });

  it('does not wait for ever for a folder that nobody can make', async () => {
    const nowhere = new FolderStorage('/proc/log', options);
    await expect(nowhere.write('checkpoint', bytes)).rejects.toThrow(/ENOENT|EACCES|EPERM|EROFS/);
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['file', 'file/log'])
      await expect(new FolderStorage(join(folder, path), options).write('checkpoint', bytes)).rejects.toThrow(
        /EEXIST|ENOTDIR/,
      );
  });

  it('stays inside its folder', async () => {
    writeFileSync(join(folder, 'outside'), 'secret');
    for (const path of PATHS_OF_NO_LOG) await expect(storage.write(path, bytes)).rejects.toThrow(RangeError);
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
