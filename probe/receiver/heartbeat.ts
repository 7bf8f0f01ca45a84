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
import { udpHostOf } from '../io/resolve-host.js'
import type { AnswerVerifier, ProviderStream, RandomSource } from '../ports.js'
import { type NextHop, requestOf } from '../verdict/session-shape.js'
import { RelayClient } from '../wire/relay-client.js'
import type { ExpectedHeartbeats, Receiver } from './receiver.js'

/** A heartbeat is sent so often, if it does not come back: a full link drops some of its datagrams. */
const SENDINGS = 3

export interface HeartbeatRequest {
  /** 32 bytes, fresh */
  readonly sessionId: Hex
  readonly stream: ProviderStream
  readonly provider: AnswerVerifier
  /** of the provider, as the chain holds it */
  readonly claimKbps: number
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
  /** of the receiver's UDP port, as others reach it (default: its own number) */
  readonly advertisedPort?: number | undefined
  /** address of this machine that the sending socket binds to */
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
  /** the relay's UDP port */
  readonly relay: NextHop
  readonly #deps: HeartbeatDeps
  readonly #socket: Socket
  readonly #expected: ExpectedHeartbeats
  #ended = false

  private constructor(client: RelayClient, grant: RelayGrant, relay: NextHop, socket: Socket, deps: HeartbeatDeps) {
    this.#client = client
    this.#grant = grant
    this.relay = relay
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
    const { stream, provider, claimKbps, advertisedHost, advertisedPort, udpHost, token } = request
    const sessionId = fromHex(request.sessionId)
    const client = new RelayClient(stream, sessionId)
    let socket: Socket | undefined
    let session: HeartbeatSession | undefined
    try {
      const nextHop = { host: advertisedHost, port: advertisedPort ?? deps.receiver.port }
      const answer = await client.open(requestOf(sessionId, nextHop, claimKbps, token), provider, HANDSHAKE_MS)
      if (answer.kind === 'refuse') throw new HeartbeatError(`provider refused, reason ${answer.refuse.reason}`)
      const { grant } = answer
      const relay = { host: await udpHostOf(grant, client.host, advertisedHost), port: grant.udpPort }
      socket = await boundSocket(udpHost, relay.host)
      session = new HeartbeatSession(client, grant, relay, socket, deps)
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

  /**
   * @param length of the datagram (default: that of data)
   * @returns whether the heartbeat came back through the relay in time
   */
  async tick(timeoutMs: number, length: number = DATAGRAM_BYTES): Promise<boolean> {
    if (this.#ended) return false
    const bytes = this.#deps.random.bytes(length - TAG_BYTES)
    const datagram = Buffer.concat([this.#grant.tag, bytes])
    let left = SENDINGS
    const send = () => {
      // The interval may elapse once more before the time is up.
      if (!this.#ended && left-- > 0) this.#socket.send(datagram, this.relay.port, this.relay.host)
    }
    const again = setInterval(send, timeoutMs / SENDINGS)
    try {
      const back = this.#expected.back(bytes)
      send()
      await within(timeoutMs, 'heartbeat', back)
      return true
    } catch {
      return false
    } finally {
      clearInterval(again)
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

/** A socket of the other end's family. @throws Error if the address is not this machine's */
async function boundSocket(host: string, to: string): Promise<Socket> {
  const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4')
  const address = isIPv6(to) === isIPv6(host) ? { address: host } : {}
  socket.bind({ ...address, port: 0, exclusive: true })
  await once(socket, 'listening')
  socket.on('error', () => {}) // what cannot be sent does not come back
  return socket
}
