/**
 * The votes of a window that has not ended. The receivers of a provider vote over the epochs of a window, and their classified
 * votes wait for its end. In a large network some millions of votes wait, and an epoch adds few. So they are kept as bytes, not
 * as objects, and their digest is a chain: an epoch hashes the votes that it adds, and no others.
 *
 *   vote     receiver, 4 bytes ‖ epoch, 6 ‖ counted, 1 ‖ flags, 1 ‖ rateKbps, 4 ‖ lowerKbps, 4 ‖ link, 32
 *   chain    32 zero bytes; with each vote keccak256(chain before ‖ vote)
 *   bytes    chain ‖ votes, in the order in which they came
 */
import { type Hex, toHex, writeHex, ZERO_HASH } from './hex.js'
import { DIGEST_BYTES, hashInput, input, output } from './keccak.js'

/** How a vote counts. The carry-over is certified, so a number must never change its meaning. */
export const COUNTED = { ignored: 0, rate: 1, under: 2, 'at-least': 3 } as const

export type CountedCode = (typeof COUNTED)[keyof typeof COUNTED]

export interface WindowVote {
  /** registry index */
  readonly receiver: number
  readonly epoch: number
  readonly counted: CountedCode
  /** counted rate: at most the claim */
  readonly rateKbps: number
  /** false if the provider was up and the receiver still got nothing */
  readonly serving: boolean
  /** its outcome was that there was no path */
  readonly noPath: boolean
  /** as in the vote */
  readonly link: Hex
  /** its session ran at once with a neighbour's larger group */
  readonly beside: boolean
  /** the lower of two readings; the only one if there is no other */
  readonly lowerKbps: number
  /** a soak vote of `lowerKbps` */
  readonly soak: boolean
}

const EPOCH_AT = 4
const COUNTED_AT = 10
const FLAGS_AT = 11
const RATE_AT = 12
const LOWER_AT = 16
const LINK_AT = 20
const LINK_BYTES = 32
export const WINDOW_VOTE_BYTES = LINK_AT + LINK_BYTES

const SERVING = 1
const NO_PATH = 2
const BESIDE = 4
const SOAK = 8

/** Votes that wait, at most one of each receiver. Never changes. */
export class WindowVotes {
  static readonly NONE = new WindowVotes(new Uint8Array(DIGEST_BYTES))

  /** @param bytes the chain and the votes. @throws RangeError unless these are whole votes */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length < DIGEST_BYTES || (bytes.length - DIGEST_BYTES) % WINDOW_VOTE_BYTES !== 0)
      throw new RangeError(`${bytes.length} bytes are no whole votes of a window.`)
  }

  static of(votes: readonly WindowVote[]): WindowVotes {
    return WindowVotes.NONE.with(votes)
  }

  get count(): number {
    return (this.bytes.length - DIGEST_BYTES) / WINDOW_VOTE_BYTES
  }

  /** @throws RangeError if a number does not fit its field, or a link is no hash */
  with(votes: readonly WindowVote[]): WindowVotes {
    if (votes.length === 0) return this
    const bytes = take(this.bytes.length + votes.length * WINDOW_VOTE_BYTES)
    bytes.set(this.bytes)
    for (const [i, vote] of votes.entries()) {
      const at = this.bytes.length + i * WINDOW_VOTE_BYTES
      writeVote(bytes, at, vote)
      chain(bytes, at)
    }
    return new WindowVotes(bytes)
  }

  /** The hash that all of the votes lead to. */
  get chain(): Uint8Array {
    return this.bytes.subarray(0, DIGEST_BYTES)
  }

  /** Whether the votes lead to the chain that stands before them. */
  isChained(): boolean {
    const bytes = Uint8Array.from(this.bytes)
    bytes.fill(0, 0, DIGEST_BYTES)
    for (let i = 0; i < this.count; i++) chain(bytes, placeOf(i))
    return Buffer.compare(bytes, this.bytes) === 0
  }

  counted(i: number): CountedCode {
    return this.bytes[placeOf(i) + COUNTED_AT] as CountedCode
  }

  rateKbps(i: number): number {
    return readUint32(this.bytes, placeOf(i) + RATE_AT)
  }

  lowerKbps(i: number): number {
    return readUint32(this.bytes, placeOf(i) + LOWER_AT)
  }

  isServing(i: number): boolean {
    return this.#has(i, SERVING)
  }

  hasNoPath(i: number): boolean {
    return this.#has(i, NO_PATH)
  }

  isBeside(i: number): boolean {
    return this.#has(i, BESIDE)
  }

  isSoak(i: number): boolean {
    return this.#has(i, SOAK)
  }

  /** Whether the vote names a link: its hash is not zero. */
  hasLink(i: number): boolean {
    const at = placeOf(i) + LINK_AT
    for (let k = 0; k < LINK_BYTES; k++) if (this.bytes[at + k] !== 0) return true
    return false
  }

  /** Whether two votes name one link, or neither names any. */
  isSameLink(i: number, j: number): boolean {
    const [a, b] = [placeOf(i) + LINK_AT, placeOf(j) + LINK_AT]
    for (let k = 0; k < LINK_BYTES; k++) if (this.bytes[a + k] !== this.bytes[b + k]) return false
    return true
  }

  link(i: number): Hex {
    const at = placeOf(i) + LINK_AT
    return toHex(this.bytes.subarray(at, at + LINK_BYTES))
  }

  at(i: number): WindowVote {
    const at = placeOf(i)
    return {
      receiver: readUint32(this.bytes, at),
      epoch: readUint16(this.bytes, at + EPOCH_AT) * 2 ** 32 + readUint32(this.bytes, at + EPOCH_AT + 2),
      counted: this.counted(i),
      rateKbps: this.rateKbps(i),
      serving: this.isServing(i),
      noPath: this.hasNoPath(i),
      link: this.link(i),
      beside: this.isBeside(i),
      lowerKbps: this.lowerKbps(i),
      soak: this.isSoak(i),
    }
  }

  all(): WindowVote[] {
    return Array.from({ length: this.count }, (_, i) => this.at(i))
  }

  #has(i: number, flag: number): boolean {
    return (this.bytes[placeOf(i) + FLAGS_AT]! & flag) !== 0
  }
}

/** Votes of many windows share a buffer: to make one takes longer than all else that an epoch does to a window. */
const SHARED_BYTES = 2 ** 16
let shared = new Uint8Array(0)

/** Bytes that nobody else has, all zero. */
function take(length: number): Uint8Array {
  if (length > shared.length) shared = new Uint8Array(Math.max(SHARED_BYTES, length))
  const taken = shared.subarray(0, length)
  shared = shared.subarray(length)
  return taken
}

const placeOf = (i: number): number => DIGEST_BYTES + i * WINDOW_VOTE_BYTES

/** Leads the chain at the start of the bytes over the vote at `at`. */
function chain(bytes: Uint8Array, at: number): void {
  input.set(bytes.subarray(0, DIGEST_BYTES))
  input.set(bytes.subarray(at, at + WINDOW_VOTE_BYTES), DIGEST_BYTES)
  hashInput(DIGEST_BYTES + WINDOW_VOTE_BYTES)
  bytes.set(output)
}

function writeVote(bytes: Uint8Array, at: number, vote: WindowVote): void {
  const { receiver, epoch, counted, rateKbps, serving, noPath, link, beside, lowerKbps, soak } = vote
  writeUint(bytes, at, EPOCH_AT, receiver)
  writeUint(bytes, at + EPOCH_AT, COUNTED_AT - EPOCH_AT, epoch)
  bytes[at + COUNTED_AT] = counted
  bytes[at + FLAGS_AT] = (serving ? SERVING : 0) | (noPath ? NO_PATH : 0) | (beside ? BESIDE : 0) | (soak ? SOAK : 0)
  writeUint(bytes, at + RATE_AT, LOWER_AT - RATE_AT, rateKbps)
  writeUint(bytes, at + LOWER_AT, LINK_AT - LOWER_AT, lowerKbps)
  if (link.length !== ZERO_HASH.length || !writeHex(bytes, at + LINK_AT, link))
    throw new RangeError(`${link} is no hash.`)
}

function writeUint(bytes: Uint8Array, at: number, length: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * length))
    throw new RangeError(`${value} is no number of ${length} bytes.`)
  let rest = value
  for (let i = at + length - 1; i >= at; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

const readUint16 = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!

const readUint32 = (bytes: Uint8Array, at: number): number => readUint16(bytes, at) * 65_536 + readUint16(bytes, at + 2)
