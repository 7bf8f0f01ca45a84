/** What the routes about reports need of a node: of a verifier, or of a provider that has asked verifiers. */
import type { VerifierNode } from '../node/verifier-node.js'
import type { BallotRows } from '../store/ballot-rows.js'
import type { ReportRows } from '../store/report-rows.js'
import type { Store } from '../store/store.js'

export interface ReportingNode extends Pick<VerifierNode, 'network' | 'clock' | 'epochNow'> {
  readonly chain: Pick<VerifierNode['chain'], 'network' | 'health' | 'events' | 'posted' | 'frozenSet' | 'stake'>
  readonly store: Pick<Store, 'getReport' | 'reportSummary' | 'leavesOf' | 'getFacts' | 'latestFacts'> & {
    readonly ballots: Pick<BallotRows, 'head' | 'count' | 'tree' | 'votes' | 'vote'>
    readonly reports: Pick<ReportRows, 'find' | 'leaf' | 'leaves' | 'tree'>
  }
  /** Undefined where the node takes no part in epochs. */
  readonly epochs: Pick<NonNullable<VerifierNode['epochs']>, 'missed'> | undefined
}
