import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

// C2SP signed-note, and tlog-cosignature for what witnesses add. A note is a text that ends in a newline, a blank line,
// and a line for each signature: `— name base64(key id ‖ signature)`.

/** Signature types: a log signs the text itself, a witness the text and when it saw it. */
const ED25519 = 1;
const COSIGNATURE = 4;
/** A checkpoint has some hundred bytes, a line of a signature too; a note that is larger is none of ours. */
const MAX_NOTE_BYTES = 64 * 1024;
/** The specification asks for at least 16; nobody has that many witnesses. */
const MAX_SIGNATURES = 64;

const MARK = '\u2014 ';
const NAME = /^[^\s+\p{Cc}]{1,255}$/u;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A key that signatures are checked with: of the log, or of a witness. */
export interface Verifier {
  readonly name: string;
  readonly keyId: Buffer;
  readonly isWitness: boolean;
  readonly publicKey: KeyObject;
}

export interface Signer {
  readonly name: string;
  readonly keyId: Buffer;
  readonly privateKey: KeyObject;
}

export class MalformedNote extends Error {
  override readonly name = 'MalformedNote';
}

/** `name+hex(key id)+base64(type ‖ public key)`, as golang.org/x/mod/sumdb/note reads it. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  const raw = rawKey(publicKey);
  const encoded = Buffer.concat([Buffer.of(ED25519), raw]);
  return `${name}+${keyIdOf(name, encoded).toString('hex')}+${encoded.toString('base64')}`;
}

/** @throws MalformedNote */
export function readVerifierKey(text: string): Verifier {
  const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? [];
  if (name === undefined || id === undefined || key === undefined || !NAME.test(name))
    throw new MalformedNote('a verifier key reads name+hex(key id)+base64(type and key)');
  const encoded = fromBase64(key);
  const type = encoded?.[0];
  if (!encoded || encoded.length !== 33 || (type !== ED25519 && type !== COSIGNATURE))
    throw new MalformedNote('the verifier key is not an Ed25519 key of a log or a witness');
  const keyId = keyIdOf(name, encoded);
  if (keyId.toString('hex') !== id)
    throw new MalformedNote('the id of the verifier key is not that of its name and key');
  return { name, keyId, isWitness: type === COSIGNATURE, publicKey: publicKeyOf(encoded.subarray(1)) };
}

/** @param privateKey  Ed25519 */
export function signerOf(name: string, privateKey: KeyObject): Signer {
  if (!NAME.test(name)) throw new MalformedNote('the name of a key has no blank, no + and no control character');
  const encoded = Buffer.concat([Buffer.of(ED25519), rawKey(createPublicKey(privateKey))]);
  return { name, keyId: keyIdOf(name, encoded), privateKey };
}

/** The text with a signature under it. */
export function signNote(text: string, { name, keyId, privateKey }: Signer): string {
  checkText(text);
  const signature = sign(null, Buffer.from(text), privateKey);
  return `${text}\n${MARK}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

export interface OpenedNote {
  readonly text: string;
  /** Keys that signed it, each once, however many lines it has. */
  readonly signedBy: readonly Verifier[];
  /** Of witnesses: seconds since the epoch. */
  readonly seenAt: ReadonlyMap<Verifier, number>;
}

/**
 * Reads a note and checks every signature of a known key; those of others are left alone.
 * @throws MalformedNote also when a signature of a known key is wrong: somebody changed the text, or the signature
 */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES) throw new MalformedNote(`longer than ${MAX_NOTE_BYTES} bytes`);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new MalformedNote('no blank line before the signatures');
  const text = note.slice(0, end + 1);
  checkText(text);
  if (!note.endsWith('\n')) throw new MalformedNote('the last line does not end');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new MalformedNote(`more than ${MAX_SIGNATURES} signatures`);

  const signedBy = new Set<Verifier>();
  const seenAt = new Map<Verifier, number>();
  for (const line of lines) {
    const { name, keyId, signature } = readSignature(line);
    const verifier = verifiers.find((each) => each.name === name && each.keyId.equals(keyId));
    if (!verifier) continue;
    if (!verifier.isWitness) {
      if (!verify(null, Buffer.from(text), verifier.publicKey, signature)) throw wrong(name);
    } else {
      if (signature.length !== 72) throw wrong(name);
      const time = signature.readBigUInt64BE(0);
      const message = `cosignature/v1\ntime ${time}\n${text}`;
      if (!verify(null, Buffer.from(message), verifier.publicKey, signature.subarray(8))) throw wrong(name);
      if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw wrong(name);
      seenAt.set(verifier, Number(time));
    }
    signedBy.add(verifier);
  }
  return { text, signedBy: [...signedBy], seenAt };
}

function wrong(name: string): MalformedNote {
  return new MalformedNote(`the signature of ${name} is not right`);
}

function readSignature(line: string): { name: string; keyId: Buffer; signature: Buffer } {
  const [name, encoded, ...more] = line.startsWith(MARK) ? line.slice(MARK.length).split(' ') : [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || !NAME.test(name) || !bytes || bytes.length < 5 || more.length > 0)
    throw new MalformedNote('a line after the blank one is no signature');
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || text === '\n') throw new MalformedNote('the text does not end in a newline');

  if (/[\u0000-\u0009\u000b-\u001f]/.test(text) || !text.isWellFormed())
    throw new MalformedNote('control characters in the text');
}

/** Strict: what decodes and encodes to something else was not written by anybody honest. */
export function fromBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function keyIdOf(name: string, encoded: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), encoded]), 'buffer').subarray(0, 4);
}

/** What SubjectPublicKeyInfo says before the 32 bytes of an Ed25519 key: RFC 8410 §4. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function rawKey(publicKey: KeyObject): Buffer {
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new MalformedNote('not an Ed25519 key');
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}
