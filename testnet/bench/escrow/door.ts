/**
 * Stands in front of a UDP port, and counts what goes in to it, by the tag that each datagram has in clear. So what a relay
 * delivers is counted outside of the programs that are paid for it, and outlives them.
 */

import { TunnelSocket } from '../../../market/tunnel-socket.js'
import { systemClock } from '../../../probe/index.js'
import type { Address } from '../../../probe/tunnel/index.js'
import { isChallenge, isEcho } from '../../../probe/wire/path-validation.js'
import { headerBytes, TAG_BYTES } from '../../../proto/datagram.js'

/** A session of a relay, as its next hop sees it. */
export interface SessionCount {
  readonly tag: string
  /** IP layer; challenges, which nobody pays for, are left out */
  bytes: number
}

export class Door {
  /** in the order in which they appeared */
  readonly sessions: SessionCount[] = []
  readonly #byTag = new Map<string, SessionCount>()
  #front!: TunnelSocket
  #back!: TunnelSocket
  #outside: Address | undefined

  /** @param host of the door. @param inside the port that it stands in front of */
  static async open(host: string, inside: Address): Promise<Door> {
    const door = new Door()
    // Sockets use the memory of a datagram again.
    door.#front = await TunnelSocket.open({ host, port: 0, clock: systemClock }, (datagram, source) => {
      door.#outside = source
      door.#count(datagram)
      door.#back.send(Buffer.from(datagram), inside)
    })
    door.#back = await TunnelSocket.open({ host, port: 0, clock: systemClock }, datagram => {
      if (door.#outside) door.#front.send(Buffer.from(datagram), door.#outside)
    })
    return door
  }

  get port(): number {
    return this.#front.port
  }

  async close(): Promise<void> {
    await Promise.all([this.#front.close(), this.#back.close()])
  }

  #count(datagram: Buffer): void {
    if (isChallenge(datagram) || isEcho(datagram)) return
    const tag = datagram.toString('hex', 0, TAG_BYTES)
    let session = this.#byTag.get(tag)
    if (session === undefined) {
      session = { tag, bytes: 0 }
      this.#byTag.set(tag, session)
      this.sessions.push(session)
    }
    session.bytes += datagram.length + headerBytes(false)
  }
}
