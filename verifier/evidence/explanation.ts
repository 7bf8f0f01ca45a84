/** Why a provider has the score it has: every step from the votes to the tokens, as data. */

import { isWindowEnd, windowStart } from '../../proto/epoch.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { OUTCOME, OUTCOME_NAME } from '../../proto/vote.js'
import { ticksOf } from '../core/assignment/schedule.js'
import type { PostedReport } from '../core/ports.js'
import { bitCount } from '../core/scoring/bit-count.js'
import type { DecodedTally } from '../core/scoring/evaluate.js'
import { outlookOf } from './outlook.js'
import type { Recomputed } from './recompute.js'
import type { CheckJson } from './schema/checks.js'
import type { ExplanationJson, VoteJson } from './schema/explanation.js'
import type { SettlementJson } from './schema/providers.js'
import { leafJson } from './schema/report.js'

/** What is explained: of all providers, or of one. */
export type Explainable = Pick<Recomputed, 'facts' | 'params' | 'previous' | 'checks' | 'tallyOf'> & {
  readonly report: Pick<Recomputed['report'], 'leaves' | 'commonFailure'>
}

/** Undefined for an account that was no active provider at B(e). */
export function explanationOf(
  provider: Hex,
  recomputed: Explainable,
  posted: PostedReport,
  settlements: readonly SettlementJson[],
  chainChecks: readonly CheckJson[],
): ExplanationJson | undefined {
  const { report, facts, previous, params, checks } = recomputed
  const leaf = report.leaves.find(one => one.provider === provider)
  const tallied = recomputed.tallyOf(provider)
  if (!leaf || !tallied) return undefined
  const { tally, ticks } = tallied
  const before = previous.leaves.find(one => one.provider === provider && one.index === leaf.index)
  const { assigned, faults, quorum: needed, usable, belowThreshold, receivers } = tally
  const counted = receivers.filter(one => one.counted !== 'ignored' && one.counted !== 'missing')
  const { headerHash, round, nonSigners, txHash, blockNumber, gasUsed } = posted
  return {
    ...{ provider, epoch: leaf.epoch, leaf: leafJson(leaf), previousLeaf: before ? leafJson(before) : null },
    previousEpoch: previous.epoch,
    window: {
      firstEpoch: windowStart(leaf.epoch, params.windowEpochs),
      lastEpoch: windowStart(leaf.epoch, params.windowEpochs) + params.windowEpochs - 1,
      ended: isWindowEnd(leaf.epoch, params.windowEpochs),
    },
    votes: receivers.map(voteJson),
    quorum: { assigned, faults, needed, usable },
    soak: {
      sessions: counted.length,
      soaks: counted.filter(({ vote }) => vote?.soak).length,
      limitKbps: tally.soakLimitKbps ?? null,
      votes: tally.soakVotes,
    },
    besideLimitKbps: tally.besideLimitKbps ?? null,
    ...{ belowThreshold, thresholdKbps: (leaf.claimKbps * params.breachBps) / 10_000, ticks },
    ...{ commonFailure: report.commonFailure, maxPenaltyBps: params.maxPenaltyBps },
    halfLifeWindows: params.halfLifeWindows,
    outlook: outlookOf({
      ...{ leaf, previous: before, ticks, scheduledTicks: ticksOf(params) },
      ...{ soakLimitKbps: tally.soakLimitKbps, params },
    }),
    certificate: { headerHash, round, nonSigners, txHash, blockNumber, gasUsed, verifiers: facts.verifiers.length },
    settlement: settlements.find(({ epoch }) => epoch === leaf.epoch) ?? null,
    checks: [...checks, ...chainChecks],
  }
}

/** Outcomes of sessions in which nothing was read. */
const UNREAD: readonly number[] = [OUTCOME.noData, OUTCOME.noPath]

function voteJson({ receiver, vote, counted, why, group }: DecodedTally['tally']['receivers'][number]): VoteJson {
  const read = vote === undefined || UNREAD.includes(vote.outcome) ? undefined : vote
  return {
    verifier: receiver,
    sessionId: vote === undefined || vote.sessionId === ZERO_HASH ? null : vote.sessionId,
    outcome: (vote && OUTCOME_NAME[vote.outcome]) ?? null,
    attempts: vote?.attempts ?? 0,
    rateKbps: read?.rateKbps ?? null,
    offeredKbps: read?.offeredKbps ?? null,
    lossBps: read?.lossBps ?? null,
    jitterUs: read?.jitterUs ?? null,
    delayUs: read?.delayUs ?? null,
    controlLossBps: read?.controlLossBps ?? null,
    controlDelayUs: read?.controlDelayUs ?? null,
    directKbps: read?.directKbps ?? null,
    ticksSent: bitCount(vote?.ticksSent ?? 0n),
    ticksAnswered: bitCount(vote?.ticksAnswered ?? 0n),
    counted,
    why,
    group: group ?? null,
  }
}
