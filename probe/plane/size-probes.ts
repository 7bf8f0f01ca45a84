/** The datagrams of less than full size that a sender sends through the provider if nothing of full size arrived. */
import {
  DATAGRAM_BYTES,
  SIZES_BYTES,
  SIZES_CHUNK,
  SIZES_EACH,
  SIZES_SEQUENCE,
  sizeProbeBytes,
} from '../../proto/datagram.js'
import type { DatagramPort, Endpoint } from '../io/datagram-port.js'
import type { Paced } from '../io/ticker.js'
import { HeaderSeal } from '../wire/header-seal.js'
import { chunkKeystream, datagramAt, layHeader } from '../wire/keystream.js'
import type { OutgoingSpec } from './outgoing.js'

const COUNT = SIZES_BYTES.length * SIZES_EACH
/**
 * Between two size probes. All at once, most of them would find the queue full that the sender's own data fills, and a
 * path that carries them would look like a provider that drops everything.
 */
const GAP_MS = 50

export class SizeProbes implements Paced {
  readonly #port: DatagramPort
  readonly #to: Endpoint
  readonly #datagrams: Buffer
  #sent = 0

  constructor(
    port: DatagramPort,
    { key, headerKey, slot, tag, host, port: toPort }: Omit<OutgoingSpec, 'firstSequence' | 'firstChunk'>,
  ) {
    this.#port = port
    this.#to = port.endpoint(host, toPort)
    this.#datagrams = chunkKeystream(key, SIZES_CHUNK).subarray(0, COUNT * DATAGRAM_BYTES)
    for (let i = 0; i < COUNT; i++) layHeader(datagramAt(this.#datagrams, i), tag, slot, SIZES_SEQUENCE + i, 0)
    new HeaderSeal(headerKey, COUNT).seal(this.#datagrams, COUNT)
  }

  run(nowMs: number): number | undefined {
    const datagram = datagramAt(this.#datagrams, this.#sent)
    this.#port.send(datagram.subarray(0, sizeProbeBytes(this.#sent)), this.#to)
    return ++this.#sent < COUNT ? nowMs + GAP_MS : undefined
  }
}
