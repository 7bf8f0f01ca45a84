/** The datagrams of less than full size that a sender sends through the provider if nothing of full size arrived. */
import {
  DATAGRAM_BYTES,
  SIZES_BYTES,
  SIZES_CHUNK,
  SIZES_EACH,
  SIZES_SEQUENCE,
  sizeProbeBytes,
} from '../../proto/datagram.js'
import type { DatagramPort } from '../io/datagram-port.js'
import { HeaderSeal } from '../wire/header-seal.js'
import { chunkKeystream, datagramAt, layHeader } from '../wire/keystream.js'
import type { OutgoingSpec } from './outgoing.js'

const COUNT = SIZES_BYTES.length * SIZES_EACH

export function sendSizeProbes(
  port: DatagramPort,
  { key, headerKey, slot, tag, host, port: toPort }: Omit<OutgoingSpec, 'firstSequence' | 'firstChunk'>,
): void {
  const to = port.endpoint(host, toPort)
  const datagrams = chunkKeystream(key, SIZES_CHUNK).subarray(0, COUNT * DATAGRAM_BYTES)
  for (let i = 0; i < COUNT; i++) layHeader(datagramAt(datagrams, i), tag, slot, SIZES_SEQUENCE + i, 0)
  new HeaderSeal(headerKey, COUNT).seal(datagrams, COUNT)
  for (let i = 0; i < COUNT; i++) port.send(datagramAt(datagrams, i).subarray(0, sizeProbeBytes(i)), to)
}
