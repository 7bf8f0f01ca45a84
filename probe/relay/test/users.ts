/** A relay and its users: real UDP, in-memory streams. All send from one port, and all have the same next hop, which counts. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import type { Receipt } from '../../../proto/messages.js'
import type { ProviderStream } from '../../ports.js'
import { HOST, Network, type NetworkOptions, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { bytesIn } from '../../verdict/share.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { type RelayAnswer, RelayClient, type RelayRequest } from '../../wire/relay-client.js'

/** Between two turns of the first session to send; each later one takes a little longer, so that they do not keep step. */
const SEND_MS = 5

export interface Asked {
  readonly stream: ProviderStream
  readonly answer: RelayAnswer
  readonly client: RelayClient
  readonly sessionId: Uint8Array
  readonly receipts: readonly Receipt[]
}

/** A session of a user. */
export interface UserSession extends Asked {
  readonly tag: Uint8Array
  /** datagrams that the next hop got */
  readonly arrived: () => number
  readonly sent: () => number
  /** At most at this rate until the end, or until the timer is cleared: what this thread misses it does not catch up on. */
  readonly send: (kbps: number) => NodeJS.Timeout
}

export class Users {
  readonly #claimKbps: number
  /** by tag */
  readonly #arrived = new Map<string, number>()
  readonly #streams: ProviderStream[] = []
  readonly #timers: NodeJS.Timeout[] = []
  #hop!: PlainUdp
  #source!: PlainUdp

  private constructor(
    readonly network: Network,
    claimKbps: number,
  ) {
    this.#claimKbps = claimKbps
  }

  static async open(options: NetworkOptions): Promise<Users> {
    const users = new Users(await Network.open(options), options.claimKbps)
    users.#hop = await PlainUdp.open((datagram, from) => {
      const tag = datagram.toString('hex', 0, TAG_BYTES)
      if (isChallenge(datagram)) users.#hop.send(echoOf(datagram), from.port)
      else users.#arrived.set(tag, (users.#arrived.get(tag) ?? 0) + 1)
    })
    users.#source = await PlainUdp.open(() => {})
    return users
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    for (const stream of this.#streams.splice(0)) await stream.close()
    await Promise.all([this.network.close(), this.#hop.close(), this.#source.close()])
  }

  async until(holds: () => boolean): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS
    while (!holds()) {
      if (performance.now() > endMs) throw new Error('waited in vain')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  every(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setInterval(act, ms)
    this.#timers.push(timer)
    return timer
  }

  /** @param more than every opener asks for, or instead */
  async ask(peer = 'user', more: Partial<RelayRequest> = {}): Promise<Asked> {
    const stream = this.network.openProvider(peer)
    this.#streams.push(stream)
    const { sessionId = randomBytes(32) } = more
    const receipts: Receipt[] = []
    const client = new RelayClient(stream, sessionId, receipt => receipts.push(receipt))
    const nextHop = { nextHopHost: HOST, nextHopPort: this.#hop.port }
    const request = { ...nextHop, ...shapeOf(this.#claimKbps), ...more, sessionId }
    const answer = await client.open(request, this.network.provider.answers, PATIENCE_MS)
    return { stream, answer, client, sessionId, receipts }
  }

  /** @throws Error if the relay refuses */
  async openSession(peer?: string, more?: Partial<RelayRequest>): Promise<UserSession> {
    const asked = await this.ask(peer, more)
    const { answer, client } = asked
    if (answer.kind !== 'grant') throw new Error(`refused: ${answer.refuse.reason}`)
    expect(await client.ready).to.equal(true)
    const { tag, udpPort } = answer.grant
    const datagram = Buffer.concat([tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
    let sent = 0
    const send = (kbps: number) => {
      const turnMs = SEND_MS + this.#timers.length
      let dueMs = performance.now()
      return this.every(turnMs, () => {
        dueMs = Math.max(dueMs, performance.now() - turnMs)
        for (; dueMs <= performance.now(); dueMs += IP_DATAGRAM_BYTES / bytesIn(kbps, 1)) {
          this.#source.send(datagram, udpPort)
          sent++
        }
      })
    }
    const name = Buffer.from(tag).toString('hex')
    return { ...asked, tag, send, sent: () => sent, arrived: () => this.#arrived.get(name) ?? 0 }
  }
}
