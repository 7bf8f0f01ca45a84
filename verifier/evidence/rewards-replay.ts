/**
 * Computes the rewards of a report again: from the rewards before it, the facts at B(e), and the signed votes of the epoch
 * that it pays for. Nothing that a verifier computed is believed.
 */
import { headerHash } from '../../proto/digests.js'
import { ZERO_HASH } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { type Allocation, nextRewards } from '../core/rewards/next-rewards.js'
import { decodeRewards, encodeRewards, type Rewards, rewardsTree } from '../core/rewards/rewards.js'
import type { EpochWork } from '../core/rewards/work.js'
import { recompute } from './recompute.js'
import type { CheckJson } from './schema/checks.js'
import { type EvidenceJson, factsFromJson } from './schema/evidence.js'
import type { RewardsJson } from './schema/rewards.js'

/** One report, and all that its rewards follow from. */
export interface RewardEvidence {
  readonly evidence: EvidenceJson
  readonly shown: RewardsJson
  /** the rewards of the report before; undefined for the first */
  readonly before: RewardsJson | undefined
  /** of the epoch that is paid; undefined for none */
  readonly paid: EvidenceJson | undefined
  /** of the other epochs that the seeds of decoys cover, in the order of the facts */
  readonly covered: readonly EvidenceJson[]
}

export interface Replay {
  readonly epoch: number
  readonly paidEpoch: number | null
  readonly allocation: Allocation
  readonly shown: Rewards
  readonly before: Rewards
  readonly checks: readonly CheckJson[]
}

/** @throws UserError 'evidence' for what cannot be decoded */
export function replayRewards({ evidence, shown, before, paid, covered }: RewardEvidence): Replay {
  const { params, network, header, previous } = evidence
  const facts = factsFromJson(evidence.facts)
  const { epoch, paidReport, rewardsFunded } = facts
  const previousRewards = before ? rewardsFromJson(before) : []
  const replayed = paid && replayWork(paid)
  const others = covered.map(replayWork)
  const allocation = nextRewards({
    ...{ params, fundedWei: rewardsFunded, previous: previousRewards, paidReport, work: replayed?.work },
    covered: others.map(({ work }) => work),
  })
  const needed = [paidReport, ...paidReport.covered].map(one => one.headerHash)
  const used = [paid?.headerHash ?? ZERO_HASH, ...covered.map(one => one.headerHash)]
  const root = rewardsTree(rewardsFromJson(shown)).root
  const checks = [
    {
      what: `epoch ${epoch}: the rewards have the root of the report's header, and the facts are at its block`,
      holds:
        root === header.rewardsRoot &&
        headerHash(network, header) === evidence.headerHash &&
        shown.headerHash === evidence.headerHash &&
        facts.blockHash === header.blockHash,
    },
    {
      what: `epoch ${epoch}: the rewards before it are those of the report before`,
      holds: before === undefined ? previous.epoch === 0 : isUnder(before, previousRewards, evidence),
    },
    {
      what: `epoch ${epoch}: the paid report, if there is one, follows from its signed votes`,
      holds: used.join() === needed.join() && [...others, ...(replayed ? [replayed] : [])].every(({ holds }) => holds),
    },
    {
      what: `epoch ${epoch}: the rewards computed from them have the root of the report`,
      holds: rewardsTree(allocation.rewards).root === header.rewardsRoot,
    },
  ]
  return {
    ...{ epoch, paidEpoch: paid ? paidReport.epoch : null, allocation, checks },
    ...{ shown: rewardsFromJson(shown), before: previousRewards },
  }
}

const isUnder = ({ header, headerHash: hash }: RewardsJson, rewards: Rewards, { network, previous }: EvidenceJson) =>
  hash === previous.headerHash &&
  headerHash(network, header) === hash &&
  rewardsTree(rewards).root === header.rewardsRoot

function replayWork(evidence: EvidenceJson): { readonly work: EpochWork; readonly holds: boolean } {
  const { work, checks } = recompute(evidence)
  return { work, holds: checks.every(({ holds }) => holds) }
}

/** @throws UserError 'evidence' */
export function rewardsFromJson({ header, rewards }: RewardsJson): Rewards {
  try {
    const parsed = rewards.map(({ account, cumulative }) => ({ account, cumulative: BigInt(cumulative) }))
    return decodeRewards(encodeRewards(parsed))
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new UserError(
      'evidence',
      `The rewards of epoch ${header.epoch} are no rewards state (${cause.message}). Ask another verifier.`,
      { cause },
    )
  }
}
