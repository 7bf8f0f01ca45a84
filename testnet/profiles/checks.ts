/** Promises that several profiles share. Each check returns one sentence for each promise that the chain does not show. */
import { type Leaf, STATUS } from '../../proto/leaf.js'
import { DEVNET } from '../../proto/params.js'
import type { ProviderHistory } from './profile.js'

/** How far a certified rate may lie from the delivered rate. */
const RATE_TOLERANCE = 0.1
/** A provider that keeps its claim must be certified at no less than this share of the claim. */
const HONEST_SHARE = 0.95
/** The penalty must be settled within so many epochs of the third breach. */
const SETTLED_WITHIN_EPOCHS = 2
const BREACHES = 3
const WINDOWS = 5

export function keptClaim({ leaves, claimKbps }: Pick<ProviderHistory, 'leaves' | 'claimKbps'>): string[] {
  return leaves
    .filter(leaf => leaf.status !== STATUS.unmeasured && leaf.rateKbps < HONEST_SHARE * claimKbps)
    .map(
      leaf =>
        `was certified at ${leaf.rateKbps} kbit/s in epoch ${leaf.epoch}, below 95 % of its claim of ${claimKbps}`,
    )
}

type Delivered = Pick<ProviderHistory, 'leaves' | 'deliversKbps'>

export const measuredAsDelivered = ({ leaves, deliversKbps }: Delivered): string[] =>
  off(leaves, deliversKbps, rateKbps => Math.abs(rateKbps - deliversKbps))

/** Where something else goes wrong, a provider may deliver less. */
export const measuredAtMostAsDelivered = ({ leaves, deliversKbps }: Delivered): string[] =>
  off(leaves, deliversKbps, rateKbps => rateKbps - deliversKbps)

const off = (leaves: readonly Leaf[], deliversKbps: number, errorOf: (rateKbps: number) => number): string[] =>
  leaves
    .filter(leaf => leaf.status !== STATUS.unmeasured)
    .filter(leaf => errorOf(leaf.rateKbps) > RATE_TOLERANCE * deliversKbps)
    .map(
      leaf =>
        `was certified at ${leaf.rateKbps} kbit/s in epoch ${leaf.epoch}, more than 10 % off the delivered ${deliversKbps}`,
    )

/**
 * If every verifier takes part, most reports hold a measurement. Not all must: a receiver that was starved of processor
 * time says so instead of blaming the provider.
 */
export function measuredMostly({ leaves, allVerifiersHonest }: ProviderHistory): string[] {
  const missing = leaves.filter(leaf => leaf.status === STATUS.unmeasured)
  if (!allVerifiersHonest || missing.length * 2 <= leaves.length) return []
  return [`was not measured in epochs ${missing.map(leaf => leaf.epoch).join(', ')}`]
}

export function noBreach({ leaves }: Pick<ProviderHistory, 'leaves'>): string[] {
  return leaves
    .filter(leaf => leaf.breachBits !== 0 || leaf.penaltyBps !== 0)
    .map(leaf => `has a breach in epoch ${leaf.epoch}`)
}

export function stakeIntact({ stakeBefore, stakeAfter, settlements }: ProviderHistory): string[] {
  if (stakeBefore === stakeAfter && settlements.length === 0) return []
  return [`lost ${stakeBefore - stakeAfter} wei of its stake`]
}

/** The third breach in five windows must set a penalty in that epoch's leaf, and the penalty must be settled within two epochs. */
export function slashedInTime(history: ProviderHistory): string[] {
  const { leaves, settlements, stakeBefore, stakeAfter, epochsRun } = history
  const third = thirdBreach(history)
  if (third === undefined) {
    return leaves.length >= WINDOWS
      ? [`was below the slashing threshold fewer than ${BREACHES} times in ${leaves.length} reports`]
      : []
  }
  const penalty = leaves.find(leaf => leaf.epoch === third)!.penaltyBps
  if (penalty === 0) return [`has no penalty in epoch ${third}, the epoch of its third breach`]
  if (epochsRun < third + SETTLED_WITHIN_EPOCHS) return []
  const settled = settlements.find(settlement => settlement.epoch === third)
  if (settled === undefined) return [`was not slashed for epoch ${third}`]
  const failures: string[] = []
  if (settled.settledIn > third + SETTLED_WITHIN_EPOCHS) {
    failures.push(`was slashed for epoch ${third} too late, in epoch ${settled.settledIn}`)
  }
  const charged = settlements.reduce((sum, settlement) => sum + settlement.charged, 0n)
  if (charged === 0n || stakeBefore - stakeAfter !== charged) {
    failures.push(`lost ${stakeBefore - stakeAfter} wei of its stake, although ${charged} wei were charged`)
  }
  return failures
}

/** Whether the run was too short for the third breach, or for its penalty. */
export function notYetSlashed(history: ProviderHistory): string[] {
  const { leaves, settlements, epochsRun } = history
  const third = thirdBreach(history)
  const isOver =
    third === undefined
      ? leaves.length >= WINDOWS
      : epochsRun >= third + SETTLED_WITHIN_EPOCHS || settlements.some(({ epoch }) => epoch === third)
  return isOver ? [] : ['was not slashed yet, which takes three breaches and two more epochs']
}

/**
 * The first epoch with three of the last five measured reports below the slashing threshold, counted from rates alone. A
 * report without a rate makes no breach older. If some verifiers lie, the honest ones may be too few for a breach in an epoch
 * in which one of them had an accident: then only those count that the leaves show.
 */
function thirdBreach(history: ProviderHistory): number | undefined {
  const leaves = history.leaves.filter(leaf => leaf.status !== STATUS.unmeasured)
  const isLow = (leaf: Leaf) => leaf.rateKbps * 10_000 < DEVNET.breachBps * leaf.claimKbps
  const shows = (leaf: Leaf, before: Leaf | undefined) =>
    leaf.penaltyBps > 0 || leaf.breachBits !== (before?.breachBits ?? 0)
  const under = leaves.map((leaf, i) => isLow(leaf) && (history.allVerifiersHonest || shows(leaf, leaves[i - 1])))
  const at = under.findIndex(
    (_, i) => under.slice(Math.max(0, i + 1 - WINDOWS), i + 1).filter(Boolean).length >= BREACHES,
  )
  return leaves[at]?.epoch
}
