import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { readVerifierKey, type Verifier } from '../src/signed-note.js';

export interface Witness {
  readonly verifier: Verifier;
  readonly pair: ReturnType<typeof newPair>;
  /** A line under a checkpoint: C2SP tlog-cosignature. `said` is the time that the line says, if another than the signed one. */
  cosign(text: string, at: bigint, said?: bigint): string;
  /** A line without a time. */
  signAsLog(text: string): string;
}

/** A witness, with a key of its own unless one is given. */
export function witnessFor(name: string, pair = newPair()): Witness {
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const encoded = Buffer.concat([Buffer.of(4), raw]);
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), encoded]), 'buffer').subarray(0, 4);
  const line = (...parts: Buffer[]) => `— ${name} ${Buffer.concat([keyId, ...parts]).toString('base64')}\n`;
  return {
    verifier: readVerifierKey(`${name}+${keyId.toString('hex')}+${encoded.toString('base64')}`),
    pair,
    cosign(text, at, said = at) {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(said);
      return line(time, sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), pair.privateKey));
    },
    signAsLog: (text) => line(sign(null, Buffer.from(text), pair.privateKey)),
  };
}

function newPair() {
  return generateKeyPairSync('ed25519');
}
