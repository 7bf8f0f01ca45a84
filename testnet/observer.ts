/** Follows a running network through its epochs, and keeps the record that the result is judged by. */
import { setTimeout as delay } from 'node:timers/promises'
import { epochEndMs, epochStartMs } from '../proto/epoch.js'
import { type Leaf, STATUS } from '../proto/leaf.js'
import type { PostedReport } from '../verifier/core/ports.js'
import type { ChainReader, SeenSettlement } from './chain-reader.js'
import type { EpochEvent, ProviderScore, TestnetEvent } from './events.js'
import type { EpochOutcome, ProviderRecord } from './result.js'
import { type ApiNode, leavesOf, sentencesOf } from './verifier-api.js'

const POLL_MS = 250
/** A report that is not there this long after its epoch may never come: the verifiers are asked why, this often. */
const OVERDUE_MS = 4000
const ASK_WHY_MS = 1000
/** How long the leaves of a report may take to show in the API of any verifier. */
const LEAVES_TIMEOUT_MS = 10_000

export class Observer {
  readonly epochs: EpochOutcome[] = []
  readonly settlements: SeenSettlement[] = []
  readonly faults: string[] = []
  readonly #tasks: { atMs: number; run: () => Promise<void> }[] = []

  constructor(
    private readonly reader: ChainReader,
    private readonly verifiers: () => readonly ApiNode[],
    private readonly providers: readonly Pick<ProviderRecord, 'planned' | 'address'>[],
    private readonly emit: (event: TestnetEvent) => void,
    private readonly signal: AbortSignal,
  ) {}

  /** `run` is begun when the epoch begins, and not waited for; what it throws is a fault. */
  whenEpochBegins(epoch: number, run: () => Promise<void>): void {
    this.#tasks.push({ atMs: epochStartMs(this.reader.clock, epoch), run })
  }

  /** Until the last epoch's report, or until interrupted. @throws AbortError */
  async follow(lastEpoch: number): Promise<void> {
    for (let epoch = 1; epoch <= lastEpoch; epoch++) {
      const why = new Map<string, string>()
      let askAtMs = epochEndMs(this.reader.clock, epoch) + OVERDUE_MS
      const report = await this.#poll(async () => {
        if (Date.now() >= askAtMs) {
          askAtMs = Date.now() + ASK_WHY_MS
          await this.#askWhy(epoch, why)
        }
        return this.reader.reportOf(epoch)
      })
      await this.#conclude(epoch, report === 'missed' ? undefined : report, why)
    }
    await this.#blocks(2) // so that whoever else watches the chain sees the last report too
  }

  /** What each verifier last said about this very epoch; soon it will speak of the next. */
  async #askWhy(epoch: number, why: Map<string, string>): Promise<void> {
    for (const { name, sentence } of await sentencesOf(this.verifiers())) {
      if (new RegExp(`^epoch ${epoch}\\b`).test(sentence)) why.set(name, sentence)
    }
  }

  async #conclude(
    epoch: number,
    report: PostedReport | undefined,
    reasons: ReadonlyMap<string, string>,
  ): Promise<void> {
    const frozen = await this.reader.frozenIndices(epoch)
    const leaves = report ? await this.#leaves(report) : []
    const why = report ? [] : [...reasons].map(([name, sentence]) => ({ name, sentence }))
    this.epochs.push({ epoch, report, leaves, frozen })
    this.emit(epochEvent(epoch, report, frozen.length, this.#scores(leaves), why))
  }

  async #leaves(report: PostedReport): Promise<readonly Leaf[]> {
    const deadline = performance.now() + LEAVES_TIMEOUT_MS
    const served = await this.#poll(async () => {
      const found = await leavesOf(report, this.verifiers())
      return (
        found ??
        (performance.now() > deadline
          ? { wrong: `Nobody serves the leaves of epoch ${report.header.epoch}.` }
          : undefined)
      )
    })
    if ('leaves' in served) return served.leaves
    this.faults.push(served.wrong)
    return []
  }

  #scores(leaves: readonly Leaf[]): ProviderScore[] {
    return this.providers.flatMap(({ planned, address }) => {
      const leaf = leaves.find(({ provider }) => provider === address)
      if (!leaf) return []
      const { claimKbps, uptimeBps, scoreBps, tier, breachBits, penaltyBps } = leaf
      return {
        ...{ name: planned.name, address, profile: planned.profileName, status: statusName(leaf), claimKbps },
        rateKbps: leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
        ...{ uptimeBps, scoreBps, tier, breachBits, penaltyBps },
      }
    })
  }

  async #poll<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      this.#runTasks()
      const answer = await ask()
      if (answer !== undefined) return answer
      await this.#readSettlements()
      await delay(POLL_MS, undefined, { signal: this.signal })
    }
  }

  async #blocks(count: number): Promise<void> {
    const { provider } = this.reader.chain.context
    const last = (await provider.getBlockNumber()) + count
    await this.#poll(async () => ((await provider.getBlockNumber()) >= last ? true : undefined))
    await this.#readSettlements()
  }

  #runTasks(): void {
    while (this.#tasks.some(({ atMs }) => atMs <= Date.now())) {
      const at = this.#tasks.findIndex(({ atMs }) => atMs <= Date.now())
      const [task] = this.#tasks.splice(at, 1)
      task!.run().catch((error: Error) => this.faults.push(`${error.message}.`))
    }
  }

  async #readSettlements(): Promise<void> {
    for (const { planned, address } of this.providers) {
      for (const settlement of await this.reader.settlementsOf(address)) {
        const known = this.settlements.some(({ provider, epoch }) => provider === address && epoch === settlement.epoch)
        if (known) continue
        this.settlements.push(settlement)
        const { epoch, charged, txHash } = settlement
        const stake = (await this.reader.stakeOf(address)).toString()
        this.emit({ event: 'slashed', epoch, name: planned.name, address, charged: `${charged}`, stake, txHash })
      }
    }
  }
}

function epochEvent(
  epoch: number,
  report: PostedReport | undefined,
  verifiers: number,
  scores: ProviderScore[],
  why: EpochEvent['why'],
): EpochEvent {
  const signers = report ? verifiers - report.nonSigners.length : null
  const { round = null, gasUsed = null, txHash = null } = report ?? {}
  return {
    event: 'epoch',
    epoch,
    posted: report !== undefined,
    round,
    signers,
    verifiers,
    gasUsed,
    txHash,
    scores,
    why,
  }
}

function statusName({ status }: Leaf): ProviderScore['status'] {
  if (status === STATUS.unmeasured) return 'unmeasured'
  return status === STATUS.unserving ? 'unserving' : 'measured'
}
