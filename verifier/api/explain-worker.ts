/** The thread that computes large reports again. It holds the last few, since people look at several providers of one. */
import '../../proto/polyfill.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import { explanationOf } from '../evidence/explanation.js'
import { type Recomputed, recompute } from '../evidence/recompute.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import type { SettlementJson } from '../evidence/schema/providers.js'
import type { StoredEvidence } from './reports.js'

/** Of ten thousand providers, one takes gigabytes. */
const KEPT = 2

/** `explain` needs a report that `recompute` has computed before. */
export type ExplainTask =
  | { readonly kind: 'recompute'; readonly evidence: StoredEvidence }
  | {
      readonly kind: 'explain'
      readonly provider: Hex
      readonly posted: PostedReport
      readonly settlements: readonly SettlementJson[]
    }

/** `unknown`: this thread does not hold the report, or not any more. */
export type ExplainAnswer =
  | { readonly kind: 'recomputed' | 'unknown' }
  | { readonly kind: 'explained'; readonly explanation: ExplanationJson | undefined }

/** the oldest first */
const held = new Map<Hex, Recomputed>()

export default function work(task: ExplainTask): ExplainAnswer {
  if (task.kind === 'recompute') {
    const { evidence } = task
    if (held.size >= KEPT) held.delete(held.keys().next().value!) // before the next one takes its memory
    held.set(evidence.headerHash, recompute({ ...evidence, ballots: evidence.ballots.map(ballot => toHex(ballot)) }))
    return { kind: 'recomputed' }
  }
  const { provider, posted, settlements } = task
  const recomputed = held.get(posted.headerHash)
  if (recomputed === undefined) return { kind: 'unknown' }
  return { kind: 'explained', explanation: explanationOf(provider, recomputed, posted, settlements, []) }
}
