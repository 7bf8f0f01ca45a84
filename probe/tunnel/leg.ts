/** What both ends of a tunnel keep of a leg: keys, pace, and counts of bytes. */
import { DATAGRAM_BYTES, headerBytes, MAX_SEQUENCE } from '../../proto/datagram.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { KIND } from './bodies.js'
import { KeptPackets } from './kept-packets.js'
import type { Choosable } from './leg-choice.js'
import type { Body, DatagramOpener, DatagramSealer, Unopened } from './leg-datagram.js'
import { Pace } from './pace.js'

/** An address literal and a UDP port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where datagrams go out. They may be lost, and the port may keep the bytes. */
export interface TunnelPort {
  send(datagram: Uint8Array, to: Address): void
}

export interface LegEndOptions {
  readonly port: TunnelPort
  readonly to: Address
  readonly sealer: DatagramSealer
  readonly opener: DatagramOpener
  /** of this end's direction, at the IP layer */
  readonly rateKbps: number
}

export class LegEnd implements Choosable {
  readonly to: Address
  /** that the IP layer adds to a datagram */
  protected readonly headerBytes: number
  readonly #options: LegEndOptions
  readonly #pace: Pace
  /** packets of QUIC that the other end may not have seen */
  readonly kept = new KeptPackets()
  /** What `chooseLegs` compares. A leg that starts late starts beside the others. */
  carriedMs = 0
  /** IP layer */
  sentBytes = 0
  /** IP-layer bytes of authentic datagrams whose sequence number was new */
  provenBytes = 0
  /** of these datagrams, how many */
  #arrived = 0
  /** whether this end pads what it sends to full datagrams */
  padded = true

  constructor(options: LegEndOptions, nowMs: number) {
    this.#options = options
    this.to = options.to
    this.#pace = new Pace(options.rateKbps, nowMs)
    this.headerBytes = headerBytes(isOverIpv6(options.to.host))
  }

  get rateKbps(): number {
    return this.#options.rateKbps
  }

  /** A full datagram at the IP layer. */
  protected get fullBytes(): number {
    return DATAGRAM_BYTES + this.headerBytes
  }

  /** How many more datagrams may go in either direction before sequence numbers run out. */
  get left(): number {
    const { sealer, opener } = this.#options
    return Math.min(sealer.left, MAX_SEQUENCE - opener.highest)
  }

  /** Datagrams that the other end has sent, as far as sequence numbers tell, and those that came. */
  get heard(): { readonly sent: number; readonly arrived: number } {
    return { sent: this.#options.opener.highest + 1, arrived: this.#arrived }
  }

  waitMs(nowMs: number): number {
    return this.#options.sealer.left === 0 ? Number.POSITIVE_INFINITY : this.#pace.waitMs(nowMs)
  }

  /** One more than the highest sequence number that has come. */
  get seen(): number {
    return this.#options.opener.highest + 1
  }

  /**
   * Sends a packet of QUIC, whose cost counts in the choice of legs.
   * @param content number and packet
   * @param isOnlyHere whether no other leg carries this packet, too
   */
  carry(content: Uint8Array, nowMs: number, isOnlyHere: boolean): void {
    if (isOnlyHere) this.kept.add(this.#options.sealer.next, content)
    this.carriedMs += (this.send(KIND.packet, content, nowMs) * 8) / this.rateKbps
  }

  /** @returns IP-layer bytes; 0 if sequence numbers have run out */
  send(kind: number, content: Uint8Array, nowMs: number): number {
    return this.sendSealed(this.#options.sealer.seal(kind, content, this.padded), nowMs)
  }

  protected sendSealed(datagram: Uint8Array | undefined, nowMs: number): number {
    if (!datagram) return 0
    const bytes = datagram.length + this.headerBytes
    this.#pace.spend(bytes, nowMs)
    this.sentBytes += bytes
    this.#options.port.send(datagram, this.to)
    return bytes
  }

  /** Opens a datagram with this leg's tag, and counts its bytes. @returns its body, or why there is none */
  open(datagram: Buffer): Body | Unopened {
    return this.proven(this.#options.opener.open(datagram), datagram)
  }

  /** Counts what was opened. */
  protected proven(opened: Body | Unopened, datagram: Buffer): Body | Unopened {
    if (typeof opened === 'string') return opened
    this.provenBytes += datagram.length + this.headerBytes
    this.#arrived++
    return opened
  }
}
