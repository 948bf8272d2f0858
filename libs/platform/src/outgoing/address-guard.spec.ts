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
    ['the cloud’s metadata', 'fd00:ec2::254'],
    ['the cloud’s metadata', '100.100.100.200'],
    ['the cloud’s metadata', '192.0.0.192'],
    ['the cloud’s own services, at an address that looks public', '168.63.129.16'],
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
    ['IPv4 translated', '::ffff:0:127.0.0.1'],
    ['NAT64 of a private prefix', '64:ff9b:1::a00:1'],
    ['ISATAP', '2606:4700::5efe:127.0.0.1'],
    ['ISATAP', '2606:4700::200:5efe:7f00:1'],
    ['loopback in octal', '0177.0.0.1'],
    ['loopback in hexadecimal', '0x7f000001'],
    ['loopback in decimal', '2130706433'],
    ['loopback, cut short', '127.1'],
    ['an address that two readers take for different ones', '010.8.8.8'],
    ['a public address in any other spelling', '0x08080808'],
    ['a public address in brackets', '[2606:4700:4700::1111]'],
    ['a public address with a dot behind', '8.8.8.8.'],
    ['a public address with a port', '8.8.8.8:443'],
    ['a link by its zone', 'fe80::1%eth0'],
    ['full-width digits', '８.８.８.８'],
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

  it('does not call what the operator denied, though it be public or allowed', () => {
    const denying = new AddressGuard(['10.0.0.0/8'], ['10.9.0.0/16', '8.8.8.0/24', '2a00:64::/96']);
    expect(denying.verdict('10.1.0.1')).toBe('allowed');
    for (const address of ['10.9.0.1', '8.8.8.8', '2a00:64::a00:1']) expect(denying.verdict(address)).toBe('refused');
    expect(denying.verdict('8.8.4.4')).toBe('public');
  });

  it.each(['127.0.0.1', '10.0.0.0/33', 'localhost/8', '010.0.0.0/8', '10/8', '/8', ''])(
    'does not take %j for a network',
    (cidr) => {
      expect(() => new AddressGuard([cidr])).toThrow();
      expect(() => new AddressGuard([], [cidr])).toThrow();
    },
  );
});

/**
 * IANA's registries of special-purpose addresses, IPv4 and IPv6, as of November 2026, with multicast, and what was given
 * back: IPv4-compatible, site-local.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const SPECIAL_PURPOSE = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64'],
  ...['100:0:0:1::/64', '2001::/23', '2001::/32', '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:2::/48'],
  ...['2001:3::/32', '2001:4:112::/48', '2001:10::/28', '2001:20::/28', '2001:30::/28', '2001:db8::/32', '2002::/16'],
  ...['2620:4f:8000::/48', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

describe('special-purpose networks', () => {
  it('are refused from their first address to their last', () => {
    expect(endsOf(SPECIAL_PURPOSE).filter(([, address]) => guard.verdict(address) !== 'refused')).toEqual([]);
  });

  it('end where they end', () => {
    const beside = [
      '1.0.0.0',
      '9.255.255.255',
      '11.0.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '172.15.255.255',
      '172.32.0.0',
    ];
    const more = ['100.128.0.0', '169.253.255.255', '192.0.1.0', '192.167.255.255', '198.17.255.255', '198.20.0.0'];
    const six = ['2001:200::', '2000:ffff::', '2003::', '2620:4f:8001::', '3ffe:ffff::', '2001:db9::'];
    for (const address of [...beside, ...more, '223.255.255.255', ...six])
      expect(guard.verdict(address)).toBe('public');
  });

  it('are refused inside IPv6 as well, however it carries them', () => {
    const inside = endsOf(SPECIAL_PURPOSE.filter((cidr) => !cidr.includes(':'))).flatMap(([, address]) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const [high, low] = [(a << 8) | b, (c << 8) | d].map((part) => part.toString(16));
      const inverted = `${(0xffff ^ ((a << 8) | b)).toString(16)}:${(0xffff ^ ((c << 8) | d)).toString(16)}`;
      return [
        `::ffff:${address}`,
        `::ffff:0:${address}`,
        `::${address}`,
        `64:ff9b::${address}`,
        `64:ff9b:1::${address}`,
        `2002:${high}:${low}::1`,
        `2001:0:4136:e378:8000:63bf:${inverted}`,
        `2606:4700::5efe:${address}`,
      ];
    });
    expect(inside.filter((address) => guard.verdict(address) !== 'refused')).toEqual([]);
  });
});

interface AddressVector {
  readonly ip: string;
  readonly block: boolean;
  /** The original test configures something; these are tried with and without allowing or denying the address. */
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

  it('agrees with the addresses that their operator denied, or that are its own', () => {
    const denied = addresses.filter((each) => each.depends_on_config && each.block);
    for (const { ip } of denied) {
      const cidr = `${ip}/${ip.includes(':') ? 128 : 32}`;
      expect(new AddressGuard([], [cidr]).verdict(ip)).toBe('refused');
      expect(new AddressGuard([cidr], [cidr]).verdict(ip)).toBe('refused');
    }
  });

  it('refuses the first and the last address of every special-purpose network', () => {
    expect(endsOf(networks).filter(([, address]) => guard.verdict(address) !== 'refused')).toEqual([]);
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

function endsOf(cidrs: readonly string[]): (readonly [cidr: string, address: string])[] {
  return cidrs.flatMap((cidr) => [firstOf(cidr), lastOf(cidr)].map((address) => [cidr, address] as const));
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
