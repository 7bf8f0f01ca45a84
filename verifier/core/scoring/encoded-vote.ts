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
/** Where the word of a field ends, and the next one begins. */
const endOf = (field: Field): number => WORD_BYTES * (1 + VOTE_FIELDS.findIndex(([name]) => name === field))
const PROVIDER_AT = endOf('provider') - ADDRESS_BYTES
const EPOCH_AT = endOf('epoch') - 8
/** Fields of at most 32 bits. */
const RECEIVER_AT = endOf('receiver') - 4
const OUTCOME_AT = endOf('outcome') - 4
const RATE_AT = endOf('rateKbps') - 4
const OFFERED_AT = endOf('offeredKbps') - 4
const CONTROL_LOSS_AT = endOf('controlLossBps') - 4
const DIRECT_AT = endOf('directKbps') - 4
const UNVERIFIABLE_AT = endOf('unverifiableSenders') - 4
const SOAK_AT = endOf('soak') - 4
const ATTEMPTS_AT = endOf('attempts') - 4
const CAUSE_AT = endOf('cause') - 4
const OTHER_OUTCOME_AT = endOf('otherOutcome') - 4
const OTHER_KBPS_AT = endOf('otherKbps') - 4
const OTHER_UNVERIFIABLE_AT = endOf('otherUnverifiable') - 4
const SECOND_AT = endOf('second') - 4
/** The last 32 bits of the maps of ticks. */
const SENT_AT = endOf('ticksSent') - 4
const ANSWERED_AT = endOf('ticksAnswered') - 4
const SCHEDULE_END = endOf('scheduleProof')
const LINK_END = endOf('link')

/** Encoded votes that `decodeVote` would take, one after the other. */
export const viewOf = (votes: Uint8Array): DataView => new DataView(votes.buffer, votes.byteOffset, votes.byteLength)

export class EncodedVote implements CountedVote {
  private readonly at: number

  /** @param votes see `viewOf`. @param i which of them */
  constructor(
    private readonly votes: DataView,
    i: number,
  ) {
    this.at = i * VOTE_BYTES
  }

  get epoch(): number {
    const at = this.at + EPOCH_AT
    return this.votes.getUint32(at) * 2 ** 32 + this.votes.getUint32(at + 4)
  }

  get receiver(): number {
    return this.votes.getUint32(this.at + RECEIVER_AT)
  }

  get outcome(): number {
    return this.votes.getUint32(this.at + OUTCOME_AT)
  }

  get rateKbps(): number {
    return this.votes.getUint32(this.at + RATE_AT)
  }

  get offeredKbps(): number {
    return this.votes.getUint32(this.at + OFFERED_AT)
  }

  get controlLossBps(): number {
    return this.votes.getUint32(this.at + CONTROL_LOSS_AT)
  }

  get directKbps(): number {
    return this.votes.getUint32(this.at + DIRECT_AT)
  }

  get unverifiableSenders(): number {
    return this.votes.getUint32(this.at + UNVERIFIABLE_AT)
  }

  get ticksSent(): bigint {
    return BigInt(this.word(SENT_AT + 4))
  }

  get ticksAnswered(): bigint {
    return BigInt(this.word(ANSWERED_AT + 4))
  }

  get soak(): boolean {
    return this.votes.getUint32(this.at + SOAK_AT) === 1
  }

  get scheduleProof(): Hex {
    return this.word(SCHEDULE_END)
  }

  get link(): Hex {
    return this.word(LINK_END)
  }

  get attempts(): number {
    return this.votes.getUint32(this.at + ATTEMPTS_AT)
  }

  get cause(): number {
    return this.votes.getUint32(this.at + CAUSE_AT)
  }

  get otherOutcome(): number {
    return this.votes.getUint32(this.at + OTHER_OUTCOME_AT)
  }

  get otherKbps(): number {
    return this.votes.getUint32(this.at + OTHER_KBPS_AT)
  }

  get otherUnverifiable(): number {
    return this.votes.getUint32(this.at + OTHER_UNVERIFIABLE_AT)
  }

  get second(): boolean {
    return this.votes.getUint32(this.at + SECOND_AT) === 1
  }

  /** Whether 32 ticks were sent, from tick 32 · `word` on. */
  sentWord(word: number): number {
    return this.votes.getUint32(this.at + SENT_AT - 4 * word)
  }

  answeredWord(word: number): number {
    return this.votes.getUint32(this.at + ANSWERED_AT - 4 * word)
  }

  /** All of its fields. */
  decoded(): Vote {
    return decodeVote(bytesIn(this.votes, this.at, VOTE_BYTES))
  }

  private word(end: number): Hex {
    return toHex(bytesIn(this.votes, this.at + end - WORD_BYTES, WORD_BYTES))
  }
}

const bytesIn = ({ buffer, byteOffset }: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + at, length)

export const providerOf = (votes: DataView, i: number): Hex =>
  toHex(bytesIn(votes, i * VOTE_BYTES + PROVIDER_AT, ADDRESS_BYTES))

/** The first 48 bits of the provider, as a number. */
export function providerKey(votes: DataView, i: number): number {
  const at = i * VOTE_BYTES + PROVIDER_AT
  return votes.getUint32(at) * 2 ** 16 + votes.getUint16(at + 4)
}

/** Orders two encoded votes by their providers. */
export function compareProviders(a: DataView, i: number, b: DataView, j: number): number {
  const [atA, atB] = [i * VOTE_BYTES + PROVIDER_AT, j * VOTE_BYTES + PROVIDER_AT]
  for (let k = 0; k < ADDRESS_BYTES; k += 4) {
    const difference = a.getUint32(atA + k) - b.getUint32(atB + k)
    if (difference !== 0) return difference
  }
  return 0
}
