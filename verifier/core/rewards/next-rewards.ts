/**
 * What a report adds to the rewards: next = f(rewards before, work of an earlier epoch, facts at B(e)). Integers only, and
 * every division rounds down; the rest stays in the pot.
 *
 * The budget is a share of what is left in the pot, so the sum of all rewards never exceeds what was funded. One half is
 * for verifiers, the other for providers. Each half is divided by the points that its members could have earned: by the
 * frozen set with all of its sessions, and by all claims at the full score. A verifier that decoys have caught (`decoys.ts`) earns
 * nothing.
 */
import type { Hex } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { PaidReport } from '../facts.js'
import { judgeByDecoys } from './decoys.js'
import { mostPointsOf, type ProviderWork, pointsOf } from './provider-points.js'
import { allocatedOf, type Rewards, withEarned } from './rewards.js'
import type { EpochWork, VerifierWork } from './work.js'

/** A ballot in the certified set, and a signature in the certificate. */
const BALLOT_POINTS = 2
const SIGNATURE_POINTS = 2
const PPM = 1_000_000n

export interface RewardsInput {
  readonly params: Pick<NetworkParams, 'rewardPpm'>
  /** All that was ever put into the pot, at B(e), in wei. */
  readonly fundedWei: bigint
  readonly previous: Rewards
  /** as the facts at B(e) name it */
  readonly paidReport: Pick<PaidReport, 'nonSigners' | 'reveals'>
  /** undefined if the epoch that is due for payment has no report */
  readonly work: EpochWork | undefined
  /** of the other epochs that the seeds of decoys cover */
  readonly covered: readonly Pick<EpochWork, 'decoys'>[]
}

export interface VerifierShare extends VerifierWork {
  readonly signed: boolean
  readonly caught: boolean
  readonly points: number
  /** wei */
  readonly earned: bigint
}

export interface ProviderShare extends ProviderWork {
  readonly points: bigint
  /** wei */
  readonly earned: bigint
}

export interface Allocation {
  /** wei that this report may give out */
  readonly budget: bigint
  /** wei for all verifiers, and for all providers, if each earned its points in full */
  readonly half: bigint
  readonly verifiers: readonly VerifierShare[]
  readonly verifierPoints: number
  readonly providers: readonly ProviderShare[]
  readonly providerPoints: bigint
  readonly rewards: Rewards
}

export function nextRewards(input: RewardsInput): Allocation {
  const { params, fundedWei, previous, paidReport, work, covered } = input
  const { nonSigners, reveals } = paidReport
  const left = fundedWei - allocatedOf(previous)
  const budget = work === undefined || left <= 0n ? 0n : (left * BigInt(params.rewardPpm)) / PPM
  const half = budget / 2n
  const epochs = work === undefined ? [] : [work, ...covered].map(({ decoys }) => decoys)
  const { caught } = judgeByDecoys(reveals, epochs)
  const verifierPoints = work === undefined ? 0 : mostVerifierPoints(work)
  const verifiers = (work?.verifiers ?? []).map(one => {
    const share = verifierShare(one, !nonSigners.includes(one.position), caught.has(one.index))
    return { ...share, earned: part(half, BigInt(share.points), BigInt(verifierPoints)) }
  })
  const providerPoints = (work?.providers ?? []).reduce((sum, one) => sum + mostPointsOf(one), 0n)
  const providers = (work?.providers ?? []).map(one => {
    const points = pointsOf(one)
    return { ...one, points, earned: part(half, points, providerPoints) }
  })
  const rewards = withEarned(previous, [...verifiers, ...providers])
  return { budget, half, verifiers, verifierPoints, providers, providerPoints, rewards }
}

const mostVerifierPoints = ({ verifiers, sessionPoints }: EpochWork): number =>
  sessionPoints + (BALLOT_POINTS + SIGNATURE_POINTS) * verifiers.length

function verifierShare(work: VerifierWork, signed: boolean, caught: boolean): Omit<VerifierShare, 'earned'> {
  const points = (work.balloted ? BALLOT_POINTS : 0) + (signed ? SIGNATURE_POINTS : 0) + work.received + work.sent
  return { ...work, signed, caught, points: caught ? 0 : points }
}

const part = (whole: bigint, points: bigint, most: bigint): bigint => (most === 0n ? 0n : (whole * points) / most)

/** What an account earns by an allocation, as a verifier and as a provider. */
export const earnedBy = ({ verifiers, providers }: Allocation, account: Hex): bigint =>
  [...verifiers, ...providers].reduce((sum, one) => (one.account === account ? sum + one.earned : sum), 0n)
