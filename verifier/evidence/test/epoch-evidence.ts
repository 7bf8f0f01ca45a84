/** The evidence of an epoch as a verifier serves it, with real signatures, in which all verifiers vote the same. */
import { ballotDigest, headerHash, providerSchedule, scheduleDigest } from '../../../proto/digests.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot } from '../../../proto/messages.js'
import type { NetworkParams } from '../../../proto/params.js'
import { encodeVote, OUTCOME, type OutcomeCode } from '../../../proto/vote.js'
import { BlsSigner } from '../../bls/signer.js'
import { keysFromSeed } from '../../config/keys.js'
import { assign } from '../../core/assignment/assign.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import { countedBallot } from '../../core/scoring/ballots.js'
import { decodeCarryOver, encodeCarryOver } from '../../core/scoring/carry-over.js'
import { buildReport } from '../../core/scoring/report.js'
import { account, CLAIM_KBPS, facts, PARAMS, vote } from '../../core/test/samples.js'
import { type EvidenceJson, factsJson } from '../schema/evidence.js'

export const NETWORK = { chainId: 31_337, contract: account('contract') }
export const PROVIDER = account('provider 0')
const SIGNERS = [0, 1, 2, 3].map(i => new BlsSigner(keysFromSeed('explanation', `verifier ${i}`).bls))
const ALL_TICKS = (1n << 24n) - 1n
export const GENESIS = { epoch: 0, headerHash: ZERO_HASH as Hex, leaves: [] as Hex[] }

export interface Cast {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
  readonly soak: boolean
}

export const honest: Cast = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, soak: false }
export const slow: Cast = { outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 2, soak: false }

/** What the chain says of the pot and the paid report, and the root of what follows. */
export interface Paying extends Pick<ChainFacts, 'paidReport' | 'rewardsFunded'> {
  readonly rewardsRoot: Hex
}

const NO_REWARDS: Paying = { paidReport: NO_PAID_REPORT, rewardsFunded: 0n, rewardsRoot: ZERO_HASH }

/** One epoch's evidence, in which every verifier votes the same of each provider, and what the next one builds on. */
export function epochOf(
  epoch: number,
  cast: Cast,
  previous: EvidenceJson['previous'] = GENESIS,
  params: NetworkParams = PARAMS,
  { rewardsRoot, ...paying }: Paying = NO_REWARDS,
  providers = 1,
): { readonly evidence: EvidenceJson; readonly next: EvidenceJson['previous'] } {
  const chain = facts({ verifiers: SIGNERS.length, providers, epoch })
  const verifiers = chain.verifiers.map((one, i) => ({ ...one, blsKey: toHex(SIGNERS[i]!.publicKey128) }))
  const truth = { ...chain, ...paying, verifiers }
  const ballots = verifiers.map(({ index }, i): Ballot => {
    const schedule = SIGNERS[i]!.sign(scheduleDigest(NETWORK, truth, truth.beacon))
    const inOrder = truth.providers.toSorted((a, b) => (a.account < b.account ? -1 : 1))
    const votes = inOrder.map(({ account: provider }) => {
      const ticks = { ticksSent: ALL_TICKS, ticksAnswered: ALL_TICKS }
      const more = { epoch, provider, ...ticks, scheduleProof: providerSchedule(schedule, provider), soak: cast.soak }
      return encodeVote(vote(index, cast.outcome, cast.rateKbps, more))
    })
    const { root } = new MerkleTree(votes)
    const signature = SIGNERS[i]!.sign(ballotDigest(NETWORK, truth, index, root))
    return { epoch, verifier: index, root: fromHex(root), signature, schedule, votes }
  })
  const { header, ...report } = buildReport({
    ...{ params, facts: truth, assignment: assign(truth, params), previousHeader: previous.headerHash },
    rewardsRoot,
    previous: { epoch: previous.epoch, ...decodeCarryOver(previous.leaves.map(fromHex)) },
    ballotSet: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
    ballots: ballots.map(({ verifier, votes }) => countedBallot(verifier, votes)),
  })
  const hash = headerHash(NETWORK, header)
  const leaves = encodeCarryOver(report).map(toHex)
  return {
    next: { epoch, headerHash: hash, leaves },
    evidence: {
      ...{ params, network: NETWORK, previous, header, headerHash: hash },
      facts: factsJson(truth),
      linkLeaves: [],
      ballots: ballots.map(ballot => toHex(Ballot.encode(ballot))),
      leaves: report.leaves.map(leaf => toHex(encodeLeaf(leaf))),
      posted: {
        ...{ header, headerHash: hash, round: 0, nonSigners: [], txHash: ZERO_HASH },
        ...{ blockNumber: 123, gasUsed: 255_000 },
      },
    },
  }
}
