import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bornOf, isStillThere } from '../../../../infra/local/process-identity.mjs';
import { CommandFailed } from '../api/command-failed.js';

/** What is kept of an installation: the data of the embedded servers, the keys, the logs. */
export class DataFolder {
  readonly path: string;

  constructor(environment: NodeJS.ProcessEnv) {
    this.path = resolve(environment['FAIRLEAD_DATA_DIR'] || '.fairlead');
  }

  in(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** @throws CommandFailed when it cannot be made */
  make(): void {
    // What is in it is closed by each file's own mode. PostgreSQL, when root starts it, runs under another number and has
    // to be let through.
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    try {
      makeFolder(this.path, mode);
      chmodSync(this.path, mode);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CommandFailed(
        `The data folder ${this.path} cannot be made (${code}). Set FAIRLEAD_DATA_DIR to a folder that can be written.`,
      );
    }
  }

  /** Whether it is there, or can be made: not so in a container whose file system is read-only. */
  canBeMade(): boolean {
    try {
      this.make();
      return true;
    } catch {
      return false;
    }
  }

  hasNoAdminKey(): boolean {
    return !existsSync(this.in('admin-key'));
  }

  /** The administrator's key, made at the first call. @throws CommandFailed when there is one that cannot be read */
  adminKey(): string {
    const secret = randomBytes(32).toString('base64url');
    return this.keptKey('admin-key') ?? this.makeKey('admin-key', `flk_${randomBytes(8).toString('hex')}_${secret}`);
  }

  /**
   * The file with the key that opens every lead's own key, made at the first call in the form that @fairlead/personal-data
   * reads: a version, and 256 random bits in base64.
   * @param isFirst  otherwise none is made, and whoever reads the file finds out that it is lost
   * @throws CommandFailed when it is there and cannot be read
   */
  async masterKeyFile(isFirst: () => Promise<boolean>): Promise<string> {
    if (this.keptKey('master-key') === undefined && (await isFirst()))
      this.makeKey('master-key', `1 ${randomBytes(32).toString('base64')}`);
    return this.in('master-key');
  }

  /** The file with the key that signs the log, made at the first call: Ed25519, in PEM. For the rest as the master key's. */
  async logKeyFile(isFirst: () => Promise<boolean>): Promise<string> {
    if (this.keptKey('log-key') === undefined && (await isFirst())) {
      const { privateKey } = generateKeyPairSync('ed25519');
      this.makeKey('log-key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().trim());
    }
    return this.in('log-key');
  }

  /**
   * Claims the folder for this process until the returned function is called, or the process ends however it ends.
   * @throws CommandFailed when another living process has it
   */
  claim(url: string): () => void {
    const file = this.in('running.json');
    const mine = JSON.stringify({ pid: process.pid, born: bornOf(process.pid) ?? '', url });
    const draft = `${file}.${process.pid}`;
    for (;;) {
      writeFileSync(draft, mine, { mode: 0o644 });
      try {
        // Appears whole or not at all, and only where nothing is yet.
        linkSync(draft, file);
        return () => {
          if (readText(file) === mine) rmSync(file, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(draft, { force: true });
      }
      this.dropStaleClaim(file);
    }
  }

  /** @throws CommandFailed when a living process has claimed the folder */
  refuseWhenClaimed(claim = readText(this.in('running.json'))): void {
    const other = parseClaim(claim);
    if (isStillThere(other)) {
      throw new CommandFailed(
        `Fairlead is running already with the data in ${this.path}: process ${other.pid}, ${other.url}. Stop that one first (kill ${other.pid}), or set FAIRLEAD_DATA_DIR to another folder.`,
      );
    }
  }

  private dropStaleClaim(file: string): void {
    const found = readText(file);
    this.refuseWhenClaimed(found);
    // Two starts may find the same dead claim: moved aside, it is removed by whoever really holds it.
    const aside = `${file}.stale.${process.pid}`;
    try {
      renameSync(file, aside);
    } catch {
      return; // the other one was quicker
    }
    if (readText(aside) !== found) {
      try {
        linkSync(aside, file); // that was the other one's new claim: back with it
      } catch {
        // a third one has claimed meanwhile, and the loop finds that
      }
    }
    rmSync(aside, { force: true });
  }

  /**
   * Undefined only where there is no such file. A key that cannot be read now is not lost, and one that was made in its place
   * would be.
   */
  private keptKey(name: string): string | undefined {
    const file = this.in(name);
    let key: string;
    try {
      key = readFileSync(file, 'utf8').trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new CommandFailed(
        `The key in ${file} cannot be read (${code}). Nothing is started without it: see to it that the user who starts Fairlead can read the file.`,
      );
    }
    if (key !== '') return key;
    throw new CommandFailed(
      `The file ${file} is empty, and a key should be in it. Put it back from a copy; only if nothing was ever started with it, remove the file, and the next start makes a key.`,
    );
  }

  /** It appears whole or not at all, and is durable before anything is made with it. */
  private makeKey(name: string, key: string): string {
    const file = this.in(name);
    const draft = `${file}.${process.pid}`;
    rmSync(draft, { force: true }); // of one with our number that was killed
    writeFileSync(draft, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true });
    try {
      linkSync(draft, file); // and not a rename, which would replace what another start has made
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return this.keptKey(name) as string;
    } finally {
      rmSync(draft, { force: true });
    }
    flush(this.path);
    return key;
  }
}

/** With those above it, one by one: all at once never comes back where nothing can be made in a folder that is there, such as /proc. */
function makeFolder(folder: string, mode: number): void {
  if (statSync(folder, { throwIfNoEntry: false })) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode);
  mkdirSync(folder, { mode });
}

function flush(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parseClaim(text: string | undefined): { pid: number; born: string; url: string } | undefined {
  try {
    return JSON.parse(text ?? '') as { pid: number; born: string; url: string };
  } catch {
    return undefined;
  }
}
