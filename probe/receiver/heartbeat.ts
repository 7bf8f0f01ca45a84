/**
 * Heartbeats take the same kind of session as data. A verifier opens a session with itself as the next hop. At every
 * tick it sends a datagram of random bytes, which must come back through the relay. The datagram has the size of data, and
 * it comes from a port of its own, as a sender's data does.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { DATAGRAM_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { RelayGrant } from '../../proto/messages.js'
import { HANDSHAKE_MS, PATH_MS } from '../constants.js'
import { within } from '../deadline.js'
import type { AnswerVerifier, ProviderStream, RandomSource } from '../ports.js'
import { requestOf } from '../verdict/session-shape.js'
import { RelayClient } from '../wire/relay-client.js'
import type { ExpectedHeartbeats, Receiver } from './receiver.js'

export interface HeartbeatRequest {
  /** 32 bytes, fresh */
  readonly sessionId: Hex
  readonly stream: ProviderStream
  readonly provider: AnswerVerifier
  /** of the provider, as the chain holds it */
  readonly claimKbps: number
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
  /** address that the sending socket binds to: a literal of the provider's address family */
  readonly udpHost: string
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
  readonly #grant: RelayGrant
  readonly #deps: HeartbeatDeps
  readonly #socket: Socket
  readonly #expected: ExpectedHeartbeats
  #ended = false

  private constructor(client: RelayClient, grant: RelayGrant, socket: Socket, deps: HeartbeatDeps) {
    this.#client = client
    this.#grant = grant
    this.#deps = deps
    this.#socket = socket
    const expected = deps.receiver.expectHeartbeats(grant.tag)
    if (!expected) throw new HeartbeatError('provider granted a tag that is in use')
    this.#expected = expected
    void client.ended.then(() => {
      this.#ended = true
    })
  }

  /** Resolves once the session may carry data. @throws HeartbeatError, or the stream's own error */
  static async open(request: HeartbeatRequest, deps: HeartbeatDeps): Promise<HeartbeatSession> {
    const { stream, provider, claimKbps, advertisedHost, udpHost, token } = request
    const sessionId = fromHex(request.sessionId)
    const client = new RelayClient(stream, sessionId)
    let socket: Socket | undefined
    let session: HeartbeatSession | undefined
    try {
      const nextHop = { host: advertisedHost, port: deps.receiver.port }
      const answer = await client.open(requestOf(sessionId, nextHop, claimKbps, token), provider, HANDSHAKE_MS)
      if (answer.kind === 'refuse') throw new HeartbeatError(`provider refused, reason ${answer.refuse.reason}`)
      socket = await boundSocket(udpHost)
      session = new HeartbeatSession(client, answer.grant, socket, deps)
      if (!(await within(PATH_MS, 'path validation', client.ready)))
        throw new HeartbeatError('provider did not validate the path')
      await pause(client.settlingMs)
      return session
    } catch (cause) {
      if (session) await session.close()
      else {
        socket?.close()
        await client.close()
      }
      throw cause
    }
  }

  /** @returns whether the heartbeat came back through the relay in time */
  async tick(timeoutMs: number): Promise<boolean> {
    if (this.#ended) return false
    const bytes = this.#deps.random.bytes(DATAGRAM_BYTES - TAG_BYTES)
    try {
      const back = this.#expected.back(bytes)
      this.#socket.send(Buffer.concat([this.#grant.tag, bytes]), this.#grant.udpPort, this.#client.host)
      await within(timeoutMs, 'heartbeat', back)
      return true
    } catch {
      return false
    } finally {
      this.#expected.forget(bytes)
    }
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#client.finish()
    this.#ended = true
    this.#expected.close()
    this.#socket.close()
    await this.#client.close()
  }
}

/** @throws Error if the address is not this machine's */
async function boundSocket(host: string): Promise<Socket> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.bind({ address: host, port: 0, exclusive: true })
  await once(socket, 'listening')
  socket.on('error', () => {}) // what cannot be sent does not come back
  return socket
}
