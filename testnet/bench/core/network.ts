/** The facts and the ballots of a large network, made up. Ballots come a slice of providers at a time. */
import { createHash } from 'node:crypto'
import { writeUint } from '../../../proto/abi.js'
import { providerSchedule } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { CAUSE, encodeVote, OUTCOME, VOTE_BYTES, type Vote } from '../../../proto/vote.js'
import { soakSlotMs } from '../../../verifier/config/check-params.js'
import type { Assignment } from '../../../verifier/core/assignment/assign.js'
import { isSoak } from '../../../verifier/core/assignment/schedule.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../../verifier/core/facts.js'
import type { CountedBallot } from '../../../verifier/core/scoring/ballots.js'

export interface NetworkSize {
  readonly verifiers: number
  readonly providers: number
  readonly windowEpochs: number
}

const EPOCH_SECONDS = 3600
const CLAIM_KBPS = 25_000
const CAPACITY_KBPS = 1_000_000
/** Providers whose votes are in memory at once. */
const SLICE = 1000

/** Of a real network, as docs/operations describes it. */
export const paramsOf = ({ windowEpochs }: NetworkSize): NetworkParams => ({
  ...DEVNET,
  ...{ epochSeconds: EPOCH_SECONDS, eraEpochs: 24, windowEpochs, tickMs: 15_000, lanes: 0 },
  ...{ soakShareBps: 500, slotMs: soakSlotMs(DEVNET) },
})

const account = (text: string): Hex => toHex(createHash('sha256').update(text).digest().subarray(12))

export function factsOf({ verifiers, providers, windowEpochs }: NetworkSize, epoch: number): ChainFacts {
  return {
    ...{ era: 1, epoch, blockNumber: epoch, blockHash: keccakText(`block ${epoch}`) },
    beacon: keccakText(`beacon ${epoch}`),
    windowBeacon: keccakText(`beacon of window ${Math.floor((epoch - 1) / windowEpochs)}`),
    linkReport: { epoch: 0, headerHash: ZERO_HASH },
    ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
    verifiers: Array.from({ length: verifiers }, (_, i) => ({
      ...{ index: i + 1, position: i, account: account(`verifier ${i}`), blsKey: ZERO_HASH },
      capacityKbps: CAPACITY_KBPS,
    })),
    providers: Array.from({ length: providers }, (_, i) => ({
      ...{ index: i + 1, account: account(`provider ${i}`), claimKbps: CLAIM_KBPS, region: ZERO_HASH, link: ZERO_HASH },
      ...{ stake: BigInt(1 + (i % 5)) * 10n ** 21n, inWindow: true, active: true },
    })),
  }
}

const vote = (over: Partial<Vote>): Uint8Array =>
  encodeVote({
    ...{ epoch: 0, provider: account('none'), receiver: 0, outcome: OUTCOME.noData, rateKbps: 0, goodputKbps: 0 },
    ...{ lossBps: 10, jitterUs: 120, offeredKbps: 41_250, controlLossBps: 3, controlDelayUs: 400, directKbps: 41_250 },
    ...{ unverifiableSenders: 0, ticksSent: (1n << 240n) - 1n, ticksAnswered: (1n << 240n) - 1n },
    ...{ sessionId: ZERO_HASH, chunkRoot: ZERO_HASH, keyCommitments: ZERO_HASH, receiptHead: ZERO_HASH, soak: false },
    ...{ scheduleProof: ZERO_HASH, delayUs: 0, link: keccakText('a line'), attempts: 0, cause: CAUSE.none },
    ...{ sessionPeers: ZERO_HASH, otherOutcome: 0, otherKbps: 0, otherUnverifiable: 0, second: false },
    ...over,
  })

const PROVIDER_AT = 32 + 12
const RECEIVER_AT = 2 * 32
const RATE_AT = 4 * 32
const SOAK_AT = 18 * 32
const SCHEDULE_AT = 19 * 32

/**
 * All ballots of an epoch, one slice of providers after the other. Every receiver of the window votes on its heartbeats; those
 * that are due also have a session, in which each provider keeps its claim.
 */
export function* ballotSlices(
  facts: ChainFacts,
  params: NetworkParams,
  assignment: Assignment,
): Generator<CountedBallot[]> {
  const silent = vote({ epoch: facts.epoch })
  const measured = vote({ epoch: facts.epoch, outcome: OUTCOME.verified, attempts: 1 })
  const accounts = facts.providers.map(one => one.account).sort()
  for (let from = 0; from < accounts.length; from += SLICE) {
    const own = accounts.slice(from, from + SLICE)
    const due = own.map(provider => new Set(assignment.dueOf(provider)))
    yield facts.verifiers.map(({ index }): CountedBallot => {
      const schedule = fromHex(keccakText(`schedule ${index} ${facts.epoch}`))
      const votes = new Uint8Array(own.length * VOTE_BYTES)
      for (const [i, provider] of own.entries()) {
        const at = i * VOTE_BYTES
        const isDue = due[i]!.has(index)
        votes.set(isDue ? measured : silent, at)
        votes.set(fromHex(provider), at + PROVIDER_AT)
        writeUint(votes, at + RECEIVER_AT, index)
        if (!isDue) continue
        const proof = providerSchedule(schedule, provider)
        writeUint(votes, at + RATE_AT, CLAIM_KBPS - (index % 7))
        writeUint(votes, at + SOAK_AT, isSoak(proof, provider, params) ? 1 : 0)
        votes.set(fromHex(proof), at + SCHEDULE_AT)
      }
      return { verifier: index, votes }
    })
  }
}
