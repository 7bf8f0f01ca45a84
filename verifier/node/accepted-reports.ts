/**
 * The reports that the chain has accepted, with their leaves. The store holds state by header hash, and state moves only
 * with the chain: the chain's last header names the current state, so a reorganisation needs no undoing.
 */
import { headerHash } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { PostedReport } from '../core/ports.js'
import { decodeRewards, type Rewards, rewardsTree } from '../core/rewards/rewards.js'
import type { CarryOver } from '../core/scoring/carry-over.js'
import { carryOverUnder } from '../core/scoring/report.js'
import type { StoredReport } from '../store/store.js'
import type { VerifierContext } from './context.js'
import type { PeerSync } from './peer-sync.js'
import { reportBefore } from './report-before.js'
import { type ComputedReport, GENESIS_STATE, type ReportComputer, type State } from './report-computer.js'

/** The chain accepted a report that does not follow from its ballots, and no peer has leaves of it that can be read. */
export class WrongReport extends Error {}

const alarmText = (epoch: number): string => `the accepted report of epoch ${epoch} does not follow from its ballots`

export class AcceptedReports {
  #alarm: string | undefined
  /** header hashes of the stored wrong reports that this process has checked again */
  readonly #checked = new Set<Hex>()

  constructor(
    private readonly context: Pick<VerifierContext, 'network' | 'chain' | 'store' | 'log'>,
    private readonly computer: ReportComputer,
    private readonly peers: Pick<PeerSync, 'ballotSet' | 'leaves' | 'rewards'>,
  ) {}

  /** Why this node signs nothing any more; undefined while all is well. */
  get alarm(): string | undefined {
    return this.#alarm
  }

  /** The state at which the chain stands now. Fetches or recomputes a state that this node does not hold. */
  async current(): Promise<State> {
    const tip = await this.context.chain.tip()
    return tip.epoch === 0 ? GENESIS_STATE : this.#stateOf(tip.headerHash, tip.epoch)
  }

  /** Fetches or recomputes leaves that this node does not hold. No leaves before the first report. */
  async leavesOf({ epoch, headerHash: hash }: Pick<State, 'epoch' | 'headerHash'>): Promise<readonly Leaf[]> {
    return epoch === 0 ? [] : (await this.#stateOf(hash, epoch)).leaves
  }

  /** The state that an accepted report was computed from. Undefined if the chain has moved away from the report. */
  async before(header: Header): Promise<State | undefined> {
    const held = await this.#heldBefore(header)
    if (held !== undefined) return held
    const posted = await reportBefore(this.context.chain, header)
    return posted && this.#stateOf(posted.headerHash, posted.header.epoch)
  }

  /**
   * Takes over a report that the chain has accepted. Recomputes the report if its ballots can be fetched; otherwise takes
   * the leaves of a peer and checks them. A report that does not follow from its ballots sets the alarm, also with facts that
   * are read again. Its leaves are taken all the same, because the next epoch's facts rest on them.
   * @throws WrongReport if such leaves cannot be had; Error if no peer has the leaves of another report, or if the chain node
   * contradicts the contract, which knows the hash of B(e)
   */
  async adopt(posted: PostedReport): Promise<void> {
    const { store } = this.context
    const { header, headerHash: hash } = posted
    const held = await store.getReport(hash)
    if (held !== undefined) {
      if (held.posted === undefined) await store.putReport({ ...held, posted })
      return
    }
    const previous = await this.#heldBefore(header)
    const recomputed = previous && (await this.#recompute(posted, previous))
    if (recomputed !== undefined && this.#hashOf(recomputed) === hash)
      return this.keep(recomputed, posted, previous?.isWrong)
    if (recomputed !== undefined && recomputed.header.blockHash !== header.blockHash)
      throw new Error(`the chain node names another B(${header.epoch}) than the accepted report`)
    const isWrong = recomputed !== undefined || previous?.isWrong === true
    if (isWrong) this.#raiseAlarm(posted)
    return this.#takeOver(posted, isWrong).catch(error => {
      throw isWrong ? new WrongReport(alarmText(header.epoch), { cause: error }) : error
    })
  }

  #raiseAlarm({ header: { epoch }, headerHash: hash }: Pick<PostedReport, 'header' | 'headerHash'>): void {
    const { log } = this.context
    if (this.#alarm === undefined)
      log.fatal({ epoch, headerHash: hash }, `ALARM: ${alarmText(epoch)}. This verifier signs nothing more.`)
    this.#alarm ??= alarmText(epoch)
  }

  /** Stores the leaves and the rewards that a peer has of a report. */
  async #takeOver(posted: PostedReport, isWrong: boolean): Promise<void> {
    const { store, log } = this.context
    const { header, headerHash: hash } = posted
    const [carryOver, rewards] = await Promise.all([this.#fetchLeaves(posted), this.#fetchRewards(posted)])
    await store.putReport({ header, headerHash: hash, rewards, ...carryOver, ballots: [], isWrong, posted })
    log.info(
      { epoch: header.epoch, leaves: carryOver.leaves.length, rewards: rewards.length },
      'leaves and rewards fetched from peers and checked against the roots of the header',
    )
  }

  /**
   * Stores a computed report together with its ballot set.
   * @param posted once the chain has accepted the report. @param isWrong whether a report before it is wrong
   */
  async keep(report: ComputedReport, posted?: PostedReport, isWrong = false): Promise<void> {
    const { header, leaves, soakVotes, windows, rewards, ballotSet } = report
    const hash = this.#hashOf(report)
    await this.context.store.putReport({
      header,
      headerHash: hash,
      leaves,
      soakVotes,
      windows,
      rewards,
      ballots: ballotSet,
      isWrong,
      posted,
    })
  }

  async #stateOf(hash: Hex, epoch: number): Promise<State> {
    const held = await this.#held(hash)
    if (held !== undefined) return held
    const posted = await this.context.chain.posted(epoch)
    if (posted === undefined || posted.headerHash !== hash) throw new Error(`the chain moved away from epoch ${epoch}`)
    await this.adopt(posted)
    return this.#stateOf(hash, epoch)
  }

  /** Undefined if its peers lack a ballot. */
  async #recompute(posted: PostedReport, previous: State): Promise<ComputedReport | undefined> {
    const { header, headerHash: hash } = posted
    const { epoch, blockHash } = header
    const ballotSet = await this.peers.ballotSet(posted)
    const report = ballotSet && (await this.computer.compute(epoch, previous, ballotSet))
    if (report === undefined || this.#hashOf(report) === hash || report.header.blockHash !== blockHash) return report
    this.context.log.warn({ epoch, headerHash: hash }, 'the accepted report is another one: reading its facts again')
    return this.computer.computeAfresh(epoch, previous, ballotSet!)
  }

  #hashOf({ header }: ComputedReport): Hex {
    return headerHash(this.context.network, header)
  }

  /** The state that a report was computed from, if this node holds it. */
  async #heldBefore({ previousHeader }: Header): Promise<State | undefined> {
    return previousHeader === ZERO_HASH ? GENESIS_STATE : this.#held(previousHeader)
  }

  async #held(hash: Hex): Promise<State | undefined> {
    const held = await this.context.store.getReport(hash)
    if (held === undefined) return undefined
    const { header, leaves, soakVotes, windows, rewards } = held
    const isWrong = held.isWrong && !(await this.#isRightAfterAll(held))
    if (isWrong) this.#raiseAlarm({ header, headerHash: hash }) // after a restart
    return { epoch: header.epoch, headerHash: hash, leaves, soakVotes, windows, rewards, isWrong }
  }

  /**
   * Checks a report again that was found wrong, once in each process: the node may have read wrong facts, or the report
   * before was taken for wrong. @returns whether it follows from its ballots. Then nothing is left of the alarm
   */
  async #isRightAfterAll({ header, headerHash: hash, posted }: StoredReport): Promise<boolean> {
    if (posted === undefined || this.#checked.has(hash)) return false
    this.#checked.add(hash)
    const previous = await this.#heldBefore(header)
    if (previous === undefined || previous.isWrong) return false
    const recomputed = await this.#recompute(posted, previous)
    if (recomputed === undefined || this.#hashOf(recomputed) !== hash) return false
    await this.keep(recomputed, posted)
    this.#alarm = undefined
    this.context.log.warn(
      { epoch: header.epoch, headerHash: hash },
      'a report that was taken for wrong follows from its ballots',
    )
    return true
  }

  /** Checks the leaves against the score root, and the carry-over of each leaf against the leaf. */
  #fetchLeaves(posted: PostedReport): Promise<CarryOver> {
    return this.peers.leaves(posted, encoded => carryOverUnder(posted.header.scoreRoot, encoded))
  }

  #fetchRewards({ headerHash: hash, header }: PostedReport): Promise<Rewards> {
    return this.peers.rewards(hash, encoded => {
      const rewards = decodeRewards(encoded)
      return rewardsTree(rewards).root === header.rewardsRoot ? rewards : undefined
    })
  }
}
