import ipaddr from 'ipaddr.js';

/** `allowed`: named by the operator although it is not a public address. */
export type AddressVerdict = 'public' | 'allowed' | 'refused';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * The only part of IPv6 from which public addresses are handed out. What lies outside (unassigned, site-local, NAT64,
 * IPv4-compatible, …) is refused as a whole rather than by a list that would have to be kept complete.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Says which addresses may be connected to on somebody else's word. A partner chooses where its webhooks go, so without
 * this it could have us call our own database, the cloud's metadata service, or a neighbour's printer.
 *
 * Addresses that carry an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo) are refused whatever they carry:
 * a gateway on the way would unwrap them after our check, and nobody needs them to reach a public server.
 */
export class AddressGuard {
  readonly #allow: readonly Range[];

  /**
   * @param allow CIDRs that may be reached although they are not public
   * @throws when one of them is not a CIDR
   */
  constructor(allow: readonly string[]) {
    this.#allow = allow.map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /** @param address as an operating system spells it; anything that is not an address is refused */
  verdict(address: string): AddressVerdict {
    const parsed = parse(address);
    if (!parsed) return 'refused';
    if (this.#allow.some((range) => contains(range, parsed))) return 'allowed';
    return isPublic(parsed) ? 'public' : 'refused';
  }
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}

function contains(range: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return range[0].kind() === address.kind() && address.match(range);
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  try {
    return ipaddr.parse(address);
  } catch {
    return undefined;
  }
}
