/** Records with a different value in every field. So a record with two swapped fields has a different encoding. */

import { keccakText } from '../hash.js'
import type { Header } from '../header.js'
import type { Hex } from '../hex.js'
import { type Leaf, STATUS } from '../leaf.js'
import type { Reward } from '../reward.js'
import { CAUSE, OUTCOME, type Vote } from '../vote.js'

export const sampleAddress = (name: string): Hex => keccakText(name).slice(0, 42) as Hex

/** `length` bytes, derived from a name. */
export function sampleBytes(name: string, length: number): Hex {
  let hex = ''
  for (let i = 0; hex.length < 2 * length; i++) hex += keccakText(`${name} ${i}`).slice(2)
  return `0x${hex.slice(0, 2 * length)}`
}

export const sampleVote = (): Vote => ({
  epoch: 14,
  provider: sampleAddress('provider'),
  receiver: 7,
  outcome: OUTCOME.under,
  rateKbps: 9_874,
  goodputKbps: 9_512,
  lossBps: 6_050,
  jitterUs: 1_234,
  offeredKbps: 41_250,
  controlLossBps: 12,
  controlDelayUs: 345,
  directKbps: 61_000,
  unverifiableSenders: 0b100,
  ticksSent: (1n << 255n) | 0xffn,
  ticksAnswered: (1n << 255n) | 0x0fn,
  sessionId: keccakText('session'),
  chunkRoot: keccakText('chunk root'),
  keyCommitments: keccakText('key commitments'),
  receiptHead: keccakText('receipt head'),
  soak: true,
  scheduleProof: keccakText('schedule proof'),
  delayUs: 87_654,
  link: keccakText('link'),
  attempts: 2,
  cause: CAUSE.pathMtu,
  sessionPeers: keccakText('session peers'),
  otherOutcome: 4,
  otherKbps: 1_234,
  otherUnverifiable: 0b010,
  second: true,
})

export const sampleLeaf = (index = 3): Leaf => ({
  epoch: 14,
  index,
  provider: sampleAddress(`provider ${index}`),
  status: STATUS.measured,
  uptimeBps: 9_731,
  rateKbps: 9_874,
  claimKbps: 25_000,
  scoreBps: 3_843,
  tier: 2,
  throughputQ32: 1_696_333_824,
  throughputSumQ32: 10_178_002_944,
  throughputWeightQ32: 25_769_803_776,
  ticksUpQ16: 1_572_864,
  ticksTotalQ16: 1_638_400,
  pathlessQ2: 5,
  soakVotes: keccakText('soak votes'),
  windowVotes: keccakText('window votes'),
  link: keccakText('link'),
  breachBits: 0b10101,
  breachPenaltyBps: 866,
  assignedRoot: keccakText('assigned'),
  penaltyBps: 473,
})

export const sampleReward = (): Reward => ({ account: sampleAddress('verifier'), cumulative: 123n * 10n ** 18n + 456n })

export const sampleHeader = (): Header => ({
  era: 3,
  epoch: 14,
  blockNumber: 1_025,
  blockHash: keccakText('block'),
  previousHeader: keccakText('previous header'),
  scoreRoot: keccakText('score root'),
  ballotSetRoot: keccakText('ballot set root'),
  rewardsRoot: keccakText('rewards root'),
  providerCount: 4,
  commonFailure: true,
})
