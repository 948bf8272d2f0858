import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkPath, type LogStorage, UnreadableFile, WrittenOtherwise } from './storage.js';

/** Files that were not finished: begins with a dot, as no path of a log does. What a crash left there may be deleted. */
const UNFINISHED = '.unfinished';
/**
 * A file is unfinished for milliseconds. One that was for longer is of a process that has crashed, or was stopped: nobody is to
 * write before whoever wrote last has been silent for longer than this. Taken from one that wakes up after all, it costs
 * that one an error, and the log nothing.
 */
const ABANDONED_AFTER_MS = 3_000;
/** Of a crash there are some dozen; where something else has filled the folder, the rest is for the next time. */
const MAX_REMOVED = 10_000;

export interface FolderOptions {
  /**
   * Files are read at once, without the pool of threads: a fraction of the work, which counts where there are tens of thousands.
   * For a command that does nothing else meanwhile; a service must not wait for a disk.
   */
  readonly waitForDisk?: boolean;
}

/** A log in a folder of a local file system. */
export class FolderStorage implements LogStorage {
  readonly folder: string;
  /** Folders that are known to be there, durably. */
  private readonly made = new Set<string>();
  private readonly syncing = new Map<string, { readonly current: Promise<void>; next?: Promise<void> }>();

  constructor(
    folder: string,
    private readonly options: FolderOptions = {},
  ) {
    this.folder = resolve(folder);
  }

  /** A local file system keeps its promises; there is only to clear up. */
  async prepare(): Promise<void> {
    const folder = join(this.folder, UNFINISHED);
    let toRemove = MAX_REMOVED;
    for await (const name of namesIn(folder)) {
      const unfinished = join(folder, name);
      const { mtimeMs } = await stat(unfinished).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs < ABANDONED_AFTER_MS) continue;
      await rm(unfinished, { force: true });
      if (--toRemove === 0) return;
    }
  }

  async read(path: string, atMostBytes: number, room?: Buffer): Promise<Buffer | undefined> {
    const target = this.locate(path);
    try {
      if (this.options.waitForDisk) return readNow(path, target, atMostBytes, room);
      const file = await open(target, READ);
      try {
        return await readAll(file, sizeOf(await file.stat(), path, atMostBytes));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isOneOf(error, 'ENOENT', 'ENOTDIR')) return undefined;
      if (isOneOf(error, 'ELOOP', 'ENXIO', 'ENODEV')) throw new UnreadableFile(path, 'is no file');
      throw error;
    }
  }

  async *list(folder: string): AsyncIterable<string> {
    yield* namesIn(this.locate(folder));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.locate(path);
    await this.finish(target, bytes, (unfinished) => rename(unfinished, target));
  }

  async writeOnce(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.locate(path);
    // It is hardly ever there already, so that is not asked first.
    await this.finish(target, bytes, async (unfinished) => {
      try {
        // Unlike a rename it does not replace what another has written meanwhile.
        await link(unfinished, target);
      } catch (error) {
        if (!isOneOf(error, 'EEXIST') || !(await this.isWritten(path, bytes))) throw error;
      }
      await rm(unfinished);
    });
  }

  async remove(path: string): Promise<void> {
    await rm(this.locate(path), { force: true });
  }

  /** @param putInPlace  makes the finished file appear under its name, and disappear from where it was */
  private async finish(
    target: string,
    bytes: Uint8Array,
    putInPlace: (unfinished: string) => Promise<void>,
  ): Promise<void> {
    await this.make(dirname(target));
    await this.make(join(this.folder, UNFINISHED));
    const unfinished = join(this.folder, UNFINISHED, randomUUID());
    try {
      const file = await open(unfinished, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await putInPlace(unfinished);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.sync(dirname(target));
  }

  /**
   * Makes durable what was put into a folder. A checkpoint puts a dozen files into two of them, all at once: whoever asks while it is
   * being done waits for the next time, which is for all that have asked by then.
   */
  private sync(folder: string): Promise<void> {
    const syncing = this.syncing.get(folder);
    if (!syncing) return this.beginSync(folder);
    // The one that is under way may have begun too early.
    return (syncing.next ??= syncing.current.catch(() => undefined).then(() => this.beginSync(folder)));
  }

  private beginSync(folder: string): Promise<void> {
    const syncing: { readonly current: Promise<void>; next?: Promise<void> } = { current: sync(folder) };
    this.syncing.set(folder, syncing);
    const ended = (): void => {
      if (!syncing.next) this.syncing.delete(folder);
    };
    syncing.current.then(ended, ended);
    return syncing.current;
  }

  private async isWritten(path: string, bytes: Uint8Array): Promise<boolean> {
    const there = await this.read(path, bytes.length).catch((error: unknown) => {
      if (error instanceof UnreadableFile) throw new WrittenOtherwise(path);
      throw error;
    });
    if (there && !there.equals(bytes)) throw new WrittenOtherwise(path);
    return there !== undefined;
  }

  private async make(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    const first = await makeFolder(folder);
    // A new folder is an entry of the one above it. Inside the log's folder also those that seem to be old: who has just
    // made them may not have come to this yet. Above it only what was made here, as the rest need not be ours to open.
    const top = Math.min(first.length, this.folder.length + 1);
    for (let each = folder; each.length >= top; each = dirname(each)) await sync(dirname(each));
    this.made.add(folder);
  }

  private locate(path: string): string {
    return join(this.folder, checkPath(path));
  }
}

async function* namesIn(folder: string): AsyncIterable<string> {
  let directory;
  try {
    directory = await opendir(folder);
  } catch (error) {
    if (isOneOf(error, 'ENOENT', 'ENOTDIR')) return;
    throw error;
  }
  for await (const entry of directory) if (!entry.isDirectory()) yield entry.name;
}

/** A pipe would otherwise keep whoever opens it waiting for somebody who writes. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws UnreadableFile */
function sizeOf(stat: Stats, path: string, atMostBytes: number): number {
  if (!stat.isFile()) throw new UnreadableFile(path, 'is no file');
  if (stat.size > atMostBytes)
    throw new UnreadableFile(path, `has ${stat.size} bytes, and ${atMostBytes} at most can be right`);
  return stat.size;
}

function readNow(path: string, target: string, atMostBytes: number, room?: Buffer): Buffer | undefined {
  // Most of what is asked for in an export is not there, and an exception costs more than all the rest.
  if (!statSync(target, { throwIfNoEntry: false })) return undefined;
  const file = openSync(target, READ);
  try {
    const size = sizeOf(fstatSync(file), path, atMostBytes);
    const bytes = room && size <= room.length ? room.subarray(0, size) : Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (let read = -1; read !== 0 && at < bytes.length; at += read)
      read = readSync(file, bytes, at, bytes.length - at, at);
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}

/** As many bytes as it had when it was looked at: a file that grows does not fill the memory. */
async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/**
 * Makes a folder, and those above it that are missing. One by one: `mkdir` with `recursive` never comes back where a folder is
 * and yet nothing can be made in it, such as /proc.
 * @returns the first that was made; the folder itself, where none was
 */
async function makeFolder(folder: string): Promise<string> {
  const missing: string[] = [];
  for (let each = folder; !(await isFolder(each)) && dirname(each) !== each; each = dirname(each))
    missing.unshift(each);
  let first: string | undefined;
  for (const each of missing) {
    try {
      await mkdir(each);
      first ??= each;
    } catch (error) {
      // Another was quicker.
      if (!isOneOf(error, 'EEXIST') || !(await isFolder(each))) throw error;
    }
  }
  return first ?? folder;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isOneOf(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isOneOf(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
