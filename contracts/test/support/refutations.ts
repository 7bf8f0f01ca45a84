/** Reports whose votes contradict the penalty in a leaf, and the ways that open those votes. */
import { encodeWords } from '../../../proto/abi.js'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { encodeVote, OUTCOME, type Vote } from '../../../proto/vote.js'
import type { Refutation } from '../../../verifier/core/ports.js'
import type { Receipt } from './evm.js'
import { leafOf, type TestNetwork } from './network.js'

export const CLAIM_KBPS = 25_000
export const THRESHOLD_KBPS = 18_750

export const voteOf = (epoch: number, provider: Hex, receiver: number, change: Partial<Vote> = {}): Vote => ({
  ...{ epoch, provider, receiver, outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, goodputKbps: 24_000, lossBps: 3 },
  ...{ jitterUs: 200, offeredKbps: 30_000, controlLossBps: 0, controlDelayUs: 10, directKbps: 90_000 },
  ...{ unverifiableSenders: 0, ticksSent: 0xffffffn, ticksAnswered: 0xffffffn, sessionId: keccakText(`${receiver}`) },
  ...{ chunkRoot: keccakText('chunks'), keyCommitments: keccakText('keys'), receiptHead: keccakText('receipts') },
  ...{ soak: false, scheduleProof: keccakText('schedule'), delayUs: 900, link: keccakText('link'), attempts: 1 },
  ...{ cause: 0, sessionPeers: keccakText('peers'), otherOutcome: 0, otherKbps: 0 },
  ...{ otherUnverifiable: 0, second: false },
  ...change,
})

/** The ballots of an epoch: one of each receiver that voted. */
export class Ballots {
  readonly #trees: readonly MerkleTree[]
  readonly #set: MerkleTree

  constructor(readonly votes: readonly (readonly [receiver: number, votes: readonly Vote[]])[]) {
    this.#trees = votes.map(([, own]) => new MerkleTree(own.map(encodeVote)))
    this.#set = new MerkleTree(
      votes.map(([receiver], i) => encodeWords(['uint32', 'bytes32'], [receiver, this.#trees[i]!.root])),
    )
  }

  get root(): Hex {
    return this.#set.root
  }

  /** @param place of the vote in the receiver's ballot */
  open(receiver: number, place = 0): { vote: Vote; ballotProof: Hex[]; setProof: Hex[] } {
    const i = this.votes.findIndex(([of]) => of === receiver)
    const vote = this.votes[i]![1][place]!
    return { vote, ballotProof: this.#trees[i]!.proof(place), setProof: this.#set.proof(i) }
  }
}

/** The receivers of a provider, and the epoch in which each is due. */
export class Receivers {
  readonly #tree: MerkleTree

  constructor(
    readonly due: readonly (readonly [receiver: number, epoch: number])[],
    readonly n = due.length,
  ) {
    this.#tree = new MerkleTree(
      due.map(([receiver, epoch]) => encodeWords(['uint32', 'uint32', 'uint64'], [n, receiver, epoch])),
    )
  }

  get root(): Hex {
    return this.#tree.root
  }

  proof(receiver: number): Hex[] {
    return this.#tree.proof(this.due.findIndex(([of]) => of === receiver))
  }
}

export const refute = (network: TestNetwork, one: Refutation, from = network.deployer): Promise<Receipt> => {
  const { headers, leaf, proof, previousEpoch, assigned, votes } = one
  return network.slashing.send(from, 'refute', headers, leaf, proof, previousEpoch, assigned, votes)
}

/** Reports a penalty for a provider. @returns the leaf with its proof */
export async function penalise(
  network: TestNetwork,
  epoch: number,
  provider: Hex,
  { assignedRoot, ballots, change = {} }: { assignedRoot: Hex; ballots: Ballots; change?: Partial<Leaf> },
): Promise<{ leaf: Leaf; proof: Hex[] }> {
  const leaf = { ...leafOf(epoch, provider, 500), claimKbps: CLAIM_KBPS, assignedRoot, ...change }
  const tree = new MerkleTree([leaf, leafOf(epoch, network.deployer, 0)].map(encodeLeaf))
  await network.report(epoch, { scoreRoot: tree.root, ballotSetRoot: ballots.root })
  return { leaf, proof: tree.proof(0) }
}
