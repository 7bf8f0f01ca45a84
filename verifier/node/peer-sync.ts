/** Fetches from other verifiers what this node missed. The node checks every answer, and so trusts no peer. */
import type { Check } from '../../probe/transcript/check.js'
import type { SeenEntry } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { Ballot, type GossipItem, GossipItem as GossipItemCodec, type SyncRequest } from '../../proto/messages.js'
import { ballotSetRoot } from '../core/agreement/ballot-set.js'
import type { PostedReport } from '../core/ports.js'
import { checkRegistered } from '../evidence/registry-checks.js'
import { checkTranscript, type ParsedTranscript, parseTranscript } from '../evidence/transcript-checks.js'
import { syncFrom } from '../net/sync.js'
import { hasRoot } from './ballot-checks.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'

/** How long one peer may take to answer. */
const ANSWER_MS = 2000

export class PeerSync {
  constructor(
    private readonly context: VerifierContext,
    private readonly directory: Directory,
  ) {}

  /** The ballot with this root, with its votes. Undefined if no verifier that answers has it. */
  async ballot(root: Hex): Promise<Ballot | undefined> {
    const held = await this.context.store.getBallot(root)
    if (held !== undefined) return Ballot.decode(held)
    return this.#ask({ ballot: fromHex(root) }, async ([bytes]) => {
      const ballot = bytes && Ballot.decode(bytes)
      if (ballot === undefined || toHex(ballot.root) !== root || !hasRoot(ballot)) return undefined
      await this.context.store.putBallot(root, bytes!)
      return ballot
    })
  }

  /**
   * The ballot set of an accepted report: that with which this node computed the report, or a peer's, checked against the
   * header's root. Stores the ballots. Undefined if no verifier that answers has it.
   */
  async ballotSet(posted: PostedReport): Promise<readonly SeenEntry[] | undefined> {
    const held = await this.context.store.getReport(posted.headerHash)
    if (held !== undefined && held.ballots.length > 0) return held.ballots
    return this.#ask({ ballotSet: fromHex(posted.headerHash) }, async items => {
      const ballots = items.map(bytes => ({ bytes, ballot: Ballot.decode(bytes) }))
      const entries = ballots.map(({ ballot }) => ({ verifier: ballot.verifier, root: toHex(ballot.root) }))
      if (ballotSetRoot(entries) !== posted.header.ballotSetRoot) return undefined
      if (!ballots.every(({ ballot }) => hasRoot(ballot))) return undefined
      await Promise.all(ballots.map(({ bytes, ballot }) => this.context.store.putBallot(toHex(ballot.root), bytes)))
      return entries
    })
  }

  /** @param take returns undefined, or throws, for wrong leaves. @throws if no peer has leaves that `take` accepts */
  async leaves<T>(headerHash: Hex, take: (encoded: Uint8Array[]) => T | undefined): Promise<T> {
    const leaves = await this.#ask({ leaves: fromHex(headerHash) }, async items => take(items))
    if (leaves === undefined) throw new Error(`no peer has the leaves of ${headerHash}`)
    return leaves
  }

  /** @param take returns undefined, or throws, for wrong rewards. @throws if no peer has rewards that `take` accepts */
  async rewards<T>(headerHash: Hex, take: (encoded: Uint8Array[]) => T | undefined): Promise<T> {
    const rewards = await this.#ask({ rewards: fromHex(headerHash) }, async items => take(items))
    if (rewards === undefined) throw new Error(`no peer has the rewards of ${headerHash}`)
    return rewards
  }

  /** The transcript of a session, encoded: this node's own, or a peer's if it proves the vote that its receiver cast. */
  async transcript(sessionId: Hex): Promise<Uint8Array | undefined> {
    const held = await this.context.store.getTranscript(sessionId)
    if (held !== undefined) return held
    return this.#ask({ transcript: fromHex(sessionId) }, async ([bytes]) => {
      if (bytes === undefined) return undefined
      const parsed = parseTranscript(bytes, 'the answer of a peer')
      if (toHex(parsed.transcript.session.sessionId) !== sessionId) return undefined
      return (await this.#holds(parsed)) ? bytes : undefined
    })
  }

  /** All messages that one peer heard in an epoch, since gossip itself replays nothing. */
  async gossip(epoch: number): Promise<GossipItem[]> {
    const items = await this.#ask({ gossip: epoch }, async found => found.map(bytes => GossipItemCodec.decode(bytes)))
    return items ?? []
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

  /** Asks one verifier after another, until `take` accepts an answer. */
  async #ask<T>(request: SyncRequest, take: (items: Uint8Array[]) => Promise<T | undefined>): Promise<T | undefined> {
    const { self, stopping, peer, log } = this.context
    for (const other of this.directory.verifiers()) {
      if (other.index === self.index) continue
      try {
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)])
        const items = await syncFrom(peer, other, request, signal)
        const taken = items && (await take(items))
        if (taken !== undefined) return taken
      } catch (error) {
        stopping.throwIfAborted()
        log.debug({ peer: other.index, error: (error as Error).message }, 'could not fetch from a peer')
      }
    }
    return undefined
  }
}
