/** The epochs of a running verifier, one after the other: measure, agree, follow the chain, transmit what the chain needs. */

import type { Receiver } from '../../probe/receiver/receiver.js'
import { scheduleDigest } from '../../proto/digests.js'
import { epochAt, epochStartMs } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import { Certificate } from '../../proto/messages.js'
import type { DialBook } from '../net/dial-book.js'
import { StoreError } from '../store/errors.js'
import { AcceptedReports } from './accepted-reports.js'
import { AgreementRunner } from './agreement-runner.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { EpochFacts, type EpochRecord } from './epoch-facts.js'
import { Inbox } from './inbox.js'
import { measureEpoch } from './measuring.js'
import { PeerSync } from './peer-sync.js'
import { Serving } from './serving.js'
import { signOnce } from './signing.js'
import { Transmission } from './transmission.js'
import { isAbort, poll, until } from './waiting.js'

/** How often the chain's last report is looked at. */
const FOLLOW_MS = 250
/** How often announcements are read, so that a node that came back elsewhere is found. */
const DIRECTORY_MS = 2000
/** Reports whose penalties a node that was away looks after. */
const LOOKBACK_EPOCHS = 10
const KEPT_AGREEMENTS = 3

export interface EpochsModules {
  readonly directory: Directory
  readonly dialBook: DialBook
  readonly receiver: Receiver
  readonly udpHost: string
}

export interface MissedEpoch {
  readonly epoch: number
  /** why it has no report */
  readonly sentence: string
}

export class Epochs {
  readonly serving: Serving
  readonly reports: AcceptedReports
  readonly peers: PeerSync
  readonly #epochFacts: EpochFacts
  readonly #inbox: Inbox
  readonly #transmission: Transmission
  readonly #runners = new Map<number, Promise<AgreementRunner | undefined>>()
  /** Penalties this node looks after already, by header hash. */
  readonly #settling = new Set<Hex>()
  #latest: AgreementRunner | undefined
  #missed: MissedEpoch | undefined
  #idle = 'waiting for the first epoch'

  constructor(
    private readonly context: VerifierContext,
    private readonly modules: EpochsModules,
  ) {
    const peers = new PeerSync(context, modules.directory)
    this.peers = peers
    this.#epochFacts = new EpochFacts(context)
    this.reports = new AcceptedReports(context, this.#epochFacts, peers)
    this.serving = new Serving(context, this.#epochFacts, modules.directory, modules.udpHost)
    this.#transmission = new Transmission(context)
    this.#inbox = new Inbox({ context, peers, runner: epoch => this.#runnerOf(epoch) })
  }

  /** Where the last agreement stands. */
  get phase(): string {
    return this.#latest?.phase ?? 'idle'
  }

  get sentence(): string {
    const now = this.#latest?.sentence ?? this.#idle
    return this.#missed === undefined ? now : `${now}; ${this.#missed.sentence}`
  }

  /** The last epoch that is over, where it has no report. */
  get missed(): MissedEpoch | undefined {
    return this.#missed
  }

  /** Until the node stops. */
  async run(): Promise<void> {
    this.#inbox.subscribe()
    await this.#refreshDirectory()
    await Promise.all([this.#follow(), this.#keepDirectory(), this.#takeTurns()])
  }

  /** One epoch after the other, from the one that is under way. */
  async #takeTurns(): Promise<void> {
    const { epochs, wall, stopping, log } = this.context
    const first = Math.max(1, epochAt(epochs, wall.nowMs()))
    log.info({ epoch: first, genesisMs: epochs.genesisMs }, 'taking part')
    if (first > 1) this.#inBackground(this.#catchUp(first - 1))
    for (let epoch = first; ; epoch++) {
      await until(epochStartMs(epochs, epoch), wall, stopping)
      const record = await this.#epochFacts.get(epoch)
      this.#inBackground(this.#takePart(record))
      this.#inBackground(this.#transmission.freezeNextEra(record.facts))
      this.#inBackground(this.#prune(epoch).catch(error => this.#complain(error, 'could not prune')))
      this.serving.forget(epoch - 1)
    }
  }

  /** Measures an epoch, then agrees on it with the others. */
  async #takePart(record: EpochRecord): Promise<void> {
    const { context, modules } = this
    const { epoch, era, verifiers, beacon } = record.facts
    const runner = await this.#runnerOf(epoch)
    if (runner === undefined) {
      this.#idle = `epoch ${epoch}: not in the frozen set of era ${era}, which has ${verifiers.length} verifiers`
      this.#latest = undefined
      context.log.info({ epoch, era }, this.#idle)
      return
    }
    const schedule = await signOnce(
      context.store,
      context.bls.signer,
      `schedule/${epoch}`,
      scheduleDigest(context.network, record.facts, beacon),
    )
    const votes = await measureEpoch({ context, ...modules }, record, schedule)
    runner.setVotes(votes, schedule)
    this.#latest = runner
    await runner.run()
    this.#missed = runner.phase === 'missed' ? { epoch, sentence: runner.sentence } : undefined
  }

  /** Joins the agreement on an epoch that ended while this node was away. */
  async #catchUp(epoch: number): Promise<void> {
    const runner = await this.#runnerOf(epoch)
    if (runner === undefined) return
    await Promise.all([this.#inbox.replay(epoch), this.#inbox.replay(epoch + 1)])
    this.#latest = runner
    await runner.run()
  }

  #runnerOf(epoch: number): Promise<AgreementRunner | undefined> {
    let runner = this.#runners.get(epoch)
    if (runner === undefined) {
      runner = this.#epochFacts.get(epoch).then(record => this.#newRunner(record))
      runner.catch(() => this.#runners.delete(epoch))
      this.#runners.set(epoch, runner)
      this.#runners.delete(epoch - KEPT_AGREEMENTS)
    }
    return runner
  }

  #newRunner(record: EpochRecord): AgreementRunner | undefined {
    const { context } = this
    if (!record.facts.verifiers.some(verifier => verifier.index === context.self.index)) return undefined
    return new AgreementRunner(
      {
        context,
        reports: this.reports,
        broadcast: (kind, bytes) => this.#inbox.broadcast(kind, bytes),
        onCertificate: certificate => this.#onCertificate(certificate, record),
      },
      record,
    )
  }

  #onCertificate(certificate: Certificate, { facts }: EpochRecord): void {
    this.#inBackground(this.context.store.putCertificate(facts.epoch, Certificate.encode(certificate)))
    this.#inBackground(this.#transmission.post(certificate, facts))
  }

  /** Moves with the chain: adopts what it accepts, and looks after its penalties. */
  async #follow(): Promise<void> {
    const { chain, log, stopping, store } = this.context
    let seen: Hex | undefined
    const step = async () => {
      const tip = await chain.tip()
      if (tip.headerHash === seen || tip.epoch === 0) return undefined
      const posted = await chain.posted(tip.epoch)
      if (posted === undefined || posted.headerHash !== tip.headerHash) return undefined
      await this.reports.adopt(posted)
      log.info({ epoch: tip.epoch, round: posted.round, headerHash: posted.headerHash }, `epoch ${tip.epoch} is posted`)
      const from = seen === undefined ? Math.max(1, tip.epoch - LOOKBACK_EPOCHS) : tip.epoch
      seen = tip.headerHash
      for (let epoch = from; epoch <= tip.epoch; epoch++) {
        const report = epoch === tip.epoch ? posted : await chain.posted(epoch)
        const held = report && (await store.getReport(report.headerHash))
        if (held !== undefined) this.#settle(epoch, held.headerHash, held.leaves)
      }
      return undefined
    }
    await poll(() => step().catch(error => this.#complain(error, 'could not follow the chain')), FOLLOW_MS, stopping)
  }

  #settle(epoch: number, headerHash: Hex, leaves: Parameters<Transmission['settle']>[1]): void {
    if (this.#settling.has(headerHash)) return
    this.#settling.add(headerHash)
    this.#inBackground(this.#epochFacts.get(epoch).then(({ facts }) => this.#transmission.settle(epoch, leaves, facts)))
  }

  async #keepDirectory(): Promise<void> {
    const { stopping } = this.context
    const step = () => this.#refreshDirectory().catch(error => this.#complain(error, 'could not read announcements'))
    await poll(step, DIRECTORY_MS, stopping)
  }

  async #refreshDirectory(): Promise<undefined> {
    await this.modules.directory.refresh()
    this.modules.dialBook.update(this.modules.directory.verifiers())
  }

  /** Keeps the evidence period, and the state that the chain stands at, however old it is. */
  async #prune(epoch: number): Promise<void> {
    const { params, store, chain } = this.context
    const keptEpochs = Math.ceil(params.evidenceSeconds / params.epochSeconds)
    if (epoch > keptEpochs) await store.prune(Math.min(epoch - keptEpochs, (await chain.tip()).epoch))
  }

  #complain(error: Error, what: string): undefined {
    this.context.stopping.throwIfAborted()
    if (error instanceof StoreError) this.context.fail(error)
    this.context.log.warn({ error: error.message }, what)
  }

  /** Runs beside the epochs; an unexpected error ends the node rather than to go unseen. */
  #inBackground(work: Promise<unknown>): void {
    work.catch(error => {
      if (!isAbort(error) && !this.context.stopping.aborted) this.context.fail(error)
    })
  }
}
