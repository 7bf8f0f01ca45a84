/**
 * Which destinations an exit connects to. It stands in its operator's networks, so it takes nobody to a neighbour: only to
 * public addresses outside of them, and to what the operator allows. The name is resolved first, and the connection goes to
 * the address that was checked, in one spelling.
 */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { canonical } from '../../probe/wire/host-key.js'
import { scopeOf } from '../../probe/wire/next-hop.js'
import type { Destination } from '../core/destination.js'
import { type Resolve, resolveAt } from './names.js'

/** An address range that the operator allows, whatever it is. */
export interface Allowed {
  readonly network: string
  readonly prefix: number
  readonly port: number
}

/** Mail from strangers has every exit's address on block lists within a day. */
const MAIL_PORT = 25

/** Hosts that are reached without a router, and so without its firewall. */
const systemNetworks = (): string[] =>
  Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address, cidr }) => cidr ?? address))

export class Reaching {
  readonly #allowed: readonly { readonly range: BlockList; readonly port: number }[]
  readonly #resolve: Resolve
  readonly #own: () => readonly string[]

  /**
   * @param resolve (default: by the machine's name servers)
   * @param own the addresses of this machine, with the prefix of their network (default: the system's)
   */
  constructor(allowed: readonly Allowed[], resolve: Resolve = resolveAt(), own = systemNetworks) {
    this.#resolve = resolve
    this.#own = own
    this.#allowed = allowed.map(({ network, prefix, port }) => {
      return { range: rangesOf([`${network}/${prefix}`]), port }
    })
  }

  /**
   * The addresses to try, in order; empty if none of them may be connected to.
   * @param over aborts once nobody wants them any more
   * @throws Error if the name has none
   */
  async addressesOf({ host, port }: Destination, over: AbortSignal): Promise<string[]> {
    const found = isIP(host) === 0 ? await this.#resolve(host, over) : [host]
    const own = rangesOf(this.#own())
    return found.map(canonical).filter(address => this.#mayReach(address, port, own))
  }

  #mayReach(address: string, port: number, own: BlockList): boolean {
    const isAllowed = this.#allowed.some(one => one.port === port && isIn(one.range, address))
    // What listens on this machine, or beside it, may trust the addresses of its network.
    const isPublic = scopeOf(address) === 'global' && !isIn(own, address)
    return isAllowed || (port !== MAIL_PORT && isPublic)
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

const isIn = (ranges: BlockList, address: string): boolean => ranges.check(address, familyOf(address))

/** @param cidrs addresses, or ranges of them */
function rangesOf(cidrs: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const cidr of cidrs) {
    const [address, prefix] = cidr.split('/') as [string, string?]
    if (prefix === undefined) ranges.addAddress(address, familyOf(address))
    else ranges.addSubnet(address, Number(prefix), familyOf(address))
  }
  return ranges
}
