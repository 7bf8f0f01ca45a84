/**
 * The permutation Keccak-f[1600] (FIPS 202, section 3) as WebAssembly, which has the 64-bit words that JavaScript lacks. The
 * module is small and regular, so this file writes its bytes from the same tables that the standard has.
 */

/** Bytes that one permutation takes in, for 256 bits of output. */
export const RATE_BYTES = 136
/** Where the state of 25 words stands in the module's memory. The first 32 bytes are the digest. */
export const STATE_AT = 192
/** Where the input begins. */
export const INPUT_AT = 512

const LANES = 25
const ROUNDS = 24

/** ρ and π in one walk over the lanes: where the next word goes, and by how many bits it turns. */
const WALK = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1]
const TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44]

type Code = readonly number[]

const I32 = 0x7f
const I64 = 0x7e
const BLOCK = 0x40

/** Unsigned LEB128. */
const uint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uint(value >> 7)])
/** Signed LEB128 of a number that is not negative. */
const sint = (value: number): number[] => (value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...sint(value >> 7)])

const get = (local: number): Code => [0x20, ...uint(local)]
const set = (local: number, value: Code): Code => [...value, 0x21, ...uint(local)]
const number32 = (value: number): Code => [0x41, ...sint(value)]
const add32 = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
const below32 = (a: Code, b: Code): Code => [...a, ...b, 0x49]
const xor = (a: Code, b: Code): Code => [...a, ...b, 0x85]
const and = (a: Code, b: Code): Code => [...a, ...b, 0x83]
const not = (a: Code): Code => [...a, 0x42, 0x7f, 0x85]
const turn = (a: Code, bits: number): Code => [...a, 0x42, ...sint(bits), 0x89]
const load = (address: Code, offset = 0): Code => [...address, 0x29, 3, ...uint(offset)]
const store = (address: Code, offset: number, value: Code): Code => [...address, ...value, 0x37, 3, ...uint(offset)]
const unless = (condition: Code, body: Code): Code => [...condition, 0x45, 0x04, BLOCK, ...body, 0x0b]
const repeatWhile = (body: Code, condition: Code): Code => [0x03, BLOCK, ...body, ...condition, 0x0d, 0, 0x0b]
const each = (count: number, code: (i: number) => Code): Code => Array.from({ length: count }, (_, i) => code(i)).flat()

/** Parameters and locals of the one function. */
const [END, IS_FIRST, AT, ROUND] = [0, 1, 2, 3] as const
const lane = (i: number) => 4 + i
const column = (x: number) => 4 + LANES + (x % 5)
const [MOVED, NEXT] = [4 + LANES + 5, 4 + LANES + 6] as const

const theta: Code = [
  ...each(5, x => set(column(x), [0, 5, 10, 15, 20].map(y => get(lane(x + y))).reduce(xor))),
  ...each(5, x => [
    ...set(MOVED, xor(get(column(x + 4)), turn(get(column(x + 1)), 1))),
    ...each(5, y => set(lane(x + 5 * y), xor(get(lane(x + 5 * y)), get(MOVED)))),
  ]),
]

const rhoAndPi: Code = [
  ...set(MOVED, get(lane(1))),
  ...each(WALK.length, i => [
    ...set(NEXT, get(lane(WALK[i]!))),
    ...set(lane(WALK[i]!), turn(get(MOVED), TURNS[i]!)),
    ...set(MOVED, get(NEXT)),
  ]),
]

const chi: Code = each(5, row => [
  ...each(5, x => set(column(x), get(lane(5 * row + x)))),
  ...each(5, x => set(lane(5 * row + x), xor(get(column(x)), and(not(get(column(x + 1))), get(column(x + 2)))))),
])

/** ι: one constant for each round stands at the beginning of the memory. */
const iota: Code = set(lane(0), xor(get(lane(0)), load(get(ROUND))))

const absorb: Code = [
  ...unless(
    get(IS_FIRST),
    each(LANES, i => set(lane(i), load(number32(STATE_AT), 8 * i))),
  ),
  ...set(AT, number32(INPUT_AT)),
  ...repeatWhile(
    [
      ...each(RATE_BYTES / 8, i => set(lane(i), xor(get(lane(i)), load(get(AT), 8 * i)))),
      ...set(ROUND, number32(0)),
      ...repeatWhile(
        [...theta, ...rhoAndPi, ...chi, ...iota, ...set(ROUND, add32(get(ROUND), number32(8)))],
        below32(get(ROUND), number32(8 * ROUNDS)),
      ),
      ...set(AT, add32(get(AT), number32(RATE_BYTES))),
    ],
    below32(get(AT), get(END)),
  ),
  ...each(LANES, i => store(number32(STATE_AT), 8 * i, get(lane(i)))),
]

const section = (id: number, content: Code): Code => [id, ...uint(content.length), ...content]
const name = (text: string): Code => [text.length, ...Array.from(text, letter => letter.charCodeAt(0))]

/**
 * A module with one page of `memory`, and `absorb(end, isFirst)`: it takes in the blocks from `INPUT_AT` to the address
 * `end`, at least one, and leaves the state in the memory. The state is zero before the first.
 */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const locals: Code = [2, 2, I32, LANES + 5 + 2, I64]
  const body: Code = [...locals, ...absorb, 0x0b]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('absorb'), 0, 0]),
    ...section(10, [1, ...uint(body.length), ...body]),
  ])
}

/** The constants of ι, from the standard's shift register. */
export function roundConstants(): bigint[] {
  let register = 1
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n
    for (let power = 0; power <= 6; power++) {
      if (register & 1) constant |= 1n << BigInt((1 << power) - 1)
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0)
    }
    return constant
  })
}
