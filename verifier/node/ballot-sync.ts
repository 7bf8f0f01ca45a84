/**
 * Fetches ballots: first the head and the index, which the root proves, then the votes in parts, from whichever verifiers have
 * them. A part that came is stored at once, so that no vote is fetched twice, nor lost by a restart.
 */
import { BallotIndex, votesOf } from '../../proto/ballot-index.js'
import type { SeenEntry } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { Ballot, type BallotHead } from '../../proto/messages.js'
import { decodeVote } from '../../proto/vote.js'
import type { ChainFacts } from '../core/facts.js'
import type { Announcement } from '../core/ports.js'
import { WrongAnswer } from '../net/sync.js'
import { ballotLimits, partLimits } from '../net/sync-limits.js'
import type { BallotRows } from '../store/ballot-rows.js'
import { DisputedAnswer } from './answer-faults.js'
import { headFault, type SignatureChecks, votesFault } from './ballot-checks.js'
import type { VerifierContext } from './context.js'
import { collect, type Manner, type PeerRequests } from './peer-requests.js'

/** A round waits for it. If a third of the peers stall, the first eight all stall once in 6,561 times. */
const HEAD: Manner = { atOnce: 8, answerMs: 2000 }
/** Of one peer at a time: a part is 240 KiB, and whoever stalls is asked after the others the next time. */
const PART: Manner = { atOnce: 1, answerMs: 2000 }
/** Parts of one ballot that are asked for at once. */
const PARTS_AT_ONCE = 4

export type BallotContext = SignatureChecks &
  Pick<VerifierContext, 'offences'> & {
    readonly store: { readonly ballots: BallotStore }
  }

/** What is needed of a store of ballots. */
export type BallotStore = Pick<
  BallotRows,
  'head' | 'count' | 'part' | 'putPart' | 'putHead' | 'vote' | 'tree' | 'headsOf'
>

/** A ballot whose votes are being fetched. */
interface Fetching {
  readonly head: BallotHead
  readonly index: BallotIndex
  /** who gave the index */
  readonly from: Announcement
}

/** Of a part, or of all of them. */
type PartsEnd = 'whole' | 'missing' | 'wrong-index'

export class BallotSync {
  /** by B(e) and root: who wants a ballot that is being fetched waits for it */
  readonly #fetches = new Map<string, Promise<BallotHead | undefined>>()

  constructor(
    private readonly context: BallotContext,
    private readonly requests: Pick<PeerRequests, 'ask' | 'others'>,
  ) {}

  /**
   * A verifier's ballot with this root; the store holds its votes then. Undefined if no verifier that answers has it.
   * @param facts of the ballot's epoch
   * @param holders verifiers that have said that they hold the ballot, which are asked first
   */
  async ballot(entry: SeenEntry, facts: ChainFacts, holders: readonly number[]): Promise<BallotHead | undefined> {
    const held = await this.context.store.ballots.head(entry.root)
    if (held !== undefined) return held
    const key = `${facts.blockHash} ${entry.verifier} ${entry.root}`
    const fetch = this.#fetches.get(key) ?? this.#fetch(entry, facts, holders).finally(() => this.#fetches.delete(key))
    this.#fetches.set(key, fetch)
    return fetch
  }

  async #fetch(entry: SeenEntry, facts: ChainFacts, holders: readonly number[]): Promise<BallotHead | undefined> {
    const liars = new Set<number>()
    for (;;) {
      const peers = this.requests.others(({ index }) => holders.includes(index)).filter(one => !liars.has(one.index))
      const fetching = await this.#begin(entry, facts, peers)
      if (fetching === undefined) return undefined
      const end = await this.#parts(fetching, facts, peers)
      if (end === 'missing') return undefined
      if (end === 'whole') {
        await this.context.store.ballots.putHead(fetching.head, fetching.index)
        return fetching.head
      }
      this.context.offences.report(fetching.from.peerId, 'answer')
      liars.add(fetching.from.index)
    }
  }

  #begin(
    { verifier, root }: SeenEntry,
    facts: ChainFacts,
    peers: readonly Announcement[],
  ): Promise<Fetching | undefined> {
    const limits = ballotLimits(facts.providers.length)
    return this.requests.ask(peers, HEAD, { ballot: fromHex(root) }, limits, async (items, from) => {
      const read: { head?: BallotHead } = {}
      const [, ...index] = await collect(items, (bytes, place) => {
        if (place === 0) read.head = headIn(bytes, root)
        return bytes
      })
      const { head } = read
      if (head === undefined) throw new WrongAnswer('a ballot without a head')
      const whole = indexOf(index, root)
      // Before a reorganisation the chain may have known more providers.
      if (head.verifier !== verifier || whole.votes > facts.providers.length) return undefined
      // The root does not tell the signatures. With wrong ones this node would hold the ballot, and nobody take it.
      const fault = await headFault(this.context, facts, head, from.peerId)
      if (fault !== undefined) throw new DisputedAnswer(fault)
      return { head, index: whole, from }
    })
  }

  /** Several parts at once. `wrong-index` once a vote shows that the index lies. */
  async #parts(fetching: Fetching, facts: ChainFacts, peers: readonly Announcement[]): Promise<PartsEnd> {
    let next = 0
    const ends = new Set<PartsEnd>()
    const oneByOne = async () => {
      while (ends.size === 0 && next < fetching.index.parts) {
        const end = await this.#part(next++, fetching, facts, peers)
        if (end !== 'whole') ends.add(end)
      }
    }
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, oneByOne))
    if (ends.has('wrong-index')) return 'wrong-index'
    return ends.has('missing') ? 'missing' : 'whole'
  }

  async #part(
    part: number,
    { head, index, from }: Fetching,
    facts: ChainFacts,
    peers: readonly Announcement[],
  ): Promise<PartsEnd> {
    const { ballots } = this.context.store
    const root = toHex(head.root)
    const stored = await ballots.part(root, part)
    if (stored !== undefined && index.check(part, stored) === 'held') return 'whole'
    const ordered = [from, ...peers.filter(one => one.index !== from.index)]
    const request = { ballotPart: { root: head.root, part } }
    const limits = partLimits(index.votesIn(part))
    const end = await this.requests.ask<PartsEnd>(ordered, PART, request, limits, async items => {
      const [votes = new Uint8Array()] = await collect(items, bytes => bytes)
      const is = index.check(part, votes)
      if (is === 'wrong') throw new WrongAnswer('other votes than those of the root')
      if (is === 'wrong-index') return is
      const fault = votesFault(facts, head, votesOf(votes).map(decodeVote))
      if (fault !== undefined) throw new DisputedAnswer(fault)
      await ballots.putPart(head.epoch, root, part, votes)
      return 'whole'
    })
    return end ?? 'missing'
  }
}

/** @throws MessageError for what is no ballot; RangeError for one with votes or with another root */
function headIn(bytes: Uint8Array, root: Hex): BallotHead {
  const { votes, ...head } = Ballot.decode(bytes)
  if (votes.length > 0) throw new RangeError('This head has votes.')
  if (toHex(head.root) !== root) throw new RangeError('This is the head of another ballot.')
  return head
}

/** @throws WrongAnswer for what is not the index of the root */
function indexOf(parts: readonly Uint8Array[], root: Hex): BallotIndex {
  try {
    const index = new BallotIndex(Buffer.concat(parts))
    if (index.votes > 0 && index.root === root) return index
  } catch (cause) {
    throw new WrongAnswer((cause as Error).message, { cause })
  }
  throw new WrongAnswer('an index of another root')
}
