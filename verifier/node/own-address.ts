/** Where others reach this node, which need not be where its ports are bound: behind a NAT, or under a host name. */
import { addressesOf } from '../../probe/io/resolve-host.js'
import { isOverIpv6 } from '../../probe/wire/address-family.js'
import { UserError } from '../config/errors.js'

/** A host, and the port as others reach it (default: the bound one). */
export interface AnnouncedUdp {
  /** an address literal or a host name */
  readonly host: string
  readonly port?: number | undefined
}

/** Of IPv6 and of IPv4. */
const ALL_ADDRESSES = '::'
/** All addresses of one family, or of both. */
const WILDCARDS = ['0.0.0.0', ALL_ADDRESSES]

export class OwnUdp {
  /** an address of this machine */
  readonly bindHost: string
  readonly #announced: AnnouncedUdp

  constructor(bindHost: string, announced: AnnouncedUdp | undefined) {
    this.bindHost = bindHost
    this.#announced = announced ?? { host: bindHost }
  }

  /** Undefined if it is the bound one. */
  get port(): number | undefined {
    return this.#announced.port
  }

  /**
   * The address that others send to: of a peer's own family, if this node has one. A name is looked up each time, since a
   * household's address changes.
   * @param peerHosts address literals of the peer
   * @throws Error if the name stands for no address of a family that the port is bound to
   */
  async hostFor(peerHosts: readonly string[]): Promise<string> {
    const { host: name } = this.#announced
    const own = (await addressesOf(name)).filter(host => this.#isBound(host))
    const first = own[0]
    if (first === undefined) throw new Error(`the own host name ${name} stands for no address`)
    return own.find(host => peerHosts.some(peer => isOverIpv6(peer) === isOverIpv6(host))) ?? first
  }

  #isBound(host: string): boolean {
    return this.bindHost === ALL_ADDRESSES || isOverIpv6(host) === isOverIpv6(this.bindHost)
  }
}

/** @throws UserError if a verifier would tell others to send to no address at all */
export function checkReachable(bindHost: string, announced: AnnouncedUdp | undefined): void {
  if (announced !== undefined || !WILDCARDS.includes(bindHost)) return
  throw new UserError(
    'configuration',
    `--udp-host ${bindHost} is no address that others can send to. Pass the one of this machine with --udp-announce.`,
  )
}
