/**
 * A small network of six certified epochs, with real signatures: two providers keep their claim, one delivers a tenth of
 * it and is slashed in epoch 3, one is dead, and one cannot be measured.
 */
import { ballotDigest, headerHash, providerSchedule, scheduleDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot } from '../../../proto/messages.js'
import { encodeVote, OUTCOME, type OutcomeCode } from '../../../proto/vote.js'
import type { HeldEpoch } from '../../api/test/sample-node.js'
import { BlsSigner } from '../../bls/signer.js'
import { keysFromSeed } from '../../config/keys.js'
import { assign } from '../../core/assignment/assign.js'
import { countedBallot } from '../../core/scoring/ballots.js'
import { decodeCarryOver, encodeCarryOver } from '../../core/scoring/carry-over.js'
import { buildReport } from '../../core/scoring/report.js'
import { account, CLAIM_KBPS, facts, PARAMS, vote } from '../../core/test/samples.js'
import { type EvidenceJson, factsJson } from '../../evidence/schema/evidence.js'
import { GENESIS, NETWORK } from '../../evidence/test/epoch-evidence.js'

export const EPOCHS = 6
/** In whose report the third breach of the throttled provider sets its penalty. */
export const PENALTY_EPOCH = 3

export const PROVIDERS = {
  honest: account('provider 0'),
  other: account('provider 1'),
  throttled: account('provider 2'),
  dead: account('provider 3'),
  unmeasured: account('provider 4'),
}

const SIGNERS = [0, 1, 2, 3].map(i => new BlsSigner(keysFromSeed('page', `verifier ${i}`).bls))
/** Of the last epochs' certificate: its signature is missing. */
const NON_SIGNER = 2
const TICKS = 40n

interface Cast {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
  readonly upTicks: bigint
}

const kept: Cast = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, upTicks: TICKS }
const throttled: Cast = { outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 10, upTicks: 18n }

/** The verifiers differ by some kbit/s, as they do on a real line. */
const castOf = (provider: Hex, verifier: number): Cast => {
  switch (provider) {
    case PROVIDERS.throttled:
      return { ...throttled, rateKbps: throttled.rateKbps + 4 * verifier }
    case PROVIDERS.dead:
      return { outcome: OUTCOME.dead, rateKbps: 0, upTicks: 0n }
    case PROVIDERS.unmeasured:
      return {
        outcome: verifier < 2 ? OUTCOME.noData : OUTCOME.verified,
        rateKbps: verifier < 2 ? 0 : CLAIM_KBPS,
        upTicks: TICKS,
      }
    default:
      return kept
  }
}

export const STAKE_WEI = 1000n * 10n ** 18n

const bits = (count: bigint): bigint => (1n << count) - 1n

function epochAfter(epoch: number, previous: EvidenceJson['previous']): HeldEpoch {
  const chain = facts({ verifiers: SIGNERS.length, providers: Object.keys(PROVIDERS).length, epoch })
  const verifiers = chain.verifiers.map((one, i) => ({ ...one, blsKey: toHex(SIGNERS[i]!.publicKey128) }))
  const truth = {
    ...{ ...chain, verifiers },
    blockHash: keccakText(`block of ${epoch}`),
    blockNumber: 20 + 10 * epoch,
    providers: chain.providers.map(one => ({ ...one, stake: STAKE_WEI })),
  }
  const ballots = verifiers.map(({ index }, i): Ballot => {
    const schedule = SIGNERS[i]!.sign(scheduleDigest(NETWORK, truth, truth.beacon))
    const votes = truth.providers.map(({ account: provider }) => {
      const { outcome, rateKbps, upTicks } = castOf(provider, i)
      return encodeVote(
        vote(index, outcome, rateKbps, {
          ...{ epoch, provider, scheduleProof: providerSchedule(schedule, provider) },
          ...{ ticksSent: bits(TICKS), ticksAnswered: bits(upTicks), delayUs: 1200 + 10 * i },
          ...{
            sessionId: keccakText(`session ${provider} ${epoch} ${i}`),
            lossBps: outcome === OUTCOME.under ? 9_360 : 0,
          },
        }),
      )
    })
    votes.sort(Buffer.compare) // the order of a ballot
    const { root } = new MerkleTree(votes)
    const signature = SIGNERS[i]!.sign(ballotDigest(NETWORK, truth, index, root))
    return { epoch, verifier: index, root: fromHex(root), signature, schedule, votes }
  })
  const { header, ...report } = buildReport({
    ...{ params: PARAMS, facts: truth, assignment: assign(truth, PARAMS), previousHeader: previous.headerHash },
    rewardsRoot: ZERO_HASH,
    previous: { epoch: previous.epoch, ...decodeCarryOver(previous.leaves.map(fromHex)) },
    ballotSet: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
    ballots: ballots.map(({ verifier, votes }) => countedBallot(verifier, votes)),
  })
  const hash = headerHash(NETWORK, header)
  const evidence: EvidenceJson = {
    ...{ params: PARAMS, network: NETWORK, previous, header, headerHash: hash },
    facts: factsJson(truth),
    linkLeaves: [],
    ballots: ballots.map(ballot => toHex(Ballot.encode(ballot))),
    leaves: report.leaves.map(leaf => toHex(encodeLeaf(leaf))),
    posted: {
      ...{ header, headerHash: hash, round: 0, nonSigners: epoch > PENALTY_EPOCH ? [NON_SIGNER] : [] },
      ...{ txHash: keccakText(`report ${epoch}`), blockNumber: 28 + 10 * epoch, gasUsed: 231_628 },
    },
  }
  return { evidence, next: { epoch, headerHash: hash, leaves: encodeCarryOver(report).map(toHex) } }
}

/** Epochs 1 to `EPOCHS`, each built on the one before. */
export function sampleEpochs(): HeldEpoch[] {
  const all: HeldEpoch[] = []
  for (let epoch = 1; epoch <= EPOCHS; epoch++) all.push(epochAfter(epoch, all.at(-1)?.next ?? GENESIS))
  return all
}
