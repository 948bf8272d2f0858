import {
  CHECKPOINT,
  FolderStorage,
  MalformedNote,
  MalformedTile,
  MAX_BUNDLE_BYTES,
  MAX_NOTE_BYTES,
  readBundle,
  TILE_WIDTH,
  tilePath,
  UnreadableFile,
} from '@fairlead/transparency-log';
import { CommandFailed } from '../api/command-failed.js';
import { mustBeFolder } from '../log/verify-folder.js';

interface Bundle {
  readonly entries: readonly Buffer[];
  /** Index of the first of them. */
  readonly first: number;
  /** Of the log. */
  readonly size: number;
}

/**
 * The entries of an exported log, in order, as they lie there: nothing is verified.
 * @throws CommandFailed where it is no export, or one that has gaps
 */
export async function* entriesOf(folder: string): AsyncGenerator<Bundle> {
  mustBeFolder(folder);
  const storage = new FolderStorage(folder, { waitForDisk: true });
  const size = sizeIn(await storage.read(CHECKPOINT, MAX_NOTE_BYTES).catch(unreadable(folder)), folder);
  for (let first = 0; first < size; first += TILE_WIDTH) {
    const index = first / TILE_WIDTH;
    const count = Math.min(TILE_WIDTH, size - first);
    // A full one will do for a partial one.
    const widths = count === TILE_WIDTH ? [count] : [count, TILE_WIDTH];
    let entries: Buffer[] | undefined;
    for (const width of widths) {
      const bytes = await storage
        .read(tilePath({ level: 'entries', index, width }), MAX_BUNDLE_BYTES)
        .catch(unreadable(folder));
      if (!bytes) continue;
      entries = bundleIn(bytes, width, `${folder}/${tilePath({ level: 'entries', index, width })}`).slice(0, count);
      break;
    }
    if (!entries) throw new CommandFailed(`${folder} has a gap: entries ${first} and after are missing.`);
    yield { entries, first, size };
  }
}

function sizeIn(note: Buffer | undefined, folder: string): number {
  const size = note?.toString('utf8').split('\n')[1] ?? '';
  if (/^[1-9]\d{15,}$/.test(size))
    throw new CommandFailed(
      `${folder}/${CHECKPOINT} says that there are ${size.slice(0, 40)} entries, which no log has.`,
    );
  if (!/^(?:0|[1-9]\d{0,14})$/.test(size))
    throw new CommandFailed(`${folder} is no export: it has no ${CHECKPOINT} that says how much there is.`);
  return Number(size);
}

function bundleIn(bytes: Buffer, width: number, file: string): Buffer[] {
  try {
    return readBundle(bytes, width);
  } catch (error) {
    if (!(error instanceof MalformedTile) && !(error instanceof MalformedNote)) throw error;
    throw new CommandFailed(`${file} is damaged: ${error.message}.`, { file });
  }
}

function unreadable(folder: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof UnreadableFile) throw new CommandFailed(`${folder}/${error.message}.`, { file: error.path });
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== undefined && path !== undefined)
      throw new CommandFailed(`${path} cannot be read (${code}).`, { file: path });
    throw error;
  };
}
