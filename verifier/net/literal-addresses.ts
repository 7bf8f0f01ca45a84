/** Announced multiaddrs with their host names looked up, since a name may stand for addresses of both families. */
import { multiaddr } from '@multiformats/multiaddr'
import { addressesOf } from '../../probe/io/resolve-host.js'
import { isOverIpv6 } from '../../probe/wire/address-family.js'
import { hostOf } from './libp2p.js'

/** A protocol that names a host, and whether it allows IPv4 and IPv6. */
const NAMES: Readonly<Record<string, { readonly ip4: boolean; readonly ip6: boolean }>> = {
  dns: { ip4: true, ip6: true },
  dns4: { ip4: true, ip6: false },
  dns6: { ip4: false, ip6: true },
}
/** Nobody needs more, and a peer may announce any number of names. */
const MOST_ADDRESSES = 16

/** @param multiaddrs each can be parsed. @returns the same with IP addresses alone; names that stand for none are left out */
export async function literalMultiaddrs(multiaddrs: readonly string[], lookUp = addressesOf): Promise<string[]> {
  const found = await Promise.all(multiaddrs.slice(0, MOST_ADDRESSES).map(address => literalsOf(address, lookUp)))
  return [...new Set(found.flat())].slice(0, MOST_ADDRESSES)
}

/** The addresses alone. */
export async function literalHosts(multiaddrs: readonly string[], lookUp = addressesOf): Promise<string[]> {
  const hosts = (await literalMultiaddrs(multiaddrs, lookUp)).map(hostOf)
  return [...new Set(hosts.filter(host => host !== undefined))]
}

async function literalsOf(address: string, lookUp: typeof addressesOf): Promise<string[]> {
  const [first, ...rest] = multiaddr(address).getComponents()
  const allowed = NAMES[first?.name ?? '']
  if (allowed === undefined || first?.value === undefined) return [address]
  const end = rest.map(({ name, value }) => `/${name}${value === undefined ? '' : `/${value}`}`).join('')
  const hosts = (await lookUp(first.value)).filter(host => (isOverIpv6(host) ? allowed.ip6 : allowed.ip4))
  return hosts.map(host => `/${isOverIpv6(host) ? 'ip6' : 'ip4'}/${host}${end}`)
}
