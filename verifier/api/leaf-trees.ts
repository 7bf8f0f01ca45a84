/** The trees over the leaves of reports and over the votes of ballots, for proofs. Those that were asked for last stay. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Hex, toHex } from '../../proto/hex.js'
import { DIGEST_BYTES } from '../../proto/keccak.js'
import { leafPart } from '../../proto/leaf-state.js'
import { MerkleTree, proofIn, writeLeafHash } from '../../proto/merkle.js'
import type { ProvenJson } from '../evidence/schema/provider-evidence.js'
import { Recent } from './recent.js'
import type { ReportingNode } from './reporting-node.js'

/** A report, the one before, the one that tells links; and the same of another epoch. */
const REPORTS = { most: 6 }
/** The ballots of a report or two: of ten thousand votes, each takes 640 KB. */
const BALLOTS = { most: 64 }
/** As many as are hashed in some milliseconds. */
const LEAVES_AT_ONCE = 100

export class Trees {
  /** the nodes of their trees */
  readonly #reports = new Recent<Uint8Array | undefined>(REPORTS)
  readonly #ballots = new Recent<Uint8Array | undefined>(BALLOTS)

  constructor(private readonly store: Pick<ReportingNode['store'], 'reports' | 'ballots'>) {}

  /**
   * A provider's leaf with the carry-over beside it, and the leaf's way to the score root. Undefined for a provider without
   * a leaf, and for a report that is not held.
   */
  async leaf(headerHash: Hex, provider: Hex): Promise<ProvenJson | undefined> {
    const [nodes, encoded] = await Promise.all([
      this.#reports.get(headerHash, () => this.#leafNodes(headerHash)),
      this.store.reports.leaf(headerHash, provider),
    ])
    if (nodes === undefined || encoded === undefined) return undefined
    const proof = proofIn(nodes, leafPart(encoded))
    return proof && { encoded: toHex(encoded), proof }
  }

  /** The way of an encoded vote to the root of its ballot; undefined if the ballot is not held, or has no such vote. */
  async voteProof(root: Hex, vote: Uint8Array): Promise<Hex[] | undefined> {
    const nodes = await this.#ballots.get(root, async () => {
      await turn()
      return this.store.ballots.tree(root)
    })
    return nodes && proofIn(nodes, vote)
  }

  async #leafNodes(headerHash: Hex): Promise<Uint8Array | undefined> {
    const kept = await this.store.reports.tree(headerHash)
    if (kept !== undefined) return kept
    const leaves = await this.store.reports.leaves(headerHash)
    if (leaves === undefined) return undefined
    const hashes = new Uint8Array(leaves.length * DIGEST_BYTES)
    let place = 0
    for await (const encoded of leaves) {
      writeLeafHash(hashes, place, leafPart(encoded))
      if (++place % LEAVES_AT_ONCE === 0) await turn()
    }
    return new MerkleTree(hashes).nodes
  }
}
