import type { Environment } from '@fairlead/platform';
import {
  FolderStorage,
  type LogStorage,
  readVerifierKey,
  readWitnesses,
  type Signer,
  signerOf,
  type Verifier,
  verifierKey,
} from '@fairlead/transparency-log';
import { S3Storage } from '@fairlead/transparency-log/s3';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const SETTINGS = Symbol('settings of audit');

export interface AuditSettings {
  /** Where the log's files are, anew for each who uses it: a folder may be another one by then. */
  readonly openStorage: () => LogStorage;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** What auditors verify with. */
  readonly verifierKey: string;
  /** Whose cosignatures are taken. */
  readonly witnesses: readonly Verifier[];
}

/** The key is an Ed25519 private key in PEM (PKCS #8); who has it can make the log say anything, so it is nobody else's. */
export function readSettings(environment: Environment): AuditSettings | undefined {
  const openStorage = readStorage(environment);
  const origin = environment.text('FAIRLEAD_LOG_ORIGIN', {
    default: 'fairlead.local/log',
    pattern: /^[^\s+]{1,128}$/,
    shape: 'a name without blanks and plus signs, such as log.example.com/fairlead',
  });
  const witnesses = readWitnessesFile(environment);
  const file = environment.text('FAIRLEAD_LOG_KEY_FILE');
  if (file === '' || !openStorage) return undefined;
  try {
    const signer = signerOf(origin, createPrivateKey(readFileSync(file, 'utf8')));
    const key = verifierKey(signer);
    return { openStorage, signer, verifier: readVerifierKey(key), verifierKey: key, witnesses };
  } catch (error) {
    // The cause may quote the file.
    environment.refuse(
      'FAIRLEAD_LOG_KEY_FILE',
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'names a file that is not there. Put it back (`fairlead start` keeps it as log-key in the data folder, and makes one for a new log only): a log goes on with the key that it was begun with'
        : 'must name a file with an Ed25519 private key in PEM',
    );
    return undefined;
  }
}

function readWitnessesFile(environment: Environment): Verifier[] {
  const file = environment.optionalText('FAIRLEAD_LOG_WITNESSES_FILE');
  try {
    return file === undefined ? [] : readWitnesses(readFileSync(file, 'utf8'));
  } catch {
    environment.refuse(
      'FAIRLEAD_LOG_WITNESSES_FILE',
      'must name a file with verifier keys of witnesses (cosignature/v1), one a line, none twice',
    );
    return [];
  }
}

/** The bucket that is named, else a folder. */
function readStorage(environment: Environment): (() => LogStorage) | undefined {
  const folder = resolve(environment.text('FAIRLEAD_LOG_DIR', { default: '.fairlead/log' }));
  const url = environment.optionalUrl('FAIRLEAD_LOG_S3', { protocols: ['https', 'http'] });
  if (url === undefined) return () => new FolderStorage(folder);
  if (!S3_PATH.test(url))
    environment.refuse(
      'FAIRLEAD_LOG_S3',
      'must be https://host/bucket or https://host/bucket/prefix, and nothing after it',
    );
  const region = environment.text('FAIRLEAD_LOG_S3_REGION', { default: 'us-east-1', pattern: /^[a-z0-9-]{1,64}$/ });
  const accessKeyId = environment.text('FAIRLEAD_LOG_S3_KEY_ID');
  const file = environment.text('FAIRLEAD_LOG_S3_SECRET_FILE');
  if (url === '' || accessKeyId === '' || file === '') return undefined;
  const secretAccessKey = readSecret(file);
  if (secretAccessKey === '') {
    environment.refuse('FAIRLEAD_LOG_S3_SECRET_FILE', 'must name a file with the secret access key of that bucket');
    return undefined;
  }
  // One for all: it keeps connections.
  const storage = new S3Storage({ url, region, accessKeyId, secretAccessKey });
  return () => storage;
}

/** What the paths of a log may be made of goes for the prefix too: then nothing needs to be encoded. */
const S3_PATH = /^https?:\/\/[^/?#@\s]+\/[a-z0-9][a-z0-9.-]{1,62}(?:\/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*\/?$/;

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
