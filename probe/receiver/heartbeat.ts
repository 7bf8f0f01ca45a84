/**
 * Heartbeats take the same kind of session as data. A verifier opens a session with itself as the next hop. At every
 * tick it sends a fresh nonce, which must come back through the relay.
 */
import { HEARTBEAT_BYTES, IP_UDP_HEADER_BYTES, NONCE_BYTES } from '../../proto/datagram.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { RelayGrant } from '../../proto/messages.js'
import { HANDSHAKE_MS, HEARTBEAT_RATE_KBPS } from '../constants.js'
import { within } from '../deadline.js'
import type { PeerVerifier, ProviderStream, RandomSource } from '../ports.js'
import { RelayClient } from '../wire/relay-client.js'
import type { ExpectedHeartbeats, Receiver } from './receiver.js'

/** Most ticks of one heartbeat session. They set the session's budget. */
const MAX_TICKS = 1024

export interface HeartbeatRequest {
  /** 32 bytes, fresh */
  readonly sessionId: Hex
  readonly stream: ProviderStream
  readonly provider: PeerVerifier
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
  readonly durationMs: number
  /** for the provider's relay; undefined opens the session as a stranger */
  readonly token?: Uint8Array | undefined
}

export interface HeartbeatDeps {
  readonly receiver: Receiver
  readonly random: RandomSource
}

/** The provider did not take the heartbeat session. */
export class HeartbeatError extends Error {
  override readonly name = 'HeartbeatError'
}

export class HeartbeatSession {
  readonly #client: RelayClient
  readonly #deps: HeartbeatDeps
  readonly #expected: ExpectedHeartbeats
  #ended = false

  private constructor(client: RelayClient, grant: RelayGrant, deps: HeartbeatDeps) {
    this.#client = client
    this.#deps = deps
    const expected = deps.receiver.expectHeartbeats(grant.tag, grant.udpPort)
    if (!expected) throw new HeartbeatError('provider granted a tag that is in use')
    this.#expected = expected
    void client.ended.then(() => {
      this.#ended = true
    })
  }

  /** @throws HeartbeatError, or the stream's own error */
  static async open(request: HeartbeatRequest, deps: HeartbeatDeps): Promise<HeartbeatSession> {
    const { sessionId, stream, provider, advertisedHost, durationMs, token } = request
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
        sender: 0,
        token,
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

  /** @returns whether the nonce came back through the relay in time */
  async tick(timeoutMs: number): Promise<boolean> {
    if (this.#ended) return false
    const nonce = this.#deps.random.bytes(NONCE_BYTES)
    try {
      await within(timeoutMs, 'heartbeat', this.#expected.beat(nonce, this.#client.host))
      return true
    } catch {
      return false
    } finally {
      this.#expected.forget(nonce)
    }
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#expected.close()
    await this.#client.close()
  }
}
