/**
 * A verifier's UDP port: all its sessions' data and heartbeats come in here, told apart by tag. Challenges are echoed for
 * tags that are expected and no others, so this port answers nobody who was not invited.
 */
import type { RemoteInfo } from 'node:dgram'
import { DATAGRAM_BYTES, TAG_BYTES } from '../proto/datagram.js'
import { echoOf, isChallenge } from './path-validation.js'
import type { MonotonicClock } from './ports.js'
import { UdpPort } from './udp-port.js'

export interface ReceiverStats {
  taken: number
  echoes: number
  readonly dropped: { 'unknown-tag': number; malformed: number; 'wrong-source': number }
}

/** A tag that a provider granted, and what to do with what comes under it. */
export interface Expected {
  /** whether the provider has challenged this tag from its port */
  readonly challenged: boolean
  close(): void
}

interface Expectation {
  readonly relayPort: number
  readonly sink: (datagram: Buffer, nowMs: number) => void
  /** the provider's address: where the first challenge came from */
  host: string | undefined
}

const tagKey = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, TAG_BYTES).toString('latin1')

export class Receiver {
  readonly stats: ReceiverStats = {
    taken: 0,
    echoes: 0,
    dropped: { 'unknown-tag': 0, malformed: 0, 'wrong-source': 0 },
  }
  readonly #clock: MonotonicClock
  readonly #expected = new Map<string, Expectation>()
  #udp!: UdpPort

  private constructor(clock: MonotonicClock) {
    this.#clock = clock
  }

  /** @param options.port 0 for any. @throws UdpPortError */
  static async open(options: {
    readonly host: string
    readonly port: number
    readonly clock: MonotonicClock
  }): Promise<Receiver> {
    const receiver = new Receiver(options.clock)
    receiver.#udp = await UdpPort.open(options.host, options.port, (datagram, source) =>
      receiver.#onDatagram(datagram, source),
    )
    return receiver
  }

  get port(): number {
    return this.#udp.port
  }

  /** What the system gave; below about a tenth of a second of data, a busy machine loses some. */
  get receiveBufferBytes(): number {
    return this.#udp.receiveBufferBytes
  }

  /** Whether any provider has ever been heard here: until then, silence may be this port's own fault. */
  get heard(): boolean {
    return this.stats.echoes > 0
  }

  /** @returns undefined if the tag is expected already: a provider must not use one twice */
  expect(tag: Uint8Array, relayPort: number, sink: (datagram: Buffer, nowMs: number) => void): Expected | undefined {
    const key = tagKey(tag)
    if (this.#expected.has(key)) return undefined
    const expectation: Expectation = { relayPort, sink, host: undefined }
    this.#expected.set(key, expectation)
    return {
      get challenged() {
        return expectation.host !== undefined
      },
      close: () => {
        this.#expected.delete(key)
      },
    }
  }

  send(datagram: Uint8Array, port: number, host: string): void {
    this.#udp.send(datagram, port, host)
  }

  async close(): Promise<void> {
    this.#expected.clear()
    await this.#udp.close()
  }

  #onDatagram(datagram: Buffer, source: RemoteInfo): void {
    const { dropped } = this.stats
    if (datagram.length <= TAG_BYTES || datagram.length > DATAGRAM_BYTES) {
      dropped.malformed++
      return
    }
    const expectation = this.#expected.get(tagKey(datagram))
    if (!expectation) {
      dropped['unknown-tag']++
      return
    }
    const { host = source.address, relayPort } = expectation
    if (source.port !== relayPort || source.address !== host) {
      dropped['wrong-source']++
      return
    }
    if (isChallenge(datagram)) {
      expectation.host = host
      this.stats.echoes++
      this.#udp.send(echoOf(datagram), source.port, source.address)
      return
    }
    if (expectation.host === undefined) {
      dropped['wrong-source']++
      return
    }
    this.stats.taken++
    expectation.sink(datagram, this.#clock.now())
  }
}
