import { hkdfSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasterKeyUnusable, SealBroken } from './errors.js';
import {
  addMasterKey,
  createMasterKeyFile,
  dropOlderMasterKeys,
  MasterKeys,
  readMasterKeyFile,
} from './master-keys.js';

const LEAD = '3f0c2a4e-8f7b-4c1d-9a55-0d1f6f1f0a11';
const OTHER = '9c7be4b6-4a0d-4f6f-8d2a-6a2f0f4c1b22';
const leadKey = Buffer.alloc(32, 7);

describe('the master key file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-master-'));
    file = join(folder, 'master.key');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made for its owner’s eyes only, and never over another', () => {
    createMasterKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readMasterKeyFile(file).newest).toBe(1);
    expect(() => createMasterKeyFile(file)).toThrow(/EEXIST/);
  });

  it('holds another key every time', () => {
    createMasterKeyFile(file);
    createMasterKeyFile(`${file}2`);
    expect(readFileSync(file, 'utf8')).not.toBe(readFileSync(`${file}2`, 'utf8'));
  });

  it('is refused when others can read or change it', () => {
    createMasterKeyFile(file);
    for (const mode of [0o644, 0o604, 0o602, 0o620, 0o666]) {
      chmodSync(file, mode);
      expect(() => readMasterKeyFile(file)).toThrow(/chmod 600/);
    }
    chmodSync(file, 0o440);
    expect(readMasterKeyFile(file).newest).toBe(1);
  });

  it('takes a further key, which running processes find, and drops the older one; hashes and other keys stay', () => {
    createMasterKeyFile(file);
    const running = readMasterKeyFile(file);
    const before = { hash: running.hash('email', 'a'), key: running.derive('service/a') };
    const wrapped = running.wrap(leadKey, LEAD, 1);
    expect(addMasterKey(file)).toBe(2);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    running.lookNow();
    expect(running.newest).toBe(2);
    expect(running.unwrap(wrapped, LEAD, 1, 1)).toEqual(leadKey);
    expect(dropOlderMasterKeys(file)).toEqual([1]);
    const fresh = readMasterKeyFile(file);
    for (const keys of [running, fresh])
      expect({ hash: keys.hash('email', 'a'), key: keys.derive('service/a') }).toEqual(before);
    expect(fresh.unwrap(running.wrap(leadKey, LEAD, 1), LEAD, 1, 2)).toEqual(leadKey);
    expect(() => fresh.unwrap(wrapped, LEAD, 1, 1)).toThrow(MasterKeyUnusable);
    expect([addMasterKey(file), dropOlderMasterKeys(file)]).toEqual([3, [2]]);
    expect(readMasterKeyFile(file).hash('email', 'a')).toEqual(before.hash);
  });

  it('finds a key that it is asked for and does not know yet, and refuses a file that is another one', () => {
    createMasterKeyFile(file);
    const running = readMasterKeyFile(file);
    addMasterKey(file);
    const wrapped = readMasterKeyFile(file).wrap(leadKey, LEAD, 1);
    expect(running.unwrap(wrapped, LEAD, 1, 2)).toEqual(leadKey);
    rmSync(file);
    running.lookNow();
    expect(running.newest).toBe(2);
    createMasterKeyFile(file);
    expect(() => running.lookNow()).toThrow(/exchanged/);
  });

  it('is refused when it is missing, saying where it comes from', () => {
    expect(() => readMasterKeyFile(file)).toThrow(MasterKeyUnusable);
    expect(() => readMasterKeyFile(file)).toThrow(/ENOENT.*fairlead start/);
  });

  it.each([
    ['nothing', ''],
    ['a comment only', '# here it was\n'],
    ['a key that is too short', `1 ${Buffer.alloc(16).toString('base64')}\n`],
    ['a key without a version', `${Buffer.alloc(32, 1).toString('base64')}\n`],
    ['one version twice', `1 ${Buffer.alloc(32, 1).toString('base64')}\n1 ${Buffer.alloc(32, 2).toString('base64')}\n`],
  ])('is refused with %s in it, without showing it', (_, text) => {
    writeFileSync(file, text, { mode: 0o600 });
    const refusal = refusalOf(() => readMasterKeyFile(file));
    expect(refusal).toBeInstanceOf(MasterKeyUnusable);
    expect((refusal as Error).message).not.toMatch(/AQEB|AAAA/);
  });
});

describe('master keys', () => {
  const first = new MasterKeys({ keys: new Map([[1, Buffer.alloc(32, 1)]]) });
  const both = new MasterKeys({
    keys: new Map([
      [1, Buffer.alloc(32, 1)],
      [2, Buffer.alloc(32, 2)],
    ]),
  });

  it('give back what they wrapped', () => {
    expect(first.unwrap(first.wrap(leadKey, LEAD, 1), LEAD, 1, 1)).toEqual(leadKey);
  });

  it('wrap with the newest, and unwrap with each', () => {
    expect(both.newest).toBe(2);
    expect(both.unwrap(first.wrap(leadKey, LEAD, 1), LEAD, 1, 1)).toEqual(leadKey);
    expect(() => first.unwrap(both.wrap(leadKey, LEAD, 1), LEAD, 1, 2)).toThrow(MasterKeyUnusable);
  });

  it('do not unwrap what was changed, or belongs to another lead, version or master key', () => {
    const wrapped = both.wrap(leadKey, LEAD, 1);
    for (let i = 0; i < wrapped.length; i++) {
      const changed = Buffer.from(wrapped);
      changed[i] = (changed[i] as number) ^ 1;
      expect(() => both.unwrap(changed, LEAD, 1, 2)).toThrow(SealBroken);
    }
    expect(() => both.unwrap(wrapped, OTHER, 1, 2)).toThrow(SealBroken);
    expect(() => both.unwrap(wrapped, LEAD, 2, 2)).toThrow(SealBroken);
    expect(() => both.unwrap(wrapped, LEAD, 1, 1)).toThrow(SealBroken);
    expect(() => both.unwrap(wrapped.subarray(0, 20), LEAD, 1, 2)).toThrow(SealBroken);
  });

  it('hash equal values equally, whether a newer master key was added or not', () => {
    expect(both.hash('email', 'jane@example.com')).toEqual(first.hash('email', 'jane@example.com'));
    expect(first.hash('email', 'jane@example.com')).toHaveLength(32);
  });

  it('derive as HKDF does, so that what was made before is found', () => {
    const expected = hkdfSync('sha256', Buffer.alloc(32, 1), Buffer.alloc(0), 'fairlead/a/1', 32);
    expect(first.derive('a')).toEqual(Buffer.from(expected));
  });

  it('derive keys for different purposes that have nothing in common, and the same ones every time', () => {
    expect(first.derive('a')).toEqual(both.derive('a'));
    expect(first.derive('a')).not.toEqual(first.derive('b'));
    expect(first.derive('a')).toHaveLength(32);
  });

  it('hash differently by kind, by value and by key', () => {
    const other = new MasterKeys({ keys: new Map([[1, Buffer.alloc(32, 3)]]) });
    const hashes = [
      first.hash('email', 'a'),
      first.hash('email', 'b'),
      first.hash('phone', 'a'),
      other.hash('email', 'a'),
    ].map((hash) => hash.toString('hex'));
    expect(new Set(hashes).size).toBe(4);
  });
});

function refusalOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
