/** A verifier that measures nothing: it votes that every provider keeps its claim, with figures that look like a session's. */
import { providerSchedule } from '../../../proto/digests.js'
import { epochEndMs } from '../../../proto/epoch.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { isSoak, soakSeed, ticksOf } from '../../../verifier/core/assignment/schedule.js'
import { claimOf } from '../../../verifier/core/facts.js'
import { makeVote } from '../../../verifier/core/scoring/vote.js'
import type { Measure } from '../../../verifier/node/measuring.js'
import { until } from '../../../verifier/node/waiting.js'

/** What the senders of a true session offer. */
export const OFFERED_SHARE = 1.65

type Asked = Parameters<Measure>

export const measureNothing: Measure = async (...asked) => {
  await untilEnd(asked)
  return claimVotes(asked)
}

export const untilEnd = ([{ context }, { facts }]: Asked): Promise<void> =>
  until(epochEndMs(context.epochs, facts.epoch), context.wall, context.stopping)

export function claimVotes([{ context }, { facts, assignment }, scheduleSignature]: Asked): Vote[] {
  const { self, params, random } = context
  const madeUp = () => toHex(random.bytes(32))
  const ticks = (1n << BigInt(ticksOf(params))) - 1n
  return facts.providers
    .map(({ account }) => account)
    .filter(provider => assignment.receiversOf(provider).includes(self.index))
    .map(provider => {
      const scheduleProof = providerSchedule(scheduleSignature, provider)
      const seed = soakSeed({ receiver: self.index, scheduleProof }, facts.beacon, assignment.groupsOf(provider))
      const silent = makeVote({
        ...{ epoch: facts.epoch, provider, receiver: self.index, result: undefined, other: undefined },
        second: false,
        ...{ ticksSent: ticks, ticksAnswered: ticks, scheduleProof, soak: isSoak(seed, provider, params) },
      })
      const rateKbps = claimOf(facts, provider)
      const reading = { rateKbps, goodputKbps: rateKbps, offeredKbps: Math.round(OFFERED_SHARE * rateKbps) }
      return { ...silent, outcome: OUTCOME.verified, attempts: 1, ...reading, ...evidenceOf(madeUp) }
    })
}

/** A vote that repeats another receiver's reading. */
export function repeated(own: Vote, read: Vote, madeUp: () => Hex): Vote {
  const { receiver, scheduleProof, soak } = own
  return { ...read, receiver, scheduleProof, soak, ...evidenceOf(madeUp) }
}

/** Nobody can tell them from true ones without the transcript. */
const evidenceOf = (madeUp: () => Hex) => ({
  ...{ sessionId: madeUp(), chunkRoot: madeUp(), keyCommitments: madeUp(), receiptHead: madeUp() },
  sessionPeers: madeUp(),
})
