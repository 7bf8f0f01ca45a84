/** What happens in the network, seen by looking: the phase of the epoch, new reports and new settlements. */
import type { KnownEvents } from '../chain/known-events.js'
import type { EventJson } from '../evidence/schema/events.js'
import type { ChainView } from './chain-view.js'
import type { EventSource } from './event-routes.js'
import { settlementJson } from './provider-routes.js'
import type { ReportingNode } from './reporting-node.js'
import type { Reports } from './reports.js'
import type { StandingJson } from './standing.js'

/** After a longer silence of the chain, listeners get the last reports only: they have the lists for the others. */
const MAX_REPORTS = 16

export interface HappeningModules {
  readonly node: Pick<ReportingNode, 'epochNow'>
  readonly view: ChainView
  readonly reports: Pick<Reports, 'obtained'>
  /** where the node stands now */
  readonly standing: () => StandingJson
}

export class Happenings implements EventSource {
  #phase: string
  /** epoch of the last report that was told */
  #told: number | undefined
  /** the last report that was told: who begins to listen may have read the lists before it came */
  #report: EventJson[] = []
  /** transactions of the settlements that are known; undefined before the first look */
  #settled: ReadonlySet<string> | undefined

  constructor(private readonly modules: HappeningModules) {
    this.#phase = JSON.stringify(this.#phaseNow())
  }

  now(): EventJson[] {
    return [this.#phaseNow(), ...this.#report]
  }

  async look(): Promise<EventJson[]> {
    const phases = this.#phases()
    try {
      return [...phases, ...(await this.#newReports()), ...this.#newSettlements(await this.modules.view.events())]
    } catch {
      return phases // the chain does not answer: the phase says so, and the next look finds what this one missed
    }
  }

  #phaseNow(): EventJson {
    const { node, standing } = this.modules
    return { event: 'phase', epoch: node.epochNow(), ...standing() }
  }

  #phases(): EventJson[] {
    const now = this.#phaseNow()
    const text = JSON.stringify(now)
    if (text === this.#phase) return []
    this.#phase = text
    return [now]
  }

  async #newReports(): Promise<EventJson[]> {
    const newest = (await this.modules.view.events()).lastPosted?.epoch ?? 0
    this.#told ??= newest - 1
    const first = Math.max(1, this.#told + 1, newest - MAX_REPORTS)
    const told: EventJson[] = []
    for (let epoch = first; epoch <= newest; epoch++) {
      const report = await this.modules.reports.obtained(epoch)
      if (report === undefined && (await this.modules.view.events()).postedIn(epoch) !== undefined) return told // it comes
      this.#told = epoch
      if (report === undefined) continue
      this.#report = [{ event: 'report', epoch, headerHash: report.headerHash, txHash: report.posted.txHash }]
      told.push(...this.#report)
    }
    this.#told = Math.min(this.#told, newest) // a reorganisation may go back
    return told
  }

  #newSettlements(events: KnownEvents): EventJson[] {
    const all = events.settledProviders.flatMap(provider => events.settlements(provider))
    const keyOf = ({ txHash, provider, epoch }: (typeof all)[number]) => `${txHash} ${provider} ${epoch}`
    const added = this.#settled === undefined ? [] : all.filter(one => !this.#settled!.has(keyOf(one)))
    this.#settled = new Set(all.map(keyOf))
    return added.map(one => ({ event: 'settlement', settlement: settlementJson(one) }))
  }
}
