/**
 * Mutated messages of every kind. `npm run fuzz` has a million for each decoder.
 *
 * Whatever arrives, a decoder throws a MessageError, or returns a message that encodes to the very same bytes.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import * as messages from '../messages.js'
import { type Codec, MessageError } from '../messages.js'
import { SAMPLES } from './message-samples.js'

const RUNS = Number(process.env.BANDWITNESS_FUZZ_RUNS ?? 500)
/** Fixed, so that a run of the suite means the same everywhere. A long run draws its own, and prints it if it fails. */
const SEED = process.env.BANDWITNESS_FUZZ_RUNS === undefined ? 10 : undefined
/** Of a message of a few kilobytes, on a busy machine: a decoder that hangs takes much longer. */
const LONGEST_MS = 1000
const GROWTH_BYTES = 100e6

const encodings = SAMPLES.map(([, codec, message]) => ({ codec, bytes: Buffer.from(codec.encode(message as never)) }))
const codecs = [...new Set(encodings.map(({ codec }) => codec))]

const isCodec = (value: unknown): value is Codec<never> =>
  typeof value === 'object' && value !== null && 'decode' in value && 'maxBytes' in value

/** Changes bytes. `at` and `to` are parts of the length, in 2^-16. */
type Mutation = (bytes: Buffer) => Buffer

const place = fc.nat(0xffff)
const spot = (bytes: Buffer, at: number): number => Math.floor((at * (bytes.length + 1)) / 0x10000)
const between = (bytes: Buffer, a: number, b: number): [number, number] => {
  const [first, second] = [spot(bytes, a), spot(bytes, b)]
  return first < second ? [first, second] : [second, first]
}
const replaced = (bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)])

/** Numbers at which varints, lengths and sizes change. */
const EDGES = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0xffff, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
function varint(value: number, padding: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const last = rest < 128 && padding === 0
    out.push((rest % 128) + (last ? 0 : 128))
    if (last) return Uint8Array.from(out)
    if (rest < 128) return Uint8Array.from([...out, ...new Array<number>(padding - 1).fill(0x80), 0])
  }
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([at, bit]): Mutation =>
      bytes => {
        const changed = Buffer.from(bytes)
        if (bytes.length > 0) changed[spot(bytes, at) % bytes.length]! ^= 1 << bit
        return changed
      },
  ),
  fc.tuple(place, place).map(
    ([a, b]): Mutation =>
      bytes =>
        replaced(bytes, ...between(bytes, a, b), new Uint8Array()),
  ),
  fc.tuple(place, place, fc.integer({ min: 1, max: 300 })).map(
    ([a, b, times]): Mutation =>
      bytes => {
        const [from, to] = between(bytes, a, b)
        const part = bytes.subarray(from, Math.min(to, from + 400))
        return replaced(bytes, from, from, Buffer.concat(Array<Buffer>(times).fill(part)))
      },
  ),
  fc.tuple(place, fc.constantFrom(...EDGES), fc.integer({ min: 0, max: 6 })).map(
    ([at, value, padding]): Mutation =>
      bytes => {
        const from = spot(bytes, at)
        return replaced(bytes, from, Math.min(bytes.length, from + 1), varint(value, padding))
      },
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
    ([at, added]): Mutation =>
      bytes => {
        const from = spot(bytes, at)
        return replaced(bytes, from, from, added)
      },
  ),
  fc.tuple(place, place, place, fc.nat(SAMPLES.length - 1)).map(
    ([at, a, b, other]): Mutation =>
      bytes => {
        const from = spot(bytes, at)
        const { bytes: foreign } = encodings[other]!
        return replaced(bytes, from, from, foreign.subarray(...between(foreign, a, b)))
      },
  ),
)

function decode(codec: Codec<never>, bytes: Uint8Array): 'refused' | 'accepted' {
  const began = performance.now()
  try {
    const message = codec.decode(bytes)
    expect(Buffer.compare(codec.encode(message), bytes), 'another encoding').to.equal(0)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    return 'refused'
  } finally {
    expect(performance.now() - began, 'ms').to.be.below(LONGEST_MS)
  }
}

describe('fuzzed messages', function () {
  this.timeout(Math.max(60_000, RUNS * 2))

  it('are of every kind', () => {
    const all = Object.values(messages as Record<string, unknown>).filter(isCodec)
    expect(all.map(({ name }) => name).filter(name => !codecs.some(codec => codec.name === name))).to.deep.equal([])
  })

  for (const codec of codecs) {
    it(`of ${codec.name} are refused or have one encoding; none ends, holds up or fills a node`, () => {
      const own = encodings.filter(one => one.codec === codec)
      const before = process.memoryUsage().heapUsed
      const counts = { refused: 0, accepted: 0 }
      fc.assert(
        fc.property(fc.nat(own.length - 1), fc.array(mutation, { maxLength: 4 }), (index, mutations) => {
          const bytes = mutations.reduce<Buffer>((changed, mutate) => mutate(changed), own[index]!.bytes)
          counts[decode(codec, bytes)]++
        }),
        { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: SEED }) },
      )
      expect(counts.refused, 'the mutations reach the checks').to.be.above(RUNS / 10)
      expect(counts.accepted, 'and what passes them').to.be.above(0)
      expect(process.memoryUsage().heapUsed - before, 'bytes').to.be.below(GROWTH_BYTES)
    })
  }
})
