import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `allowed`: named by the operator although it is not a public address. */
export type AddressVerdict = 'public' | 'allowed' | 'refused';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/**
 * The only part of IPv6 from which public addresses are handed out. What lies outside (unassigned, site-local, NAT64,
 * IPv4-compatible, …) is refused as a whole rather than by a list that would have to be kept complete.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** The third quarter of an ISATAP address (RFC 5214), whatever network it stands in; the fourth is an IPv4 address. */
const ISATAP = [
  [0x0000, 0x5efe],
  [0x0200, 0x5efe],
];

/** Within a range that is public elsewhere, and yet the inside of a cloud: Azure's own services, reachable from any machine there. */
const CLOUD_SERVICES = ipaddr.IPv4.parse('168.63.129.16');

/**
 * Says which addresses may be connected to on somebody else's word. A partner chooses where its webhooks go, so without
 * this it could have us call our own database, the cloud's metadata service, or a neighbour's printer.
 *
 * Addresses that carry an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo, ISATAP) are refused whatever they
 * carry: a gateway on the way would unwrap them after our check, and nobody needs them to reach a public server. A NAT64
 * gateway with a prefix of its operator's own (RFC 6052) cannot be told from a public network: it has to be denied.
 */
export class AddressGuard {
  readonly #allow: readonly Range[];
  readonly #deny: readonly Range[];

  /**
   * @param allow CIDRs that may be reached although they are not public
   * @param deny CIDRs that may not be reached although they are public, or lie within what is allowed
   * @throws when one of them is not a CIDR
   */
  constructor(allow: readonly string[], deny: readonly string[] = []) {
    this.#allow = allow.map(rangeOf);
    this.#deny = deny.map(rangeOf);
  }

  /** @param address as an operating system spells it; anything that is not an address is refused */
  verdict(address: string): AddressVerdict {
    const parsed = parse(address);
    if (!parsed || this.#deny.some((range) => contains(range, parsed))) return 'refused';
    if (this.#allow.some((range) => contains(range, parsed))) return 'allowed';
    return isPublic(parsed) ? 'public' : 'refused';
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return !address.match(CLOUD_SERVICES, 32);
  return address.match(GLOBAL_UNICAST) && !isIsatap(address);
}

function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ISATAP.some(([high, low]) => parts[4] === high && parts[5] === low);
}

function contains(range: Range, address: Address): boolean {
  return range[0].kind() === address.kind() && address.match(range);
}

function rangeOf(cidr: string): Range {
  // 010.0.0.0/8 is 8.0.0.0/8 to some, and 10.0.0.0/8 to whoever wrote it.
  if (isIP(cidr.split('/', 1)[0] ?? '') === 0) throw new RangeError('not a network such as 10.20.0.0/16');
  return ipaddr.parseCIDR(cidr);
}

/**
 * One spelling of each address only. 010.8.8.8 is 8.8.8.8 to one reader and 10.8.8.8 to the next: what the check took it
 * for need not be what is connected to.
 */
function parse(address: string): Address | undefined {
  return isIP(address) === 0 ? undefined : ipaddr.parse(address);
}
