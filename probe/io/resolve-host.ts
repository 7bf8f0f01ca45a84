/**
 * The addresses that a host name stands for, by DNS. Peers announce names, and may make them as slow as they like. So
 * nothing here takes a thread, as the system's own lookup would, and every name has its time.
 */
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { RelayGrant } from '../../proto/messages.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { mayReach } from '../wire/next-hop.js'

type Dns = Pick<Resolver, 'resolve4' | 'resolve6'>

/**
 * A resolver learns when it is made which servers to ask, and never again. So each look-up has one of its own (20 µs): the
 * machine may have come into another network, or another DHCP lease names other servers.
 */
const systemDns = (): Dns => new Resolver({ timeout: 500, tries: 2 })
/** This name needs no DNS (RFC 6761, section 6.3). */
const LOCALHOST = { name: 'localhost', addresses: ['127.0.0.1', '::1'] }

/** @returns literals, first those of IPv4; empty if the name stands for none */
export async function addressesOf(host: string, openDns = systemDns): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  if (host === LOCALHOST.name) return LOCALHOST.addresses
  const dns = openDns()
  const none = (): string[] => []
  const found = await Promise.all([dns.resolve4(host).catch(none), dns.resolve6(host).catch(none)])
  return found.flat()
}

/** An address of the other end's family, if there is one; else the first. @returns undefined if there is none at all */
const sameFamily = (hosts: readonly string[], other: string): string | undefined =>
  hosts.find(host => isOverIpv6(host) === isOverIpv6(other)) ?? hosts[0]

/**
 * The address to which an opener sends a session's datagrams. A provider may name a host of its own choice, so the rules
 * of next hops hold for it: nobody can be sent into a network that the provider itself is not in.
 * @param connectedHost of the connection to the provider. @param receiverHost the next hop
 * @throws Error if the grant names no host that an opener may send to
 */
export async function udpHostOf(
  { udpHost, udpPort }: Pick<RelayGrant, 'udpHost' | 'udpPort'>,
  connectedHost: string,
  receiverHost: string,
): Promise<string> {
  if (udpHost === undefined) return connectedHost
  const named = await addressesOf(udpHost)
  if (named.includes(connectedHost)) return connectedHost
  const reachable = named.filter(host => mayReach({ host: connectedHost, port: 0 }, { host, port: udpPort }))
  const host = sameFamily(reachable, receiverHost)
  if (host === undefined) throw new Error(`the provider named a UDP host that leads nowhere: ${udpHost.slice(0, 100)}`)
  return host
}
