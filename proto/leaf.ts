/** A leaf of the report: a provider's published score together with the whole state carried to the next epoch. */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'

export const STATUS = {
  /** fewer than 2f+1 usable votes: no rate, no breach, no reward */
  unmeasured: 0,
  measured: 1,
  /** 2f+1 receivers report that the provider refuses sessions or forwards nothing: rate 0, a breach */
  unserving: 2,
} as const

export type StatusCode = (typeof STATUS)[keyof typeof STATUS]

export const LEAF_FIELDS = [
  ['epoch', 'uint64'],
  ['index', 'uint32'], // the provider's registry index
  ['provider', 'address'],
  ['status', 'uint8'],
  ['uptimeBps', 'uint16'], // U: Wilson lower bound over the decayed ticks
  ['rateKbps', 'uint32'], // certified rate of the window; 0 if the status is unmeasured (JSON shows null)
  ['claimKbps', 'uint32'],
  ['scoreBps', 'uint16'], // R = T·U
  ['tier', 'uint8'],
  ['throughputQ32', 'uint64'], // T = sum / weight, 2^32 = 1
  ['throughputSumQ32', 'uint64'], // decayed sum of min(1, rate/claim) over the measured windows
  ['throughputWeightQ32', 'uint64'], // decayed count of these windows, with the weight of the prior
  ['ticksUpQ16', 'uint64'], // decayed counts, 2^16 = one tick
  ['ticksTotalQ16', 'uint64'],
  ['pathlessQ2', 'uint32'], // windows without a path that served ones have not made good yet, in quarters (see `standing.ts`)
  ['soakVotes', 'bytes32'], // digest of the receivers' last soak votes (see soak-vote.ts); zero if there are none
  ['windowVotes', 'bytes32'], // digest of the votes that wait for the end of their window; zero if there are none
  ['link', 'bytes32'], // network of the provider's datagrams, as a majority of the votes saw it; zero if unknown
  ['breachBits', 'uint8'], // bit i: the i-th last window that counts (see `breach.ts`). A penalty clears all bits.
  ['breachPenaltyBps', 'uint16'], // penalty of the worst breach since no bit was set; 0 if none is
  ['assignedRoot', 'bytes32'], // Merkle root of the assigned receivers (see `assignedRoot`)
  ['penaltyBps', 'uint16'],
] as const

export const LEAF_BYTES = 32 * LEAF_FIELDS.length

export type Leaf = AbiRecord<typeof LEAF_FIELDS>

export const encodeLeaf = (leaf: Leaf): Uint8Array => encodeRecord(LEAF_FIELDS, leaf)
export const decodeLeaf = (bytes: Uint8Array): Leaf => decodeRecord(LEAF_FIELDS, bytes)
