import { expect } from 'chai'
import fc from 'fast-check'
import { CHUNK_DATAGRAMS, HEADER_BYTES } from '../../../proto/datagram.js'
import { CHUNKS_BEHIND } from '../../constants.js'
import { chunkKeystream, datagramAt, layHeader, TIME_OFFSET } from '../../wire/keystream.js'
import { type Arrival, ChunkCollector, hasArrived } from '../collect.js'
import { Publication } from '../openings.js'
import { chunksOf } from '../table.js'
import { verifyChunks } from '../verify.js'

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const TAG = Buffer.alloc(8, 7)
const SLOT = 1
const US_A_DATAGRAM = 100
const MAX_SENT_US = 2_000_000
const HASH_SECRET = Buffer.alloc(32, 5)

function datagramOf(sequence: number): Buffer {
  const chunk = chunkKeystream(KEY, Math.floor(sequence / CHUNK_DATAGRAMS))
  const datagram = datagramAt(chunk, sequence % CHUNK_DATAGRAMS)
  layHeader(datagram, TAG, SLOT, sequence, sequence * US_A_DATAGRAM)
  return datagram
}

/** As a receiver does after it has looked at the tag. */
const accept = (collector: ChunkCollector, datagram: Buffer, nowMs: number): Arrival =>
  collector.accept(
    datagram.readUIntBE(9, 3),
    datagram.readUInt32BE(TIME_OFFSET),
    datagram.subarray(HEADER_BYTES),
    nowMs,
  )

function collect(sequences: readonly number[], change: (datagram: Buffer, sequence: number) => void = () => {}) {
  const collector = new ChunkCollector(100_000, HASH_SECRET)
  for (const [i, sequence] of sequences.entries()) {
    const datagram = datagramOf(sequence)
    change(datagram, sequence)
    accept(collector, datagram, i / 10)
  }
  return chunksOf(collector.finish().rows)
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

describe('chunks', () => {
  it('have one root for any order of arrival, and verify in full', async () => {
    const lost = fc.uniqueArray(fc.nat(199), { maxLength: 150 })
    await fc.assert(
      fc.asyncProperty(lost, fc.infiniteStream(fc.nat()), async (missing, keys) => {
        const arrived = upTo(200).filter(sequence => !missing.includes(sequence))
        const shuffled = arrived
          .map(sequence => ({ sequence, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ sequence }) => sequence)
        const chunks = collect(shuffled)
        expect(new Publication([[], chunks]).root).to.equal(new Publication([[], collect(arrived)]).root)
        expect((await verifyChunks(KEY, chunks, MAX_SENT_US)).datagrams).to.equal(arrived.length)
      }),
      { numRuns: 20 },
    )
  })

  it('keep a bitmap of the datagrams that arrived', () => {
    const [first, second] = collect([0, 31, 32, 51, 52])
    expect(upTo(CHUNK_DATAGRAMS).filter(place => hasArrived(first!.bitmap, place))).to.deep.equal([0, 31, 32, 51])
    expect(second).to.include({ index: 1, bitmap: 1, count: 1 })
  })

  it('count no duplicate, late or malformed datagram', () => {
    const collector = new ChunkCollector(10_000, HASH_SECRET)
    expect(accept(collector, datagramOf(3), 0)).to.equal('new')
    expect(accept(collector, datagramOf(3), 0)).to.equal('duplicate')
    expect(accept(collector, datagramOf(CHUNKS_BEHIND * CHUNK_DATAGRAMS), 0)).to.equal('new')
    expect(accept(collector, datagramOf(4), 0), 'its chunk is 32 behind').to.equal('late')
    expect(accept(collector, datagramOf(CHUNK_DATAGRAMS), 0), 'this one is 31 behind').to.equal('new')
    expect(accept(collector, datagramOf(10_000), 0), 'beyond the budget').to.equal('malformed')
    expect(accept(collector, datagramOf(5).subarray(0, 1199), 0)).to.equal('malformed')
    expect(collector.arrived).to.equal(3)
    collector.finish()
    expect(accept(collector, datagramOf(CHUNK_DATAGRAMS + 1), 0), 'after the end').to.equal('late')
  })

  it('do not verify with a changed byte, a rewritten send time, or another key', async () => {
    const verified = async (change: (datagram: Buffer, sequence: number) => void) =>
      (await verifyChunks(KEY, collect(upTo(104), change), MAX_SENT_US)).datagrams
    expect(await verified(() => {})).to.equal(104)
    const flip = (at: number, bit: number) =>
      verified((datagram, sequence) => {
        if (sequence === 60) datagram[at]! ^= bit
      })
    expect(await flip(1199, 1), 'payload').to.equal(52)
    expect(await flip(TIME_OFFSET, 0x80), 'send time').to.equal(52)
    const other = await verifyChunks(Buffer.alloc(16, 9), collect(upTo(104)), MAX_SENT_US)
    expect(other.datagrams).to.equal(0)
  })
})
