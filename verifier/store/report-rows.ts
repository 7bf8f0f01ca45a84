/**
 * The reports, as rows of the database. A report of ten thousand providers is long. So its summary is a row of its own, and
 * its leaves stand in rows of a few: whoever asks for a list of reports, or for one provider through many, reads no more.
 */
import type { Hex } from '../../proto/hex.js'
import { decodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { encodeReward, REWARD_BYTES } from '../../proto/reward.js'
import { readCarryOver } from '../core/scoring/carry-over.js'
import type { Database } from './database.js'
import { epochFrom, epochRow } from './epoch-row.js'
import { allOf, beforeEpoch, fromTo, indexIn, KEY, type KeyRange, nameIn, ofProvider, ofReport } from './layout.js'
import { leafIn, leavesIn, partsOf, type ReportParts, rewardsIn, rowsOf } from './leaf-rows.js'
import { Newest } from './newest.js'
import { missingValue } from './sealed.js'
import type { Row, SealedRows } from './sealed-rows.js'
import { decodeSummary, encodeSummary, type ReportSummary, type StoredReport } from './stored-report.js'

export interface HeldLeaf {
  readonly leaf: Leaf
  /** of its report */
  readonly headerHash: Hex
}

/** Epochs, both of them included. */
export interface EpochRange {
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** Items that are read one by one, as they are asked for. */
export interface HeldItems extends AsyncIterable<Uint8Array> {
  readonly length: number
  /** of all items */
  readonly bytes: number
}

export class ReportRows {
  readonly #newest = new Newest<StoredReport>()
  /** keys of the rows of `provider`; undefined until a report is written */
  #providers: Set<string> | undefined

  constructor(
    private readonly db: Database,
    private readonly rows: SealedRows,
  ) {}

  /** The header of a report names its leaves and rewards by their roots, so they are written once. */
  async put(report: StoredReport): Promise<void> {
    const { headerHash, header, posted } = report
    const { epoch } = header
    const { rows, sizes } = (await this.#heldParts(epoch, headerHash)) ?? partsOf(report)
    const providers = posted === undefined ? [] : await this.#newProviders(report)
    await this.rows.write([
      [KEY.summary(epoch, headerHash), encodeSummary(report, sizes)],
      epochRow(epoch, headerHash),
      ...rows,
      ...providers,
    ])
    for (const [key] of providers) this.#providers?.add(key)
    this.#newest.put(epoch, headerHash, report)
  }

  async get(headerHash: Hex): Promise<StoredReport | undefined> {
    const newest = this.#newest.get(headerHash)
    if (newest !== undefined) return newest
    const held = await this.#find(headerHash)
    if (held === undefined) return undefined
    const { epoch } = held.summary.header
    const [leaves, rewards] = await Promise.all([
      this.rows.values(ofReport('leaves', epoch, headerHash)),
      this.rows.values(ofReport('rewards', epoch, headerHash)),
    ])
    if (leaves.length + rewards.length < rowsOf(held.sizes)) return this.#gone(epoch, headerHash)
    const carryOver = readCarryOver(leaves.flatMap(leavesIn))
    return { ...held.summary, ...carryOver, rewards: rewards.flatMap(rewardsIn) }
  }

  async summary(epoch: number, headerHash: Hex): Promise<ReportSummary | undefined> {
    return (await this.#read(epoch, headerHash))?.summary
  }

  /** The summary of a report whose epoch is not known. */
  async find(headerHash: Hex): Promise<ReportSummary | undefined> {
    return (await this.#find(headerHash))?.summary
  }

  /** The encoded leaf of a provider with its carry-over. */
  async leaf(headerHash: Hex, provider: Hex): Promise<Uint8Array | undefined> {
    const held = await this.#find(headerHash)
    if (held === undefined) return undefined
    const found = await Promise.all(
      (await this.#indicesOf(provider)).map(index => this.#leaf(held.summary, index, provider)),
    )
    return found.find(encoded => encoded !== undefined)
  }

  /** The nodes of the tree over the leaves, see `proofIn`; undefined unless it is kept. */
  async tree(headerHash: Hex): Promise<Uint8Array | undefined> {
    const epoch = await this.rows.get(KEY.epochOf(headerHash))
    return epoch && this.rows.get(KEY.leafTree(epochFrom(epoch), headerHash))
  }

  /** Encoded leaves in their order, each with its carry-over. */
  async leaves(headerHash: Hex): Promise<HeldItems | undefined> {
    const held = await this.#find(headerHash)
    if (held === undefined) return undefined
    const { leaves, leafBytes } = held.sizes
    return this.#items('leaves', held.summary, leavesIn, { length: leaves, bytes: leafBytes })
  }

  /** Encoded rewards in their order. */
  async rewards(headerHash: Hex): Promise<HeldItems | undefined> {
    const held = await this.#find(headerHash)
    if (held === undefined) return undefined
    const { rewards } = held.sizes
    const read = (row: Uint8Array) => rewardsIn(row).map(encodeReward)
    return this.#items('rewards', held.summary, read, { length: rewards, bytes: rewards * REWARD_BYTES })
  }

  /** The newest report of which this node has seen that the chain accepted it. */
  lastPosted(): Promise<ReportSummary | undefined> {
    return this.rows.guarded(async () => {
      for await (const { summary } of this.#newestFirst(allOf('summary'))) if (summary.posted) return summary
      return undefined
    })
  }

  /** The leaves of one provider, the newest first. After a reorganisation, an epoch may have several. */
  leavesOf(provider: Hex, { from, to, limit }: EpochRange): Promise<HeldLeaf[]> {
    return this.rows.guarded(async () => {
      const held: HeldLeaf[] = []
      const indices = await this.#indicesOf(provider)
      if (indices.length === 0) return held
      for await (const { summary } of this.#newestFirst(fromTo('summary', from, to))) {
        if (held.length >= limit) break
        if (summary.posted === undefined) continue
        const { headerHash } = summary
        const leaves = await Promise.all(indices.map(index => this.#leaf(summary, index, provider)))
        for (const encoded of leaves) if (encoded) held.push({ leaf: decodeLeaf(leafPart(encoded)), headerHash })
      }
      return held
    })
  }

  /** Of the reports before an epoch, once their rows are deleted. */
  forgetBefore(epoch: number): void {
    this.#newest.forgetBefore(epoch)
  }

  /** The keys of all rows of reports before an epoch. */
  async keysBefore(epoch: number): Promise<string[]> {
    const [summaries, ...others] = await Promise.all(
      (['summary', 'leaves', 'leaf-tree', 'rewards'] as const).map(kind =>
        this.db.keys(beforeEpoch(kind, epoch)).all(),
      ),
    )
    return [...summaries!, ...summaries!.map(key => KEY.epochOf(nameIn(key))), ...others.flat()]
  }

  // -------------------------------------------------------------------------------------------- rows

  async #find(headerHash: Hex) {
    const epoch = await this.rows.get(KEY.epochOf(headerHash))
    return epoch && this.#read(epochFrom(epoch), headerHash)
  }

  async #read(epoch: number, headerHash: Hex) {
    const record = await this.rows.get(KEY.summary(epoch, headerHash))
    return record && decodeSummary(headerHash, record)
  }

  /** Rows of a report are missing. @returns undefined if it was pruned meanwhile. @throws StoreError 'damaged' */
  async #gone(epoch: number, headerHash: Hex): Promise<undefined> {
    const key = KEY.summary(epoch, headerHash)
    if ((await this.rows.get(key)) !== undefined)
      await this.rows.guarded(() => Promise.reject(missingValue(`a row of ${key}`)))
  }

  /** Registry indices that a provider had in accepted reports. */
  async #indicesOf(provider: Hex): Promise<number[]> {
    return (await this.rows.guarded(() => this.db.keys(ofProvider(provider)).all())).map(indexIn)
  }

  async *#newestFirst(range: KeyRange) {
    for await (const [key, record] of this.rows.each({ ...range, reverse: true }))
      yield decodeSummary(nameIn(key), record)
  }

  #items(
    kind: 'leaves' | 'rewards',
    { header: { epoch }, headerHash }: ReportSummary,
    itemsIn: (row: Uint8Array) => Uint8Array[],
    sizes: Pick<HeldItems, 'length' | 'bytes'>,
  ): HeldItems {
    const { rows } = this
    return {
      ...sizes,
      async *[Symbol.asyncIterator]() {
        let read = 0
        for await (const [, row] of rows.each(ofReport(kind, epoch, headerHash))) {
          const items = itemsIn(row)
          read += items.length
          yield* items
        }
        if (read < sizes.length) throw new Error('an item was pruned before it was read')
      },
    }
  }

  async #leaf(
    { header: { epoch }, headerHash }: ReportSummary,
    index: number,
    provider: Hex,
  ): Promise<Uint8Array | undefined> {
    const { gte } = ofReport('leaves', epoch, headerHash)
    const range = { gte, lte: KEY.leaves(epoch, headerHash, index), reverse: true, limit: 1 }
    const [row] = await this.rows.values(range)
    return row && leafIn(row, provider)
  }

  /** Nothing to write, for a report whose rows are all there. */
  async #heldParts(epoch: number, headerHash: Hex): Promise<ReportParts | undefined> {
    const held = await this.#read(epoch, headerHash)
    if (held === undefined) return undefined
    const keys = (kind: 'leaves' | 'rewards') => this.db.keys(ofReport(kind, epoch, headerHash)).all()
    const [leaves, rewards] = await this.rows.guarded(() => Promise.all([keys('leaves'), keys('rewards')]))
    return leaves.length + rewards.length === rowsOf(held.sizes) ? { rows: [], sizes: held.sizes } : undefined
  }

  /** Rows for the providers that no report before had. */
  async #newProviders({ leaves }: Pick<StoredReport, 'leaves'>): Promise<Row[]> {
    this.#providers ??= new Set(await this.rows.guarded(() => this.db.keys(allOf('provider')).all()))
    return leaves
      .map(({ provider, index }) => KEY.provider(provider, index))
      .filter(key => !this.#providers!.has(key))
      .map(key => [key, new Uint8Array()] as const)
  }
}
