import type { Environment } from '@fairlead/platform';
import { readVerifierKey, type Signer, signerOf, type Verifier, verifierKey } from '@fairlead/transparency-log';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const SETTINGS = Symbol('settings of audit');

export interface AuditSettings {
  readonly folder: string;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** What auditors verify with. */
  readonly verifierKey: string;
}

/** The key is an Ed25519 private key in PEM (PKCS #8); who has it can make the log say anything, so it is nobody else's. */
export function readSettings(environment: Environment): AuditSettings | undefined {
  const folder = resolve(environment.text('FAIRLEAD_LOG_DIR', { default: '.fairlead/log' }));
  const origin = environment.text('FAIRLEAD_LOG_ORIGIN', {
    default: 'fairlead.local/log',
    pattern: /^[^\s+]{1,128}$/,
    shape: 'a name without blanks and plus signs, such as log.example.com/fairlead',
  });
  const file = environment.text('FAIRLEAD_LOG_KEY_FILE');
  if (file === '') return undefined;
  try {
    const signer = signerOf(origin, createPrivateKey(readFileSync(file, 'utf8')));
    const key = verifierKey(signer);
    return { folder, signer, verifier: readVerifierKey(key), verifierKey: key };
  } catch {
    // The cause may quote the file.
    environment.refuse('FAIRLEAD_LOG_KEY_FILE', 'must name a file with an Ed25519 private key in PEM');
    return undefined;
  }
}
