/**
 * The keys of the database. Numbers in keys have a fixed width, so a range of epochs is a range of keys.
 *
 *   meta/version                                  version of the layout
 *   meta/record                                   head of the signing record (a separate file: signing-record.ts)
 *   meta/record-changed                           when the system last changed its file, in ns, decimal
 *   ballot/<root>                                 encoded Ballot without its votes, once all of them are held
 *   ballot-index/<root>                           its index: see proto/ballot-index.ts
 *   ballot-part/<root>/<part>                     its encoded votes, 256 a part, one after the other
 *   ballot-of/<epoch>/<root>                      for pruning
 *   facts/<epoch>/<block hash>                    ChainFacts, JSON
 *   report/<header hash>                          StoredReport, JSON
 *   report-of/<epoch>/<header hash>               ReportSummary, JSON; empty if an older version wrote it
 *   leaf/<provider>/<epoch>/<header hash>         encoded Leaf of a report that the chain accepted
 *   gossip/<epoch>/<hash>                         encoded GossipItem
 *   certificate/<epoch>                           encoded Certificate
 *   evidence/<epoch>/<name>                       encoded Evidence of an equivocation
 *   opening-fault/<epoch>/<session id>            encoded OpeningFault of a session in which this node was a sender
 *   log-progress                                  how far the chain's log was read, and the number of its rows, JSON
 *   log/<block>/<position in the block's log>     ChainEvent, JSON
 *
 * Transcripts are separate files: see transcript-files.ts.
 */
import type { Hex } from '../../proto/hex.js'

export const LAYOUT_VERSION = '2'

const EPOCH_DIGITS = 12
/** The epoch with a fixed number of digits, so that names sort in the order of the epochs. */
export const epochName = (epoch: number): string => String(epoch).padStart(EPOCH_DIGITS, '0')

const PART_DIGITS = 6
const BLOCK_DIGITS = 12
const LOG_INDEX_DIGITS = 8

export const KEY = {
  version: 'meta/version',
  record: 'meta/record',
  recordChanged: 'meta/record-changed',
  ballot: (root: Hex) => `ballot/${root}`,
  ballotIndex: (root: Hex) => `ballot-index/${root}`,
  ballotPart: (root: Hex, part: number) => `ballot-part/${root}/${String(part).padStart(PART_DIGITS, '0')}`,
  ballotOf: (epoch: number, root: Hex) => `ballot-of/${epochName(epoch)}/${root}`,
  facts: (epoch: number, blockHash: Hex) => `facts/${epochName(epoch)}/${blockHash}`,
  report: (headerHash: Hex) => `report/${headerHash}`,
  reportOf: (epoch: number, headerHash: Hex) => `report-of/${epochName(epoch)}/${headerHash}`,
  leaf: (provider: Hex, epoch: number, headerHash: Hex) => `leaf/${provider}/${epochName(epoch)}/${headerHash}`,
  gossip: (epoch: number, hash: string) => `gossip/${epochName(epoch)}/${hash}`,
  certificate: (epoch: number) => `certificate/${epochName(epoch)}`,
  evidence: (epoch: number, name: string) => `evidence/${epochName(epoch)}/${name}`,
  openingFault: (epoch: number, sessionId: Hex) => `opening-fault/${epochName(epoch)}/${sessionId}`,
  logProgress: 'log-progress',
  event: (block: number, logIndex: number) =>
    `log/${String(block).padStart(BLOCK_DIGITS, '0')}/${String(logIndex).padStart(LOG_INDEX_DIGITS, '0')}`,
} as const

/** Kinds of keys that contain an epoch. In ranges, '~' sorts after every key of a kind. */
export type EpochKind = 'ballot-of' | 'facts' | 'report-of' | 'gossip' | 'certificate' | 'evidence' | 'opening-fault'

export const allOf = (kind: EpochKind) => ({ gte: `${kind}/`, lt: `${kind}/~` })
export const allEvents = { gte: 'log/', lt: 'log/~' }
export const ofEpoch = (kind: EpochKind, epoch: number) => ({
  gte: `${kind}/${epochName(epoch)}`,
  lt: `${kind}/${epochName(epoch)}/~`,
})
export const beforeEpoch = (kind: EpochKind, epoch: number) => ({ gte: `${kind}/`, lt: `${kind}/${epochName(epoch)}` })

/** All parts of a ballot, in their order. */
export const partsOf = (root: Hex) => ({ gte: `ballot-part/${root}/`, lt: `ballot-part/${root}/~` })

/** @param first and last epoch */
export const leavesOf = (provider: Hex, first: number, last: number) => ({
  gte: `leaf/${provider}/${epochName(first)}`,
  lt: `leaf/${provider}/${epochName(last)}/~`,
})

/** The last part of a key: a root or a hash. */
export const nameIn = (key: string): Hex => key.slice(key.lastIndexOf('/') + 1) as Hex

/** The epoch in a key of an `EpochKind`. */
export const epochIn = (key: string): number => Number(key.split('/')[1])
