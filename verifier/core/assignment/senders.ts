/** Who sends in a session: k verifiers other than its receiver, whose capacity suffices for a sender's load. */
import { keccakText } from '../../../proto/hash.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { ChainFacts } from '../facts.js'
import { Draws } from './draw.js'
import { type DrawnSession, leastReceiverKbps, senderLoadKbps } from './place.js'

export const FIRST_SENDERS = keccakText('bandwitness/v1/draw/senders')
export const REPEAT_SENDERS = keccakText('bandwitness/v1/draw/repeat-senders')

export interface SenderRules {
  /** receivers that measure together, this session's included: no senders, as long as enough others remain */
  readonly members: readonly number[]
  /** senders of an earlier member: none of this one, as long as enough others remain */
  readonly taken: readonly number[]
  /** senders of the first try, by member: of a repeat as few as the set allows */
  readonly used: readonly (readonly number[])[]
}

export const sendersEach = (facts: Pick<ChainFacts, 'verifiers'>, params: Pick<NetworkParams, 'senders'>): number =>
  Math.max(0, Math.min(params.senders, facts.verifiers.length - 1))

const NOBODY: readonly number[] = []

/** The senders of an epoch's first tries, or of its second ones. */
export class SenderDraws {
  readonly #k: number
  readonly #verifiers: ChainFacts['verifiers']
  readonly #draws: Draws
  /** by claim */
  readonly #leastKbps = new Map<number, number>()

  /** @param label which draw it is. @param facts with the verifiers ascending by index */
  constructor(
    facts: Pick<ChainFacts, 'beacon' | 'verifiers'>,
    params: Pick<NetworkParams, 'senders'>,
    label: typeof FIRST_SENDERS | typeof REPEAT_SENDERS,
  ) {
    this.#k = sendersEach(facts, params)
    this.#verifiers = facts.verifiers
    this.#draws = new Draws(facts.beacon, label)
  }

  /** See there. Claims are few, and asked for again and again. */
  leastReceiverKbps(claimKbps: number): number {
    let kbps = this.#leastKbps.get(claimKbps)
    if (kbps === undefined) {
      kbps = leastReceiverKbps(claimKbps, this.#k)
      this.#leastKbps.set(claimKbps, kbps)
    }
    return kbps
  }

  /** In slot order; fewer than k if too few verifiers have the capacity. */
  of(
    { provider, receiver, claimKbps, maySoak }: Omit<DrawnSession, 'senders' | 'startsWith'>,
    { members, taken, used }: SenderRules,
  ): number[] {
    const k = this.#k
    if (k < 1) return []
    const loadKbps = senderLoadKbps(claimKbps, k, maySoak)
    const own = used[members.indexOf(receiver)] ?? NOBODY
    const allUsed = used.length <= 1 ? own : used.flat()
    /** Those that have the capacity, without these. */
    const able = (...without: (readonly number[])[]): number[] => {
      const indices: number[] = []
      for (const { index, capacityKbps } of this.#verifiers) {
        if (index === receiver || capacityKbps < loadKbps) continue
        if (!without.some(those => those.includes(index))) indices.push(index)
      }
      return indices
    }
    const draw = this.#draws.of(provider, receiver)
    // Most receivers measure alone, and there is nobody else to leave out.
    if (members.length === 1 && used.length === 0) return draw.sample(able(), k)
    const choices = [[members, taken, allUsed], [members, allUsed], [members, taken, own], [members, own], [own]]
    for (const without of choices) {
      const choice = able(...without)
      if (choice.length >= k) return draw.sample(choice, k)
    }
    // The set is too small for other senders alone: all of those, and as many as are missing of the first try's.
    const others = able(own)
    const first = able().filter(index => own.includes(index))
    return draw.sample([...others, ...draw.sample(first, k - others.length)], k)
  }
}
