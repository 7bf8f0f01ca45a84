/** Follows a running network through its epochs, and keeps the record that decides the result. */
import { setTimeout as delay } from 'node:timers/promises'
import { epochStartMs } from '../../proto/epoch.js'
import { type Leaf, STATUS } from '../../proto/leaf.js'
import { RpcFault } from '../../verifier/chain/rpc-fault.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import type { WallClock } from '../../verifier/node/wall-clock.js'
import type { ChainReader, SeenEquivocation, SeenSettlement } from './chain-reader.js'
import type { EpochEvent, ProviderScore, ReadyNode, TestnetEvent } from './events.js'
import type { EpochOutcome, ProviderRecord } from './result.js'
import { type ApiNode, ballotsOf, leavesOf, statusesOf } from './verifier-api.js'
import type { VerifierRecord } from './verifier-result.js'

const POLL_MS = 250
/** How long verifiers may take to notice that no report of an epoch can come any more. */
const REASONS_TIMEOUT_MS = 5000
/** How long it may take until the API of some verifier serves the leaves of a report. */
const LEAVES_TIMEOUT_MS = 10_000

/** Nobody knows what such a provider promises beside its claim. */
const GUEST_PROFILE = 'guest'

export class Observer {
  readonly epochs: EpochOutcome[] = []
  readonly settlements: SeenSettlement[] = []
  readonly equivocations: SeenEquivocation[] = []
  readonly faults: string[] = []
  readonly #introduced: ReadyNode[] = []
  readonly #tasks: { atMs: number; run: () => Promise<void> }[] = []
  readonly #skipped: { readonly first: number; readonly last: number }[] = []
  /** the epoch whose report is awaited */
  #next = 1
  /** how often the chain went back to a `mark` */
  #rewinds = 0

  constructor(
    private readonly reader: ChainReader,
    private readonly verifiers: () => readonly ApiNode[],
    private readonly providers: readonly Pick<ProviderRecord, 'planned' | 'address'>[],
    private readonly bonds: readonly Pick<VerifierRecord, 'planned' | 'index' | 'address'>[],
    private readonly emit: (event: TestnetEvent) => void,
    private readonly time: WallClock,
    private readonly signal: AbortSignal,
  ) {}

  /** Starts `run` when the epoch begins, and does not wait for the end. An error of `run` is a fault. */
  whenEpochBegins(epoch: number, run: () => Promise<void>): void {
    this.#tasks.push({ atMs: epochStartMs(this.reader.clock, epoch), run })
  }

  /** Resolves with the last epoch's report. @throws AbortError when interrupted */
  async follow(lastEpoch: number): Promise<void> {
    for (;;) {
      try {
        return await this.#follow(lastEpoch)
      } catch (error) {
        if (!(error instanceof Rewound)) throw error
      }
    }
  }

  /** @throws Rewound */
  async #follow(lastEpoch: number): Promise<void> {
    const rewinds = this.#rewinds
    for (; this.#next <= lastEpoch; this.#next++) {
      const outcome = this.#told(await this.#conclude(this.#next), rewinds)
      if (outcome !== undefined) this.epochs.push(outcome)
    }
    for (const [i, seen] of this.epochs.entries()) {
      const report = await this.#poll(() => this.reader.reportOf(seen.epoch))
      const txHash = report === 'missed' ? undefined : report.txHash
      if (txHash === seen.report?.txHash) continue
      this.epochs[i] = this.#told(await this.#conclude(seen.epoch), rewinds) ?? seen // a reorganisation
    }
    await this.#blocks(2) // so that other watchers of the chain see the last report too
  }

  /** The network's time jumps over these epochs: those of them that have no report are left out. */
  skip(first: number, last: number): void {
    this.#skipped.push({ first, last })
  }

  /** @returns what takes the record back to this moment, as often as the chain goes back to it */
  mark(): () => void {
    const [epochs, tasks, skipped, next] = [[...this.epochs], [...this.#tasks], [...this.#skipped], this.#next]
    return () => {
      this.epochs.splice(0, Number.POSITIVE_INFINITY, ...epochs)
      this.#tasks.splice(0, Number.POSITIVE_INFINITY, ...tasks)
      this.#skipped.splice(0, Number.POSITIVE_INFINITY, ...skipped)
      this.#next = next
      this.#rewinds++
    }
  }

  /** Tells the event. @param rewinds of before. @throws Rewound */
  #told(concluded: Concluded | undefined, rewinds: number): EpochOutcome | undefined {
    if (rewinds !== this.#rewinds) throw new Rewound()
    if (concluded !== undefined) this.emit(concluded.event)
    return concluded?.outcome
  }

  /** @returns undefined for an epoch that is left out */
  async #conclude(epoch: number): Promise<Concluded | undefined> {
    const report = await this.#poll(() => this.reader.reportOf(epoch))
    if (report === 'missed' && this.#skipped.some(({ first, last }) => first <= epoch && epoch <= last))
      return undefined
    const frozen = await this.#patiently(() => this.reader.frozenIndices(epoch))
    return report === 'missed' ? this.#concludeMissed(epoch, frozen) : this.#concludePosted(epoch, frozen, report)
  }

  async #concludePosted(epoch: number, frozen: number[], report: PostedReport): Promise<Concluded> {
    const leaves = await this.#leaves(report)
    const ballots = await ballotsOf(report, this.verifiers())
    const { round, gasUsed, txHash, nonSigners } = report
    const signers = frozen.length - nonSigners.length
    const scores = [...this.#scores(leaves), ...this.#guestScores(leaves)]
    const verifiers = frozen.length
    return {
      event: {
        ...{
          event: 'epoch',
          epoch,
          posted: true,
          round,
          signers,
          verifiers,
          ballots: ballots ?? null,
          gasUsed,
          txHash,
        },
        ...{ scores, why: [] },
      },
      outcome: { epoch, report, leaves, ballots, frozen },
    }
  }

  async #concludeMissed(epoch: number, frozen: number[]): Promise<Concluded> {
    const why = await this.#reasons(epoch)
    const nothing = { round: null, signers: null, ballots: null, gasUsed: null, txHash: null, scores: [] }
    return {
      event: { event: 'epoch', epoch, posted: false, ...nothing, verifiers: frozen.length, why },
      outcome: { epoch, report: undefined, leaves: [], ballots: undefined, frozen },
    }
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

  /** A node that joined while the network ran. */
  introduce(node: ReadyNode): void {
    this.#introduced.push(node)
  }

  /** Providers that somebody added by hand, as the last report has them. */
  get guests(): ProviderScore[] {
    return this.#guestScores(this.epochs.findLast(({ report }) => report !== undefined)?.leaves ?? [])
  }

  #scores(leaves: readonly Leaf[]): ProviderScore[] {
    return this.providers.flatMap(({ planned, address }) => {
      const leaf = leaves.find(({ provider }) => provider === address)
      return leaf ? [scoreOf(leaf, planned.name, planned.profileName)] : []
    })
  }

  #guestScores(leaves: readonly Leaf[]): ProviderScore[] {
    return leaves
      .filter(({ provider }) => this.providers.every(({ address }) => address !== provider))
      .map(leaf => {
        const known = this.#introduced.find(({ address }) => address === leaf.provider)
        return scoreOf(leaf, known?.name ?? `guest ${leaf.index}`, known?.profile ?? GUEST_PROFILE)
      })
  }

  async #poll<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (const rewinds = this.#rewinds; ; ) {
      this.#runTasks()
      const answer = await this.#patiently(ask)
      if (rewinds !== this.#rewinds) throw new Rewound()
      if (answer !== undefined) return answer
      await this.#patiently(() => this.#readPenalties())
      await delay(POLL_MS, undefined, { signal: this.signal })
    }
  }

  /** A chain that does not answer is asked again, as a node asks it again. @throws AbortError when interrupted */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error
      }
      this.#runTasks()
      await delay(POLL_MS, undefined, { signal: this.signal })
    }
  }

  async #blocks(count: number): Promise<void> {
    const { provider } = this.reader.chain.context
    const last = (await this.#patiently(() => provider.getBlockNumber())) + count
    await this.#poll(async () => ((await provider.getBlockNumber()) >= last ? true : undefined))
    await this.#patiently(() => this.#readPenalties())
  }

  async #readPenalties(): Promise<void> {
    await this.#readSettlements()
    await this.#readEquivocations()
  }

  /** The chain's list is taken as it stands: a reorganisation may remove what was on it. */
  async #readEquivocations(): Promise<void> {
    const seen = await this.reader.equivocations()
    const added = seen.filter(({ txHash }) => !this.equivocations.some(known => known.txHash === txHash))
    for (const { index, epoch, kind, txHash } of added) {
      const record = this.bonds.find(one => one.index === index)
      if (record === undefined) continue
      const { address, planned } = record
      const bond = (await this.reader.bondOf(address)).toString()
      this.emit({ event: 'equivocated', epoch, name: planned.name, address, kind, bond, txHash })
    }
    this.equivocations.splice(0, this.equivocations.length, ...seen)
  }

  #runTasks(): void {
    while (this.#tasks.some(({ atMs }) => atMs <= this.time.nowMs())) {
      const at = this.#tasks.findIndex(({ atMs }) => atMs <= this.time.nowMs())
      const [task] = this.#tasks.splice(at, 1)
      task!.run().catch((error: Error) => this.faults.push(`${error.message}.`))
    }
  }

  async #readSettlements(): Promise<void> {
    const seen = await Promise.all(this.providers.map(({ address }) => this.reader.settlementsOf(address)))
    const added = seen.flat().filter(({ txHash }) => !this.settlements.some(known => known.txHash === txHash))
    for (const { provider, epoch, charged, refuted, txHash } of added) {
      const { planned, address } = this.providers.find(one => one.address === provider)!
      const about = { epoch, name: planned.name, address, txHash }
      if (refuted) this.emit({ event: 'refuted', ...about })
      else {
        const stake = (await this.reader.stakeOf(address)).toString()
        this.emit({ event: 'slashed', ...about, charged: `${charged}`, stake })
      }
    }
    this.settlements.splice(0, this.settlements.length, ...seen.flat())
  }
}

/** The chain went back in the meantime, so what was awaited may never come. */
class Rewound extends Error {}

interface Concluded {
  readonly outcome: EpochOutcome
  readonly event: EpochEvent
}

function scoreOf(leaf: Leaf, name: string, profile: string): ProviderScore {
  const { provider: address, claimKbps, uptimeBps, scoreBps, tier, breachBits, penaltyBps } = leaf
  return {
    ...{ name, address, profile, status: statusName(leaf), claimKbps },
    rateKbps: leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
    ...{ uptimeBps, scoreBps, tier, breachBits, penaltyBps },
  }
}

function statusName({ status }: Leaf): ProviderScore['status'] {
  if (status === STATUS.unmeasured) return 'unmeasured'
  return status === STATUS.unserving ? 'unserving' : 'measured'
}
