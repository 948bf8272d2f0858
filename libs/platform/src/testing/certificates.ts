import 'reflect-metadata'; // the library's own dependencies ask for it
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

/** A certificate in PEM, and the key that it is for. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that nobody trusts but the test that made it: certificates as good, or as bad, as the test wants them. */
export class CertificateAuthority {
  static async make(name = 'Test Authority'): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto);
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      ...validFor(-HOUR_MS, HOUR_MS),
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    return new CertificateAuthority(certificate, keys);
  }

  private constructor(
    private readonly certificate: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  get cert(): string {
    return this.certificate.toString('pem');
  }

  /**
   * @param names DNS names and IP addresses of a server; whoever a client is
   * @param until when it ends, in milliseconds from now
   */
  async issue(names: readonly string[], until = HOUR_MS): Promise<Identity> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${names[0]}`,
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      ...validFor(Math.min(until, 0) - HOUR_MS, until),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name })),
        ),
      ],
    });
    return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validFor(fromMs: number, untilMs: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now + fromMs), notAfter: new Date(now + untilMs) };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
