/** The providers as this node knows them now. Rows are built once for each report, each epoch and each change of the log. */
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { KnownEvents } from '../chain/known-events.js'
import type { ActiveProvider } from '../core/facts.js'
import type { ProviderJson, ProvidersJson } from '../evidence/schema/providers.js'
import type { ChainView } from './chain-view.js'
import { Problem } from './problem.js'
import { type ProvidersQuery, SortedRows } from './provider-page.js'
import {
  activeRow,
  claimsOf,
  exitedRow,
  type ProviderRow,
  type ProviderSources,
  providerJson,
  regionsOf,
} from './provider-rows.js'
import { Recent } from './recent.js'
import type { ReportingNode } from './reporting-node.js'
import type { Accepted, Reports } from './reports.js'
import { mapInSlices } from './slices.js'

/** As many as are made in some milliseconds. */
const ROWS_AT_ONCE = 1000

interface Snapshot {
  readonly report: Accepted | undefined
  readonly sources: ProviderSources
  readonly rows: ReadonlyMap<Hex, ProviderRow>
  /** whether it is known which providers are active */
  readonly hasBegun: boolean
  readonly head: Pick<ProvidersJson, 'epoch' | 'headerHash' | 'active' | 'claimKbps' | 'regions'>
  readonly active: SortedRows
  /** with those that have exited */
  readonly all: () => Promise<SortedRows>
}

export interface ListedProvider {
  readonly row: ProviderJson
  /** of the report with its leaf; 0 if it has none */
  readonly epoch: number
  /** the report that the list names, if the provider has a leaf in it */
  readonly report: Accepted | undefined
}

export class ProviderList {
  readonly #snapshots = new Recent<Snapshot>({ most: 1 })
  readonly #facts = new Recent<readonly ActiveProvider[]>({ most: 1 })
  readonly #leaves = new Recent<ReadonlyMap<Hex, Leaf>>({ most: 1 })

  constructor(
    private readonly node: Pick<ReportingNode, 'store'>,
    private readonly view: ChainView,
    private readonly reports: Reports,
  ) {}

  /** @throws Problem 'chain-silent' */
  async page(query: ProvidersQuery): Promise<ProvidersJson> {
    const { head, active, all } = await this.#snapshot()
    const rows = query.state === 'all' || query.state === 'exited' ? await all() : active
    return { ...head, ...rows.page(query) }
  }

  /** @throws Problem 'not-found' for an account that this node does not know as a provider; 'not-ready' before the first epoch */
  async find(account: Hex): Promise<ListedProvider> {
    const { report, sources, rows, hasBegun } = await this.#snapshot()
    if (!hasBegun)
      throw new Problem('not-ready', 'This node knows of no epoch that has begun. Scores come with the first report.')
    const row = rows.get(account)
    if (row !== undefined) {
      const isIn = report !== undefined && row.leaf !== null
      return { row: providerJson(row), epoch: row.leaf?.epoch ?? 0, report: isIn ? report : undefined }
    }
    const last = await this.#lastLeaf(account)
    if (last === undefined && !sources.announced.has(account) && sources.settlementsOf(account).length === 0)
      throw new Problem('not-found', `${account} is no provider that this node knows. /v1/providers lists them.`)
    return { row: providerJson(exitedRow(account, last, sources)), epoch: last?.epoch ?? 0, report: undefined }
  }

  async #snapshot(): Promise<Snapshot> {
    const events = await this.view.events()
    const report = await this.#newest()
    const facts = await this.node.store.latestFacts()
    const key = `${report?.headerHash} ${report?.posted.txHash} ${facts?.epoch} ${facts?.blockHash} ${events.version}`
    return this.#snapshots.get(key, () => this.#build(events, report, facts))
  }

  async #build(
    events: KnownEvents,
    report: Accepted | undefined,
    facts: { readonly epoch: number; readonly blockHash: Hex } | undefined,
  ): Promise<Snapshot> {
    const announced = events.announcements().filter(({ role }) => role === 'provider')
    const active = facts === undefined ? [] : await this.#activeIn(facts)
    const sources: ProviderSources = {
      active,
      leaves: report === undefined ? new Map() : await this.#leavesOf(report),
      announced: new Map(announced.map(one => [one.account, one] as const)),
      settlementsOf: provider => events.settlements(provider),
    }
    const claimKbps = claimsOf(active)
    const rows = await mapInSlices(active, one => activeRow(one, claimKbps, sources), ROWS_AT_ONCE)
    const byAccount = new Map(rows.map(row => [row.provider, row] as const))
    const settled = events.settledProviders
    let all: Promise<SortedRows> | undefined
    const withExited = async () => {
      const known = new Set([...sources.leaves.keys(), ...sources.announced.keys(), ...settled])
      const gone = [...known].filter(account => !byAccount.has(account))
      const exited = gone.map(async account => exitedRow(account, await this.#lastLeaf(account), sources))
      return new SortedRows([...rows, ...(await Promise.all(exited))])
    }
    return {
      ...{ report, sources, rows: byAccount, hasBegun: facts !== undefined },
      head: {
        epoch: report?.header.epoch ?? 0,
        headerHash: report?.headerHash ?? null,
        active: active.length,
        claimKbps,
        regions: regionsOf(active),
      },
      active: new SortedRows(rows),
      all: () => {
        all ??= withExited()
        return all
      },
    }
  }

  /** Undefined before the first report, and while this verifier fetches the last ones. */
  async #newest(): Promise<Accepted | undefined> {
    try {
      return await this.reports.accepted('latest')
    } catch (error) {
      if (error instanceof Problem && (error.kind === 'not-found' || error.kind === 'not-kept')) return undefined
      throw error
    }
  }

  #activeIn({ epoch, blockHash }: { readonly epoch: number; readonly blockHash: Hex }) {
    return this.#facts.get(`${epoch} ${blockHash}`, async () => {
      const facts = await this.node.store.getFacts(epoch, blockHash)
      return facts?.providers.filter(({ active }) => active) ?? []
    })
  }

  #leavesOf(report: Accepted): Promise<ReadonlyMap<Hex, Leaf>> {
    return this.#leaves.get(report.headerHash, async () => {
      const { leaves } = await this.reports.whole(report)
      return new Map(leaves.map(leaf => [leaf.provider, leaf] as const))
    })
  }

  /** In the newest report that the chain accepted and this verifier still holds. */
  async #lastLeaf(account: Hex): Promise<Leaf | undefined> {
    const events = await this.view.events()
    const range = { from: 1, to: events.lastPosted?.epoch ?? 0, limit: 4 } // a reorganisation leaves others of an epoch
    const held = await this.node.store.leavesOf(account, range)
    return held.find(({ leaf, headerHash }) => events.postedIn(leaf.epoch)?.headerHash === headerHash)?.leaf
  }
}
