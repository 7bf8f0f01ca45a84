/** Fetches from other verifiers what this node missed. The node checks every answer, and so trusts no peer. */
import type { Check } from '../../probe/transcript/check.js'
import type { SeenEntry } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { Ballot, type GossipItem, GossipItem as GossipItemCodec, type SyncRequest } from '../../proto/messages.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { decodeReward } from '../../proto/reward.js'
import { ballotSetRoot } from '../core/agreement/ballot-set.js'
import { agreementTiming, revealedEpoch, roundsOf } from '../core/agreement/phases.js'
import { Draw } from '../core/assignment/draw.js'
import type { ChainFacts } from '../core/facts.js'
import type { Announcement, PostedReport } from '../core/ports.js'
import { checkRegistered, type Registry } from '../evidence/registry-checks.js'
import { checkTranscript, type ParsedTranscript, parseTranscript } from '../evidence/transcript-checks.js'
import { type Rate, RateLimit } from '../net/rate-limit.js'
import type { Dialler } from '../net/streams.js'
import { syncFrom, WrongAnswer } from '../net/sync.js'
import {
  type AnswerLimits,
  BALLOT_SET_LIMITS,
  ballotLimits,
  gossipLimits,
  leavesLimits,
  REWARDS_LIMITS,
  TRANSCRIPT_LIMITS,
} from '../net/sync-limits.js'
import type { Store } from '../store/store.js'
import { BusyError, DisputedAnswer, offenceOf } from './answer-faults.js'
import { Asking } from './asking.js'
import { ballotFault, hasRoot, type SignatureChecks } from './ballot-checks.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { failOnStoreError } from './failures.js'

/** How one kind of request is asked. */
interface Manner {
  /** peers that are asked at the same time */
  readonly atOnce: number
  /** how long one peer may take */
  readonly answerMs: number
}

/** A round waits for it. If a third of the peers stall, the first eight all stall once in 6,561 times. */
const BALLOT: Manner = { atOnce: 8, answerMs: 2000 }
/** Answers of many megabytes, of which this node holds `atOnce`. The server takes no longer (`net/sync.ts`). */
const STATE: Manner = { atOnce: 3, answerMs: 10_000 }
const TRANSCRIPT: Manner = { ...STATE, atOnce: 1 }

/**
 * Sessions whose transcripts this node fetches for users of its API: each asks every other verifier once. So nobody can have
 * this node open more streams than the others let it (`net/stream-limit.ts`).
 */
const TRANSCRIPTS: Rate = { burst: 128, perSecond: 8 }

/** What asking needs of a node: a verifier's context has all of it. */
export interface SyncContext
  extends SignatureChecks,
    Pick<
      VerifierContext,
      'params' | 'epochs' | 'offences' | 'wall' | 'clock' | 'random' | 'log' | 'stopping' | 'fail'
    > {
  /** of the verifier that asks, which does not ask itself; undefined for a node that is none */
  readonly self: { readonly index: number } | undefined
  readonly chain: Registry
  readonly store: Pick<Store, 'getBallot' | 'putBallot' | 'ballotsOf' | 'getReport' | 'getTranscript'>
  readonly peer: Dialler
}

export class PeerSync {
  readonly #asking = new Asking<Announcement>()
  readonly #fetches: RateLimit

  constructor(
    private readonly context: SyncContext,
    private readonly directory: Pick<Directory, 'verifiers'>,
  ) {
    this.#fetches = new RateLimit(context.clock)
  }

  /**
   * A verifier's ballot with this root, with its votes. Undefined if no verifier that answers has it.
   * @param facts of the ballot's epoch
   * @param holders verifiers that have said that they hold the ballot, which are asked first
   */
  async ballot(
    { verifier, root }: SeenEntry,
    facts: ChainFacts,
    holders: readonly number[] = [],
  ): Promise<Ballot | undefined> {
    const held = await this.context.store.getBallot(root)
    if (held !== undefined) return Ballot.decode(held)
    const peers = this.#others(({ index }) => holders.includes(index))
    const limits = ballotLimits(facts.providers.length)
    return this.#ask(peers, BALLOT, { ballot: fromHex(root) }, limits, async (items, peerId) => {
      const [found] = await collect(items, rootedBallot)
      if (found === undefined) return undefined
      if (toHex(found.ballot.root) !== root) throw new WrongAnswer('a ballot with another root')
      if (found.ballot.verifier !== verifier) return undefined
      // The root does not tell the signatures. With wrong ones this node would hold the ballot, and nobody take it.
      const fault = await ballotFault(this.context, facts, found.ballot, peerId)
      if (fault !== undefined) throw new DisputedAnswer(fault)
      await this.context.store.putBallot(root, found.bytes)
      return found.ballot
    })
  }

  /**
   * The ballot set of an accepted report: that with which this node computed the report, or a peer's, checked against the
   * header's root. Stores the ballots. Undefined if no verifier that answers has it.
   * @param facts of the report's epoch, if the signatures count: a set that holds a wrong one is not taken
   */
  async ballotSet(posted: PostedReport, facts?: ChainFacts): Promise<readonly SeenEntry[] | undefined> {
    const held = await this.context.store.getReport(posted.headerHash)
    if (held !== undefined && held.ballots.length > 0) return held.ballots
    return this.#ask(
      this.#others(),
      STATE,
      { ballotSet: fromHex(posted.headerHash) },
      BALLOT_SET_LIMITS,
      async (items, peerId) => {
        const ballots = await collect(items, rootedBallot)
        const entries = ballots.map(({ ballot }) => ({ verifier: ballot.verifier, root: toHex(ballot.root) }))
        if (ballotSetRoot(entries) !== posted.header.ballotSetRoot)
          throw new WrongAnswer('a ballot set with another root than the chain holds')
        const faults = await Promise.all(
          ballots.map(({ ballot }) => facts && ballotFault(this.context, facts, ballot, peerId)),
        )
        const fault = faults.find(one => one !== undefined)
        if (fault !== undefined) throw new DisputedAnswer(fault)
        for (const { bytes, ballot } of ballots) await this.#putUnlessHeld(toHex(ballot.root), bytes)
        return entries
      },
    )
  }

  /** A ballot set does not tell the signatures of its ballots, so a held ballot with right ones stays. */
  async #putUnlessHeld(root: Hex, ballot: Uint8Array): Promise<void> {
    const { store } = this.context
    if ((await store.getBallot(root)) === undefined) await store.putBallot(root, ballot)
  }

  /** @param take returns undefined, or throws, for wrong leaves. @throws if no peer has leaves that `take` accepts */
  async leaves<T>(
    { headerHash, header }: Pick<PostedReport, 'headerHash' | 'header'>,
    take: (encoded: Uint8Array[]) => T | undefined,
  ): Promise<T> {
    const limits = leavesLimits(header.providerCount, this.context.params)
    const leaves = await this.#ask(this.#others(), STATE, { leaves: fromHex(headerHash) }, limits, async items =>
      take(
        await collect(
          items,
          checked(bytes => decodeLeaf(leafPart(bytes))),
        ),
      ),
    )
    if (leaves === undefined) throw new Error(`no peer has the leaves of ${headerHash}`)
    return leaves
  }

  /** @param take returns undefined, or throws, for wrong rewards. @throws if no peer has rewards that `take` accepts */
  async rewards<T>(headerHash: Hex, take: (encoded: Uint8Array[]) => T | undefined): Promise<T> {
    const rewards = await this.#ask(
      this.#others(),
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
    return this.#ask(this.#others(), TRANSCRIPT, { transcript: fromHex(sessionId) }, TRANSCRIPT_LIMITS, async items => {
      const [bytes] = await collect(items, one => one)
      if (bytes === undefined) return undefined
      const parsed = parseTranscript(bytes, 'the answer of a peer')
      if (toHex(parsed.transcript.session.sessionId) !== sessionId) return undefined
      return (await this.#holds(parsed)) ? bytes : undefined
    })
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
    const members = this.#others().filter(({ index }) => verifiers.some(one => one.index === index))
    let missing = faultsTolerated(verifiers.length) + 1
    await this.#ask(members, STATE, { gossip: epoch }, limits, async (items, peerId) => {
      for await (const bytes of items) {
        if (!(await hear(GossipItemCodec.decode(bytes), peerId))) throw new DisputedAnswer('a message that is wrong')
      }
      return --missing <= 0 || undefined
    })
  }

  /** Checks vote and keys first: regenerating the session's data takes long. */
  async #holds(parsed: ParsedTranscript): Promise<boolean> {
    const { chain, params } = this.context
    if (!(await this.#isVoteCast(parsed))) return false
    const holds = (checks: readonly Check[]) => checks.every(check => check.holds)
    return holds(await checkRegistered(parsed, chain, params)) && holds((await checkTranscript(parsed)).checks)
  }

  /** Whether the vote is in its receiver's ballot. If this node has no ballot of the receiver, any vote passes. */
  async #isVoteCast({ transcript: { session, vote } }: ParsedTranscript): Promise<boolean> {
    const ballots = await this.context.store.ballotsOf(session.epoch)
    const cast = ballots.filter(({ verifier }) => verifier === session.receiver).flatMap(({ votes }) => votes)
    return cast.length === 0 || cast.some(one => Buffer.compare(one, vote) === 0)
  }

  /** All other verifiers in random order, so that nobody can foresee whom this node asks. @param first those ahead of the rest */
  #others(first: (peer: Announcement) => boolean = () => false): Announcement[] {
    const { self, random } = this.context
    const others = this.directory.verifiers().filter(({ index }) => index !== self?.index)
    const drawn = new Draw(toHex(random.bytes(32))).sample(others, others.length)
    return [...drawn.filter(first), ...drawn.filter(peer => !first(peer))]
  }

  /** Asks verifiers, until `take` accepts an answer. */
  async #ask<T>(
    peers: readonly Announcement[],
    { atOnce, answerMs }: Manner,
    request: SyncRequest,
    limits: AnswerLimits,
    take: (items: AsyncIterable<Uint8Array>, peerId: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { stopping, peer, log, offences } = this.context
    const taken = await this.#asking.first(peers, atOnce, async (other, over) => {
      const late = AbortSignal.timeout(answerMs)
      try {
        const signal = AbortSignal.any([stopping, over, late])
        return await syncFrom(peer, other, request, limits, signal, items => take(items, other.peerId))
      } catch (error) {
        failOnStoreError(this.context, error)
        const isLate = late.aborted && !over.aborted && !stopping.aborted
        const offence = offenceOf(error) ?? (isLate ? 'silence' : undefined)
        if (offence !== undefined) offences.report(other.peerId, offence)
        log.debug({ peer: other.index, error: (error as Error).message }, 'could not fetch from a peer')
        return undefined
      }
    })
    stopping.throwIfAborted()
    return taken
  }
}

/** @param read throws for what no honest peer holds: then nothing more is received. @throws WrongAnswer */
async function collect<T>(items: AsyncIterable<Uint8Array>, read: (bytes: Uint8Array) => T): Promise<T[]> {
  const collected: T[] = []
  for await (const bytes of items) {
    try {
      collected.push(read(bytes))
    } catch (cause) {
      throw new WrongAnswer((cause as Error).message, { cause })
    }
  }
  return collected
}

/** The item as it came, once `check` has not thrown. */
const checked =
  (check: (bytes: Uint8Array) => unknown) =>
  (bytes: Uint8Array): Uint8Array => {
    check(bytes)
    return bytes
  }

/** @throws MessageError for what is no ballot; RangeError if its votes are not those of its root */
function rootedBallot(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly ballot: Ballot } {
  const ballot = Ballot.decode(bytes)
  if (!hasRoot(ballot)) throw new RangeError('These votes are not those of the root.')
  return { bytes, ballot }
}
