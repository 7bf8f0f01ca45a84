/**
 * A stranger at one address. Again and again it makes a new key, connects to a provider, opens sessions without a token
 * or with an invented one, and floods whatever it is granted. Beside that it holds TCP connections that say nothing.
 */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { requestOf } from '../../probe/verdict/session-shape.js'
import { bytesIn } from '../../probe/verdict/share.js'
import { echoOf, isChallenge } from '../../probe/wire/path-validation.js'
import { paddedOpen } from '../../probe/wire/relay-client.js'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { RelayFrame, RelayOpen } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { TOKEN_BYTES } from '../../proto/token.js'
import { FramedStream } from '../../verifier/net/framed-stream.js'
import { hostOf } from '../../verifier/net/libp2p.js'
import type { Attack, CrowdReport } from './messages.js'
import { strangerPeer } from './stranger-peer.js'

type Counts = { -readonly [Name in keyof CrowdReport]: number }

const DIAL_MS = 3000
const PAUSE_MS = 2000
const FLOOD_TICK_MS = 10
/** After a pause of this machine, the flood goes on at its rate. */
const CATCH_UP_MS = 100
const MUTE_CONNECTIONS = 4
const PROVIDER_HOST = '127.0.0.1'

export class Stranger {
  readonly #attack: Attack
  readonly #host: string
  readonly #counts: Counts
  readonly #stopping = new AbortController()
  /** ports of granted sessions, by tag */
  readonly #granted = new Map<Buffer, number>()
  readonly #mute = new Set<Socket>()
  #udp!: UdpSocket
  #running: Promise<unknown> = Promise.resolve()

  private constructor(attack: Attack, host: string, counts: Counts) {
    this.#attack = attack
    this.#host = host
    this.#counts = counts
  }

  static async start(attack: Attack, host: string, counts: Counts): Promise<Stranger> {
    const stranger = new Stranger(attack, host, counts)
    const udp = createSocket('udp4')
    udp.bind(0, host)
    await once(udp, 'listening')
    udp.on('message', (datagram, { port, address }) => {
      if (isChallenge(datagram)) udp.send(echoOf(datagram), port, address)
    })
    stranger.#udp = udp
    stranger.#running = Promise.all([stranger.#knock(), stranger.#flood(), stranger.#holdMute()])
    return stranger
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    for (const socket of this.#mute) socket.destroy()
    this.#udp.close()
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }

  /** One key after another. */
  async #knock(): Promise<void> {
    await this.#pause(Math.random() * PAUSE_MS) // not all at once: the crowd must not starve the machine
    while (!this.#stopped) {
      const peer = await strangerPeer(this.#host)
      this.#counts.keys++
      try {
        const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DIAL_MS)])
        const connection = await peer.dial(multiaddr(this.#attack.target.multiaddrs[0]!), { signal })
        await Promise.all(Array.from({ length: this.#attack.streams }, (_, i) => this.#open(connection, i % 2 === 1)))
      } catch {
        this.#counts.shutOut++
      }
      await peer.stop()
      await this.#pause(PAUSE_MS)
    }
  }

  /** One session, to its end. */
  async #open(connection: Connection, forged: boolean): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DIAL_MS)])
    const stream = new FramedStream(
      await connection.newStream(SESSION_PROTOCOL, { signal }),
      PROVIDER_HOST,
      RelayFrame.maxBytes,
      this.#stopping.signal,
    )
    const nextHop = { host: this.#host, port: this.#udp.address().port }
    const token = forged ? randomBytes(TOKEN_BYTES) : undefined
    const request = requestOf(randomBytes(32), nextHop, this.#attack.claimKbps, token)
    let tag: Buffer | undefined
    let answered = false
    this.#counts.openings++
    try {
      await stream.send(RelayOpen.encode(paddedOpen(request, this.#attack.account)))
      for (let bytes = await stream.receive(); bytes; bytes = await stream.receive()) {
        const { grant, refuse } = RelayFrame.decode(bytes)
        answered = true
        if (grant) {
          this.#counts.granted++
          tag = Buffer.from(grant.tag)
          this.#granted.set(tag, grant.udpPort)
        }
        if (refuse) this.#counts.refused++
      }
    } catch {
      // The provider ended the stream, or the attack is over.
    }
    if (!answered) this.#counts.unanswered++
    if (tag) this.#granted.delete(tag)
    await stream.close()
  }

  /** Sends this stranger's part of the data under the tags that it was granted, or under any tag. */
  async #flood(): Promise<void> {
    const { floodKbps, hosts } = this.#attack
    const bytesPerMs = bytesIn(floodKbps / hosts.length, 1)
    const datagram = Buffer.from(randomBytes(DATAGRAM_BYTES))
    let lastMs = performance.now()
    let due = 0
    let port = 0
    while (!this.#stopped) {
      const tags = [...this.#granted]
      const nowMs = performance.now()
      due += Math.min(nowMs - lastMs, CATCH_UP_MS) * bytesPerMs
      lastMs = nowMs
      for (; due > 0; due -= IP_DATAGRAM_BYTES) {
        const [tag, udpPort] = tags[this.#counts.sentDatagrams % Math.max(1, tags.length)] ?? [
          randomBytes(TAG_BYTES),
          port,
        ]
        port = udpPort
        datagram.set(tag)
        if (port > 0) this.#udp.send(datagram, port, PROVIDER_HOST)
        this.#counts.sentDatagrams++
      }
      await this.#pause(FLOOD_TICK_MS)
    }
  }

  async #holdMute(): Promise<void> {
    const [address] = this.#attack.target.multiaddrs
    const port = Number(
      multiaddr(address!)
        .getComponents()
        .find(({ name }) => name === 'tcp')!.value,
    )
    while (!this.#stopped) {
      if (this.#mute.size < MUTE_CONNECTIONS) {
        const socket = connectTcp({ host: hostOf(address!)!, port, localAddress: this.#host })
        this.#mute.add(socket)
        this.#counts.mute++
        socket.on('error', () => {})
        socket.on('close', () => this.#mute.delete(socket))
      }
      await this.#pause(PAUSE_MS)
    }
  }
}
