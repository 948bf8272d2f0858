import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { decrypt, encrypt, KEY_BYTES, NONCE_BYTES } from './aes-gcm.js';
import { MasterKeyUnusable, SealBroken } from './errors.js';

const LINE = /^(\d{1,6}) ([A-Za-z0-9+/]{43}=)$/;
const HEADER = `# Fairlead's master keys, one a line: version and 256 random bits in base64. Whoever holds them can read the personal
# data of every lead; without them nobody can. To change the master key, add a line with the next version; the others stay.
`;

/**
 * The keys that wrap the keys of leads. The newest wraps; older ones still unwrap. The random nonces of AES-GCM allow 2^32
 * wrappings under one master key, which is that many leads.
 */
export class MasterKeys {
  readonly newest: number;
  readonly #keys: ReadonlyMap<number, Buffer>;
  readonly #hashKey: KeyObject;
  readonly #oldest: Buffer;

  constructor(keys: ReadonlyMap<number, Buffer>) {
    const versions = [...keys.keys()].sort((left, right) => left - right);
    const [oldest] = versions;
    const newest = versions.at(-1);
    if (oldest === undefined || newest === undefined) throw new MasterKeyUnusable('there is no master key');
    this.#keys = keys;
    this.newest = newest;
    // From the oldest: a hash that changed with the master key would no longer find the leads that are there.
    this.#oldest = keys.get(oldest) as Buffer;
    // Not the bytes themselves: with them each HMAC took Node 24.21 five times as long (15 µs instead of 3).
    this.#hashKey = createSecretKey(this.derive('keyed-hash'));
  }

  /** Wraps the key of a lead, bound to that lead and version: put into another lead's row, it does not open. */
  wrap(leadKey: Buffer, leadId: string, version: number): Buffer {
    const { nonce, ciphertext } = encrypt(this.#key(this.newest), leadKey, bound(leadId, version, this.newest));
    return Buffer.concat([nonce, ciphertext]);
  }

  unwrap(wrapped: Buffer, leadId: string, version: number, master: number): Buffer {
    const [nonce, ciphertext] = [wrapped.subarray(0, NONCE_BYTES), wrapped.subarray(NONCE_BYTES)];
    const leadKey = decrypt(this.#key(master), nonce, ciphertext, bound(leadId, version, master));
    if (!leadKey) throw new SealBroken(leadId);
    return leadKey;
  }

  /** HMAC-SHA256 under a key that is derived from the oldest master key. */
  hash(kind: string, value: string): Buffer {
    // The zero byte keeps kind and value apart: no kind contains one.
    return createHmac('sha256', this.#hashKey).update(`${kind}\0${value}`, 'utf8').digest();
  }

  /** A key of its own for one purpose (HKDF, RFC 5869), which tells nothing about the master key or the other keys. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#oldest, Buffer.alloc(0), `fairlead/${purpose}/1`, KEY_BYTES));
  }

  #key(version: number): Buffer {
    const key = this.#keys.get(version);
    if (!key)
      throw new MasterKeyUnusable(
        `version ${version} of the master key is not in the file, but keys are wrapped by it`,
      );
    return key;
  }
}

function bound(leadId: string, version: number, master: number): string {
  return `lead key|${leadId}|${version}|${master}`;
}

/** Makes a file with a new master key, readable by its owner only. @throws when the file exists */
export function createMasterKeyFile(file: string): void {
  writeFileSync(file, `${HEADER}1 ${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
}

/** @throws MasterKeyUnusable that says what to do */
export function readMasterKeyFile(file: string): MasterKeys {
  return new MasterKeys(parse(read(file), file));
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
    throw new MasterKeyUnusable(
      `the master key file ${file} cannot be read (${code}). It is made by the first \`fairlead start\`; if it is lost, so is the personal data that it protects`,
    );
  }
}

function parse(text: string, file: string): Map<number, Buffer> {
  const keys = new Map<number, Buffer>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, version, encoded] = LINE.exec(line.trim()) ?? [];
    if (version === undefined || encoded === undefined || keys.has(Number(version)))
      throw new MasterKeyUnusable(`line ${index + 1} of ${file} is not a version of its own and 32 bytes in base64`);
    keys.set(Number(version), Buffer.from(encoded, 'base64'));
  }
  return keys;
}
