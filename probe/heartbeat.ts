/**
 * Heartbeats go through the very session that data takes: a verifier opens one with itself as the next hop, and every
 * tick is a fresh nonce that must come back through the relay.
 */
import { HEARTBEAT_BYTES, IP_UDP_HEADER_BYTES, NONCE_BYTES, TAG_BYTES } from '../proto/datagram.js'
import { fromHex, type Hex } from '../proto/hex.js'
import type { RelayGrant } from '../proto/messages.js'
import { HANDSHAKE_MS } from './constants.js'
import { within } from './deadline.js'
import type { PeerVerifier, ProviderStream, RandomSource } from './ports.js'
import type { Expected, Receiver } from './receiver.js'
import { RelayClient } from './relay-client.js'

/** What a heartbeat session asks for: any session of data asks for more. */
export const HEARTBEAT_RATE_KBPS = 64
/** Of one heartbeat session, whatever its length: what its ticks take, and no more than this many. */
const MAX_TICKS = 1024

export interface HeartbeatRequest {
  /** 32 bytes, fresh */
  readonly sessionId: Hex
  readonly stream: ProviderStream
  readonly provider: PeerVerifier
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
  readonly durationMs: number
}

export interface HeartbeatDeps {
  readonly receiver: Receiver
  readonly random: RandomSource
}

/** The provider took no heartbeat session. */
export class HeartbeatError extends Error {
  override readonly name = 'HeartbeatError'
}

export class HeartbeatSession {
  readonly #client: RelayClient
  readonly #grant: RelayGrant
  readonly #deps: HeartbeatDeps
  readonly #expected: Expected
  /** by nonce */
  readonly #waiting = new Map<string, () => void>()
  #ended = false

  private constructor(client: RelayClient, grant: RelayGrant, deps: HeartbeatDeps) {
    this.#client = client
    this.#grant = grant
    this.#deps = deps
    const expected = deps.receiver.expect(grant.tag, grant.udpPort, datagram => this.#onDatagram(datagram))
    if (!expected) throw new HeartbeatError('provider granted a tag that is in use')
    this.#expected = expected
    void client.ended.then(() => {
      this.#ended = true
    })
  }

  /** @throws HeartbeatError, or the stream's own error */
  static async open(request: HeartbeatRequest, deps: HeartbeatDeps): Promise<HeartbeatSession> {
    const { sessionId, stream, provider, advertisedHost, durationMs } = request
    const client = new RelayClient(stream, fromHex(sessionId))
    let session: HeartbeatSession | undefined
    try {
      const open = {
        sessionId: fromHex(sessionId),
        nextHopHost: advertisedHost,
        nextHopPort: deps.receiver.port,
        budgetBytes: MAX_TICKS * (HEARTBEAT_BYTES + IP_UDP_HEADER_BYTES),
        rateKbps: HEARTBEAT_RATE_KBPS,
        durationMs,
      }
      const answer = await client.open(open, provider, HANDSHAKE_MS)
      if (answer.kind === 'refuse') throw new HeartbeatError(`provider refused, reason ${answer.refuse.reason}`)
      session = new HeartbeatSession(client, answer.grant, deps)
      if (await within(HANDSHAKE_MS, 'path validation', client.ready)) return session
      throw new HeartbeatError('provider did not validate the path')
    } catch (cause) {
      await (session ?? client).close()
      throw cause
    }
  }

  /** Whether the session is still open at the provider. A closed one answers no tick: open another. */
  get isOpen(): boolean {
    return !this.#ended
  }

  /** @returns whether the nonce came back through the relay in time */
  async tick(timeoutMs: number): Promise<boolean> {
    if (this.#ended) return false
    const nonce = Buffer.from(this.#deps.random.bytes(NONCE_BYTES))
    const key = nonce.toString('hex')
    const back = new Promise<void>(resolve => this.#waiting.set(key, resolve))
    this.#deps.receiver.send(Buffer.concat([this.#grant.tag, nonce]), this.#grant.udpPort, this.#client.host)
    try {
      await within(timeoutMs, 'heartbeat', back)
      return true
    } catch {
      return false
    } finally {
      this.#waiting.delete(key)
    }
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#expected.close()
    await this.#client.close()
  }

  #onDatagram(datagram: Buffer): void {
    if (datagram.length === HEARTBEAT_BYTES) this.#waiting.get(datagram.toString('hex', TAG_BYTES))?.()
  }
}
