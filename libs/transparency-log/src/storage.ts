// Where a log's files are. Shaped by a folder and by an object store: whole files, named by paths with slashes that never
// begin with one, no appending, no renaming. In S3 a read is a GET, a list a ListObjectsV2, and `writeOnce` a PUT with
// `If-None-Match: *`.

/** What a log is verified, served and exported from. */
export interface LogReader {
  /**
   * @param atMostBytes  as large as such a file can be: what is larger is not read
   * @param room  where it may be put, if it fits: whoever reads thousands of files one after the other need not have memory for each
   * @returns the whole file; undefined when there is none
   * @throws UnreadableFile when what is there is no file, or a larger one
   */
  read(path: string, atMostBytes: number, room?: Buffer): Promise<Buffer | undefined>;
  /** The names of the files right in that folder, in any order; none when there is no such folder. */
  list(folder: string): AsyncIterable<string>;
}

/** What a sequencer needs besides; it alone writes. What is written is there whole or not at all, and durably when the promise resolves. */
export interface LogStorage extends LogReader {
  /**
   * To be called before the first write by whoever is to write from now on. Removes what crashes left behind, as far as it is
   * nobody's any more, and finds out what can be found out about whether this storage keeps the promises below.
   * @throws StorageFailed when it does not
   */
  prepare(): Promise<void>;
  /** Replaces what is there: for `checkpoint`, which is the only file that changes. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * For what never changes: tiles, bundles, published checkpoints. Doing it again does nothing.
   * @throws WrittenOtherwise when something else is there, which stays: a second sequencer, or a tree that was rebuilt wrongly
   */
  writeOnce(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * For partial tiles that a wider one has taken the place of. Nothing happens when there is none; after a crash it may be there
   * again, as nobody is misled by that.
   */
  remove(path: string): Promise<void>;
}

/** What is there under this path is no file of a log, however often it is read. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';

  constructor(
    readonly path: string,
    readonly what: string,
  ) {
    super(`${path} ${what}`);
  }
}

/**
 * The storage cannot be used now, or not like this; the message says why and what to do, and repeats no secret. Whoever gets it
 * may try again later.
 */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';
}

/** A file that never changes was to be changed. */
export class WrittenOtherwise extends Error {
  override readonly name = 'WrittenOtherwise';

  constructor(readonly path: string) {
    super(`${path} is there already, and is not what was to be written`);
  }
}

const PATH = /^[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*$/;

/** @throws RangeError for what no file of a log is called: what leads out of its folder, begins with a dot, or must be encoded */
export function checkPath(path: string): string {
  if (!PATH.test(path)) throw new RangeError(`not the path of a log's file: ${JSON.stringify(path.slice(0, 200))}`);
  return path;
}
