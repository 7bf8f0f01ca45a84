/** Bytes that were right, and were changed in up to four places: the inputs of fuzz tests. */
import fc from 'fast-check'

/** Changes bytes. */
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

const mutationWith = (foreigners: readonly Buffer[]): fc.Arbitrary<Mutation> =>
  fc.oneof(
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
    fc.tuple(place, place, place, fc.nat(foreigners.length - 1)).map(
      ([at, a, b, other]): Mutation =>
        bytes => {
          const from = spot(bytes, at)
          const foreign = foreigners[other]!
          return replaced(bytes, from, from, foreign.subarray(...between(foreign, a, b)))
        },
    ),
  )

const MOST_MUTATIONS = 4

/**
 * @param samples to be changed
 * @param foreigners parts of which are put in (default: the samples)
 */
export const mutated = (samples: readonly Buffer[], foreigners = samples): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(samples.length - 1), fc.array(mutationWith(foreigners), { maxLength: MOST_MUTATIONS }))
    .map(([i, mutations]) => mutations.reduce<Buffer>((changed, mutate) => mutate(changed), samples[i]!))
