/**
 * The keys of the database. Numbers in keys have a fixed width, so a range of epochs is a range of keys. What is large has
 * its epoch first: rows that are written together, and deleted together, lie together on the disk.
 *
 *   meta/version                                      version of the layout
 *   meta/record                                       head of the signing record (a separate file: signing-record.ts)
 *   meta/record-changed                               when the system last changed its file, in ns, decimal
 *   meta/process                                      ProcessIdentity, JSON
 *   ballot/<epoch>/<root>                             encoded Ballot without its votes, once all of them are held
 *   ballot-index/<epoch>/<root>                       its index: see proto/ballot-index.ts
 *   ballot-part/<epoch>/<root>/<part>                 its encoded votes, 256 a part, one after the other
 *   ballot-tree/<epoch>/<root>                        the nodes of the tree over its votes, if it has several parts
 *   facts-head/<epoch>/<block hash>                   facts without their lists, see fact-format.ts
 *   facts-part/<epoch>/<name>                         a part of a list; the epoch is the first of its generation
 *   summary/<epoch>/<header hash>                     ReportSummary, see stored-report.ts
 *   epoch-of/<root or header hash>                    epoch of a ballot or a report, decimal
 *   leaves/<epoch>/<header hash>/<registry index>     leaves with their carry-over, from this provider on: leaf-rows.ts
 *   leaf-tree/<epoch>/<header hash>                   the nodes of the tree over the leaves, if they are many
 *   rewards/<epoch>/<header hash>/<number>            rewards, from this one on
 *   provider/<account>/<registry index>               empty: a provider of which a report that the chain accepted has a leaf
 *   gossip/<epoch>/<hash>                             encoded GossipItem
 *   evidence/<epoch>/<name>                           encoded Evidence of an equivocation
 *   opening-fault/<epoch>/<session id>                encoded OpeningFault of a session in which this node was a sender
 *   log-progress                                      how far the chain's log was read, and the number of its rows, JSON
 *   log/<block>/<position in the block's log>         ChainEvent, JSON
 *
 * Transcripts are separate files: see transcript-files.ts.
 */
import type { Hex } from '../../proto/hex.js'

export const LAYOUT_VERSION = '3'

const EPOCH_DIGITS = 12
/** The epoch with a fixed number of digits, so that names sort in the order of the epochs. */
export const epochName = (epoch: number): string => String(epoch).padStart(EPOCH_DIGITS, '0')

const PART_DIGITS = 6
const BLOCK_DIGITS = 12
const LOG_INDEX_DIGITS = 8
const ITEM_DIGITS = 10
/** Of a registry index, or of the number of a reward. */
const itemName = (item: number): string => String(item).padStart(ITEM_DIGITS, '0')

export const KEY = {
  version: 'meta/version',
  record: 'meta/record',
  recordChanged: 'meta/record-changed',
  process: 'meta/process',
  ballot: (epoch: number, root: Hex) => `ballot/${epochName(epoch)}/${root}`,
  ballotIndex: (epoch: number, root: Hex) => `ballot-index/${epochName(epoch)}/${root}`,
  ballotPart: (epoch: number, root: Hex, part: number) =>
    `ballot-part/${epochName(epoch)}/${root}/${String(part).padStart(PART_DIGITS, '0')}`,
  ballotTree: (epoch: number, root: Hex) => `ballot-tree/${epochName(epoch)}/${root}`,
  facts: (epoch: number, blockHash: Hex) => `facts-head/${epochName(epoch)}/${blockHash}`,
  factsPart: (generation: number, name: string) => `facts-part/${epochName(generation)}/${name}`,
  summary: (epoch: number, headerHash: Hex) => `summary/${epochName(epoch)}/${headerHash}`,
  epochOf: (hash: Hex) => `epoch-of/${hash}`,
  leaves: (epoch: number, headerHash: Hex, index: number) =>
    `leaves/${epochName(epoch)}/${headerHash}/${itemName(index)}`,
  leafTree: (epoch: number, headerHash: Hex) => `leaf-tree/${epochName(epoch)}/${headerHash}`,
  rewards: (epoch: number, headerHash: Hex, first: number) =>
    `rewards/${epochName(epoch)}/${headerHash}/${itemName(first)}`,
  provider: (account: Hex, index: number) => `provider/${account}/${itemName(index)}`,
  gossip: (epoch: number, hash: string) => `gossip/${epochName(epoch)}/${hash}`,
  evidence: (epoch: number, name: string) => `evidence/${epochName(epoch)}/${name}`,
  openingFault: (epoch: number, sessionId: Hex) => `opening-fault/${epochName(epoch)}/${sessionId}`,
  logProgress: 'log-progress',
  event: (block: number, logIndex: number) =>
    `log/${String(block).padStart(BLOCK_DIGITS, '0')}/${String(logIndex).padStart(LOG_INDEX_DIGITS, '0')}`,
} as const

/** Kinds of keys that begin with an epoch. In ranges, '~' sorts after every key of a kind. */
export const EPOCH_KINDS = [
  ...([
    'ballot',
    'ballot-index',
    'ballot-part',
    'ballot-tree',
    'facts-head',
    'facts-part',
    'summary',
    'leaves',
    'leaf-tree',
  ] as const),
  ...(['rewards', 'gossip', 'evidence', 'opening-fault'] as const),
] as const
export type EpochKind = (typeof EPOCH_KINDS)[number]

export interface KeyRange {
  readonly gte: string
  readonly lt: string
}

const below = (prefix: string): KeyRange => ({ gte: `${prefix}/`, lt: `${prefix}/~` })

export const allOf = (kind: EpochKind | 'provider'): KeyRange => below(kind)
export const allEvents = below('log')
export const ofEpoch = (kind: EpochKind, epoch: number): KeyRange => below(`${kind}/${epochName(epoch)}`)
export const beforeEpoch = (kind: EpochKind, epoch: number): KeyRange => ({
  gte: `${kind}/`,
  lt: `${kind}/${epochName(epoch)}`,
})

/** All parts of a ballot, in their order. */
export const partsOf = (epoch: number, root: Hex): KeyRange => below(`ballot-part/${epochName(epoch)}/${root}`)

/** @param first and last epoch */
export const fromTo = (kind: EpochKind, first: number, last: number): KeyRange => ({
  gte: `${kind}/${epochName(first)}/`,
  lt: `${kind}/${epochName(last)}/~`,
})

/** All leaves or rewards of a report, in their order. */
export const ofReport = (kind: 'leaves' | 'rewards', epoch: number, headerHash: Hex): KeyRange =>
  below(`${kind}/${epochName(epoch)}/${headerHash}`)

export const ofProvider = (account: Hex): KeyRange => below(`provider/${account}`)

/** The third part of a key of an `EpochKind`. */
export const secondNameIn = (key: string): Hex => key.split('/')[2] as Hex

/** The last part of a key: a root or a hash. */
export const nameIn = (key: string): Hex => key.slice(key.lastIndexOf('/') + 1) as Hex

/** The epoch in a key of an `EpochKind`. */
export const epochIn = (key: string): number => Number(key.split('/')[1])

/** The registry index in a key of `provider`. */
export const indexIn = (key: string): number => Number(nameIn(key))
