import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment } from '../environment.js';
import { CertificateAuthority } from '../testing/certificates.js';
import { readOutgoing } from './settings.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-outgoing-'));
  const authority = await CertificateAuthority.make();
  const [one, another] = [await authority.issue(['vendor.test']), await authority.issue(['vendor.test'])];
  file('ca.pem', authority.cert);
  file('vendor.pem', one.cert);
  file('vendor.key', one.key);
  file('another.key', another.key);
  file('credentials', 'fairlead:s3cret\n');
  file('garbage', 'whsec_garbage');
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content?: string): string {
  if (content !== undefined) writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function read(env: NodeJS.ProcessEnv, options?: { showsCertificate: boolean }) {
  const environment = new Environment(env);
  const settings = readOutgoing(environment, options);
  environment.refuseProblems();
  return settings;
}

describe('the settings of what leaves', () => {
  it('need nothing: public addresses, directly, by the certificates that Node trusts', () => {
    const { guard, proxy, secureContext } = read({}, { showsCertificate: true });
    expect([guard.verdict('127.0.0.1'), guard.verdict('8.8.8.8')]).toEqual(['refused', 'public']);
    expect([proxy, secureContext]).toEqual([undefined, undefined]);
  });

  it('name networks that may be called, and some that may not', () => {
    const { guard } = read({ FAIRLEAD_WEBHOOK_ALLOW: '10.0.0.0/8', FAIRLEAD_WEBHOOK_DENY: '10.9.0.0/16, 8.8.8.0/24' });
    expect(['10.1.1.1', '10.9.1.1', '8.8.8.8'].map((address) => guard.verdict(address))).toEqual([
      'allowed',
      'refused',
      'refused',
    ]);
  });

  it('name a proxy, an authority, and who we are', () => {
    const all = {
      FAIRLEAD_EGRESS_PROXY: 'http://proxy.inside:3128',
      FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE: file('credentials'),
      FAIRLEAD_WEBHOOK_CA_FILE: file('ca.pem'),
      FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE: file('vendor.pem'),
      FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE: file('vendor.key'),
    };
    expect(read(all, { showsCertificate: true }).proxy).toBeDefined();
    expect(read(all).secureContext).toBeDefined();
  });

  it('show our certificate to partners alone', () => {
    const only = {
      FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE: file('vendor.pem'),
      FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE: file('vendor.key'),
    };
    expect(read(only, { showsCertificate: true }).secureContext).toBeDefined();
    expect(read(only).secureContext).toBeUndefined();
  });

  it.each<[string, () => NodeJS.ProcessEnv]>([
    ['FAIRLEAD_WEBHOOK_ALLOW', () => ({ FAIRLEAD_WEBHOOK_ALLOW: '010.0.0.0/8' })],
    ['FAIRLEAD_WEBHOOK_DENY', () => ({ FAIRLEAD_WEBHOOK_DENY: '8.8.8.8' })],
    ['FAIRLEAD_EGRESS_PROXY', () => ({ FAIRLEAD_EGRESS_PROXY: 'socks5://proxy.inside' })],
    ['FAIRLEAD_EGRESS_PROXY', () => ({ FAIRLEAD_EGRESS_PROXY: 'http://fairlead:s3cret@proxy.inside' })],
    ['FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE', () => ({ FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE: file('garbage') })],
    ['FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE', () => ({ FAIRLEAD_EGRESS_PROXY_CREDENTIALS_FILE: file('absent') })],
    ['FAIRLEAD_WEBHOOK_CA_FILE', () => ({ FAIRLEAD_WEBHOOK_CA_FILE: file('absent') })],
    ['FAIRLEAD_WEBHOOK_CA_FILE', () => ({ FAIRLEAD_WEBHOOK_CA_FILE: file('garbage') })],
    ['FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE', () => ({ FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE: file('vendor.pem') })],
    ['FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE', () => ({ FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE: file('vendor.key') })],
    [
      'FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE',
      () => ({
        FAIRLEAD_WEBHOOK_CLIENT_CERT_FILE: file('vendor.pem'),
        FAIRLEAD_WEBHOOK_CLIENT_KEY_FILE: file('another.key'),
      }),
    ],
  ])('refuse a bad %s by name, and repeat nothing of it', (name, env) => {
    const refusal = () => read(env(), { showsCertificate: true });
    expect(refusal).toThrow(name);
    expect(refusal).not.toThrow(/s3cret|garbage|socks5|010\.0/);
  });
});
