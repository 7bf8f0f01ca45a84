/**
 * One text for one host, as limits count hosts. An IPv6 /64 is one host: its owner has 2⁶⁴ addresses for nothing. Each
 * address can be written in many ways, and an IPv4-mapped IPv6 address is its IPv4 address.
 */
import { isIP, isIPv6, SocketAddress } from 'node:net'

const MAPPED = '::ffff:'
const NETWORK_GROUPS = 4
const SITE_GROUPS = 3
const GROUPS = 8

/** @param host an address literal; any other text is a host of its own */
export function hostKey(host: string): string {
  const address = canonical(host)
  return isIPv6(address) ? `${firstGroups(address, NETWORK_GROUPS)}::/64` : address
}

/** One text for all hosts of a prefix that one owner commonly has: an IPv4 /24, or an IPv6 /48. @param host as above */
export function prefixKey(host: string): string {
  const address = canonical(host)
  if (isIPv6(address)) return `${firstGroups(address, SITE_GROUPS)}::/48`
  return isIP(address) === 0 ? host : `${address.slice(0, address.lastIndexOf('.'))}.0/24`
}

/** One text for one address, without its zone. @param host as above */
export function canonical(host: string): string {
  if (isIP(host) === 0) return host
  const { address } = new SocketAddress({ address: host, family: isIPv6(host) ? 'ipv6' : 'ipv4' })
  const mapped = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : ''
  return isIP(mapped) === 4 ? mapped : address
}

const firstGroups = (address: string, count: number): string => groupsOf(address).slice(0, count).join(':')

/** The eight groups of a canonical IPv6 address. */
function groupsOf(address: string): string[] {
  const [head, tail] = address.split('%')[0]!.split('::') as [string, string?]
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  return [...first, ...Array.from({ length: GROUPS - first.length - last.length }, () => '0'), ...last]
}
