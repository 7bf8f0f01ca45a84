/**
 * A session of a client that cheats, with both ends its own: what the provider forwards comes back to the port that sent it.
 * So the client needs no exit, and counts itself what it was carried.
 */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Libp2p } from '@libp2p/interface'
import type { OfferingProvider } from '../../../market/client/market-view.js'
import { DIAL_MS, HANDSHAKE_MS, PATH_MS } from '../../../probe/constants.js'
import { within } from '../../../probe/deadline.js'
import type { AnswerVerifier } from '../../../probe/ports.js'
import { FULL_IP_BYTES, Pace } from '../../../probe/tunnel/pace.js'
import { requestOf } from '../../../probe/verdict/session-shape.js'
import { echoOf, isChallenge } from '../../../probe/wire/path-validation.js'
import { type ReceiptPoint, receiptStart } from '../../../probe/wire/receipts.js'
import { RelayClient } from '../../../probe/wire/relay-client.js'
import { DATAGRAM_BYTES, IP_UDP_HEADER_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { RelayFrame, type RelayGrant } from '../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { openStream } from '../../../verifier/net/streams.js'
import { strangerPeer } from '../../strangers/stranger-peer.js'

/** A provider, as far as a session needs it. */
export type Target = Pick<OfferingProvider, 'account' | 'claimKbps' | 'peer'>

export interface RideOrder {
  readonly provider: Target
  readonly answers: AnswerVerifier
  /** where the session comes from, and goes to: an address of this machine */
  readonly host: string
  /** (default: none, as strangers do) */
  readonly token?: Uint8Array | undefined
}

/** The provider does not take the session. */
export class RideRefused extends Error {
  override readonly name = 'RideRefused'

  /** @param reason a number of `REFUSE` */
  constructor(readonly reason: number) {
    super(`the provider refused, reason ${reason}`)
  }
}

interface RideParts {
  readonly peer: Libp2p
  readonly client: RelayClient
  readonly udp: Socket
  readonly host: string
  readonly grant: RelayGrant
}

const SESSION_ID_BYTES = 32
const TICK_MS = 10
/** Sessions without a token wait while verifiers measure. */
const SILENCE_MS = 4000
const AGAIN_MS = 1000

export class Ride {
  readonly #parts: RideParts
  readonly #start: ReceiptPoint
  /** told of each receipt */
  onReceipt = () => {}
  #receivedBytes = 0
  #heardMs = performance.now()

  private constructor(parts: RideParts, sessionId: Uint8Array) {
    this.#parts = parts
    this.#start = receiptStart(sessionId, parts.grant.tag)
    parts.udp.on('message', datagram => {
      if (isChallenge(datagram)) return
      this.#receivedBytes += datagram.length + IP_UDP_HEADER_BYTES
      this.#heardMs = performance.now()
    })
  }

  /** @throws RideRefused; Error if the provider does not answer */
  static async open({ provider, answers, host, token }: RideOrder): Promise<Ride> {
    const peer = await strangerPeer(host)
    const udp = createSocket('udp4')
    try {
      udp.on('message', (datagram, { port, address }) => {
        if (isChallenge(datagram)) udp.send(echoOf(datagram), port, address)
      })
      await once(udp.bind(0, host), 'listening')
      const dialling = new AbortController()
      const late = setTimeout(() => dialling.abort(), DIAL_MS)
      const { signal } = dialling
      const opening = openStream(peer, provider.peer, SESSION_PROTOCOL, RelayFrame.maxBytes, signal)
      const stream = await opening.finally(() => clearTimeout(late))
      const sessionId = randomBytes(SESSION_ID_BYTES)
      let ride: Ride | undefined
      const client = new RelayClient(stream, sessionId, () => ride?.onReceipt())
      const request = requestOf(sessionId, { host, port: udp.address().port }, provider.claimKbps, token)
      const answer = await client.open(request, answers, HANDSHAKE_MS)
      if (answer.kind === 'refuse') throw new RideRefused(answer.refuse.reason)
      ride = new Ride({ peer, client, udp, host: stream.remoteHost, grant: answer.grant }, sessionId)
      if (!(await within(PATH_MS, 'path validation', client.ready))) throw new Error('the provider did not come back')
      await pause(client.settlingMs)
      return ride
    } catch (cause) {
      udp.close()
      await peer.stop()
      throw cause
    }
  }

  /** Opens it, and tries again for a while. @throws as `open` */
  static async openPatiently(order: RideOrder, patienceMs: number): Promise<Ride> {
    const untilMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await Ride.open(order)
      } catch (error) {
        if (performance.now() > untilMs) throw error
        await pause(AGAIN_MS)
      }
    }
  }

  get client(): RelayClient {
    return this.#parts.client
  }

  /** What a payment names: the newest receipt, or the beginning. */
  get point(): ReceiptPoint {
    return this.client.receipts.at(-1) ?? this.#start
  }

  /** that were carried, at the IP layer */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /**
   * Sends until nothing comes back any more, or the session is over, or the time.
   * @param rateKbps (default: as fast as was granted)
   */
  async run(untilMs = Number.POSITIVE_INFINITY, rateKbps = this.#parts.grant.rateKbps): Promise<void> {
    const { udp, host, grant, client } = this.#parts
    let isOver = false
    void client.ended.then(() => {
      isOver = true
    })
    const datagram = Buffer.concat([grant.tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
    const pace = new Pace(Math.min(rateKbps, grant.rateKbps), performance.now())
    this.#heardMs = performance.now()
    for (let nowMs = this.#heardMs; nowMs < untilMs && nowMs - this.#heardMs < SILENCE_MS; nowMs = performance.now()) {
      if (isOver) return
      while (pace.waitMs(nowMs) === 0) {
        udp.send(datagram, grant.udpPort, host)
        pace.spend(FULL_IP_BYTES, nowMs)
      }
      await pause(TICK_MS)
    }
  }

  async close(): Promise<void> {
    const { client, udp, peer } = this.#parts
    await client.finish()
    await client.close()
    udp.close()
    await peer.stop()
  }
}
