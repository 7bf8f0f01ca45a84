/** The epochs of a running verifier, one after the other: in each it measures, and then agrees with the others. */
import type { Receiver, TokenSource } from '../../probe/index.js'
import { epochAt, epochStartMs } from '../../proto/epoch.js'
import { presentTo } from '../net/presence.js'
import { SigningConflict } from '../store/errors.js'
import { AcceptedReports } from './accepted-reports.js'
import { Accuser } from './accuser.js'
import type { AgreementRunner } from './agreement-runner.js'
import { AgreementRunners } from './agreement-runners.js'
import { ChainFollower } from './chain-follower.js'
import type { VerifierContext } from './context.js'
import { keepDirectory, type Neighbourhood, refreshDirectory } from './directory-updates.js'
import { EpochFacts, type EpochRecord } from './epoch-facts.js'
import { inBackground, logFailure } from './failures.js'
import { Inbox } from './inbox.js'
import type { Measure } from './measuring.js'
import type { OwnUdp } from './own-address.js'
import { OwnFaults } from './own-faults.js'
import { OwnKey } from './own-key.js'
import { PaidWork } from './paid-work.js'
import { PeerSync } from './peer-sync.js'
import { PresenceBook } from './presence-book.js'
import { prune } from './pruning.js'
import { Refuting } from './refuting.js'
import { ReportComputer } from './report-computer.js'
import { Serving } from './serving.js'
import type { SessionCounts } from './session-counts.js'
import { SoleProcess } from './sole-process.js'
import { Transmission } from './transmission.js'
import { type Turn, Turns } from './turns.js'
import { type MissedEpoch, UnheardEpochs } from './unheard-epochs.js'
import { nap } from './waiting.js'
import { Witness } from './witness.js'

export interface EpochsModules extends Neighbourhood {
  readonly receiver: Receiver
  readonly udp: OwnUdp
  readonly tokens: TokenSource
  readonly sessions: SessionCounts
  readonly measure: Measure
}

export class Epochs {
  readonly serving: Serving
  readonly reports: AcceptedReports
  readonly peers: PeerSync
  readonly presences: PresenceBook
  readonly ownFaults: OwnFaults
  readonly #epochFacts: EpochFacts
  readonly #inbox: Inbox
  readonly #transmission: Transmission
  readonly #accuser: Accuser
  readonly #soleProcess: SoleProcess
  readonly #runners: AgreementRunners
  readonly #follower: ChainFollower
  #latest: AgreementRunner | undefined
  readonly #unheard: UnheardEpochs
  #idle = 'waiting for the first epoch'

  constructor(
    private readonly context: VerifierContext,
    private readonly modules: EpochsModules,
  ) {
    const peers = new PeerSync(context, modules.directory)
    const epochFacts = new EpochFacts(context, report => this.reports.leavesOf(report))
    const paidWork = new PaidWork(context, epochFacts, peers, header => this.reports.before(header))
    const computer = new ReportComputer(context, epochFacts, peers, paidWork)
    const reports = new AcceptedReports(context, computer, peers)
    const transmission = new Transmission(context)
    const accuser = new Accuser(context, epochFacts, transmission)
    const soleProcess = new SoleProcess(context, {
      directory: modules.directory,
      present: (other, presence, signal) => presentTo(context.peer, other, presence, signal),
    })
    const ownKey = new OwnKey(context, soleProcess)
    const witness = new Witness({ context, onEvidence: accuser.take, onOwn: ownKey.check })
    const inbox = new Inbox({ context, peers, witness, runner: epoch => this.#runners.of(epoch) })
    const broadcast = inbox.broadcast.bind(inbox)
    const maySign = (epoch: number) => soleProcess.maySign(epoch)
    this.peers = peers
    this.reports = reports
    this.serving = new Serving(context, epochFacts, modules.directory, modules.udp.bindHost, modules.tokens)
    this.#epochFacts = epochFacts
    this.#transmission = transmission
    this.#accuser = accuser
    this.#soleProcess = soleProcess
    this.presences = new PresenceBook(context, epochFacts)
    this.ownFaults = new OwnFaults(context)
    this.#unheard = new UnheardEpochs(context)
    this.#inbox = inbox
    this.#runners = new AgreementRunners({ context, epochFacts, reports, computer, transmission, broadcast, maySign })
    const refuting = new Refuting(context, { peers, epochFacts, transmission })
    this.#follower = new ChainFollower(context, {
      ...{ reports, epochFacts, transmission, refuting },
      onBlock: this.ownFaults.sawBlock,
    })
  }

  /** Where the last agreement stands. */
  get phase(): string {
    return this.#latest?.phase ?? 'idle'
  }

  get sentence(): string {
    const now = this.#latest?.sentence ?? this.#idle
    return [now, this.missed?.sentence, ...this.faults].filter(part => part !== undefined).join('; ')
  }

  /** What the metrics show of the epochs, counted since this node started to take part. */
  get counts() {
    const { context, modules } = this
    return {
      missed: this.#unheard.counts,
      lastSigned: this.#runners.lastSigned,
      reportsSeen: this.#follower.seen,
      lastReport: this.#follower.lastEpoch,
      gossip: context.gossip.counts,
      bls: context.bls.verifier.counts,
      sessions: modules.sessions,
    }
  }

  /** The last epoch that is over, if that epoch has no report. */
  get missed(): MissedEpoch | undefined {
    return this.#unheard.missed
  }

  /** What makes this verifier useless by its own fault, as far as it can tell. */
  get faults(): string[] {
    const faults = [this.#soleProcess.fault, this.#unheard.without, ...this.ownFaults.sentences]
    return faults.filter(fault => fault !== undefined)
  }

  /** Until the node stops. @throws AbortError then */
  async run(): Promise<void> {
    await this.#soleProcess.begin()
    this.#inbox.subscribe()
    await refreshDirectory(this.modules)
    inBackground(this.context, this.#accuser.resume())
    await Promise.all([this.#follower.run(), keepDirectory(this.context, this.modules), this.#takeTurns()])
  }

  /** One epoch after the other, from the first one that this node can vote on. */
  async #takeTurns(): Promise<void> {
    const { context } = this
    const { epochs, wall, stopping, log } = context
    const now = epochAt(epochs, wall.nowMs())
    const first = Math.max(1, this.#soleProcess.startedIn < now ? now : now + 1)
    log.info({ epoch: first, genesisMs: epochs.genesisMs }, 'taking part')
    if (first > 1) inBackground(context, this.#catchUp(first - 1))
    for (const turns = new Turns(first); ; ) {
      const turn = turns.due(epochAt(epochs, wall.nowMs()))
      if (turn === undefined) await nap(epochStartMs(epochs, turns.planned), wall, stopping)
      else await this.#take(turn)
    }
  }

  async #take({ epoch, skippedFrom }: Turn): Promise<void> {
    const { context } = this
    if (skippedFrom < epoch) {
      const skipped = { from: skippedFrom, to: epoch - 1 }
      context.log.warn(skipped, 'epochs began while this node was asleep, or its chain did not answer: it skips them')
      inBackground(context, this.#catchUp(epoch - 1))
    }
    const record = await this.#epochFacts.get(epoch).catch(error => {
      logFailure(context, error, 'without its facts, this node takes no part in the epoch')
    })
    if (record === undefined) return
    inBackground(context, this.#takePart(record))
    inBackground(context, this.#transmission.freezeNextEra(record.facts))
    inBackground(context, this.#transmission.keepBlock(record.facts))
    const pruned = prune(context, epoch).catch(error => logFailure(context, error, 'could not prune the store'))
    inBackground(context, pruned)
    this.serving.forget(epoch - 1)
  }

  /** Measures an epoch, then agrees on it with the others. */
  async #takePart(record: EpochRecord): Promise<void> {
    const { context, modules } = this
    const { epoch, era, verifiers } = record.facts
    const runner = await this.#runners.of(epoch)
    if (runner === undefined) {
      this.#idle = `epoch ${epoch}: not in the frozen set of era ${era}, which has ${verifiers.length} verifiers`
      this.#latest = undefined
      context.log.info({ epoch, era }, this.#idle)
      return
    }
    inBackground(context, this.#soleProcess.listen(record.facts))
    const schedule = await this.#schedule(runner)
    if (schedule !== undefined) {
      const votes = await modules.measure({ context, ...modules }, record, schedule)
      runner.setVotes(votes, schedule)
      this.ownFaults.voted(epoch, votes)
    }
    this.#latest = runner
    await runner.run()
    if (runner.phase === 'missed') await this.#unheard.unheard(epoch, runner.lack)
    else this.#unheard.heard(epoch)
  }

  /** Undefined if a reorganisation replaced B(e) after an earlier process of this node signed its schedule. */
  async #schedule({ signer, record }: AgreementRunner): Promise<Uint8Array | undefined> {
    try {
      return await signer.schedule()
    } catch (error) {
      if (!(error instanceof SigningConflict)) throw error
      const { epoch } = record.facts
      const lack = `this node signed its schedule of epoch ${epoch} for another B(e), so it measures nothing in that epoch`
      this.context.log.warn({ epoch }, lack)
      return undefined
    }
  }

  /** Joins the agreement on an epoch that ended while this node was away. */
  async #catchUp(epoch: number): Promise<void> {
    const lack = (error: Error) =>
      logFailure(this.context, error, 'could not join the agreement on an epoch that is over')
    const runner = await this.#runners.of(epoch).catch(lack)
    if (runner === undefined) return
    const next = this.#epochFacts.get(epoch + 1).then(({ facts }) => this.#inbox.replay(facts), lack)
    inBackground(this.context, next) // it may not have begun
    await this.#inbox.replay(runner.record.facts)
    this.#latest = runner
    await runner.run()
  }
}
