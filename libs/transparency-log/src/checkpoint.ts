import { HASH_BYTES } from './hashing.js';
import { isCount } from './layout.js';
import {
  fromBase64,
  MalformedNote,
  openNote,
  type Signer,
  signNote,
  type Verifier,
  verifierKey,
} from './signed-note.js';

/** What a log is at one moment: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** The log's name, which is that of its key as well. */
  readonly origin: string;
  /** How many entries it has. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

export interface SignedCheckpoint extends Checkpoint {
  /** As it was published: text and signatures. */
  readonly note: string;
  /** Seconds since the epoch, by the name of each witness that cosigned; a key counts once, whatever its names. */
  readonly witnesses: ReadonlyMap<string, number>;
}

/**
 * `origin\nsize\nbase64(root)\n` and the log's signature. The origin is the signer's name.
 * @throws RangeError for a size or a root that is none
 */
export function signCheckpoint({ size, root }: Omit<Checkpoint, 'origin'>, signer: Signer): string {
  if (!isCount(size)) throw new RangeError(`no size of a log: ${size}`);
  if (root.length !== HASH_BYTES) throw new RangeError(`a root of ${root.length} bytes`);
  return signNote(`${signer.name}\n${size}\n${root.toString('base64')}\n`, signer);
}

/**
 * Reads a checkpoint of the log whose key this is.
 * @param witnesses  whose cosignatures are checked as well
 * @throws MalformedNote when it is another log's, unsigned, or not a checkpoint
 */
export function openCheckpoint(
  note: string | Uint8Array,
  log: Verifier,
  witnesses: readonly Verifier[] = [],
): SignedCheckpoint {
  const { text, signedBy, seenAt } = openNote(note, [log, ...witnesses]);
  if (log.isWitness || !signedBy.includes(log)) throw new MalformedNote(`not signed by ${log.name}`);
  const checkpoint = readCheckpoint(text);
  if (checkpoint.origin !== log.name)
    throw new MalformedNote(`of the log ${checkpoint.origin}, and not of ${log.name}`);
  const asPublished = typeof note === 'string' ? note : Buffer.from(note).toString('utf8');
  return { ...checkpoint, note: asPublished, witnesses: countedByKey(seenAt) };
}

/**
 * @param text  a checkpoint without its signatures. Lines after the third are extensions, which may be there.
 * @throws MalformedNote
 */
export function readCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...extensions] = text.split('\n');
  if (origin === '') throw new MalformedNote('a checkpoint begins with the name of its log');
  if (!/^(?:0|[1-9]\d*)$/.test(size)) throw new MalformedNote('the size is not a number');
  const count = Number(size);
  if (!isCount(count)) throw new MalformedNote(`a size of ${size.slice(0, 32)} is beyond 2^53`);
  const bytes = fromBase64(root);
  if (bytes?.length !== HASH_BYTES) throw new MalformedNote('the root is not a hash in base64');
  if (extensions.pop() !== '') throw new MalformedNote('the last line does not end');
  if (extensions.includes('')) throw new MalformedNote('an empty line');
  return { origin, size: count, root: bytes };
}

export interface Cosignature {
  /** Of the witness, in base64: what witnesses are counted by. */
  readonly key: string;
  /** As it stands under a checkpoint, without the newline. */
  readonly line: string;
}

/**
 * Judges lines that are to stand under a checkpoint.
 * @param lines  of signatures, each ending in a newline
 * @returns one for each witness among them, the first; each is right
 * @throws MalformedNote when a line is not the right signature of one of these witnesses
 */
export function readCosignatures(lines: string, checkpoint: string, witnesses: readonly Verifier[]): Cosignature[] {
  const { text } = openNote(checkpoint, []);
  // All of them at once first: that bounds how many there are, and how long.
  openNote(`${text}\n${lines}`, []);
  const byKey = new Map<string, Cosignature>();
  for (const line of lines.slice(0, -1).split('\n')) {
    const [witness] = openNote(`${text}\n${line}\n`, witnesses).signedBy;
    if (!witness?.isWitness) throw new MalformedNote('a line is of nobody who is a witness here');
    const key = rawKeyOf(witness);
    if (!byKey.has(key)) byKey.set(key, { key, line });
  }
  return [...byKey.values()];
}

/** Type and key in base64, without the name. */
function rawKeyOf(witness: Verifier): string {
  return verifierKey(witness).slice(-44);
}

/** Whoever counts witnesses must not take one for two (CVE-2026-49834): a key that is known by two names is one. */
function countedByKey(seenAt: ReadonlyMap<Verifier, number>): Map<string, number> {
  const byKey = new Map<string, readonly [string, number]>();
  for (const [witness, at] of seenAt) {
    const key = rawKeyOf(witness);
    if (!byKey.has(key)) byKey.set(key, [witness.name, at]);
  }
  return new Map(byKey.values());
}
