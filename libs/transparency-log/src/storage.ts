// Where a log's files are. Shaped by a folder and by an object store: whole files, named by paths with slashes that never
// begin with one, no appending, no renaming. In S3 a read is a GET, a list a ListObjectsV2, and `writeOnce` a PUT with
// `If-None-Match: *`.

/** What a log is verified, served and exported from. */
export interface LogReader {
  /**
   * @param atMostBytes  as large as such a file can be: what is larger is not read
   * @returns the whole file; undefined when there is none
   * @throws UnreadableFile when what is there is no file, or a larger one
   */
  read(path: string, atMostBytes: number): Promise<Buffer | undefined>;
  /** The names of the files right in that folder, in any order; none when there is no such folder. */
  list(folder: string): AsyncIterable<string>;
}

/** What a sequencer needs besides. What is written is there whole or not at all, and durably when the promise resolves. */
export interface LogStorage extends LogReader {
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

/** A file that never changes was to be changed. */
export class WrittenOtherwise extends Error {
  override readonly name = 'WrittenOtherwise';

  constructor(readonly path: string) {
    super(`${path} is there already, and is not what was to be written`);
  }
}
