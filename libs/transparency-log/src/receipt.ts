import { openCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { HASH_BYTES, leafHash } from './hashing.js';
import { verifyInclusion } from './proofs.js';
import { fromBase64, MalformedNote, type Verifier } from './signed-note.js';

/** Shows, without the log, that an entry is in it: `c2sp.org/tlog-proof@v1`. */
export interface Receipt {
  readonly index: number;
  /** From the entry's sibling to the root's child. */
  readonly proof: readonly Buffer[];
  /** As it was published. */
  readonly checkpoint: string;
  /** Not authenticated: an aid to whoever reads it. */
  readonly extra?: Buffer;
}

const HEAD = 'c2sp.org/tlog-proof@v1';
/** A proof in a tree of 2^53 entries. */
const MAX_PROOF = 53;

export function writeReceipt({ index, proof, checkpoint, extra }: Receipt): string {
  const lines = [
    HEAD,
    ...(extra ? [`extra ${extra.toString('base64')}`] : []),
    `index ${index}`,
    ...proof.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @throws MalformedNote */
export function readReceipt(text: string): Receipt {
  const end = text.indexOf('\n\n');
  if (end < 0) throw new MalformedNote('no blank line before the checkpoint');
  const lines = text.slice(0, end).split('\n');
  if (lines.shift() !== HEAD) throw new MalformedNote(`a receipt begins with ${HEAD}`);
  const [, encoded] = /^extra (.+)$/.exec(lines[0] ?? '') ?? [];
  const extra = encoded === undefined ? undefined : fromBase64(encoded);
  if (encoded !== undefined && !extra) throw new MalformedNote('what is extra is not base64');
  if (extra) lines.shift();
  const [, number] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? [];
  if (number === undefined || !Number.isSafeInteger(Number(number))) throw new MalformedNote('no index of an entry');
  if (lines.length > MAX_PROOF) throw new MalformedNote('a proof that is longer than any tree is high');
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) throw new MalformedNote('a line of the proof is not a hash');
    return hash;
  });
  return { index: Number(number), proof, checkpoint: text.slice(end + 2), ...(extra && { extra }) };
}

/**
 * Checks a receipt with nothing but the log's key and the entry, byte for byte.
 * @returns the checkpoint whose tree has the entry
 * @throws MalformedNote when it shows nothing of the kind
 */
export function verifyReceipt(
  text: string,
  entry: Uint8Array,
  log: Verifier,
  witnesses: readonly Verifier[] = [],
): SignedCheckpoint {
  const { index, proof, checkpoint } = readReceipt(text);
  const opened = openCheckpoint(checkpoint, log, witnesses);
  if (!verifyInclusion({ ...opened, index }, leafHash(entry), proof))
    throw new MalformedNote(`the proof does not lead from entry ${index} to the root of the checkpoint`);
  return opened;
}
