/**
 * Why providers have their scores, computed again from the evidence: a small report in this thread, a large one in a worker,
 * since this thread measures and signs. However many ask about one provider of one epoch, it is explained once.
 */
import type { Hex } from '../../proto/hex.js'
import { explanationOf } from '../evidence/explanation.js'
import { type Recomputed, recompute } from '../evidence/recompute.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import type { SettlementJson } from '../evidence/schema/providers.js'
import { ExplainPool } from './explain-pool.js'
import type { ExplainAnswer, ExplainTask } from './explain-worker.js'
import { Problem } from './problem.js'
import { Recent } from './recent.js'
import { type Accepted, type Reports, tagOf } from './reports.js'

/** Votes of all ballots together, which are computed again in some 50 ms. */
const FEW_VOTES = 100
/** Tasks that wait for the worker. Those who ask for more are told to come again. */
const MAX_WAITING = 16
/** Explanations that are kept: each is a few kilobytes. */
const ANSWERS = { most: 64 }
/** Small reports that are kept. */
const SMALL = { most: 2 }

export class Explainer {
  readonly #answers = new Recent<ExplanationJson | undefined>(ANSWERS)
  readonly #small = new Recent<Recomputed>(SMALL)
  /** by header hash, those that the worker is about to get */
  readonly #loads = new Map<Hex, Promise<void>>()

  constructor(
    private readonly reports: Pick<Reports, 'evidence' | 'storedEvidence'>,
    private readonly pool = new ExplainPool(),
  ) {}

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
      if (report.ballots.length * report.header.providerCount > FEW_VOTES)
        return this.#byWorker(provider, report, settlements)
      const recomputed = await this.#small.get(report.headerHash, async () =>
        recompute(await this.reports.evidence(report)),
      )
      return explanationOf(provider, recomputed, report.posted, settlements, [])
    })
  }

  /** Whoever waits for an explanation gets an error. */
  close(): Promise<void> {
    return this.pool.close()
  }

  async #byWorker(provider: Hex, report: Accepted, settlements: readonly SettlementJson[]) {
    const task = { kind: 'explain', provider, posted: report.posted, settlements } as const
    let answer = await this.#run(task)
    if (answer.kind !== 'explained') {
      await this.#load(report)
      answer = await this.#run(task)
    }
    if (answer.kind === 'explained') return answer.explanation
    throw overloaded() // others have asked for so many epochs that this one was forgotten at once
  }

  #load(report: Accepted): Promise<void> {
    const { headerHash } = report
    const running = this.#loads.get(headerHash)
    if (running !== undefined) return running
    const load = this.reports
      .storedEvidence(report)
      .then(async evidence => void (await this.#run({ kind: 'recompute', evidence })))
      .finally(() => this.#loads.delete(headerHash))
    this.#loads.set(headerHash, load)
    return load
  }

  async #run(task: ExplainTask): Promise<ExplainAnswer> {
    if (this.pool.waiting >= MAX_WAITING) throw overloaded()
    return this.pool.run(task)
  }
}

const overloaded = (): Problem =>
  new Problem('overloaded', 'The node computes as many explanations as it takes at a time. Try again in a few seconds.')
