/** The providers: a list, one of them, why it has its score, and its history. */
import { epochStartMs } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import type { Stake } from '../chain/stake.js'
import type { Settlement } from '../core/ports.js'
import { bondJson } from '../evidence/bond.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import type { HistoryJson, ProviderPageJson, ScorePartsJson, SettlementJson } from '../evidence/schema/providers.js'
import type { LeafJson } from '../evidence/schema/report.js'
import { leafJson } from '../evidence/schema/report.js'
import { throughputOf, throughputPartsOf } from '../evidence/score-parts.js'
import type { ChainView } from './chain-view.js'
import type { Explainer } from './explainer.js'
import { Problem } from './problem.js'
import { ProviderList } from './provider-list.js'
import { Recent } from './recent.js'
import type { ReportingNode } from './reporting-node.js'
import { type Accepted, type Reports, tagOf } from './reports.js'
import { type AddRoute, Tagged } from './route.js'

/** Stakes that are kept, and for how long. */
const STAKES = { most: 256, maxAgeMs: 3000 }
/** A reorganisation leaves leaves of reports that the chain no longer has. */
const SPARE_LEAVES = 16

export const settlementJson = (settlement: Settlement): SettlementJson => ({
  ...settlement,
  charged: settlement.charged.toString(),
})

export function providerRoutes(
  add: AddRoute,
  node: ReportingNode,
  view: ChainView,
  reports: Reports,
  explainer: Explainer,
): void {
  const list = new ProviderList(node, view, reports)
  const stakes = new Recent<Stake>(STAKES)

  const explain = async (provider: Hex, report: Accepted): Promise<ExplanationJson | undefined> =>
    explainer.explain(provider, report, (await view.events()).settlements(provider).map(settlementJson))

  /** Null if this verifier has not the evidence. */
  const outlookOf = async (provider: Hex, report: Accepted | undefined): Promise<ProviderPageJson['outlook']> => {
    if (report === undefined) return null
    try {
      return (await explain(provider, report))?.outlook ?? null
    } catch (error) {
      if (error instanceof Problem && error.kind === 'not-kept') return null
      throw error
    }
  }

  add(ENDPOINTS.providers, query => list.page(query))

  add(ENDPOINTS.provider, async ({ provider }): Promise<ProviderPageJson> => {
    const { row, epoch, report } = await list.find(provider)
    const stake = await stakes.get(provider, () => node.chain.stake('provider', provider))
    return {
      ...{ ...row, epoch },
      bond: bondJson(stake),
      parts: row.leaf && partsOf(row.leaf),
      outlook: await outlookOf(provider, report),
      settlements: (await view.events()).settlements(provider).map(settlementJson),
    }
  })

  add(ENDPOINTS.explanation, async ({ provider, epoch }) => {
    const report = await reports.accepted(epoch)
    const explanation = await explain(provider, report)
    if (explanation !== undefined) return explanation
    throw new Problem(
      'not-found',
      `${provider} was not an active provider in epoch ${report.header.epoch}. /v1/providers lists the active ones.`,
    )
  })

  add(ENDPOINTS.history, async ({ provider, from = 1, to, limit }): Promise<HistoryJson> => {
    const events = await view.events()
    const range = { from, to: to ?? events.lastPosted?.epoch ?? 0 }
    const held = await node.store.leavesOf(provider, { ...range, limit: limit + SPARE_LEAVES })
    const accepted = held.flatMap(({ leaf, headerHash }) => {
      const posted = events.postedIn(leaf.epoch)
      return posted?.headerHash === headerHash ? [{ leaf, txHash: posted.txHash }] : []
    })
    const shown = accepted.slice(0, limit)
    const settlements = new Map(events.settlements(provider).map(one => [one.epoch, one] as const))
    const oldest = shown.at(-1)?.leaf.epoch
    const hasMore = accepted.length > limit || held.length === limit + SPARE_LEAVES
    return {
      provider,
      items: shown.map(({ leaf, txHash }) => {
        const settlement = settlements.get(leaf.epoch)
        return {
          ...{
            epoch: leaf.epoch,
            startMs: node.clock === undefined ? 0 : epochStartMs(node.clock, leaf.epoch),
            txHash,
          },
          leaf: leafJson(leaf),
          settlement: settlement === undefined ? null : settlementJson(settlement),
        }
      }),
      next: hasMore && oldest !== undefined && oldest > from ? oldest - 1 : null,
    }
  })

  add(ENDPOINTS.proof, async ({ provider, epoch }) => {
    const report = await reports.accepted(epoch)
    return new Tagged(tagOf(report), () => reports.proof(report, provider))
  })
}

function partsOf(leaf: LeafJson): ScorePartsJson {
  return {
    ...{ throughput: throughputOf(leaf), uptimeBps: leaf.uptimeBps, ...throughputPartsOf(leaf) },
    ...{ ticksUp: leaf.ticksUpQ16 / 2 ** 16, ticksTotal: leaf.ticksTotalQ16 / 2 ** 16 },
  }
}
