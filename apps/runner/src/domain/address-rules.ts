import ipaddr from 'ipaddr.js';

/** A range of addresses that the server's configuration opens beyond the public ones. */
export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

const ZONE = /%.*$/;
/**
 * Public by its range, but the host itself wherever Azure runs this
 * (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
 */
const AZURE_HOST = '168.63.129.16';

/** Reads `REENACT_EGRESS_ALLOW` and `REENACT_EGRESS_DENY`: CIDR ranges or single addresses, separated by commas. Throws a RangeError naming the part that is neither. */
export function parseRanges(text: string): AddressRange[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      try {
        if (part.includes('/')) return ipaddr.parseCIDR(part);
        const address = ipaddr.parse(part);
        return [address, address.kind() === 'ipv4' ? 32 : 128] as AddressRange;
      } catch {
        throw new RangeError(`not an address range: ${part}`);
      }
    });
}

/** The addresses of the machine's own interfaces, as ranges of one. */
export function ownRanges(interfaces: NodeJS.Dict<{ address: string }[]>): AddressRange[] {
  return parseRanges(
    Object.values(interfaces)
      .flatMap((addresses = []) => addresses.map(({ address }) => address.replace(ZONE, '')))
      .join(','),
  );
}

/** What the server's configuration opens, and what is the installation's own. */
export interface EgressRules {
  allowed: readonly AddressRange[];
  own?: readonly AddressRange[];
}

/**
 * Why nothing may be sent to that address; undefined when it may. Only global unicast is free: private, loopback, link-local, shared (CGNAT),
 * multicast, reserved and translated (6to4, Teredo, NAT64) ranges, and the installation's own, need an allowed range. IPv4 inside IPv6 is
 * judged as IPv4.
 */
export function addressFault(text: string, { allowed, own = [] }: EgressRules): string | undefined {
  const bare = text.replace(ZONE, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return 'not an address';
  const address = ipaddr.process(bare);
  if (isIn(address, allowed)) return undefined;
  if (isIn(address, own)) return "the address is the installation's own";
  if (address.toString() === AZURE_HOST) return 'the address is of the cloud platform';
  const range = address.range();
  return range === 'unicast' && !isEmbedded(address) ? undefined : `the address is ${range}`;
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly AddressRange[]): boolean {
  return ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network as never, bits));
}

/** `::a.b.c.d`, the deprecated IPv4-compatible form, which some stacks still route to the IPv4 address. */
function isEmbedded(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.kind() === 'ipv6' && (address as ipaddr.IPv6).parts.slice(0, 6).every((part) => part === 0);
}
