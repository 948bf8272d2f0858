import { openCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { HASH_BYTES, leafHash, MAX_ENTRY_BYTES } from './hashing.js';
import { isCount } from './layout.js';
import { verifyInclusion } from './proofs.js';
import { fromBase64, MalformedNote, type Verifier } from './signed-note.js';

/** Shows, without the log, that an entry is in it: `c2sp.org/tlog-proof@v1`. */
export interface Receipt {
  readonly index: number;
  /** Hashes of 32 bytes, from the entry's sibling to the root's child. */
  readonly proof: readonly Buffer[];
  /** As it was published, signatures and all. */
  readonly checkpoint: string;
  /** Not authenticated: an aid to whoever reads it. */
  readonly extra?: Buffer;
}

const HEAD = 'c2sp.org/tlog-proof@v1';
/** A proof in a tree of 2^53 entries. */
const MAX_PROOF = 53;
/** A checkpoint as long as a note may be, a proof, and something extra. */
const MAX_RECEIPT_BYTES = 256 * 1024;

/** @throws RangeError for an index that is none, and a proof that is longer than any tree is high */
export function writeReceipt({ index, proof, checkpoint, extra }: Receipt): string {
  if (!isCount(index)) throw new RangeError(`no index of an entry: ${index}`);
  if (proof.length > MAX_PROOF || proof.some(({ length }) => length !== HASH_BYTES))
    throw new RangeError(`a proof has at most ${MAX_PROOF} hashes of ${HASH_BYTES} bytes`);
  const lines = [
    HEAD,
    ...(extra && extra.length > 0 ? [`extra ${extra.toString('base64')}`] : []),
    `index ${index}`,
    ...proof.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/**
 * Reads a receipt, and believes nothing of it.
 * @throws MalformedNote
 */
export function readReceipt(text: string): Receipt {
  if (text.length > MAX_RECEIPT_BYTES) throw new MalformedNote(`longer than ${MAX_RECEIPT_BYTES} bytes`);
  const end = text.indexOf('\n\n');
  if (end < 0) throw new MalformedNote('no blank line before the checkpoint');
  const lines = text.slice(0, end).split('\n');
  if (lines.shift() !== HEAD) throw new MalformedNote(`a receipt begins with ${HEAD}`);
  const encoded = lines[0]?.startsWith('extra ') ? lines.shift()?.slice('extra '.length) : undefined;
  const extra = encoded === undefined ? undefined : fromBase64(encoded);
  if (encoded !== undefined && !extra) throw new MalformedNote('what is extra is not base64');
  const [, number] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? [];
  const index = Number(number);
  if (!isCount(index)) throw new MalformedNote('no index of an entry');
  if (lines.length > MAX_PROOF) throw new MalformedNote('a proof that is longer than any tree is high');
  const proof = lines.map((line, at) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) throw new MalformedNote(`line ${at + 1} of the proof is not a hash`);
    return hash;
  });
  return { index, proof, checkpoint: text.slice(end + 2), ...(extra && { extra }) };
}

/**
 * Checks a receipt with nothing but the log's key and the entry, byte for byte.
 * @param witnesses  whose cosignatures are checked as well; how many are enough is for the caller to say
 * @returns where the entry is, and the checkpoint whose tree has it
 * @throws MalformedNote when it shows nothing of the kind
 */
export function verifyReceipt(
  text: string,
  entry: Uint8Array,
  log: Verifier,
  witnesses: readonly Verifier[] = [],
): { readonly index: number; readonly checkpoint: SignedCheckpoint } {
  const { index, proof, checkpoint: note } = readReceipt(text);
  const checkpoint = openCheckpoint(note, log, witnesses);
  if (entry.length > MAX_ENTRY_BYTES || !verifyInclusion(index, checkpoint, leafHash(entry), proof))
    throw new MalformedNote(
      `the proof does not lead from this entry, as number ${index}, to the root of the checkpoint`,
    );
  return { index, checkpoint };
}

/**
 * Checks a receipt for an entry that is not shown: `extra` is its leaf hash. The log has an entry of that hash at that index, and
 * can never show another one there; what is in it, only the entry itself can tell.
 * @throws MalformedNote when it shows nothing of the kind
 */
export function verifyCommitment(
  text: string,
  log: Verifier,
  witnesses: readonly Verifier[] = [],
): { readonly index: number; readonly leaf: Buffer; readonly checkpoint: SignedCheckpoint } {
  const { index, proof, checkpoint: note, extra: leaf } = readReceipt(text);
  const checkpoint = openCheckpoint(note, log, witnesses);
  if (leaf?.length !== HASH_BYTES) throw new MalformedNote('it says nothing of the entry: the entry itself is needed');
  if (!verifyInclusion(index, checkpoint, leaf, proof))
    throw new MalformedNote(`the proof does not lead from an entry of that hash, as number ${index}, to the root`);
  return { index, leaf, checkpoint };
}
