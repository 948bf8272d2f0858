import { HASH_BYTES } from './hashing.js';
import { fromBase64, MalformedNote, openNote, type Signer, signNote, type Verifier } from './signed-note.js';

/** What a log is at one moment: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** The log's name. */
  readonly origin: string;
  /** How many entries it has. */
  readonly size: number;
  readonly root: Buffer;
}

export interface SignedCheckpoint extends Checkpoint {
  /** As it was published: text and signatures. */
  readonly note: string;
  /** Seconds since the epoch, by the name of each witness that cosigned; a key counts once. */
  readonly witnesses: ReadonlyMap<string, number>;
}

/** `origin\nsize\nbase64(root)\n` and the log's signature. */
export function signCheckpoint({ origin, size, root }: Checkpoint, signer: Signer): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signer);
}

/**
 * Reads a checkpoint of the log whose key this is.
 * @param witnesses  whose cosignatures are checked as well
 * @throws MalformedNote when it is another log's, unsigned, or not a checkpoint
 */
export function openCheckpoint(note: string, log: Verifier, witnesses: readonly Verifier[] = []): SignedCheckpoint {
  const { text, signedBy, seenAt } = openNote(note, [log, ...witnesses]);
  const checkpoint = readCheckpoint(text);
  if (!signedBy.includes(log)) throw new MalformedNote(`not signed by ${log.name}`);
  if (checkpoint.origin !== log.name)
    throw new MalformedNote(`of the log ${checkpoint.origin}, and not of ${log.name}`);
  // By key: two names of one key are one witness.
  const byKey = new Map([...seenAt].map(([{ publicKey, name }, at]) => [keyOf(publicKey), { name, at }]));
  return { ...checkpoint, note, witnesses: new Map([...byKey.values()].map(({ name, at }) => [name, at])) };
}

/** @throws MalformedNote */
export function readCheckpoint(text: string): Checkpoint {
  // Lines after the third are extensions, which we do not know and which may be there.
  const [origin, size, root] = text.split('\n');
  if (origin === undefined || origin === '') throw new MalformedNote('a checkpoint begins with the name of its log');
  if (size === undefined || !/^(?:0|[1-9]\d*)$/.test(size)) throw new MalformedNote('the size is not a number');
  const count = Number(size);
  if (!Number.isSafeInteger(count)) throw new MalformedNote(`a size of ${size.slice(0, 32)} is beyond 2^53`);
  const bytes = root === undefined ? undefined : fromBase64(root);
  if (bytes?.length !== HASH_BYTES) throw new MalformedNote('the root is not a hash in base64');
  return { origin, size: count, root: bytes };
}

function keyOf(publicKey: Verifier['publicKey']): string {
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}
