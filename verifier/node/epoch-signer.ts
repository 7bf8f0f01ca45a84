/**
 * What a verifier signs in one epoch, from the schedule to the report: each message complete and encoded, ready for
 * gossip. The signing record holds a digest before the signature exists, one digest for each slot.
 */
import {
  ballotDigest,
  commitDigest,
  commitmentOf,
  proposalDigest,
  reportDigest,
  type SeenEntry,
  scheduleDigest,
  seenDigest,
} from '../../proto/digests.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import { type Ballot, Commit, Partial, Proposal, SeenListMessage } from '../../proto/messages.js'
import type { ChainFacts } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import { signOnce, slotOf } from './signing.js'

type SignerContext = Pick<VerifierContext, 'network' | 'self' | 'store' | 'bls'>

/** Every method throws SigningConflict if the slot holds another digest, and StoreError. */
export class EpochSigner {
  constructor(
    private readonly context: SignerContext,
    private readonly facts: ChainFacts,
  ) {}

  /** The secret schedule of this verifier's sessions and heartbeats. @returns the signature */
  schedule(): Promise<Uint8Array> {
    const { epoch, beacon } = this.facts
    return this.#sign(`schedule/${epoch}`, scheduleDigest(this.context.network, this.facts, beacon))
  }

  /** @param votes encoded, at least one */
  async ballot(votes: Uint8Array[], schedule: Uint8Array): Promise<Ballot> {
    const { network, self } = this.context
    const { epoch } = this.facts
    const root = new MerkleTree(votes).root
    const signature = await this.#sign(slotOf('ballot', epoch, 0), ballotDigest(network, this.facts, self.index, root))
    return { epoch, verifier: self.index, root: fromHex(root), signature, schedule, votes }
  }

  /** @returns an encoded Commit to a ballot */
  async commit(root: Hex, ballotSignature: Uint8Array): Promise<Uint8Array> {
    const { network, self } = this.context
    const { epoch } = this.facts
    const commitment = commitmentOf(root, ballotSignature)
    const signature = await this.#sign(
      slotOf('commit', epoch, 0),
      commitDigest(network, this.facts, self.index, commitment),
    )
    return Commit.encode({ epoch, verifier: self.index, commitment: fromHex(commitment), signature })
  }

  /** @returns an encoded SeenListMessage */
  async seenList(entries: readonly SeenEntry[]): Promise<Uint8Array> {
    const { network, self } = this.context
    const { epoch } = this.facts
    const signature = await this.#sign(slotOf('seen', epoch, 0), seenDigest(network, this.facts, self.index, entries))
    const encoded = entries.map(entry => ({ verifier: entry.verifier, root: fromHex(entry.root) }))
    return SeenListMessage.encode({ epoch, verifier: self.index, entries: encoded, signature })
  }

  /** @param header encoded; `hash` is its hash. @returns an encoded Proposal */
  async proposal(round: number, header: Uint8Array, hash: Hex, lists: SeenListMessage[]): Promise<Uint8Array> {
    const { network, self } = this.context
    const { epoch } = this.facts
    const signature = await this.#sign(`proposal/${epoch}/${round}`, proposalDigest(network, this.facts, round, hash))
    return Proposal.encode({ epoch, round, leader: self.index, header, lists, signature })
  }

  /** This verifier's part of the certificate. @returns an encoded Partial */
  async partial(round: number, hash: Hex): Promise<Uint8Array> {
    const { network, self } = this.context
    const { epoch } = this.facts
    const signature = await this.#sign(slotOf('report', epoch, round), reportDigest(network, this.facts, round, hash))
    return Partial.encode({ epoch, round, headerHash: fromHex(hash), verifier: self.index, signature })
  }

  #sign(slot: string, digest: Hex): Promise<Uint8Array> {
    return signOnce(this.context.store, this.context.bls.signer, slot, digest)
  }
}
