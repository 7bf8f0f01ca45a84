/** A leaf with its proof, as the contracts and `@openzeppelin/merkle-tree` take them. */
import { z } from 'zod'
import { LEAF_FIELDS } from '../../../proto/leaf.js'
import { addressArgument, epochArgument } from './arguments.js'
import { headerSchema } from './report.js'
import { bytes, hash, listOf, recordOf } from './scalars.js'

export const proofParams = z.strictObject({ provider: addressArgument, epoch: epochArgument })

/** `settle(header, leaf, proof)` of the slashing manager takes these three as they stand. */
export const proofSchema = z.object({
  header: headerSchema,
  headerHash: hash,
  /** as the contract reads it: the rate is 0 if the status is unmeasured */
  leaf: recordOf(LEAF_FIELDS),
  /** `abi.encode(leaf)`; its double keccak256 is the hash in the tree */
  encodedLeaf: bytes,
  /** siblings from the leaf up to `header.scoreRoot` */
  proof: listOf(hash),
})
export type ProofJson = z.infer<typeof proofSchema>
