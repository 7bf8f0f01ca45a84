/** Where a verifier stands. */
import { z } from 'zod'
import { address, count, hash } from './scalars.js'

export const statusSchema = z.object({
  role: z.literal('verifier'),
  account: address,
  index: count,
  peerId: z.string(),
  pid: count,
  /** by the network's clock */
  epoch: z.int(),
  /** the phase of the epoch that is measured or agreed on, or `waiting` */
  state: z.string(),
  /** the same in words */
  sentence: z.string(),
  /** the last epoch that is over, where the chain has no report of it, and why */
  missed: z.object({ epoch: count, sentence: z.string() }).nullable(),
  /** what makes this verifier useless by its own fault, as far as it can tell; `sentence` holds the same */
  faults: z.array(z.string()),
  /**
   * how old the chain's newest blocks were at least when the node first saw them: below zero if its clock is behind; null
   * before it saw enough of them
   */
  blockAgeMs: z.int().nullable(),
  /** the last accepted report, and the time of the chain's newest block in milliseconds */
  tip: z.object({ epoch: count, headerHash: hash, blockMs: count }),
  chain: z.object({
    /** what is wrong with the chain's RPC, in a sentence with the cause; null while it answers */
    fault: z.string().nullable(),
    /** this verifier's transactions that wait to be mined; `raises` counts how often the fee was raised */
    pending: z.array(z.object({ what: z.string(), nonce: count, txHash: hash, seconds: count, raises: count })),
  }),
  /** connections to other nodes */
  peers: count,
  /** peers that broke a rule, verifiers first; those that no verifier has announced share one entry for each rule */
  offenders: z.array(
    z.object({
      /** peer id; of peers that share an entry, the last one; null if that one never said who it is */
      peer: z.string().nullable(),
      /** registry index of the verifier that announced the peer */
      verifier: count.nullable(),
      /** what the peer did: a predicate */
      reason: z.string(),
      /** how often */
      count,
      /** unix time */
      lastMs: count,
    }),
  ),
  udp: z.object({
    backend: z.enum(['mmsg', 'dgram']),
    kernelTimestamps: z.boolean(),
    port: count,
    receiveBufferBytes: count,
    /** datagrams that were lost because the receive buffer was full */
    overruns: count,
  }),
  /** chunks that receivers opened to this sender, by what came of them */
  openings: z.object({ held: count, mismatched: count, failed: count, missing: count }).nullable(),
})
export type StatusJson = z.infer<typeof statusSchema>
