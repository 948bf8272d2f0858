import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed } from '../api/command-failed.js';
import { DataFolder } from './data-folder.js';

describe('the keys in the data folder', () => {
  let folder: DataFolder;
  beforeEach(() => {
    folder = new DataFolder({ FAIRLEAD_DATA_DIR: mkdtempSync(join(tmpdir(), 'fairlead-folder-')) });
  });
  afterEach(() => rmSync(folder.path, { recursive: true }));

  const first = () => Promise.resolve(true);
  const later = () => Promise.resolve(false);
  const keys = [
    ['admin-key', (isFirst: typeof first) => isFirst().then(() => folder.adminKey())],
    ['master-key', (isFirst: typeof first) => folder.masterKeyFile(isFirst)],
    ['log-key', (isFirst: typeof first) => folder.logKeyFile(isFirst)],
  ] as const;

  it.each(keys)('makes the %s once, for its owner alone, and leaves nothing else behind', async (name, keep) => {
    await keep(first);
    const made = readFileSync(folder.in(name), 'utf8');
    expect(made.length).toBeGreaterThan(40);
    expect(statSync(folder.in(name)).mode & 0o777).toBe(0o600);
    await keep(first);
    await keep(later);
    expect(readFileSync(folder.in(name), 'utf8')).toBe(made);
    expect(readdirSync(folder.path)).toEqual([name]);
  });

  it.each(keys.slice(1))('makes no %s where one was used that is not there', async (name, keep) => {
    expect(await keep(later)).toBe(folder.in(name));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each(keys)('does not take a %s for lost that cannot be read, or is empty', async (name, keep) => {
    // EACCES and EIO were taken for "there is none", and a new key was put in the place of the one that was there.
    mkdirSync(folder.in(name));
    const unreadable = Promise.resolve().then(() => keep(first));
    await expect(unreadable).rejects.toThrow(CommandFailed);
    await expect(unreadable).rejects.toThrow(`${folder.in(name)} cannot be read (EISDIR)`);
    rmSync(folder.in(name), { recursive: true });
    for (const nothing of ['', ' \n']) {
      writeFileSync(folder.in(name), nothing);
      await expect(Promise.resolve().then(() => keep(first))).rejects.toThrow(`${folder.in(name)} is empty`);
      expect(readFileSync(folder.in(name), 'utf8')).toBe(nothing);
    }
  });

  it.each(keys.slice(1))('takes the %s that another start has made meanwhile', async (name, keep) => {
    await keep(() => {
      writeFileSync(folder.in(name), 'of the other one\n');
      return first();
    });
    expect(readFileSync(folder.in(name), 'utf8')).toBe('of the other one\n');
    expect(readdirSync(folder.path)).toEqual([name]);
  });
});
