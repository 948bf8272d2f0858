import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Where a log's files are. All that a sequencer needs, and all that an object store can do as well as a folder.
 * Paths are those of the layout, and never begin with a slash.
 */
export interface LogStorage {
  /** @returns undefined when there is no such file */
  read(path: string): Promise<Buffer | undefined>;
  /** Whole or not at all, and durable when it resolves. What is there is replaced. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Nothing happens when there is no such file. */
  remove(path: string): Promise<void>;
}

/** A log in a folder. */
export class FolderStorage implements LogStorage {
  /** Folders that are known to be there, durably. */
  private readonly made = new Set<string>();

  constructor(readonly folder: string) {}

  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.locate(path));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.locate(path);
    const folder = dirname(target);
    await this.make(folder);
    // Beside its target, because a rename is atomic within one file system alone.
    const unfinished = `${target}.${randomUUID()}.unfinished`;
    try {
      const file = await open(unfinished, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, target);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncFolder(folder);
  }

  async remove(path: string): Promise<void> {
    await rm(this.locate(path), { force: true });
  }

  private async make(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    const first = await mkdir(folder, { recursive: true });
    // Each new folder is an entry of the one above it.
    for (let each = folder; first !== undefined && each.length >= first.length; each = dirname(each))
      await syncFolder(dirname(each));
    this.made.add(folder);
  }

  private locate(path: string): string {
    if (!/^[a-zA-Z0-9_-]+(?:[./][a-zA-Z0-9_-]+)*$/.test(path))
      throw new RangeError(`not the path of a log's file: ${path}`);
    return join(this.folder, path);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
