import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decrypt, encrypt, KEY_BYTES, NONCE_BYTES } from './aes-gcm.js';
import { MasterKeyUnusable, SealBroken } from './errors.js';

const LINE = /^(\d{1,6}|root) ([A-Za-z0-9+/]{43}=)$/;
const HEADER = `# Fairlead's master keys, one a line: version and 256 random bits in base64. Whoever holds them can read the personal
# data of every lead; without them nobody can. \`fairlead keys rotate\` replaces the key; never take a line out by hand.
`;
/** A key that was added is used, and known to every process that reads the file, at most this much later. */
const LOOK_EVERY_MS = 2_000;

/** What a file with master keys holds. */
export interface MasterKeyring {
  /** By version; the newest wraps, older ones still unwrap. */
  readonly keys: ReadonlyMap<number, Buffer>;
  /** What hashes and other keys are made from, when that is no longer made from the oldest key. */
  readonly root?: Buffer | undefined;
}

/** Says what the file holds when it has changed since it was asked before. */
export type Changes = () => MasterKeyring | undefined;

/** One master key, to wrap several keys of leads with. */
export interface Wrapping {
  readonly master: number;
  readonly wrap: (leadKey: Buffer, leadId: string, version: number) => Buffer;
}

/**
 * The keys that wrap the keys of leads. The newest wraps; older ones still unwrap. The random nonces of AES-GCM allow 2^32
 * wrappings under one master key, which is that many leads.
 */
export class MasterKeys {
  #keys: ReadonlyMap<number, Buffer>;
  /** Of those that were used, made ready once. */
  readonly #ready = new Map<number, KeyObject>();
  readonly #hashKey: KeyObject;
  readonly #root: Buffer;
  #lookedAt = 0;

  /** @param changes  asked now and then, so that a key that is added is known without a restart */
  constructor(
    { keys, root }: MasterKeyring,
    private readonly changes: Changes = () => undefined,
    private readonly now: () => number = Date.now,
  ) {
    const oldest = versionsOf(keys)[0];
    if (oldest === undefined) throw new MasterKeyUnusable('there is no master key');
    this.#keys = keys;
    // From the oldest, and kept when that is retired: a hash that changed with the master key would no longer find the leads
    // that are there.
    this.#root = root ?? rootOf(keys.get(oldest) as Buffer);
    // Not the bytes themselves: with them each HMAC took Node 24.21 five times as long (15 µs instead of 3).
    this.#hashKey = createSecretKey(this.derive('keyed-hash'));
  }

  get newest(): number {
    return versionsOf(this.#keys).at(-1) as number;
  }

  /** The newest key, for one statement: all of it is wrapped by the same. */
  wrapping(): Wrapping {
    this.#look(LOOK_EVERY_MS);
    const master = this.newest;
    const key = this.#key(master);
    return {
      master,
      wrap: (leadKey, leadId, version) => {
        const { nonce, ciphertext } = encrypt(key, leadKey, bound(leadId, version, master));
        return Buffer.concat([nonce, ciphertext]);
      },
    };
  }

  /** Wraps the key of a lead, bound to that lead and version: put into another lead's row, it does not open. */
  wrap(leadKey: Buffer, leadId: string, version: number): Buffer {
    return this.wrapping().wrap(leadKey, leadId, version);
  }

  unwrap(wrapped: Buffer, leadId: string, version: number, master: number): Buffer {
    const [nonce, ciphertext] = [wrapped.subarray(0, NONCE_BYTES), wrapped.subarray(NONCE_BYTES)];
    const leadKey = decrypt(this.#key(master), nonce, ciphertext, bound(leadId, version, master));
    if (!leadKey) throw new SealBroken(leadId);
    return leadKey;
  }

  /** HMAC-SHA256 under a key that no rotation changes. */
  hash(kind: string, value: string): Buffer {
    // The zero byte keeps kind and value apart: no kind contains one.
    return createHmac('sha256', this.#hashKey).update(`${kind}\0${value}`, 'utf8').digest();
  }

  /** A key of its own for one purpose (HKDF, RFC 5869), which tells nothing about the master key or the other keys. */
  derive(purpose: string): Buffer {
    // The second step of HKDF, of which one block is all that is needed; the first one made the root.
    return createHmac('sha256', this.#root).update(`fairlead/${purpose}/1\u0001`, 'utf8').digest();
  }

  /** Reads the file again, now: a key is asked for that is not known, or the one that is known is refused. */
  lookNow(): void {
    this.#look(0);
  }

  #look(everyMs: number): void {
    if (this.now() - this.#lookedAt < everyMs) return;
    this.#lookedAt = this.now();
    const changed = this.changes();
    if (!changed) return;
    const oldest = versionsOf(changed.keys)[0] as number;
    const root = changed.root ?? rootOf(changed.keys.get(oldest) as Buffer);
    // Another file altogether: with it nothing that is there could be found or opened.
    if (!root.equals(this.#root)) throw new MasterKeyUnusable('the master key file was exchanged for another one');
    this.#keys = changed.keys;
    this.#ready.clear();
  }

  #key(version: number): KeyObject {
    const ready = this.#ready.get(version);
    if (ready) return ready;
    if (!this.#keys.has(version)) this.#look(0);
    const key = this.#keys.get(version);
    if (!key)
      throw new MasterKeyUnusable(
        `version ${version} of the master key is not in the file, but keys are wrapped by it`,
      );
    const made = createSecretKey(key);
    this.#ready.set(version, made);
    return made;
  }
}

export function versionsOf(keys: ReadonlyMap<number, Buffer>): number[] {
  return [...keys.keys()].sort((left, right) => left - right);
}

/** The first step of HKDF without salt. Nobody gets from it back to the key, which is why it may outlive that. */
function rootOf(key: Buffer): Buffer {
  return createHmac('sha256', Buffer.alloc(KEY_BYTES)).update(key).digest();
}

function bound(leadId: string, version: number, master: number): string {
  return `lead key|${leadId}|${version}|${master}`;
}

/** Makes a file with a new master key, readable by its owner only. @throws when the file exists */
export function createMasterKeyFile(file: string): void {
  const key = randomBytes(KEY_BYTES).toString('base64');
  writeFileSync(file, `${HEADER}1 ${key}\n`, { mode: 0o600, flag: 'wx', flush: true });
  flushFolderOf(file);
}

/** @throws MasterKeyUnusable that says what to do */
export function readMasterKeyFile(file: string): MasterKeys {
  let stamp = stampOf(file);
  return new MasterKeys(readMasterKeyring(file), () => {
    const seen = stampOf(file);
    // A file that cannot be read at this moment is no reason to forget what it held.
    if (seen === undefined || seen === stamp) return undefined;
    stamp = seen;
    return readMasterKeyring(file);
  });
}

/** @throws MasterKeyUnusable that says what to do */
export function readMasterKeyring(file: string): MasterKeyring {
  return parse(read(file), file);
}

/** Adds a master key, which wraps from now on, and keeps what hashes are made from. @returns its version */
export function addMasterKey(file: string): number {
  const { keys, root } = readMasterKeyring(file);
  const [oldest, version] = [versionsOf(keys)[0] as number, (versionsOf(keys).at(-1) as number) + 1];
  const more = new Map([...keys, [version, randomBytes(KEY_BYTES)]]);
  writeMasterKeyring(file, { keys: more, root: root ?? rootOf(keys.get(oldest) as Buffer) });
  return version;
}

/** Leaves the newest master key only. Nothing may be wrapped by the others any more. @returns the versions that are gone */
export function dropOlderMasterKeys(file: string): number[] {
  const { keys, root } = readMasterKeyring(file);
  const [oldest, newest] = [versionsOf(keys)[0] as number, versionsOf(keys).at(-1) as number];
  const kept = new Map([[newest, keys.get(newest) as Buffer]]);
  writeMasterKeyring(file, { keys: kept, root: root ?? rootOf(keys.get(oldest) as Buffer) });
  return versionsOf(keys).filter((version) => version !== newest);
}

/** Whole or not at all, with the mode that the file has. */
function writeMasterKeyring(file: string, { keys, root }: MasterKeyring): void {
  const lines = [
    ...(root ? [`root ${root.toString('base64')}`] : []),
    ...versionsOf(keys).map((version) => `${version} ${(keys.get(version) as Buffer).toString('base64')}`),
  ];
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${HEADER}${lines.join('\n')}\n`, { mode: statSync(file).mode & 0o777, flush: true });
  renameSync(draft, file);
  flushFolderOf(file);
}

/** What is wrapped by a new key is durable at once, so the name that the key is found under has to be. */
function flushFolderOf(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function stampOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.ino}/${stat.mtimeMs}/${stat.size}`;
}

function read(file: string): string {
  try {
    // Group read access is let pass: orchestrators mount secrets so.
    const { mode } = statSync(file);
    if ((mode & 0o027) !== 0) throw new MasterKeyUnusable(`${file} can be read or changed by others: chmod 600 it`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof MasterKeyUnusable) throw error;
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    const remedy =
      code === 'ENOENT'
        ? 'Put it back: only the first `fairlead start` makes one, and if it is lost, so is the personal data that it protects'
        : 'Let the user that runs this read it';
    throw new MasterKeyUnusable(`the master key file ${file} cannot be read (${code}). ${remedy}`);
  }
}

function parse(text: string, file: string): MasterKeyring {
  const keys = new Map<number, Buffer>();
  let root: Buffer | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, version, encoded] = LINE.exec(line.trim()) ?? [];
    const isKnown = version === 'root' ? root !== undefined : keys.has(Number(version));
    if (version === undefined || encoded === undefined || isKnown)
      throw new MasterKeyUnusable(`line ${index + 1} of ${file} is not a version of its own and 32 bytes in base64`);
    if (version === 'root') root = Buffer.from(encoded, 'base64');
    else keys.set(Number(version), Buffer.from(encoded, 'base64'));
  }
  return { keys, root };
}
