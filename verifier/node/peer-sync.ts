/** Fetches from other verifiers what this node missed. The node checks every answer, and so trusts no peer. */
import type { Check } from '../../probe/transcript/check.js'
import { providerOf } from '../../proto/ballot-index.js'
import type { SeenEntry } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { proofIn } from '../../proto/merkle.js'
import { Ballot, type BallotHead, type GossipItem, GossipItem as GossipItemCodec } from '../../proto/messages.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { decodeReward } from '../../proto/reward.js'
import { decodeVote } from '../../proto/vote.js'
import { ballotSetRoot } from '../core/agreement/ballot-set.js'
import { agreementTiming, revealedEpoch, roundsOf } from '../core/agreement/phases.js'
import type { ChainFacts } from '../core/facts.js'
import type { PostedReport } from '../core/ports.js'
import type { BallotVote } from '../core/scoring/refutation.js'
import { checkAssigned, checkParties, type Registry } from '../evidence/registry-checks.js'
import {
  boundSessionId,
  checkTranscript,
  type ParsedTranscript,
  parseTranscript,
} from '../evidence/transcript-checks.js'
import { type Rate, RateLimit } from '../net/rate-limit.js'
import { WrongAnswer } from '../net/sync.js'
import { BALLOT_SET_LIMITS, gossipLimits, REWARDS_LIMITS, TRANSCRIPT_LIMITS } from '../net/sync-limits.js'
import type { Store } from '../store/store.js'
import { BusyError, DisputedAnswer } from './answer-faults.js'
import { askLeaves, checked, STATE } from './asked-leaves.js'
import { type BallotContext, BallotSync } from './ballot-sync.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { collect, type Manner, PeerRequests, type RequestContext } from './peer-requests.js'

const TRANSCRIPT: Manner = { ...STATE, atOnce: 1 }

/**
 * Sessions whose transcripts this node fetches for users of its API: each asks every other verifier once. So nobody can have
 * this node open more streams than the others let it (`net/stream-limit.ts`).
 */
const TRANSCRIPTS: Rate = { burst: 128, perSecond: 8 }

/** What asking needs of a node: a verifier's context has all of it. */
export interface SyncContext
  extends RequestContext,
    BallotContext,
    Pick<VerifierContext, 'params' | 'epochs' | 'wall' | 'clock'> {
  readonly chain: Registry
  readonly store: Pick<Store, 'getReport' | 'getTranscript'> & BallotContext['store']
}

export class PeerSync {
  readonly #requests: PeerRequests
  readonly #ballots: BallotSync
  readonly #fetches: RateLimit

  constructor(
    private readonly context: SyncContext,
    directory: Pick<Directory, 'verifiers'>,
  ) {
    this.#requests = new PeerRequests(context, directory)
    this.#ballots = new BallotSync(context, this.#requests)
    this.#fetches = new RateLimit(context.clock)
  }

  /** See `BallotSync.ballot`. */
  ballot(entry: SeenEntry, facts: ChainFacts, holders: readonly number[] = []): Promise<BallotHead | undefined> {
    return this.#ballots.ballot(entry, facts, holders)
  }

  /** How many votes a ballot has that this node holds; undefined if it does not. */
  ballotVotes(root: Hex): Promise<number | undefined> {
    return this.context.store.ballots.count(root)
  }

  /** The votes of a part of a ballot that this node holds. */
  ballotPart(root: Hex, part: number): Promise<Uint8Array | undefined> {
    return this.context.store.ballots.part(root, part)
  }

  /** The vote on a provider in a ballot that this node holds, with its proof; undefined if there is none. */
  async ballotVote(root: Hex, provider: Hex): Promise<BallotVote | undefined> {
    const { ballots } = this.context.store
    const [encoded, nodes] = await Promise.all([ballots.vote(root, provider), ballots.tree(root)])
    const proof = encoded && nodes && proofIn(nodes, encoded)
    return proof && { vote: decodeVote(encoded), proof }
  }

  /**
   * The ballot set of an accepted report: that with which this node computed the report, or a peer's, checked against the
   * header's root. It does not bring the ballots. Undefined if no verifier that answers has it.
   */
  async ballotSet(posted: PostedReport): Promise<readonly SeenEntry[] | undefined> {
    const held = await this.context.store.getReport(posted.headerHash)
    if (held !== undefined && held.ballots.length > 0) return held.ballots
    const request = { ballotSet: fromHex(posted.headerHash) }
    return this.#requests.ask(this.#requests.others(), STATE, request, BALLOT_SET_LIMITS, async items => {
      const heads = await collect(items, Ballot.decode)
      const entries = heads.map(({ verifier, root }) => ({ verifier, root: toHex(root) }))
      if (ballotSetRoot(entries) !== posted.header.ballotSetRoot)
        throw new WrongAnswer('a ballot set with another root than the chain holds')
      return entries
    })
  }

  /** See `askLeaves`. */
  leaves<T>(
    posted: Pick<PostedReport, 'headerHash' | 'header'>,
    take: (encoded: Uint8Array[]) => T | undefined,
  ): Promise<T> {
    return askLeaves(this.#requests, this.context.params, posted, take)
  }

  /** @param take returns undefined, or throws, for wrong rewards. @throws if no peer has rewards that `take` accepts */
  async rewards<T>(headerHash: Hex, take: (encoded: Uint8Array[]) => T | undefined): Promise<T> {
    const rewards = await this.#requests.ask(
      this.#requests.others(),
      STATE,
      { rewards: fromHex(headerHash) },
      REWARDS_LIMITS,
      async items => take(await collect(items, checked(decodeReward))),
    )
    if (rewards === undefined) throw new Error(`no peer has the rewards of ${headerHash}`)
    return rewards
  }

  /**
   * The transcript of a session, encoded: this node's own, or a peer's if it proves the vote that its receiver cast. None of an
   * epoch whose commitments are not closed: else others could copy its vote.
   * @throws BusyError if users have asked for too many that this node does not have
   */
  async transcript(sessionId: Hex): Promise<Uint8Array | undefined> {
    const { store, epochs, params, wall } = this.context
    const held = await store.getTranscript(sessionId, revealedEpoch(epochs, params, wall.nowMs()))
    if (held !== undefined) return held
    if (!this.#fetches.take('transcripts', TRANSCRIPTS)) throw new BusyError()
    return this.#requests.ask(
      this.#requests.others(),
      TRANSCRIPT,
      { transcript: fromHex(sessionId) },
      TRANSCRIPT_LIMITS,
      async items => {
        const [bytes] = await collect(items, one => one)
        if (bytes === undefined) return undefined
        return (await this.#holds(parsedAnswer(bytes, sessionId))) ? bytes : undefined
      },
    )
  }

  /**
   * All messages that f + 1 verifiers of the frozen set heard in an epoch, since gossip itself replays nothing: at least one of
   * them is honest. A verifier that leaves messages out hides none.
   * @param hear takes each message; false for a message that no honest peer would have kept
   */
  async gossip(
    { epoch, verifiers }: ChainFacts,
    hear: (item: GossipItem, peerId: string) => Promise<boolean>,
  ): Promise<void> {
    const { epochs, params } = this.context
    const limits = gossipLimits(verifiers.length, roundsOf(agreementTiming(epochs, params, epoch)))
    const members = this.#requests.others().filter(({ index }) => verifiers.some(one => one.index === index))
    let missing = faultsTolerated(verifiers.length) + 1
    await this.#requests.ask(members, STATE, { gossip: epoch }, limits, async (items, { peerId }) => {
      for await (const bytes of items) {
        if (!(await hear(GossipItemCodec.decode(bytes), peerId))) throw new DisputedAnswer('a message that is wrong')
      }
      return --missing <= 0 || undefined
    })
  }

  /**
   * The quick checks come first: the search for the assignment takes long, and regenerating the session's data takes longer.
   * @returns false as long as the chain node is behind
   * @throws WrongAnswer for a session that was not assigned. Whatever else does not hold is disputed: a sender that announces
   * another peer in the wrong moment can spoil the transcript of an honest receiver
   */
  async #holds(parsed: ParsedTranscript): Promise<boolean> {
    const { chain, params } = this.context
    if (!(await this.#isVoteCast(parsed))) throw new DisputedAnswer('a vote that its receiver did not cast')
    const { facts, checks } = await checkParties(parsed, chain)
    if (facts === undefined) return false
    if (!hold(checks)) throw new DisputedAnswer('a session of other parties than the chain names')
    if (!hold(await checkAssigned(parsed, facts, params))) throw new WrongAnswer('a session that nobody was assigned')
    if (!hold((await checkTranscript(parsed)).checks)) throw new DisputedAnswer('a transcript that does not hold')
    return true
  }

  /** Whether the vote is in its receiver's ballot. If this node has no ballot of the receiver, any vote passes. */
  async #isVoteCast({ transcript: { session, vote } }: ParsedTranscript): Promise<boolean> {
    const { ballots } = this.context.store
    const heads = await ballots.headsOf(session.epoch)
    const own = heads.filter(({ verifier }) => verifier === session.receiver)
    const cast = await Promise.all(own.map(({ root }) => ballots.vote(toHex(root), providerOf(vote))))
    return own.length === 0 || cast.some(one => one !== undefined && Buffer.compare(one, vote) === 0)
  }
}

const hold = (checks: readonly Check[]): boolean => checks.every(check => check.holds)

/** @throws WrongAnswer for what is not the transcript of this session */
function parsedAnswer(bytes: Uint8Array, sessionId: Hex): ParsedTranscript {
  let parsed: ParsedTranscript
  try {
    parsed = parseTranscript(bytes, 'the answer of a peer')
  } catch (cause) {
    throw new WrongAnswer((cause as Error).message, { cause })
  }
  const isOfSession = toHex(parsed.transcript.session.sessionId) === sessionId && boundSessionId(parsed) === sessionId
  if (!isOfSession) throw new WrongAnswer('a transcript of another session')
  return parsed
}
