/** Who sends in a session: k verifiers other than its receiver, whose capacity suffices for a sender's load. */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { ChainFacts } from '../facts.js'
import { Draw } from './draw.js'
import { type DrawnSession, senderLoadKbps } from './place.js'

export const FIRST_SENDERS = keccakText('bandwitness/v1/draw/senders')
export const REPEAT_SENDERS = keccakText('bandwitness/v1/draw/repeat-senders')

export interface SenderRules {
  /** which draw it is */
  readonly label: Hex
  /** receivers that measure together, this session's included: no senders, as long as enough others remain */
  readonly members: readonly number[]
  /** senders of an earlier member: none of this one, as long as enough others remain */
  readonly taken: readonly number[]
  /** senders of the first try, by member: of a repeat as few as the set allows */
  readonly used: readonly (readonly number[])[]
}

export const sendersEach = (facts: Pick<ChainFacts, 'verifiers'>, params: Pick<NetworkParams, 'senders'>): number =>
  Math.max(0, Math.min(params.senders, facts.verifiers.length - 1))

/** In slot order; fewer than k if too few verifiers have the capacity. */
export function drawSenders(
  facts: Pick<ChainFacts, 'beacon' | 'verifiers'>,
  params: Pick<NetworkParams, 'senders'>,
  session: Omit<DrawnSession, 'senders' | 'startsWith'>,
  { label, members, taken, used }: SenderRules,
): number[] {
  const k = sendersEach(facts, params)
  if (k < 1) return []
  const { provider, receiver, claimKbps, maySoak } = session
  const loadKbps = senderLoadKbps(claimKbps, k, maySoak)
  const all = facts.verifiers
    .filter(one => one.index !== receiver && one.capacityKbps >= loadKbps)
    .map(({ index }) => index)
  const without = (from: readonly number[], those: readonly number[]) => from.filter(index => !those.includes(index))
  const outside = without(all, members)
  const own = used[members.indexOf(receiver)] ?? []
  const choices = [used.flat(), own].flatMap(those => [
    without(without(outside, taken), those),
    without(outside, those),
  ])
  const others = without(all, own)
  const enough = [...choices, others].find(choice => choice.length >= k)
  const draw = new Draw(
    keccakWords(['bytes32', 'bytes32', 'address', 'uint32'], [facts.beacon, label, provider, receiver]),
  )
  if (enough !== undefined) return draw.sample(enough, k)
  // The set is too small for other senders alone: all of those, and as many as are missing of the first try's.
  return draw.sample([...others, ...draw.sample(without(all, others), k - others.length)], k)
}
