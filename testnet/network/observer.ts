/** Follows a running network through its epochs, and keeps the record that decides the result. */
import { setTimeout as delay } from 'node:timers/promises'
import { epochStartMs } from '../../proto/epoch.js'
import { type Leaf, STATUS } from '../../proto/leaf.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import type { ChainReader, SeenEquivocation, SeenSettlement } from './chain-reader.js'
import type { EpochEvent, ProviderScore, TestnetEvent } from './events.js'
import type { EpochOutcome, ProviderRecord } from './result.js'
import { type ApiNode, leavesOf, statusesOf } from './verifier-api.js'
import type { VerifierRecord } from './verifier-result.js'

const POLL_MS = 250
/** How long verifiers may take to notice that no report of an epoch can come any more. */
const REASONS_TIMEOUT_MS = 5000
/** How long it may take until the API of some verifier serves the leaves of a report. */
const LEAVES_TIMEOUT_MS = 10_000

export class Observer {
  readonly epochs: EpochOutcome[] = []
  readonly settlements: SeenSettlement[] = []
  readonly equivocations: SeenEquivocation[] = []
  readonly faults: string[] = []
  readonly #tasks: { atMs: number; run: () => Promise<void> }[] = []

  constructor(
    private readonly reader: ChainReader,
    private readonly verifiers: () => readonly ApiNode[],
    private readonly providers: readonly Pick<ProviderRecord, 'planned' | 'address'>[],
    private readonly bonds: readonly Pick<VerifierRecord, 'planned' | 'index' | 'address'>[],
    private readonly emit: (event: TestnetEvent) => void,
    private readonly signal: AbortSignal,
  ) {}

  /** Starts `run` when the epoch begins, and does not wait for the end. An error of `run` is a fault. */
  whenEpochBegins(epoch: number, run: () => Promise<void>): void {
    this.#tasks.push({ atMs: epochStartMs(this.reader.clock, epoch), run })
  }

  /** Resolves with the last epoch's report. @throws AbortError when interrupted */
  async follow(lastEpoch: number): Promise<void> {
    for (let epoch = 1; epoch <= lastEpoch; epoch++) {
      const report = await this.#poll(() => this.reader.reportOf(epoch))
      await (report === 'missed' ? this.#concludeMissed(epoch) : this.#conclude(epoch, report))
    }
    await this.#blocks(2) // so that other watchers of the chain see the last report too
  }

  async #conclude(epoch: number, report: PostedReport): Promise<void> {
    const frozen = await this.reader.frozenIndices(epoch)
    const leaves = await this.#leaves(report)
    this.epochs.push({ epoch, report, leaves, frozen })
    const { round, gasUsed, txHash, nonSigners } = report
    const signers = frozen.length - nonSigners.length
    const scores = this.#scores(leaves)
    const verifiers = frozen.length
    this.emit({ event: 'epoch', epoch, posted: true, round, signers, verifiers, gasUsed, txHash, scores, why: [] })
  }

  async #concludeMissed(epoch: number): Promise<void> {
    const frozen = await this.reader.frozenIndices(epoch)
    const why = await this.#reasons(epoch)
    this.epochs.push({ epoch, report: undefined, leaves: [], frozen })
    const nothing = { round: null, signers: null, gasUsed: null, txHash: null, scores: [] }
    this.emit({ event: 'epoch', epoch, posted: false, ...nothing, verifiers: frozen.length, why })
  }

  /** Each answering verifier's reason why this epoch has no report, as soon as all of them know that there is none. */
  async #reasons(epoch: number): Promise<EpochEvent['why']> {
    const deadline = performance.now() + REASONS_TIMEOUT_MS
    return this.#poll(async () => {
      const statuses = await statusesOf(this.verifiers())
      const know = statuses.every(({ missed }) => missed?.epoch === epoch)
      if (!know && performance.now() < deadline) return undefined
      return statuses.map(({ name, sentence, missed }) => ({
        name,
        sentence: missed?.epoch === epoch ? missed.sentence : sentence,
      }))
    })
  }

  async #leaves(report: PostedReport): Promise<readonly Leaf[]> {
    const deadline = performance.now() + LEAVES_TIMEOUT_MS
    const served = await this.#poll(async () => {
      const found = await leavesOf(report, this.verifiers())
      return (
        found ??
        (performance.now() > deadline
          ? { wrong: `No verifier serves the leaves of epoch ${report.header.epoch}.` }
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
      await this.#readEquivocations()
      await delay(POLL_MS, undefined, { signal: this.signal })
    }
  }

  async #blocks(count: number): Promise<void> {
    const { provider } = this.reader.chain.context
    const last = (await provider.getBlockNumber()) + count
    await this.#poll(async () => ((await provider.getBlockNumber()) >= last ? true : undefined))
    await this.#readSettlements()
    await this.#readEquivocations()
  }

  async #readEquivocations(): Promise<void> {
    const seen = await this.reader.equivocations()
    for (const { index, epoch, kind, txHash } of seen.slice(this.equivocations.length)) {
      const record = this.bonds.find(one => one.index === index)
      if (record === undefined) continue
      const { address, planned } = record
      const bond = (await this.reader.bondOf(address)).toString()
      this.emit({ event: 'equivocated', epoch, name: planned.name, address, kind, bond, txHash })
    }
    this.equivocations.splice(0, this.equivocations.length, ...seen)
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
        const { epoch, charged, refuted, txHash } = settlement
        const about = { epoch, name: planned.name, address, txHash }
        if (refuted) this.emit({ event: 'refuted', ...about })
        else {
          const stake = (await this.reader.stakeOf(address)).toString()
          this.emit({ event: 'slashed', ...about, charged: `${charged}`, stake })
        }
      }
    }
  }
}

function statusName({ status }: Leaf): ProviderScore['status'] {
  if (status === STATUS.unmeasured) return 'unmeasured'
  return status === STATUS.unserving ? 'unserving' : 'measured'
}
