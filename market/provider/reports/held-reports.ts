/**
 * The reports that a provider has fetched from verifiers, in memory: the few that were asked for last. It reads like the
 * store of a verifier, so that the same routes answer from it. A leaf of the provider itself stays longer.
 */
import type { Hex } from '../../../proto/hex.js'
import type { ChainFacts } from '../../../verifier/core/facts.js'
import { encodeCarried, encodeCarryOver } from '../../../verifier/core/scoring/carry-over.js'
import type { EpochRange, HeldItems, HeldLeaf } from '../../../verifier/store/report-rows.js'
import type { ReportSummary, StoredReport } from '../../../verifier/store/store.js'
import { HeldBallots } from './held-ballots.js'

/** The report that is shown and those that it builds on, of two epochs and their windows. */
const MAX_REPORTS = 8
/** Two weeks of hours: some 100 kB. */
const MAX_OWN_LEAVES = 400

export class HeldReports {
  /** by header hash, the least recently put first */
  readonly #reports = new Map<Hex, StoredReport>()
  readonly ballots = new HeldBallots()
  readonly reports = {
    find: (headerHash: Hex): Promise<ReportSummary | undefined> => this.getReport(headerHash),
    leaf: async (headerHash: Hex, provider: Hex): Promise<Uint8Array | undefined> => {
      const report = this.#reports.get(headerHash)
      const leaf = report?.leaves.find(one => one.provider === provider)
      return report && leaf && encodeCarried(report, leaf)
    },
    leaves: async (headerHash: Hex): Promise<HeldItems | undefined> => {
      const report = this.#reports.get(headerHash)
      return report && itemsOf(encodeCarryOver(report))
    },
    tree: async () => undefined,
  }
  /** by epoch and block, which may be that of two epochs, the oldest first */
  readonly #facts = new Map<string, ChainFacts>()
  /** of the provider itself, by header hash, the oldest first */
  readonly #own = new Map<Hex, HeldLeaf>()

  /** @param latestFacts reads the facts of the newest epoch */
  constructor(
    private readonly provider: Hex,
    readonly latestFacts: () => Promise<ChainFacts | undefined>,
  ) {}

  putReport(report: StoredReport): void {
    const { headerHash, leaves } = report
    this.#reports.delete(headerHash)
    this.#reports.set(headerHash, report)
    for (const { ballots } of dropOldest(this.#reports, MAX_REPORTS))
      for (const { root } of ballots) this.ballots.drop(root)
    const leaf = leaves.find(one => one.provider === this.provider)
    if (leaf === undefined) return
    this.#own.set(headerHash, { leaf, headerHash })
    dropOldest(this.#own, MAX_OWN_LEAVES)
  }

  putFacts(facts: ChainFacts): void {
    this.#facts.set(`${facts.epoch} ${facts.blockHash}`, facts)
    dropOldest(this.#facts, MAX_REPORTS)
  }

  async getReport(headerHash: Hex): Promise<StoredReport | undefined> {
    return this.#reports.get(headerHash)
  }

  async reportSummary(_epoch: number, headerHash: Hex): Promise<ReportSummary | undefined> {
    return this.#reports.get(headerHash)
  }

  /** The newest first. */
  async leavesOf(provider: Hex, { from, to, limit }: EpochRange): Promise<HeldLeaf[]> {
    const held = provider === this.provider ? [...this.#own.values()] : this.#leavesOf(provider)
    return held
      .filter(({ leaf: { epoch } }) => epoch >= from && epoch <= to)
      .sort((a, b) => b.leaf.epoch - a.leaf.epoch)
      .slice(0, limit)
  }

  async getFacts(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    return this.#facts.get(`${epoch} ${blockHash}`)
  }

  /** A provider keeps none. */
  async getTranscript(): Promise<undefined> {}

  #leavesOf(provider: Hex): HeldLeaf[] {
    return [...this.#reports.values()].flatMap(({ headerHash, leaves }) =>
      leaves.filter(leaf => leaf.provider === provider).map(leaf => ({ leaf, headerHash })),
    )
  }
}

const itemsOf = (items: readonly Uint8Array[]): HeldItems => ({
  length: items.length,
  bytes: items.reduce((sum, { length }) => sum + length, 0),
  async *[Symbol.asyncIterator]() {
    yield* items
  },
})

/** @returns what was dropped */
function dropOldest<K, V>(map: Map<K, V>, most: number): V[] {
  const surplus = [...map].slice(0, Math.max(0, map.size - most))
  for (const [key] of surplus) map.delete(key)
  return surplus.map(([, value]) => value)
}
