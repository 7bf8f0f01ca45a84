/** What `bandwitness network check`, `show`, `deploy` and `start` print with `--json`. */
import { z } from 'zod'
import { findingsShape } from './finding.js'
import { address, count, hash } from './scalars.js'

/** `bandwitness network check --json` */
export const networkCheckSchema = z.object({
  chainId: count,
  ...findingsShape,
})
export type NetworkCheckJson = z.infer<typeof networkCheckSchema>

const contracts = z.record(z.string(), address)

/** What the chain says of a network. */
const networkStateSchema = z.object({
  head: count,
  /** unix seconds; null before the start, and so are epoch and era */
  genesis: count.nullable(),
  /** 0 or less before genesis */
  epoch: z.int().nullable(),
  era: z.int().nullable(),
  /** verifiers in force now, or when the network starts */
  verifiers: count,
  providers: count,
  /** epoch of the last report; 0 before the first */
  lastReport: count,
  lastHeaderHash: hash,
  /** between a payer's wish to close a channel and its end */
  thawSeconds: count,
  /** length of a slot of a lane */
  laneSlotSeconds: count,
  /** to settle after the end of a lane */
  laneGraceSeconds: count,
})
export type NetworkStateJson = z.infer<typeof networkStateSchema>

/** `bandwitness network show --json` */
export const networkShowSchema = z.object({
  name: z.string(),
  chainId: count,
  contracts,
  deployBlock: count,
  params: z.record(z.string(), z.number()),
  /** null without --rpc */
  chain: networkStateSchema.nullable(),
})
export type NetworkShowJson = z.infer<typeof networkShowSchema>

/** `bandwitness network deploy --json` */
export const networkDeploySchema = z.object({ file: z.string(), name: z.string(), chainId: count, contracts })
export type NetworkDeployJson = z.infer<typeof networkDeploySchema>

/** `bandwitness network start --json` */
export const networkStartSchema = z.object({
  name: z.string(),
  chainId: count,
  /** unix seconds: epoch 1 begins then */
  genesis: count,
  txHash: hash,
})
export type NetworkStartJson = z.infer<typeof networkStartSchema>
