/** The reports that may be certified in one epoch: computed by this verifier as a leader, or to check another leader's. */
import { headerHash } from '../../proto/digests.js'
import { decodeHeader, encodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { Proposal, SeenListMessage } from '../../proto/messages.js'
import { ballotSetOf, holdersOf } from '../core/agreement/ballot-set.js'
import type { HeldList } from '../core/agreement/heard.js'
import type { ChainFacts } from '../core/facts.js'
import type { AcceptedReports } from './accepted-reports.js'
import type { VerifierContext } from './context.js'
import type { ComputedReport } from './desk/desk.js'
import type { ReportComputer } from './report-computer.js'

export type SeenList = HeldList<SeenListMessage>

/** A computed report, or why there is none. */
export type Computed =
  | { readonly ok: true; readonly report: ComputedReport; readonly hash: Hex }
  | { readonly ok: false; readonly reason: string }

export class Proposals {
  readonly #reports = new Map<Hex, ComputedReport>()

  constructor(
    private readonly context: Pick<VerifierContext, 'network'>,
    private readonly facts: ChainFacts,
    private readonly accepted: AcceptedReports,
    private readonly computer: ReportComputer,
  ) {}

  /** The report that follows from seen lists. The store keeps the report. */
  async compute(lists: readonly SeenList[]): Promise<Computed> {
    const { accepted } = this
    const state = await accepted.current()
    if (accepted.alarm !== undefined) return { ok: false, reason: accepted.alarm }
    const { epoch, verifiers } = this.facts
    const { roots } = ballotSetOf(lists, verifiers.length)
    const report = await this.computer.compute(epoch, state, roots, holdersOf(lists))
    if (report === undefined)
      return { ok: false, reason: 'no verifier that answers has a ballot that its lists name, or one that it pays for' }
    const hash = headerHash(this.context.network, report.header)
    if (!this.#reports.has(hash)) await accepted.keep(report)
    this.#reports.set(hash, report)
    return { ok: true, report, hash }
  }

  /** Recomputes a leader's proposal. Refuses a header that does not follow from the lists beside it. */
  async check(proposal: Proposal): Promise<Computed> {
    const computed = await this.compute(proposal.lists.map(seenListFrom))
    if (!computed.ok) return computed
    const { header } = computed.report
    if (Buffer.compare(encodeHeader(header), proposal.header) === 0) return computed
    const theirs = decodeHeader(proposal.header)
    const different = Object.entries(header).filter(([name, value]) => theirs[name as keyof typeof theirs] !== value)
    const names = different.map(([name]) => name).join(', ')
    return { ok: false, reason: `its header differs from the one that follows from its ballots, in ${names}` }
  }

  /** A report that this verifier has computed; undefined for any other header. */
  get(hash: Hex): ComputedReport | undefined {
    return this.#reports.get(hash)
  }
}

export function seenListFrom(message: SeenListMessage): SeenList {
  const entries = message.entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
  return { verifier: message.verifier, entries, message }
}
