/** The facts and the ballots of a large network, made up. Ballots come a slice of providers at a time. */
import { createHash } from 'node:crypto'
import { writeUint } from '../../../proto/abi.js'
import { providerSchedule } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import type { OpenWindow } from '../../../proto/open-window.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { CAUSE, encodeVote, OUTCOME, VOTE_BYTES, VOTE_FIELDS, type Vote } from '../../../proto/vote.js'
import { COUNTED, type WindowVote } from '../../../proto/window-votes.js'
import { soakSlotMs } from '../../../verifier/config/check-params.js'
import type { Assignment } from '../../../verifier/core/assignment/assign.js'
import { isSoak } from '../../../verifier/core/assignment/schedule.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../../verifier/core/facts.js'
import type { CountedBallot } from '../../../verifier/core/scoring/ballots.js'
import type { CoreSize, NetworkSize } from './sizes.js'

const EPOCH_SECONDS = 3600
const CLAIM_KBPS = 25_000
const CAPACITY_KBPS = 1_000_000
/** Providers whose votes are in memory at once. */
const SLICE = 1000
const LINK = keccakText('a line')
/** n of a provider, in sets that have as many. */
const RECEIVERS = 64

/** Of a real network, as docs/operations describes it. */
export const paramsOf = (windowEpochs: number): NetworkParams => ({
  ...DEVNET,
  ...{ epochSeconds: EPOCH_SECONDS, eraEpochs: 24, windowEpochs, tickMs: 15_000, lanes: 0, receivers: RECEIVERS },
  ...{ soakShareBps: 500, slotMs: soakSlotMs(DEVNET) },
})

export const receiversOf = ({ verifiers }: Pick<NetworkSize, 'verifiers'>): number => Math.min(verifiers, RECEIVERS)

const account = (text: string): Hex => toHex(createHash('sha256').update(text).digest().subarray(12))

/** @param share of its usual capacity that a verifier has for these providers */
export function factsOf({ verifiers, providers, windowEpochs }: CoreSize, epoch: number, share = 1): ChainFacts {
  return {
    ...{ era: 1, epoch, blockNumber: epoch, blockHash: keccakText(`block ${epoch}`) },
    beacon: keccakText(`beacon ${epoch}`),
    windowBeacon: keccakText(`beacon of window ${Math.floor((epoch - 1) / windowEpochs)}`),
    linkReport: { epoch: 0, headerHash: ZERO_HASH },
    ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
    verifiers: Array.from({ length: verifiers }, (_, i) => ({
      ...{ index: i + 1, position: i, account: account(`verifier ${i}`), blsKey: ZERO_HASH },
      capacityKbps: CAPACITY_KBPS * share,
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
    ...{ scheduleProof: ZERO_HASH, delayUs: 0, link: LINK, attempts: 0, cause: CAUSE.none },
    ...{ sessionPeers: ZERO_HASH, otherOutcome: 0, otherKbps: 0, otherUnverifiable: 0, second: false },
    ...over,
  })

/** Where the word of a field begins. */
const wordOf = (field: keyof Vote): number => 32 * VOTE_FIELDS.findIndex(([name]) => name === field)
const PROVIDER_AT = wordOf('provider') + 12
const RECEIVER_AT = wordOf('receiver')
const RATE_AT = wordOf('rateKbps')
const SOAK_AT = wordOf('soak')
const SCHEDULE_AT = wordOf('scheduleProof')

/** What each verifier signed of its schedule. Without, only votes with a session show a schedule: nothing reads it of others. */
export type Schedules = (verifier: number) => Uint8Array

/**
 * All ballots of an epoch, one slice of providers after the other. Every receiver of the window votes on its heartbeats; those
 * that are due also have a session, in which each provider keeps its claim. A slice is valid until the next one is asked for,
 * as in a node: with buffers of its own for each, the collection of garbage takes as long as the reports.
 */
export function* ballotSlices(
  facts: ChainFacts,
  params: NetworkParams,
  assignment: Assignment,
  signed?: Schedules,
): Generator<CountedBallot[]> {
  const silent = vote({ epoch: facts.epoch })
  const measured = vote({ epoch: facts.epoch, outcome: OUTCOME.verified, attempts: 1 })
  const scheduleOf = signed ?? (verifier => fromHex(keccakText(`schedule ${verifier} ${facts.epoch}`)))
  const accounts = facts.providers.map(one => one.account).sort()
  const written = facts.verifiers.map(() => new Uint8Array(SLICE * VOTE_BYTES))
  for (let from = 0; from < accounts.length; from += SLICE) {
    const slice = accounts.slice(from, from + SLICE).map(provider => ({
      ...{ provider, bytes: fromHex(provider) },
      receivers: new Set(assignment.receiversOf(provider)),
      due: new Set(assignment.dueOf(provider)),
    }))
    yield facts.verifiers.map(({ index, position }): CountedBallot => {
      const schedule = scheduleOf(index)
      const own = slice.filter(({ receivers }) => receivers.has(index))
      const votes = written[position]!.subarray(0, own.length * VOTE_BYTES)
      for (const [i, { provider, bytes, due }] of own.entries()) {
        const at = i * VOTE_BYTES
        const isDue = due.has(index)
        votes.set(isDue ? measured : silent, at)
        votes.set(bytes, at + PROVIDER_AT)
        writeUint(votes, at + RECEIVER_AT, index)
        if (!isDue && signed === undefined) continue
        const proof = providerSchedule(schedule, provider)
        votes.set(fromHex(proof), at + SCHEDULE_AT)
        if (!isDue) continue
        writeUint(votes, at + RATE_AT, CLAIM_KBPS - (index % 7))
        writeUint(votes, at + SOAK_AT, isSoak(proof, provider, params) ? 1 : 0)
      }
      return { verifier: index, votes }
    })
  }
}

/**
 * Windows as they are before an epoch, if every receiver that was due by then has read its provider's claim.
 * @param from the first of these epochs: the windows hold the votes of those before
 */
export function grown(
  windows: ReadonlyMap<Hex, OpenWindow>,
  { assignedOf }: Pick<Assignment, 'assignedOf'>,
  { from, before }: { readonly from: number; readonly before: number },
): Map<Hex, OpenWindow> {
  const read = new Map<number, WindowVote>()
  const voteOf = (receiver: number, epoch: number): WindowVote => {
    const key = receiver * before + epoch
    const known = read.get(key) ?? kept(receiver, epoch)
    read.set(key, known)
    return known
  }
  return new Map(
    [...windows].map(([provider, window]) => {
      const due = assignedOf(provider).filter(({ epoch }) => epoch >= from && epoch < before)
      const votes = window.votes.with(due.map(({ receiver, epoch }) => voteOf(receiver, epoch)))
      return [provider, { ...window, votes }]
    }),
  )
}

const kept = (receiver: number, epoch: number): WindowVote => ({
  ...{ receiver, epoch, counted: COUNTED.rate, rateKbps: CLAIM_KBPS - (receiver % 7), serving: true, noPath: false },
  ...{ link: LINK, beside: false, lowerKbps: CLAIM_KBPS - (receiver % 7), soak: false },
})
