/**
 * Who measures whom in an epoch: a pure function of the beacon and of B(e), the same on every node. For each provider
 * n receivers are drawn, for each receiver k senders; `place-sessions.ts` says in which round each session runs.
 * Providers that may share a link have the same receivers, and each measures them together (`link-groups.ts`).
 */
import { encodeWords } from '../../proto/abi.js'
import { keccakText, keccakWords } from '../../proto/hash.js'
import type { Hex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { NetworkParams } from '../../proto/params.js'
import { Draw } from './draw.js'
import type { ActiveProvider, ChainFacts, FrozenVerifier } from './facts.js'
import { linkGroups } from './link-groups.js'
import { type DrawnSession, placeSessions, type Session, senderLoadKbps } from './place-sessions.js'
import { isSoak } from './schedule.js'

const RECEIVERS = keccakText('bandwitness/v1/draw/receivers')
const SENDERS = keccakText('bandwitness/v1/draw/senders')
const ORDER = keccakText('bandwitness/v1/draw/order')

export type { DrawnSession, Session } from './place-sessions.js'

export interface Assignment {
  /** ascending by round */
  readonly sessions: readonly Session[]
  /** Sessions that no round of the epoch had room for. Their receivers stay assigned and count in n. */
  readonly unplaced: readonly DrawnSession[]
  /** Rounds in use, at most `roundsAvailable`. */
  readonly rounds: number
  /** Registry indices, ascending; none for an account that is no active provider. */
  receiversOf(provider: Hex): readonly number[]
}

export function assign(facts: ChainFacts, params: NetworkParams): Assignment {
  const groups = linkGroups(facts)
  const receivers = new Map(
    groups.flatMap(group => {
      const drawn = drawReceivers(facts, params, group[0]!)
      return group.map(({ account }) => [account, drawn] as const)
    }),
  )
  const drawn = inFairOrder(facts, groups, receivers, params)
  return {
    ...placeSessions(drawn, facts.verifiers, { rounds: roundsAvailable(params), lanes: params.lanes }),
    receiversOf: provider => receivers.get(provider)?.toSorted((a, b) => a - b) ?? [],
  }
}

/** Rounds of `slotMs` that fit between the lead and the end of the epoch. */
export const roundsAvailable = (params: NetworkParams): number =>
  Math.max(0, Math.floor((params.epochSeconds * 1000 - params.leadMs) / params.slotMs))

/** Merkle root over the assigned receivers' registry indices, as a leaf carries it. */
export const assignedRoot = (receivers: readonly number[]): Hex =>
  new MerkleTree(receivers.map(receiver => encodeWords(['uint32'], [receiver]))).root

function seedOf(facts: ChainFacts, label: Hex, provider: Hex, counter: number): Hex {
  return keccakWords(['bytes32', 'bytes32', 'address', 'uint32'], [facts.beacon, label, provider, counter])
}

function drawReceivers(facts: ChainFacts, params: NetworkParams, { account }: ActiveProvider): number[] {
  const indices = facts.verifiers.map(verifier => verifier.index)
  return new Draw(seedOf(facts, RECEIVERS, account, 0)).sample(indices, params.receivers)
}

/** k senders from the others; one whose capacity is below a sender's load is not drawn. */
function drawSenders(facts: ChainFacts, params: NetworkParams, provider: ActiveProvider, receiver: number): number[] {
  const able = (k: number) => (one: FrozenVerifier) =>
    one.index !== receiver &&
    one.capacityKbps >= senderLoadKbps(provider.claimKbps, k, isSoak(facts.beacon, provider.account, params))
  const k = Math.min(params.senders, facts.verifiers.length - 1)
  if (k < 1) return []
  const indices = facts.verifiers.filter(able(k)).map(verifier => verifier.index)
  return new Draw(seedOf(facts, SENDERS, provider.account, receiver)).sample(indices, k)
}

/**
 * Every provider's first session, then every provider's second, and so on; in each pass the groups in an order of the
 * beacon's. So where the epoch is too short, all providers go short alike, and none always comes last.
 */
function inFairOrder(
  facts: ChainFacts,
  groups: readonly (readonly ActiveProvider[])[],
  receivers: ReadonlyMap<Hex, readonly number[]>,
  params: NetworkParams,
): DrawnSession[][] {
  const passes = Math.min(params.receivers, facts.verifiers.length)
  const drawn: DrawnSession[][] = []
  for (let pass = 0; pass < passes; pass++) {
    const seed = keccakWords(['bytes32', 'bytes32', 'uint32'], [facts.beacon, ORDER, pass])
    for (const group of new Draw(seed).sample(groups, groups.length)) {
      drawn.push(
        group.map(provider => drawSession(facts, params, provider, receivers.get(provider.account)![pass]!, group[0]!)),
      )
    }
  }
  return drawn
}

function drawSession(
  facts: ChainFacts,
  params: NetworkParams,
  provider: ActiveProvider,
  receiver: number,
  first: ActiveProvider,
): DrawnSession {
  return {
    provider: provider.account,
    providerIndex: provider.index,
    claimKbps: provider.claimKbps,
    soak: isSoak(facts.beacon, provider.account, params),
    receiver,
    senders: drawSenders(facts, params, provider, receiver),
    startsWith: first.account,
  }
}
