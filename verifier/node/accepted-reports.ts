/**
 * The reports that the chain has accepted, with their leaves. State is keyed by header hash and moves only with the
 * chain: the current state is whatever the chain's last header names, so a reorganisation needs no undoing.
 */
import { headerHash, type SeenEntry } from '../../proto/digests.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { leafPart } from '../../proto/leaf-state.js'
import { MerkleTree } from '../../proto/merkle.js'
import { decodeVote } from '../../proto/vote.js'
import type { PostedReport } from '../core/ports.js'
import { type CarryOver, decodeCarryOver, encodeCarryOver } from '../core/scoring/carry-over.js'
import { buildReport, type Report } from '../core/scoring/report.js'
import type { SyncSource } from '../net/sync.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import type { PeerSync } from './peer-sync.js'

/** What the next epoch is computed from. */
export interface State extends CarryOver {
  readonly epoch: number
  readonly headerHash: Hex
}

export const GENESIS_STATE: State = { epoch: 0, headerHash: ZERO_HASH, leaves: [], soakVotes: new Map() }

export class AcceptedReports {
  #alarm: string | undefined

  constructor(
    private readonly context: VerifierContext,
    private readonly epochFacts: EpochFacts,
    private readonly peers: PeerSync,
  ) {}

  /** Why this node signs nothing any more; undefined while all is well. */
  get alarm(): string | undefined {
    return this.#alarm
  }

  /** The state that the chain stands at now, fetched or recomputed where this node does not hold it. */
  async current(): Promise<State> {
    const tip = await this.context.chain.tip()
    return tip.epoch === 0 ? GENESIS_STATE : this.#stateOf(tip.headerHash, tip.epoch)
  }

  /** Makes an accepted report this node's own: recomputes it where the ballots can be had, else takes checked leaves. */
  async adopt(posted: PostedReport): Promise<void> {
    const { store, log } = this.context
    const held = await store.getReport(posted.headerHash)
    if (held !== undefined) {
      if (held.posted === undefined) await store.putReport({ ...held, posted })
      return
    }
    const recomputed = await this.#recompute(posted)
    if (recomputed !== undefined && headerHash(this.context.network, recomputed.header) !== posted.headerHash) {
      this.#alarm = `the accepted report of epoch ${posted.header.epoch} does not follow from its ballots`
      log.fatal({ epoch: posted.header.epoch, headerHash: posted.headerHash }, `ALARM: ${this.#alarm}; signing nothing`)
      throw new Error(this.#alarm)
    }
    if (recomputed !== undefined) return this.keep(recomputed, posted)
    const carryOver = await this.#fetchLeaves(posted)
    await store.putReport({ header: posted.header, headerHash: posted.headerHash, ...carryOver, ballots: [], posted })
    log.info(
      { epoch: posted.header.epoch, leaves: carryOver.leaves.length },
      'leaves fetched from peers and checked against the score root',
    )
  }

  /** Stores a report together with what it was computed from. */
  async keep(report: Report, posted?: PostedReport): Promise<void> {
    const { header, leaves, soakVotes, ballotSet } = report
    const hash = headerHash(this.context.network, header)
    await this.context.store.putReport({ header, headerHash: hash, leaves, soakVotes, ballots: ballotSet, posted })
  }

  /** The report that follows from a ballot set; undefined where a ballot cannot be had from anybody. */
  async compute(epoch: number, previous: State, ballotSet: readonly SeenEntry[]): Promise<Report | undefined> {
    const record = await this.epochFacts.reread(epoch)
    const ballots = await Promise.all(
      ballotSet.map(async entry => {
        const ballot = await this.peers.ballot(entry.root)
        return ballot && { verifier: entry.verifier, votes: ballot.votes.map(decodeVote) }
      }),
    )
    if (ballots.includes(undefined)) return undefined
    return buildReport({
      params: this.context.params,
      facts: record.facts,
      assignment: record.assignment,
      previous,
      previousHeader: previous.headerHash,
      ballotSet,
      ballots: ballots.map(ballot => ballot!),
    })
  }

  async #stateOf(hash: Hex, epoch: number): Promise<State> {
    const held = await this.context.store.getReport(hash)
    if (held !== undefined) return { epoch, headerHash: hash, leaves: held.leaves, soakVotes: held.soakVotes }
    const posted = await this.context.chain.posted(epoch)
    if (posted === undefined || posted.headerHash !== hash) throw new Error(`the chain moved away from epoch ${epoch}`)
    await this.adopt(posted)
    return this.#stateOf(hash, epoch)
  }

  async #recompute(posted: PostedReport): Promise<Report | undefined> {
    const { previousHeader, epoch } = posted.header
    const previous = previousHeader === ZERO_HASH ? GENESIS_STATE : await this.#known(previousHeader)
    const ballotSet = previous && (await this.peers.ballotSet(posted))
    return ballotSet && this.compute(epoch, previous, ballotSet)
  }

  async #known(hash: Hex): Promise<State | undefined> {
    const held = await this.context.store.getReport(hash)
    if (held === undefined) return undefined
    return { epoch: held.header.epoch, headerHash: hash, leaves: held.leaves, soakVotes: held.soakVotes }
  }

  /** Each leaf is checked against the score root, and what is carried beside it against the leaf. */
  async #fetchLeaves(posted: PostedReport): Promise<CarryOver> {
    return this.peers.leaves(posted.headerHash, encoded =>
      new MerkleTree(encoded.map(leafPart)).root === posted.header.scoreRoot ? decodeCarryOver(encoded) : undefined,
    )
  }
}

/** What `/bandwitness/sync/1.0.0` gives out: whatever this node stores. */
export function syncSource({ store }: Pick<VerifierContext, 'store'>): SyncSource {
  return {
    ballot: root => store.getBallot(root),
    leaves: async hash => {
      const report = await store.getReport(hash)
      return report && encodeCarryOver(report)
    },
    ballotSet: async hash => {
      const report = await store.getReport(hash)
      if (report === undefined || report.ballots.length === 0) return undefined
      const ballots = await Promise.all(report.ballots.map(({ root }) => store.getBallot(root)))
      return ballots.every(ballot => ballot !== undefined) ? ballots : undefined
    },
    transcript: sessionId => store.getTranscript(sessionId),
    gossip: epoch => store.heardGossip(epoch),
  }
}
