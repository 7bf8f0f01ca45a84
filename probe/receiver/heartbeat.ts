/**
 * Heartbeats take the same kind of session as data. A verifier opens a session with itself as the next hop. At every
 * tick it sends a fresh nonce, which must come back through the relay.
 */
import { HEARTBEAT_BYTES, headerBytes, NONCE_BYTES } from '../../proto/datagram.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { RelayGrant } from '../../proto/messages.js'
import { HANDSHAKE_MS, HEARTBEAT_RATE_KBPS, PATH_MS } from '../constants.js'
import { within } from '../deadline.js'
import { udpHostOf } from '../io/resolve-host.js'
import type { PeerVerifier, ProviderStream, RandomSource } from '../ports.js'
import { isOverIpv6 } from '../wire/address-family.js'
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
  /** of the receiver's UDP port, as others reach it (default: its own number) */
  readonly advertisedPort?: number | undefined
  readonly durationMs: number
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
  readonly #grant: RelayGrant
  readonly #udpHost: string
  #ended = false

  private constructor(client: RelayClient, grant: RelayGrant, udpHost: string, deps: HeartbeatDeps) {
    this.#client = client
    this.#grant = grant
    this.#udpHost = udpHost
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
    const { sessionId, stream, provider, advertisedHost, advertisedPort, durationMs } = request
    const client = new RelayClient(stream, fromHex(sessionId))
    let session: HeartbeatSession | undefined
    try {
      const open = {
        sessionId: fromHex(sessionId),
        nextHopHost: advertisedHost,
        nextHopPort: advertisedPort ?? deps.receiver.port,
        budgetBytes: MAX_TICKS * (HEARTBEAT_BYTES + headerBytes(isOverIpv6(advertisedHost))),
        rateKbps: HEARTBEAT_RATE_KBPS,
        durationMs,
        sender: 0,
      }
      const answer = await client.open(open, provider, HANDSHAKE_MS)
      if (answer.kind === 'refuse') throw new HeartbeatError(`provider refused, reason ${answer.refuse.reason}`)
      const udpHost = await udpHostOf(answer.grant, client.host, advertisedHost)
      session = new HeartbeatSession(client, answer.grant, udpHost, deps)
      if (await within(PATH_MS, 'path validation', client.ready)) return session
      throw new HeartbeatError('provider did not validate the path')
    } catch (cause) {
      await (session ?? client).close()
      throw cause
    }
  }

  /** The relay's UDP port. */
  get relay(): { readonly host: string; readonly port: number } {
    return { host: this.#udpHost, port: this.#grant.udpPort }
  }

  /**
   * Sends a datagram of any length to the relay from another port than the one that it must come back to.
   * @param send takes the datagram to the relay's port
   * @returns whether it came back in time
   */
  async comesBack(length: number, send: (datagram: Uint8Array) => void, timeoutMs: number): Promise<boolean> {
    const nonce = this.#deps.random.bytes(NONCE_BYTES)
    const { tag } = this.#grant
    try {
      const back = this.#expected.hear(nonce)
      send(Buffer.concat([tag, nonce, new Uint8Array(length - HEARTBEAT_BYTES)]))
      await within(timeoutMs, 'datagram', back)
      return true
    } catch {
      return false
    } finally {
      this.#expected.forget(nonce)
    }
  }

  /** @returns whether the nonce came back through the relay in time */
  async tick(timeoutMs: number): Promise<boolean> {
    if (this.#ended) return false
    const nonce = this.#deps.random.bytes(NONCE_BYTES)
    try {
      await within(timeoutMs, 'heartbeat', this.#expected.beat(nonce, this.#udpHost))
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
