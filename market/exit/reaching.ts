/**
 * Which destinations an exit connects to. It stands in its operator's network, so it takes nobody to a neighbour: only to
 * public addresses, and to what the operator allows. The name is resolved first, and the connection goes to the address
 * that was checked.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { scopeOf } from '../../probe/wire/next-hop.js'
import type { Destination } from '../core/destination.js'

/** An address range that the operator allows, whatever it is. */
export interface Allowed {
  readonly network: string
  readonly prefix: number
  readonly port: number
}

/** Mail from strangers has every exit's address on block lists within a day. */
const MAIL_PORT = 25
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

export type Resolve = (host: string) => Promise<readonly string[]>

const systemResolve: Resolve = async host => (await lookup(host, { all: true })).map(({ address }) => address)

const systemAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap(addresses => (addresses ?? []).map(({ address }) => address))

export class Reaching {
  readonly #allowed: readonly { readonly range: BlockList; readonly port: number }[]
  readonly #resolve: Resolve
  readonly #own: () => readonly string[]

  /**
   * @param resolve gives the addresses of a name, and throws if there are none (default: the system's)
   * @param own the addresses of this machine (default: the system's)
   */
  constructor(allowed: readonly Allowed[], resolve: Resolve = systemResolve, own = systemAddresses) {
    this.#resolve = resolve
    this.#own = own
    this.#allowed = allowed.map(({ network, prefix, port }) => {
      const range = new BlockList()
      range.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4')
      return { range, port }
    })
  }

  /** The addresses to try, in order; empty if none of them may be connected to. @throws Error if the name has none */
  async addressesOf({ host, port }: Destination): Promise<string[]> {
    const found = isIP(host) === 0 ? await this.#resolve(host) : [host]
    return found.map(unmapped).filter(address => this.#mayReach(address, port))
  }

  #mayReach(address: string, port: number): boolean {
    const isAllowed = this.#allowed.some(one => one.port === port && one.range.check(address, familyOf(address)))
    // What listens on this machine may trust its own addresses.
    const isPublic = scopeOf(address) === 'global' && !this.#own().includes(address)
    return isAllowed || (port !== MAIL_PORT && isPublic)
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

/** An IPv4 address in the clothes of IPv6 is an IPv4 address. */
const unmapped = (address: string): string => MAPPED.exec(address)?.[1] ?? address
