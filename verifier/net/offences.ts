/**
 * Which peers break rules that an honest peer keeps, and what comes of it: the peer is disconnected, is not let in for a
 * while, and stands in the node's status. A rule counts against the peer at the other end of the connection, and only if
 * that peer could have checked it itself. So nobody is disconnected for what it relays, for being late, or for a restart.
 *
 * Anybody can make new keys. So peers that no verifier has announced share one entry for each rule, and their number
 * changes nothing for a verifier's entries.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { MAX_VERIFIERS } from '../../proto/messages.js'
import { LastPeers } from './last-peers.js'
import type { Peer } from './libp2p.js'

interface Rule {
  /** what the peer did: a predicate */
  readonly did: string
  /** how often in TOLERATED_MS nothing follows, where an honest peer on a bad day may do it, too */
  readonly tolerated: number
  /** how long the peer is not let in after it was disconnected: 0 if it may come back at once */
  readonly shutOutMs: number
}

const TOLERATED_MS = 60_000
/** Of several epochs of a test network. A verifier whose clock or chain was wrong is back soon after it is mended. */
const SHUT_OUT_MS = 60_000

const RULES = {
  // `gossip-budget.ts` and `stream-limit.ts` tolerate what they must.
  gossip: { did: 'sent more wrong or useless messages than its budget holds', tolerated: 0, shutOutMs: SHUT_OUT_MS },
  unheard: { did: 'went on sending messages that nobody hears from it', tolerated: 0, shutOutMs: SHUT_OUT_MS },
  streams: { did: 'opened too many streams', tolerated: 0, shutOutMs: SHUT_OUT_MS },
  answer: { did: 'answered a sync request with what no honest peer holds', tolerated: 0, shutOutMs: SHUT_OUT_MS },
  // After a reorganisation of B(e), two honest nodes hold each other's messages wrong for a while: all of a full set, twice.
  disputed: {
    did: 'answered sync requests with messages that this node holds wrong',
    tolerated: 4 * MAX_VERIFIERS,
    shutOutMs: SHUT_OUT_MS,
  },
  // The connection made room for others.
  connections: { did: 'held too many connections', tolerated: 0, shutOutMs: 0 },
  // A peer on a slow link, or one that was suspended. Its connection is as good as dead, and a new one may be better.
  silence: { did: 'left sync requests without an answer', tolerated: 8, shutOutMs: 0 },
  // An honest peer sends its request as soon as the stream is open, and has four streams open at most.
  request: { did: 'opened streams for sync requests and asked nothing', tolerated: 4, shutOutMs: 0 },
} as const satisfies Record<string, Rule>

export type Offence = keyof typeof RULES

/** As the status shows it. */
export interface Offender {
  /** the peer id; of peers that no verifier has announced, the last one; null if that one never said who it is */
  readonly peer: string | null
  /** registry index: the lowest of the verifiers that announced the peer; null if none has */
  readonly verifier: number | null
  readonly reason: string
  /** how often the rule was broken */
  readonly count: number
  /** unix time */
  readonly lastMs: number
}

export interface OffencesOptions {
  /** The verifier that has announced the peer id; undefined if none has. */
  readonly verifierOf: (peerId: string) => number | undefined
  /** Ends all connections with the peer. */
  readonly disconnect: (peerId: string, reason: string) => void
  /** Writes one line for many alike. @param kind one of a few */
  readonly warn: (kind: string, sentence: string) => void
  /** unix time, ms */
  readonly nowMs: () => number
}

/** Verifiers that have a place of their own. Each of them has bonded stake. */
const MAX_VERIFIERS_KEPT = 512
const MAX_STRANGERS_KEPT = 512

/** How often a peer did something since `sinceMs`. */
interface Recent {
  readonly sinceMs: number
  readonly count: number
}

export class Offences {
  /** how often each rule was broken, by verifiers and by peers that no verifier has announced */
  readonly totals = { verifier: zeros(), stranger: zeros() }
  readonly #shown = { verifier: new LastPeers<Offender>(MAX_VERIFIERS_KEPT), stranger: new LastPeers<Offender>(16) }
  readonly #recent = both<Recent>()
  /** until when */
  readonly #shutOut = both<number>()

  constructor(private readonly options: OffencesOptions) {}

  /** The peer broke a rule. */
  report(peer: string, offence: Offence): void {
    const { verifierOf, disconnect, nowMs } = this.options
    const { did, tolerated, shutOutMs }: Rule = RULES[offence]
    const verifier = verifierOf(peer)
    const kind = kindOf(verifier)
    this.#show(peer, verifier, offence)
    if (this.#countRecent(kind, `${peer} ${offence}`) <= tolerated) return
    if (shutOutMs > 0) this.#shutOut[kind].put(peer, nowMs() + shutOutMs)
    this.#warn(peer, verifier, offence)
    disconnect(peer, did)
  }

  /** A rule was broken on a connection that has ended, and whose peer had not said who it is. */
  reportNameless(offence: Offence): void {
    this.#show(null, undefined, offence)
    this.#warn(null, undefined, offence)
  }

  /** Whether the peer may not connect for now. A stranger may as soon as a verifier has announced it. */
  isShutOut(peer: string): boolean {
    const { verifierOf, nowMs } = this.options
    const untilMs = this.#shutOut[kindOf(verifierOf(peer))].get(peer)
    return untilMs !== undefined && nowMs() < untilMs
  }

  /** Verifiers first, and the last one first. */
  list(): Offender[] {
    return [...this.#shown.verifier.newestFirst(), ...this.#shown.stranger.newestFirst()]
  }

  #show(peer: string | null, verifier: number | undefined, offence: Offence): void {
    const kind = kindOf(verifier)
    this.totals[kind][offence]++
    const shown = this.#shown[kind]
    const name = verifier === undefined ? offence : `${peer} ${offence}`
    const count = (shown.get(name)?.count ?? 0) + 1
    const lastMs = this.options.nowMs()
    shown.put(name, { peer, verifier: verifier ?? null, reason: RULES[offence].did, count, lastMs })
  }

  #countRecent(kind: 'verifier' | 'stranger', name: string): number {
    const nowMs = this.options.nowMs()
    const before = this.#recent[kind].get(name)
    const isRecent = before !== undefined && nowMs < before.sinceMs + TOLERATED_MS
    const recent = isRecent ? { ...before, count: before.count + 1 } : { sinceMs: nowMs, count: 1 }
    this.#recent[kind].put(name, recent)
    return recent.count
  }

  #warn(peer: string | null, verifier: number | undefined, offence: Offence): void {
    const { did, shutOutMs }: Rule = RULES[offence]
    const who = verifier === undefined ? 'a peer that no verifier has announced' : `verifier ${verifier}`
    const then = shutOutMs > 0 ? `disconnected, and not let in for ${shutOutMs / 1000} s` : 'disconnected'
    this.options.warn(
      `${offence} ${verifier ?? 'stranger'}`,
      `${who} ${did}: ${then} (${peer ?? 'it never said who it is'})`,
    )
  }
}

export function disconnect(peer: Pick<Peer, 'getConnections'>, peerId: string, reason: string): void {
  for (const connection of peer.getConnections(peerIdFromString(peerId))) connection.abort(new Error(reason))
}

const kindOf = (verifier: number | undefined): 'verifier' | 'stranger' =>
  verifier === undefined ? 'stranger' : 'verifier'

const zeros = (): Record<Offence, number> =>
  Object.fromEntries(Object.keys(RULES).map(offence => [offence, 0])) as Record<Offence, number>

const both = <T>() => ({
  verifier: new LastPeers<T>(MAX_VERIFIERS_KEPT),
  stranger: new LastPeers<T>(MAX_STRANGERS_KEPT),
})
