/**
 * Fetches accepted reports from verifiers. The chain says which header it accepted, and everything that a verifier gives must
 * have the roots that the header names. So a wrong answer is refused, and the next verifier is asked.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { MonotonicClock } from '../../../probe/index.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { Problem } from '../../../verifier/api/problem.js'
import { Recent } from '../../../verifier/api/recent.js'
import type { Bring } from '../../../verifier/api/reports.js'
import { type ChainFacts, withLinks } from '../../../verifier/core/facts.js'
import type { Chain, PostedReport } from '../../../verifier/core/ports.js'
import { decodeRewards, rewardsTree } from '../../../verifier/core/rewards/rewards.js'
import { carryOverUnder } from '../../../verifier/core/scoring/report.js'
import { type Rate, RateLimit } from '../../../verifier/net/rate-limit.js'
import { WrongAnswer } from '../../../verifier/net/sync.js'
import type { PeerSync } from '../../../verifier/node/peer-sync.js'
import { reportBefore } from '../../../verifier/node/report-before.js'
import type { StoredReport } from '../../../verifier/store/store.js'
import type { HeldReports } from './held-reports.js'

type ReportId = Parameters<Bring>[0]

export interface FetchingModules {
  readonly chain: Pick<Chain, 'posted' | 'factsAt'>
  readonly peers: Pick<PeerSync, 'leaves' | 'rewards' | 'ballotSet' | 'ballot'>
  readonly held: HeldReports
  readonly epochNow: () => number
  readonly clock: MonotonicClock
  readonly log: Pick<Logger, 'warn'>
  /** how long one request to the API waits for verifiers (default: WAIT_MS) */
  readonly waitMs?: number
}

/** Two of these are less than what a client of the API waits. The fetch goes on, and the next request finds what came. */
const WAIT_MS = 4000
/** The facts of an epoch cost the chain node some fifty requests, and a reorganisation may replace them. */
const LISTED = { most: 2, maxAgeMs: 10_000 }
/**
 * Verifiers give all strangers together some hundred kilobytes a second, and a report may be of megabytes. So nobody who
 * reaches this node's API can have it use that up.
 */
const REQUESTS: Rate = { burst: 32, perSecond: 0.5 }

export class ReportFetching {
  readonly #fetches = new Map<Hex, Promise<void>>()
  readonly #reports = new Map<Hex, Promise<StoredReport>>()
  readonly #listed = new Recent<ChainFacts | undefined>(LISTED)
  readonly #limit: RateLimit

  constructor(private readonly modules: FetchingModules) {
    this.#limit = new RateLimit(modules.clock)
  }

  /** @throws Problem 'peers-silent' or 'overloaded' */
  readonly bring: Bring = async report => {
    if (await this.#isWhole(report.headerHash)) return
    try {
      await this.#inTime(
        once(this.#fetches, report.headerHash, () => this.#fetch(report)),
        report.epoch,
      )
    } catch (error) {
      // Leaves are of use without the evidence, which the next request asks for again.
      if ((await this.modules.held.getReport(report.headerHash)) === undefined) throw error
    }
  }

  /** The facts of this epoch, or of the one before while its first block is not there. @throws Problem as `bring` */
  async latestFacts(): Promise<ChainFacts | undefined> {
    const now = this.modules.epochNow()
    for (const epoch of [now, now - 1].filter(one => one >= 1)) {
      const facts = await this.#inTime(
        this.#listed.get(`${epoch}`, () => this.#factsOf(epoch)),
        epoch,
      )
      if (facts !== undefined) return facts
    }
    return undefined
  }

  /** @throws Problem 'peers-silent' for what takes longer, which goes on */
  async #inTime<T>(work: Promise<T>, epoch: number): Promise<T> {
    work.catch(() => undefined) // it may fail after this wait
    const late = Symbol('late')
    const first = await Promise.race([work, pause(this.modules.waitMs ?? WAIT_MS, late, { ref: false })])
    if (first !== late) return first as T
    throw new Problem(
      'peers-silent',
      `What epoch ${epoch} needs is being fetched from verifiers. Try again in a few seconds.`,
    )
  }

  /** Whether this node holds a report with all that it follows from. */
  async #isWhole(headerHash: Hex): Promise<boolean> {
    const { held } = this.modules
    const report = await held.getReport(headerHash)
    if (report === undefined || report.ballots.length === 0) return false
    const { epoch, blockHash, previousHeader } = report.header
    const facts = await held.getFacts(epoch, blockHash)
    if (facts === undefined) return false
    const needed = [previousHeader, facts.linkReport.headerHash].filter(hash => hash !== ZERO_HASH)
    return (await Promise.all(needed.map(hash => held.getReport(hash)))).every(one => one !== undefined)
  }

  /** Called before verifiers are asked. @throws Problem 'overloaded' */
  #count(): void {
    if (this.#limit.take('requests', REQUESTS)) return
    throw new Problem('overloaded', 'This node has asked verifiers for many reports. Try again in half a minute.')
  }

  async #fetch({ epoch, headerHash }: ReportId): Promise<void> {
    const posted = await this.#posted(epoch, headerHash)
    const report = await this.#report(posted)
    try {
      await this.#evidence(posted, report)
    } catch (error) {
      const facts = { epoch, error: (error as Error).message }
      // Whoever asks hears of a problem, as often as they ask.
      if (!(error instanceof Problem))
        this.modules.log.warn(facts, 'could not fetch the votes behind a report: no explanation of it for now')
      throw error
    }
  }

  /** Leaves, what they carry and rewards, as the roots of the header name them. */
  async #report(posted: PostedReport): Promise<StoredReport> {
    const { headerHash } = posted
    return (
      (await this.modules.held.getReport(headerHash)) ??
      once(this.#reports, headerHash, () => this.#fetchReport(posted))
    )
  }

  async #fetchReport(posted: PostedReport): Promise<StoredReport> {
    const { held, peers } = this.modules
    const { header, headerHash } = posted
    this.#count()
    try {
      const carryOver = await peers.leaves(posted, encoded => {
        const carryOver = carryOverUnder(header.scoreRoot, encoded)
        if (carryOver === undefined) throw new WrongAnswer('leaves with another root than the chain holds')
        return carryOver
      })
      const rewards = await peers.rewards(headerHash, encoded => {
        const decoded = decodeRewards(encoded)
        if (rewardsTree(decoded).root !== header.rewardsRoot)
          throw new WrongAnswer('rewards with another root than the chain holds')
        return decoded
      })
      const report: StoredReport = { header, headerHash, rewards, ...carryOver, ballots: [], isWrong: false, posted }
      held.putReport(report)
      return report
    } catch {
      throw new Problem(
        'peers-silent',
        `No verifier that answers gave the report of epoch ${header.epoch} as the chain holds it. Try again later, or ask the API of a verifier.`,
      )
    }
  }

  /** The facts of its epoch, the report before, and the ballots. */
  async #evidence(posted: PostedReport, report: StoredReport): Promise<void> {
    const { chain, held, peers } = this.modules
    const { header } = posted
    const facts = (await held.getFacts(header.epoch, header.blockHash)) ?? (await this.#factsOf(header.epoch))
    if (facts?.blockHash !== header.blockHash)
      throw new Error(`the chain node names another B(${header.epoch}) than the accepted report`)
    await this.#linked(facts)
    if (header.previousHeader !== ZERO_HASH) {
      const before = await reportBefore(chain, header)
      if (before === undefined) throw new Error(`the chain moved away from epoch ${header.epoch}`)
      await this.#report(before)
    }
    if (report.ballots.length === 0) this.#count()
    const ballots = await peers.ballotSet(posted)
    const fetched = await Promise.all((ballots ?? []).map(entry => peers.ballot(entry, facts)))
    if (ballots === undefined || fetched.includes(undefined))
      throw new Error(`no verifier that answers has the ballots of epoch ${header.epoch}`)
    held.putReport({ ...report, ballots })
  }

  async #factsOf(epoch: number): Promise<ChainFacts | undefined> {
    const { chain, held } = this.modules
    const block = await chain.factsAt(epoch)
    if (block === undefined) return undefined
    const facts = withLinks(block, await this.#linked(block))
    held.putFacts(facts)
    return facts
  }

  /** The leaves that tell the links of an epoch. */
  async #linked({ linkReport: { epoch, headerHash } }: Pick<ChainFacts, 'linkReport'>): Promise<readonly Leaf[]> {
    return epoch === 0 ? [] : (await this.#report(await this.#posted(epoch, headerHash))).leaves
  }

  async #posted(epoch: number, headerHash: Hex): Promise<PostedReport> {
    const posted = await this.modules.chain.posted(epoch)
    if (posted?.headerHash === headerHash) return posted
    throw new Problem('not-found', `The chain has moved away from the report of epoch ${epoch}. Try again.`)
  }
}

/** Work that is under way for a key, or is begun now. */
function once<T>(underWay: Map<Hex, Promise<T>>, key: Hex, begin: () => Promise<T>): Promise<T> {
  const running = underWay.get(key)
  if (running !== undefined) return running
  const work = begin().finally(() => underWay.delete(key))
  underWay.set(key, work)
  return work
}
