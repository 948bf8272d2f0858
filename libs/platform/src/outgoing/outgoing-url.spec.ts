import { AddressGuard } from './address-guard.js';
import type { Lookup } from './guarded-http.js';
import { refusalOf } from './outgoing-url.js';

const NAMES: Record<string, readonly string[]> = {
  'receiver.example': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'inside.example': ['10.1.2.3'],
  'mixed.example': ['127.0.0.1', '93.184.215.14'],
  'metadata.example': ['::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'],
  localhost: ['127.0.0.1', '::1'],
  // What the URL makes of bücher.example, written with full-width letters as well as without.
  'xn--bcher-kva.example': ['93.184.215.14'],
};
const lookup: Lookup = (name) => {
  const addresses = NAMES[name.replace(/\.$/, '')];
  if (!addresses) return Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
  return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
};

function refusal(url: string, allow: readonly string[] = [], deny: readonly string[] = []) {
  return refusalOf(url, new AddressGuard(allow, deny), lookup);
}

describe('an address that somebody enters', () => {
  it.each([
    'https://receiver.example/hook',
    'https://receiver.example:8443/hook?tenant=1',
    'https://RECEIVER.example./',
    'https://ｒeceiver。example/',
    'https://bücher.example/',
    'https://mixed.example/',
    'https://8.8.8.8/',
    'https://134744072/',
    'https://[2606:4700:4700::1111]/',
    'https://not-there-yet.example/',
  ])('may be %s', async (url) => {
    expect(await refusal(url)).toBeUndefined();
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.0.0.1:8443/',
    'https://127.0.0.1./',
    'https://127.1/',
    'https://0/',
    'https://0x7f.0.0.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://0177.0.0.01/',
    'https://%31%32%37.0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://１２７。０。０。１/',
    'https://127.0.\t0.\n1/',
    'https:\\\\127.0.0.1\\',
    'https:127.0.0.1',
    'https:///127.0.0.1/',
    'https://[::1]/',
    'https://[::]/',
    'https://[0:0:0:0:0:0:0:1]:8443/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/',
    'https://[2606:4700::5efe:127.0.0.1]/',
    'https://[fd00:ec2::254]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://168.63.129.16/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'https://inside.example/',
    'https://metadata.example/',
  ])('is not %s, which leads inside', async (url) => {
    expect(await refusal(url)).toBe('must be a public address');
  });

  it.each([
    ['http://receiver.example/', 'must begin with https://; plain http is for addresses that the operator allowed'],
    [
      'http://not-there-yet.example/',
      'must begin with https://; plain http is for addresses that the operator allowed',
    ],
    ['http://127.0.0.1/', 'must begin with https://; plain http is for addresses that the operator allowed'],
    ['https://partner@receiver.example/', 'must not contain a user name or password'],
    ['https://8.8.8.8@127.0.0.1/', 'must not contain a user name or password'],
    ['https://receiver.example#@127.0.0.1/', 'must not contain a fragment'],
    ['ftp://receiver.example/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['gopher://127.0.0.1:6379/_FLUSHALL', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['https://[fe80::1%25eth0]/', 'must be an absolute URL'],
    ['https://127.0.0.1:99999/', 'must be an absolute URL'],
    ['https://256.0.0.1/', 'must be an absolute URL'],
    ['https://08.0.0.1/', 'must be an absolute URL'],
    ['//receiver.example/', 'must be an absolute URL'],
    ['', 'must be an absolute URL'],
  ])('is not %s, and it is said why', async (url, why) => {
    expect(await refusal(url)).toBe(why);
  });

  it('may lead inside, by plain http too, where the operator allowed it, and nowhere else', async () => {
    for (const scheme of ['http', 'https']) {
      expect(await refusal(`${scheme}://10.1.2.3:8080/`, ['10.1.0.0/16'])).toBeUndefined();
      expect(await refusal(`${scheme}://inside.example/`, ['10.1.0.0/16'])).toBeUndefined();
      expect(await refusal(`${scheme}://10.2.0.1/`, ['10.1.0.0/16'])).toBeDefined();
      expect(await refusal(`${scheme}://inside.example/`, ['10.1.0.0/16'], ['10.1.2.0/24'])).toBeDefined();
    }
    expect(await refusal('http://receiver.example/', ['10.1.0.0/16'])).toBeDefined();
    expect(await refusal('https://receiver.example/', [], ['93.184.215.0/24', '2606:2800::/32'])).toBe(
      'must be a public address',
    );
  });
});
