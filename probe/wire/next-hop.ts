/**
 * The addresses that a relay may be told to send to. A provider's relay takes orders from strangers. So a relay on a
 * public network must not reach into its own machine, its own network, or a whole group of hosts. Pure.
 *
 * The scopes follow the attributes "forwardable" and "globally reachable" in IANA's registries of special-purpose
 * addresses (RFC 6890, as updated by RFC 8190). Multicast is RFC 5771 and RFC 4291, section 2.7. An IPv4-mapped IPv6
 * address (RFC 4291, section 2.5.5.2) has the scope of its IPv4 address.
 *
 * The broadcast address of a subnet looks like any address of the subnet. The kernel refuses to send there, because no
 * port of the probe asks for SO_BROADCAST.
 */
import { BlockList, isIP } from 'node:net'

/** Where an address is known. A datagram to an address of scope `none` is nobody's, or everybody's. */
export type Scope = 'none' | 'loopback' | 'link-local' | 'private' | 'global'

/** The first scope that holds an address is the address's scope. */
const BLOCKS: Readonly<Record<Scope, readonly string[]>> = {
  none: [
    '0.0.0.0/8', // this network (RFC 791)
    '192.0.0.0/24', // IETF protocol assignments (RFC 6890)
    '192.0.2.0/24', // documentation (RFC 5737)
    '192.88.99.0/24', // relays of 6to4, deprecated (RFC 7526)
    '198.51.100.0/24', // documentation
    '203.0.113.0/24', // documentation
    '224.0.0.0/4', // multicast (RFC 5771)
    '240.0.0.0/4', // reserved, and limited broadcast (RFC 1112, RFC 919)
    '2001::/23', // IETF protocol assignments, with Teredo (RFC 2928, RFC 4380)
    '2001:db8::/32', // documentation (RFC 3849)
    '2002::/16', // 6to4, which embeds any IPv4 address (RFC 3056)
    '3fff::/20', // documentation (RFC 9637)
  ],
  loopback: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  // Forwardable, but not globally reachable.
  private: [
    '10.0.0.0/8', // RFC 1918
    '100.64.0.0/10', // shared by the customers of one operator (RFC 6598)
    '172.16.0.0/12',
    '192.168.0.0/16',
    '198.18.0.0/15', // benchmarks of devices (RFC 2544)
    'fc00::/7', // unique local (RFC 4193)
  ],
  global: ['0.0.0.0/0', '2000::/3'],
}

const familyOf = (host: string): 'ipv4' | 'ipv6' => (isIP(host) === 4 ? 'ipv4' : 'ipv6')

function listOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [host, bits] = block.split('/') as [string, string]
    list.addSubnet(host, Number(bits), familyOf(host))
  }
  return list
}

const LISTS = Object.entries(BLOCKS).map(([scope, blocks]) => [scope as Scope, listOf(blocks)] as const)

/** Next hops that a relay may reach from an address of its own. A relay behind a NAT has a private address. */
const REACH: Readonly<Record<Scope, readonly Scope[]>> = {
  none: ['global'], // bound to all addresses, so taken for a public one
  loopback: ['loopback'],
  'link-local': ['link-local'],
  private: ['private', 'global'],
  global: ['global'],
}

/** @param host an address literal of either family */
export function scopeOf(host: string): Scope {
  const found = LISTS.find(([, list]) => list.check(host, familyOf(host)))
  return found?.[0] ?? 'none'
}

export interface HostPort {
  /** an address literal */
  readonly host: string
  readonly port: number
}

function isSame(one: HostPort, other: HostPort): boolean {
  const host = new BlockList() // compares addresses, however they are written
  host.addAddress(one.host, familyOf(one.host))
  return one.port === other.port && host.check(other.host, familyOf(other.host))
}

/**
 * @param own the relay's bound address
 * @returns whether the relay may send to the next hop
 */
export const mayReach = (own: HostPort, nextHop: HostPort): boolean =>
  REACH[scopeOf(own.host)].includes(scopeOf(nextHop.host)) && !isSame(own, nextHop)
