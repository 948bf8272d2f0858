import { leafHash, MalformedNote, MAX_ENTRY_BYTES, verifyCommitment, verifyReceipt } from '@fairlead/transparency-log';
import { CommandFailed } from '../api/command-failed.js';
import { readFile, readKey } from './verify-folder.js';

/** A checkpoint, a proof, and a hash. */
const MAX_RECEIPT_BYTES = 256 * 1_024;

export interface CheckedReceipt {
  readonly index: number;
  readonly origin: string;
  /** Of the log when the receipt was given. */
  readonly size: number;
  /** The entry's hash in the tree, base64. */
  readonly leaf: string;
}

/**
 * Checks a receipt against the log's key, and the entry where there is one. All three are files.
 * @throws CommandFailed
 */
export function checkReceipt(file: string, { key, entry }: { key: string; entry?: string }): CheckedReceipt {
  const log = readKey(key);
  const receipt = readFile(file, MAX_RECEIPT_BYTES).toString('utf8');
  const bytes = entry === undefined ? undefined : readFile(entry, MAX_ENTRY_BYTES);
  try {
    const { index, checkpoint, leaf } = bytes
      ? { ...verifyReceipt(receipt, bytes, log), leaf: leafHash(bytes) }
      : verifyCommitment(receipt, log);
    return { index, origin: checkpoint.origin, size: checkpoint.size, leaf: leaf.toString('base64') };
  } catch (error) {
    if (error instanceof MalformedNote) throw new CommandFailed(`${file} shows nothing: ${error.message}.`, { file });
    throw error;
  }
}
