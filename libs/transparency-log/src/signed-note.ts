import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

// C2SP signed-note, and tlog-cosignature for what witnesses add. A note is a text that ends in a newline, a blank line,
// and a line for each signature: `— name base64(key id ‖ signature)`.

/** Signature types: a log signs the text itself, a witness the text and when it saw it. */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;
const KEY_ID_BYTES = 4;
const TIMESTAMP_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** A checkpoint has some hundred bytes, a line of a signature too (of a post-quantum one 3 KB). */
export const MAX_NOTE_BYTES = 64 * 1024;
/** The specification asks for at least 16; nobody has that many witnesses. */
const MAX_SIGNATURES = 64;

const MARK = '\u2014 ';
const NAME = /^[^\s+\p{Cc}]{1,255}$/u;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
// Newline apart, which separates lines.
const CONTROL = /[^\P{Cc}\n\u007f-\u009f]/u;

/** A key that signatures are checked with: of a log, or of a witness. */
export interface Verifier {
  readonly name: string;
  /** SHA-256(name ‖ "\n" ‖ type ‖ public key)[:4]: tells keys apart and proves nothing. */
  readonly keyId: Buffer;
  readonly isWitness: boolean;
  /** Ed25519 */
  readonly publicKey: KeyObject;
}

/** A key that a log signs with. */
export interface Signer {
  readonly name: string;
  readonly keyId: Buffer;
  /** Ed25519 */
  readonly privateKey: KeyObject;
}

/** A note, a checkpoint, a key or a receipt is not what it should be, or not by whom; the message says what is wrong. */
export class MalformedNote extends Error {
  override readonly name = 'MalformedNote';
}

/**
 * A new key for the log of that name (its origin).
 * @throws MalformedNote for what cannot be a name: empty, with a blank or a +
 */
export function generateSigner(name: string): Signer {
  return signerOf(name, generateKeyPairSync('ed25519').privateKey);
}

/**
 * @param privateKey  Ed25519
 * @throws MalformedNote
 */
export function signerOf(name: string, privateKey: KeyObject): Signer {
  if (!NAME.test(name) || !name.isWellFormed())
    throw new MalformedNote('the name of a key has 1 to 255 characters, no blank, no + and no control character');
  return { name, keyId: keyIdOf(name, ED25519, rawKey(createPublicKey(privateKey))), privateKey };
}

/** `PRIVATE+KEY+name+hex(key id)+base64(0x01 ‖ seed)`, a secret; as golang.org/x/mod/sumdb/note writes and reads it. */
export function signerKey({ name, keyId, privateKey }: Signer): string {
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length);
  return `PRIVATE+KEY+${name}+${keyId.toString('hex')}+${encoded(ED25519, seed)}`;
}

/** @throws MalformedNote, whose message holds nothing of the key */
export function readSignerKey(text: string): Signer {
  const malformed = () => new MalformedNote('a signing key reads PRIVATE+KEY+name+hex(key id)+base64(type and seed)');
  const prefix = 'PRIVATE+KEY+';
  if (!text.startsWith(prefix)) throw malformed();
  const { name, id, type, key } = readKey(text.slice(prefix.length), malformed);
  if (type !== ED25519) throw malformed();
  const signer = signerOf(
    name,
    createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, key]), format: 'der', type: 'pkcs8' }),
  );
  if (signer.keyId.toString('hex') !== id)
    throw new MalformedNote('the id of the signing key is not that of its name and key');
  return signer;
}

/** `name+hex(key id)+base64(0x01 ‖ public key)` of what a signer signs with, or a verifier checks with (a witness: 0x04). */
export function verifierKey(key: Signer | Verifier): string {
  const type = 'isWitness' in key && key.isWitness ? COSIGNATURE : ED25519;
  const publicKey = 'publicKey' in key ? key.publicKey : createPublicKey(key.privateKey);
  return `${key.name}+${key.keyId.toString('hex')}+${encoded(type, rawKey(publicKey))}`;
}

/**
 * Reads what `verifierKey` writes; white space around it is not looked at.
 * @throws MalformedNote
 */
export function readVerifierKey(text: string): Verifier {
  const malformed = () => new MalformedNote('a verifier key reads name+hex(key id)+base64(type and key)');
  const { name, id, type, key } = readKey(text.trim(), malformed);
  if (type !== ED25519 && type !== COSIGNATURE)
    throw new MalformedNote('the verifier key is not an Ed25519 key of a log or a witness');
  const keyId = keyIdOf(name, type, key);
  if (keyId.toString('hex') !== id)
    throw new MalformedNote('the id of the verifier key is not that of its name and key');
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' });
  return { name, keyId, isWitness: type === COSIGNATURE, publicKey };
}

/**
 * Verifier keys of witnesses, one a line; empty lines and those that begin with # are not looked at.
 * @throws MalformedNote for a line that is none, a key of a log, and a name and key id that two lines have
 */
export function readWitnesses(text: string): Verifier[] {
  const lines = text.split('\n').map((line) => line.trim());
  const witnesses = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readVerifierKey);
  for (const [at, { name, keyId, isWitness }] of witnesses.entries()) {
    if (!isWitness) throw new MalformedNote(`the key of ${name} is that of a log, and not of a witness`);
    if (witnesses.slice(0, at).some((each) => each.name === name && each.keyId.equals(keyId)))
      throw new MalformedNote(`${name} stands there twice`);
  }
  return witnesses;
}

/**
 * The text with a signature under it.
 * @param text  ends in a newline
 * @throws MalformedNote for a text that no note can have
 */
export function signNote(text: string, { name, keyId, privateKey }: Signer): string {
  checkText(text);
  const signature = sign(null, Buffer.from(text), privateKey);
  return `${text}\n${MARK}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

export interface OpenedNote {
  readonly text: string;
  /** Keys that signed it, each once, however many lines it has. */
  readonly signedBy: readonly Verifier[];
  /** Of witnesses: seconds since the epoch; of several lines the latest. */
  readonly seenAt: ReadonlyMap<Verifier, number>;
}

/**
 * Reads a note and checks every signature of a known key. Signatures of unknown keys are left alone, as long as they are
 * signatures; whether the right ones are there is for the caller to say.
 * @param verifiers  no two of one name and key id: which of them signed could not be told
 * @throws MalformedNote also when a signature of a known key is wrong: somebody changed the text, or the signature
 */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): OpenedNote {
  const all = asText(note);
  const end = all.lastIndexOf('\n\n');
  if (end < 0) throw new MalformedNote('no blank line before the signatures');
  const text = all.slice(0, end + 1);
  checkText(text);
  if (!all.endsWith('\n')) throw new MalformedNote('the last line does not end');
  const lines = all.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new MalformedNote(`more than ${MAX_SIGNATURES} signatures`);

  const seenAt = new Map<Verifier, number>();
  const signedBy = new Set<Verifier>();
  // A line that stands there twice says nothing new, and costs nothing.
  for (const line of new Set(lines)) {
    const { name, keyId, signature } = readSignature(line);
    const [verifier, another] = verifiers.filter((each) => each.name === name && each.keyId.equals(keyId));
    if (!verifier) continue;
    if (another && verifierKey(verifier) !== verifierKey(another))
      throw new MalformedNote(`two known keys are ${name}+${keyId.toString('hex')}`);
    const at = check(text, signature, verifier);
    if (verifier.isWitness) seenAt.set(verifier, Math.max(at, seenAt.get(verifier) ?? 0));
    signedBy.add(verifier);
  }
  return { text, signedBy: [...signedBy], seenAt };
}

/** @returns when a witness saw it, in seconds since the epoch; 0 for a log, which does not say */
function check(text: string, signature: Buffer, { name, isWitness, publicKey }: Verifier): number {
  const wrong = () => new MalformedNote(`the signature of ${name} is not right`);
  const timestamp = isWitness ? TIMESTAMP_BYTES : 0;
  if (signature.length !== timestamp + SIGNATURE_BYTES) throw wrong();
  const time = isWitness ? signature.readBigUInt64BE(0) : 0n;
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw wrong();
  const message = isWitness ? `cosignature/v1\ntime ${time}\n${text}` : text;
  if (!verify(null, Buffer.from(message), publicKey, signature.subarray(timestamp))) throw wrong();
  return Number(time);
}

function readSignature(line: string): { name: string; keyId: Buffer; signature: Buffer } {
  const [name, base64, ...more] = line.startsWith(MARK) ? line.slice(MARK.length).split(' ') : [];
  const bytes = base64 === undefined ? undefined : fromBase64(base64);
  if (name === undefined || !NAME.test(name) || !bytes || bytes.length <= KEY_ID_BYTES || more.length > 0)
    throw new MalformedNote('a line after the blank one is no signature');
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** Two readers must not see two texts in the same bytes: what is not UTF-8 is refused, and a byte order mark is a character. */
function asText(note: string | Uint8Array): string {
  const bytes = typeof note === 'string' ? Buffer.byteLength(note) : note.length;
  if (bytes > MAX_NOTE_BYTES) throw new MalformedNote(`longer than ${MAX_NOTE_BYTES} bytes`);
  let text = note;
  if (typeof text !== 'string') {
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
    } catch (cause) {
      throw new MalformedNote('not UTF-8', { cause });
    }
  }
  if (!text.isWellFormed()) throw new MalformedNote('not UTF-8');
  return text;
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || text === '\n') throw new MalformedNote('no text that ends in a newline');
  if (CONTROL.test(text)) throw new MalformedNote('control characters in the text');
  if (!text.isWellFormed()) throw new MalformedNote('not UTF-8');
}

/** @returns undefined for what decodes and encodes to something else: nobody honest wrote it */
export function fromBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** `name+hex(key id)+base64(type ‖ 32 bytes)` */
function readKey(
  text: string,
  malformed: () => MalformedNote,
): { name: string; id: string; type: number; key: Buffer } {
  const [name, id, ...rest] = text.split('+');
  const bytes = fromBase64(rest.join('+'));
  const type = bytes?.[0];
  if (name === undefined || !NAME.test(name) || id === undefined || !/^[0-9a-f]{8}$/.test(id)) throw malformed();
  if (bytes?.length !== 1 + RAW_KEY_BYTES || type === undefined) throw malformed();
  return { name, id, type, key: bytes.subarray(1) };
}

function encoded(type: number, key: Buffer): string {
  return Buffer.concat([Buffer.of(type), key]).toString('base64');
}

function keyIdOf(name: string, type: number, key: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), key]), 'buffer').subarray(
    0,
    KEY_ID_BYTES,
  );
}

const RAW_KEY_BYTES = 32;
/** What SubjectPublicKeyInfo and PKCS #8 say before the 32 bytes of an Ed25519 key: RFC 8410 §4, §7. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function rawKey(publicKey: KeyObject): Buffer {
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new MalformedNote('not an Ed25519 key');
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
}
