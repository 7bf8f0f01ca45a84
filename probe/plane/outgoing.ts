/** One numbered run of a sender's datagrams: keystream from one chunk on, under one tag, to one address. */
import { CHUNK_DATAGRAMS, DATAGRAM_BYTES } from '../../proto/datagram.js'
import { BATCH, type DatagramPort, type Endpoint } from '../io/datagram-port.js'
import { HeaderSeal } from '../wire/header-seal.js'
import { chunkKeystream, datagramAt, layHeader } from '../wire/keystream.js'

export interface OutgoingSpec {
  readonly key: Uint8Array
  readonly headerKey: Uint8Array
  readonly slot: number
  readonly tag: Uint8Array
  readonly host: string
  readonly port: number
  readonly firstSequence: number
  readonly firstChunk: number
}

export class Outgoing {
  readonly #port: DatagramPort
  readonly #spec: OutgoingSpec
  readonly #to: Endpoint
  readonly #seal: HeaderSeal
  /** the port's staging places, in order */
  readonly #places: readonly Buffer[]
  #chunk: Buffer = Buffer.alloc(0)
  #chunkIndex = -1
  #sent = 0

  constructor(port: DatagramPort, spec: OutgoingSpec) {
    this.#port = port
    this.#spec = spec
    this.#to = port.endpoint(spec.host, spec.port)
    this.#seal = new HeaderSeal(spec.headerKey, CHUNK_DATAGRAMS)
    this.#places = Array.from({ length: BATCH }, (_, i) => datagramAt(port.staging, i))
  }

  /** @returns how many of `count` datagrams went out: fewer if the system takes no more now */
  send(count: number, sentUs: number): number {
    let sent = 0
    while (sent < count) {
      const asked = this.#stage(Math.min(count - sent, BATCH), sentUs)
      const taken = this.#port.sendStaged(asked, this.#to)
      this.#sent += taken
      sent += taken
      if (taken < asked) break
    }
    return sent
  }

  /** Stages the next datagrams, at most up to the end of their chunk. @returns how many */
  #stage(most: number, sentUs: number): number {
    const { key, slot, tag, firstSequence, firstChunk } = this.#spec
    const index = Math.floor(this.#sent / CHUNK_DATAGRAMS)
    if (index !== this.#chunkIndex) {
      this.#chunk = chunkKeystream(key, firstChunk + index)
      this.#chunkIndex = index
    }
    const place = this.#sent % CHUNK_DATAGRAMS
    const count = Math.min(most, CHUNK_DATAGRAMS - place)
    this.#port.staging.set(this.#chunk.subarray(place * DATAGRAM_BYTES, (place + count) * DATAGRAM_BYTES))
    for (let i = 0; i < count; i++) layHeader(this.#places[i]!, tag, slot, firstSequence + this.#sent + i, sentUs)
    this.#seal.seal(this.#port.staging, count)
    return count
  }
}
