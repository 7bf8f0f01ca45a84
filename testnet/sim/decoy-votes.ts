/**
 * What verifiers vote at decoys, by how they come to their votes: the measured errors of real readings, the real maker of votes
 * and the real judge. Pure: the same seed gives the same votes.
 */
import { lowMedian } from '../../probe/verdict/low-median.js'
import type { Measurement, Outcome } from '../../probe/verdict/outcome.js'
import { DECOY_LEVELS_BPS, type DecoyReveal, decoyLevelBps } from '../../proto/decoy.js'
import { keccakText } from '../../proto/hash.js'
import type { Hex } from '../../proto/hex.js'
import { ZERO_HASH } from '../../proto/hex.js'
import type { Vote } from '../../proto/vote.js'
import { Draw } from '../../verifier/core/assignment/draw.js'
import { type DecoyEpoch, type DecoyVerdict, judgeByDecoys } from '../../verifier/core/rewards/decoys.js'
import { makeVote } from '../../verifier/core/scoring/vote.js'
import { ACCIDENT, ACCIDENT_TAKES, ERRORS_BPS, LOWER_BOUND, NO_EVIDENCE, NO_READING } from './noise.js'

/** How a verifier comes to its votes, for a person to read. */
export const MANNERS = {
  honest: 'measures',
  lazy: 'votes the claim',
  certified: 'votes the last certified rate',
  copier: 'copies the reading of one that measures',
  guesser: 'votes a level at random',
  bounding: 'votes "at least the claim"',
  half: 'measures every second time, else votes the claim',
  wary: 'votes the claim until a decoy’s votes show what it is, then measures',
} as const
export type Manner = keyof typeof MANNERS

export interface DecoyRun {
  readonly seed: string
  readonly decoys: number
  /** windows in which every receiver is due once at every decoy */
  readonly epochs: number
  /** one for each receiver */
  readonly manners: readonly Manner[]
  /** The first so many decoys let the whole claim through to these receivers, whatever their seeds say. */
  readonly lying?: { readonly decoys: number; readonly victims: readonly number[] }
}

const CLAIM_KBPS = 100_000
const FIRST_EPOCH = 1

export function runDecoys(run: DecoyRun): DecoyVerdict {
  const reveals = Array.from({ length: run.decoys }, (_, i): DecoyReveal => {
    const provider = keccakText(`decoy ${i}`).slice(0, 42) as Hex
    const range = { firstEpoch: FIRST_EPOCH, lastEpoch: FIRST_EPOCH + run.epochs - 1 }
    return { provider, ...range, seed: keccakText(`${run.seed} ${i}`) }
  })
  const random = new Draw(keccakText(`votes ${run.seed}`))
  const votes = new Map(reveals.map((reveal, i) => [reveal.provider, votesOf(reveal, i, run, random)]))
  const epochs = Array.from(
    { length: run.epochs },
    (_, i): DecoyEpoch => ({
      epoch: FIRST_EPOCH + i,
      providers: new Map([...votes].map(([provider, of]) => [provider, { claimKbps: CLAIM_KBPS, readings: of[i]! }])),
    }),
  )
  return judgeByDecoys(reveals, epochs)
}

/** @returns by epoch */
function votesOf(reveal: DecoyReveal, position: number, { manners, epochs, lying }: DecoyRun, random: Draw): Vote[][] {
  let certifiedKbps = CLAIM_KBPS
  const lies = lying !== undefined && position < lying.decoys
  return Array.from({ length: epochs }, (_, i) => {
    const epoch = FIRST_EPOCH + i
    const measured = manners.map((_manner, receiver) => {
      const levelBps = lies && lying.victims.includes(receiver) ? 10_000 : decoyLevelBps(reveal.seed, epoch, receiver)
      return measuredOutcome((levelBps * CLAIM_KBPS) / 10_000, random)
    })
    const friend = measured[manners.indexOf('honest')]!
    const votes = manners.map((manner, receiver) => {
      const facts = { own: measured[receiver]!, friend, certifiedKbps, isKnown: i > 0, random }
      return voteOf(outcomeOf(manner, facts), epoch, reveal.provider, receiver)
    })
    const rates = votes.filter((_, receiver) => manners[receiver] === 'honest').map(({ rateKbps }) => rateKbps)
    certifiedKbps = lowMedian(rates.filter(rate => rate > 0)) ?? certifiedKbps
    return votes
  })
}

interface SessionFacts {
  /** what the verifier reads if it measures */
  readonly own: Outcome
  readonly friend: Outcome
  readonly certifiedKbps: number
  /** earlier votes of this provider are spread as only a decoy's are */
  readonly isKnown: boolean
  readonly random: Draw
}

function outcomeOf(manner: Manner, { own, friend, certifiedKbps, isKnown, random }: SessionFacts): Outcome {
  switch (manner) {
    case 'honest':
      return own
    case 'lazy':
      return verified(CLAIM_KBPS)
    case 'certified':
      return verified(certifiedKbps)
    case 'copier':
      return friend
    case 'guesser':
      return verified((DECOY_LEVELS_BPS[random.below(DECOY_LEVELS_BPS.length)]! * CLAIM_KBPS) / 10_000)
    case 'bounding':
      return { kind: 'at-least', reason: 'sender-limited', measurement: measurementOf(CLAIM_KBPS) }
    case 'half':
      return random.below(2) === 0 ? own : verified(CLAIM_KBPS)
    case 'wary':
      return isKnown ? own : verified(CLAIM_KBPS)
  }
}

/** What an honest receiver reads if the decoy lets so much through. */
function measuredOutcome(throughKbps: number, random: Draw): Outcome {
  const luck = random.below(100)
  if (luck < NO_READING) return { kind: 'no-data', reason: 'senders-missing' }
  const errorBps = ERRORS_BPS[random.below(ERRORS_BPS.length)]! * (random.below(2) === 0 ? 1 : -1)
  const readKbps = Math.min(CLAIM_KBPS, (throughKbps * (10_000 + errorBps)) / 10_000)
  if (luck < NO_READING + LOWER_BOUND)
    return { kind: 'at-least', reason: 'path-limited', measurement: measurementOf(readKbps) }
  if (luck >= NO_READING + LOWER_BOUND + ACCIDENT) return verified(readKbps)
  const taken = ACCIDENT_TAKES.least + random.below(ACCIDENT_TAKES.range)
  return verified((readKbps * (100 - taken)) / 100)
}

const verified = (rateKbps: number): Outcome => ({ kind: 'verified', measurement: measurementOf(rateKbps) })

const measurementOf = (rateKbps: number): Measurement => ({
  ...{ rateKbps, arrivedKbps: rateKbps, verifiedKbps: rateKbps, goodputKbps: rateKbps, offeredKbps: 1.65 * CLAIM_KBPS },
  ...{ lossBps: 0, jitterUs: 0, delayUs: 0, controlLossBps: 0, controlDelayUs: 0, directKbps: 0 },
  ...{ windows: 8, durationMs: 1000, receivedBytes: rateKbps * 125 },
})

const voteOf = (outcome: Outcome, epoch: number, provider: Hex, receiver: number): Vote =>
  makeVote({
    ...{ epoch, provider, receiver, result: { outcome, evidence: NO_EVIDENCE }, other: undefined },
    second: false,
    ...{ ticksSent: 1n, ticksAnswered: 1n, scheduleProof: ZERO_HASH, soak: false },
  })
