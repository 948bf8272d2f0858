import { existsSync, readFileSync } from 'node:fs';
import { AddressGuard } from './address-guard.js';

const guard = new AddressGuard([]);

describe('which addresses may be called', () => {
  it.each(['8.8.8.8', '1.1.1.1', '100.63.255.254', '2606:4700:4700::1111', '2001:4860:4860::8888'])(
    'calls %s',
    (address) => {
      expect(guard.verdict(address)).toBe('public');
    },
  );

  it.each([
    ['this host', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['loopback', '::1'],
    ['a private network', '10.1.2.3'],
    ['a private network', '172.31.255.255'],
    ['a private network', '192.168.0.1'],
    ['a private network', 'fd00::1'],
    ['the cloud’s metadata', '169.254.169.254'],
    ['a link', 'fe80::1'],
    ['carrier NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['documentation', '203.0.113.9'],
    ['IPv4 mapped, even a public one', '::ffff:8.8.8.8'],
    ['NAT64, even to a public one', '64:ff9b::808:808'],
    ['6to4', '2002:7f00:1::1'],
    ['Teredo', '2001:0:1234:5678:9abc:def0:1234:5678'],
    ['IPv4-compatible', '::7f00:1'],
    ['site-local', 'fec0::1'],
    ['never handed out', '4000::1'],
    ['loopback in octal', '0177.0.0.1'],
    ['loopback in hexadecimal', '0x7f000001'],
    ['a name', 'localhost'],
    ['nothing', ''],
  ])('refuses %s: %s', (_, address) => {
    expect(guard.verdict(address)).toBe('refused');
  });

  it('calls what the operator allowed, and only that', () => {
    const allowing = new AddressGuard(['127.0.0.0/8', 'fd00::/8']);
    expect(allowing.verdict('127.0.0.1')).toBe('allowed');
    expect(allowing.verdict('fd12::1')).toBe('allowed');
    expect(allowing.verdict('10.0.0.1')).toBe('refused');
    expect(allowing.verdict('::ffff:127.0.0.1')).toBe('refused');
    expect(allowing.verdict('8.8.8.8')).toBe('public');
  });

  it.each(['127.0.0.1', '10.0.0.0/33', 'localhost/8', ''])('does not take %j for a network', (cidr) => {
    expect(() => new AddressGuard([cidr])).toThrow();
  });
});

interface AddressVector {
  readonly ip: string;
  readonly block: boolean;
  /** The original test configures something; these are tried with and without allowing the address. */
  readonly depends_on_config?: boolean;
}

const folder = new URL('../../../../../shared/vectors/', import.meta.url);
const addresses = read<AddressVector>('ssrf_addresses.json');
const networks = read<string>('ssrf_networks.json');

// Other people's lists live outside the repository; where they are absent these tests say so as skipped.
(addresses.length > 0 ? describe : describe.skip)('other people’s lists', () => {
  it('agrees with every address that needs no configuration', () => {
    const judged = addresses.filter((each) => !each.depends_on_config);
    expect(judged.map(({ ip }) => [ip, guard.verdict(ip) !== 'public'])).toEqual(
      judged.map(({ ip, block }) => [ip, block]),
    );
  });

  it('agrees with the addresses that their operator allowed', () => {
    const allowed = addresses.filter((each) => each.depends_on_config && !each.block);
    for (const { ip } of allowed) {
      expect(guard.verdict(ip)).toBe('refused');
      expect(new AddressGuard([`${ip}/32`]).verdict(ip)).toBe('allowed');
    }
  });

  it('refuses the first and the last address of every special-purpose network', () => {
    const ends = networks.flatMap((cidr) => [firstOf(cidr), lastOf(cidr)].map((address) => [cidr, address] as const));
    expect(ends.filter(([, address]) => guard.verdict(address) !== 'refused')).toEqual([]);
  });
});

function read<T>(name: string): T[] {
  const file = new URL(name, folder);
  if (!existsSync(file)) return [];
  const parsed = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  return Object.entries(parsed)
    .filter(([key, value]) => Array.isArray(value) && !key.endsWith('_exceptions'))
    .flatMap(([, value]) => value as T[]);
}

function firstOf(cidr: string): string {
  return cidr.split('/')[0] ?? '';
}

function lastOf(cidr: string): string {
  const [address = '', prefix = ''] = cidr.split('/');
  const bits = address.includes(':') ? 128 : 32;
  const value = address.includes(':') ? v6(address) : v4(address);
  const last = value | ((1n << BigInt(bits - Number(prefix))) - 1n);
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (last >> shift) & 255n).join('.');
  return Array.from({ length: 8 }, (_, i) => ((last >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
}

function v4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function v6(address: string): bigint {
  const [head = '', tail = ''] = address.split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = Array.from({ length: 8 - parts(head).length - parts(tail).length }, () => '0');
  return [...parts(head), ...zeros, ...parts(tail)].reduce((value, part) => (value << 16n) | BigInt(`0x${part}`), 0n);
}
