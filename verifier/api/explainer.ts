/**
 * Why providers have their scores, computed again from the evidence of one provider that this node holds. However many ask
 * about one provider of one epoch, it is explained once.
 */
import type { Hex } from '../../proto/hex.js'
import { explanationOf } from '../evidence/explanation.js'
import { recomputeProvider } from '../evidence/recompute-provider.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import type { SettlementJson } from '../evidence/schema/providers.js'
import type { ProviderEvidence } from './provider-evidence.js'
import { Recent } from './recent.js'
import { type Accepted, tagOf } from './reports.js'

/** Explanations that are kept: each is a few kilobytes. */
const ANSWERS = { most: 64 }

export class Explainer {
  readonly #answers = new Recent<ExplanationJson | undefined>(ANSWERS)

  constructor(private readonly evidence: Pick<ProviderEvidence, 'held'>) {}

  /**
   * Undefined for an account that was no active provider at B(e).
   * @param settlements of the provider
   * @throws Problem 'not-kept' or 'overloaded'; Error if the worker ended before its time
   */
  explain(
    provider: Hex,
    report: Accepted,
    settlements: readonly SettlementJson[],
  ): Promise<ExplanationJson | undefined> {
    const settled = settlements.find(({ epoch }) => epoch === report.header.epoch)
    return this.#answers.get(`${tagOf(report)} ${provider} ${JSON.stringify(settled)}`, async () => {
      const held = await this.evidence.held(report, provider)
      if (held === undefined) return undefined
      const recomputed = await recomputeProvider(held, () => true)
      return explanationOf(provider, recomputed, report.posted, settlements, [])
    })
  }
}
