/** What a verifier's checks of ballots and reports cost on this machine. */
import { BallotIndex, PART_VOTES, votesOf } from '../../../proto/ballot-index.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { decodeVote } from '../../../proto/vote.js'
import { aggregate } from '../../../verifier/bls/aggregate.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import { assign } from '../../../verifier/core/assignment/assign.js'
import { votesFault } from '../../../verifier/node/ballot-checks.js'
import type { BlsResult } from '../bls/result.js'
import { median } from '../quantile.js'
import type { CheckCosts } from './agreement-model.js'
import { ballotSlices, factsOf, paramsOf } from './network.js'

const VOTES = 2000
const SIGNATURES = 64
const ROUNDS = 5

/** Medians of some rounds. @param bls of the same run */
export function checkCosts({ rounds }: Pick<BlsResult, 'rounds'>): CheckCosts {
  return {
    signature: 1 / median(rounds.map(rates => rates.checker)),
    sharedSignature: 1 / median(rounds.map(rates => rates['checker, one digest'])),
    aggregated: medianSeconds(aggregation()) / SIGNATURES,
    vote: medianSeconds(voteChecks()) / VOTES,
  }
}

/** The first round warms the code up. */
function medianSeconds(work: () => void): number {
  const rounds = Array.from({ length: 1 + ROUNDS }, () => {
    const from = performance.now()
    work()
    return (performance.now() - from) / 1000
  })
  return median(rounds.slice(1))
}

function aggregation(): () => void {
  const digest = keccakText('report')
  const signatures = Array.from({ length: SIGNATURES }, (_, i) =>
    new BlsSigner(keysFromSeed('bench scale', `verifier ${i}`).bls).sign(digest),
  )
  return () => aggregate(signatures)
}

/** As verifier/node/ballot-sync.ts checks what it fetches: the index by its root, and each part by the index. */
function voteChecks(): () => void {
  const size = { verifiers: 5, providers: VOTES, windowEpochs: 24 }
  const [facts, params] = [factsOf(size, 1), paramsOf(size.windowEpochs)]
  const { index: verifier } = facts.verifiers[0]!
  const schedule = new Uint8Array(96).fill(1)
  const votes: Uint8Array[] = []
  for (const ballots of ballotSlices(facts, params, assign(facts, params), () => schedule))
    votes.push(...votesOf(ballots.find(one => one.verifier === verifier)!.votes.slice()))
  const index = BallotIndex.of(votes)
  const head = { epoch: facts.epoch, verifier, root: fromHex(index.root), signature: schedule, schedule }
  const parts = Array.from({ length: index.parts }, (_, part) =>
    Buffer.concat(votes.slice(part * PART_VOTES, (part + 1) * PART_VOTES)),
  )
  return () => {
    if (new BallotIndex(index.bytes).root !== index.root) throw new Error('The index has another root.')
    for (const [part, bytes] of parts.entries()) {
      const fault = votesFault(facts, head, votesOf(bytes).map(decodeVote))
      if (index.check(part, bytes) !== 'held' || fault !== undefined)
        throw new Error(`A right part counts as wrong: ${fault}.`)
    }
  }
}
