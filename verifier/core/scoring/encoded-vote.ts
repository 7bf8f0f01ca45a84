/**
 * A vote in its encoding. A ballot set of a large network holds millions of votes, and the rules need few fields of most of
 * them: so each field is decoded as it is read, and nothing is kept.
 */
import { type Hex, toHex } from '../../../proto/hex.js'
import { decodeVote, VOTE_BYTES, VOTE_FIELDS, type Vote } from '../../../proto/vote.js'

/** What the rules read of a vote. */
export type CountedVote = Pick<
  Vote,
  | 'epoch'
  | 'receiver'
  | 'outcome'
  | 'rateKbps'
  | 'offeredKbps'
  | 'controlLossBps'
  | 'directKbps'
  | 'unverifiableSenders'
  | 'ticksSent'
  | 'ticksAnswered'
  | 'soak'
  | 'scheduleProof'
  | 'link'
  | 'attempts'
  | 'cause'
  | 'otherOutcome'
  | 'otherKbps'
  | 'otherUnverifiable'
  | 'second'
>

const WORD_BYTES = 32
const ADDRESS_BYTES = 20
type Field = (typeof VOTE_FIELDS)[number][0]
/** Where the field's word ends, and the next begins. */
const END = Object.fromEntries(VOTE_FIELDS.map(([name], i) => [name, WORD_BYTES * (i + 1)])) as Record<Field, number>
const PROVIDER_AT = END.provider - ADDRESS_BYTES

export class EncodedVote implements CountedVote {
  private readonly at: number

  /** @param bytes encoded votes, which `decodeVote` would take. @param i which of them */
  constructor(
    private readonly bytes: Uint8Array,
    i: number,
  ) {
    this.at = i * VOTE_BYTES
  }

  get epoch(): number {
    const end = this.at + END.epoch
    return uint32(this.bytes, end - 4) * 2 ** 32 + uint32(this.bytes, end)
  }

  get receiver(): number {
    return this.uint(END.receiver)
  }

  get outcome(): number {
    return this.uint(END.outcome)
  }

  get rateKbps(): number {
    return this.uint(END.rateKbps)
  }

  get offeredKbps(): number {
    return this.uint(END.offeredKbps)
  }

  get controlLossBps(): number {
    return this.uint(END.controlLossBps)
  }

  get directKbps(): number {
    return this.uint(END.directKbps)
  }

  get unverifiableSenders(): number {
    return this.uint(END.unverifiableSenders)
  }

  get ticksSent(): bigint {
    return BigInt(this.word(END.ticksSent))
  }

  get ticksAnswered(): bigint {
    return BigInt(this.word(END.ticksAnswered))
  }

  get soak(): boolean {
    return this.uint(END.soak) === 1
  }

  get scheduleProof(): Hex {
    return this.word(END.scheduleProof)
  }

  get link(): Hex {
    return this.word(END.link)
  }

  get attempts(): number {
    return this.uint(END.attempts)
  }

  get cause(): number {
    return this.uint(END.cause)
  }

  get otherOutcome(): number {
    return this.uint(END.otherOutcome)
  }

  get otherKbps(): number {
    return this.uint(END.otherKbps)
  }

  get otherUnverifiable(): number {
    return this.uint(END.otherUnverifiable)
  }

  get second(): boolean {
    return this.uint(END.second) === 1
  }

  /** 32 ticks of a map, from bit 32 · `word` on. */
  tickWord(map: 'ticksSent' | 'ticksAnswered', word: number): number {
    return uint32(this.bytes, this.at + END[map] - 4 * word)
  }

  /** All of its fields. */
  decoded(): Vote {
    return decodeVote(this.bytes.subarray(this.at, this.at + VOTE_BYTES))
  }

  private uint(end: number): number {
    return uint32(this.bytes, this.at + end)
  }

  private word(end: number): Hex {
    return toHex(this.bytes.subarray(this.at + end - WORD_BYTES, this.at + end))
  }
}

/** Big-endian, of the four bytes before `end`. */
const uint32 = (bytes: Uint8Array, end: number): number =>
  ((bytes[end - 4]! << 24) | (bytes[end - 3]! << 16) | (bytes[end - 2]! << 8) | bytes[end - 1]!) >>> 0

export const providerOf = (bytes: Uint8Array, i: number): Hex => {
  const at = i * VOTE_BYTES + PROVIDER_AT
  return toHex(bytes.subarray(at, at + ADDRESS_BYTES))
}

/** Orders two encoded votes by their providers. */
export function compareProviders(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  const [atA, atB] = [i * VOTE_BYTES + PROVIDER_AT, j * VOTE_BYTES + PROVIDER_AT]
  for (let k = 0; k < ADDRESS_BYTES; k++) {
    const difference = a[atA + k]! - b[atB + k]!
    if (difference !== 0) return difference
  }
  return 0
}
