/**
 * What each peer may cost this node by gossip. A check takes from its peer's budget before it begins, and gives back what
 * it took unless the message was wrong. So the budget also bounds how many messages of a peer wait to be checked. A peer
 * that used its budget up is cut off until the budget is full again.
 */
import { MAX_VERIFIERS } from '../../proto/messages.js'
import type { GossipKind } from '../../proto/protocols.js'
import type { Verdict } from './gossip-messages.js'

/** What a check costs at most, in pairings of 1.2 ms. A proposal carries a list of each verifier; a ballot holds two signatures. */
export const CHECK_COST: Readonly<Record<GossipKind, number>> = {
  ...{ commit: 1, ballot: 2, seen: 1, proposal: 1 + MAX_VERIFIERS, partial: 1, certificate: 1 },
}

/**
 * A proposal and a message of every verifier at once. An honest peer may also send as many wrong ones: after a
 * reorganisation of B(e), two nodes hold each other's ballots wrong for a while. A liar costs half a second.
 */
export const BUDGET = 2 * (1 + MAX_VERIFIERS)
/**
 * What a message costs by the verdict, as a share of its check. Nobody is at fault for a message that is ignored: it is late,
 * or this node is not in the set. But it had to be decoded. In epochs of 20 s, all that a set of 16 gossips costs as much as
 * the budget gains meanwhile.
 */
export const SHARE_SPENT: Readonly<Record<Verdict, number>> = { accept: 0, ignore: 1 / 16, reject: 1 }

/** Of 63 liars among 191 verifiers, together 8 % of one core. */
const REFILL_PER_SECOND = 1

/**
 * What may wait of one peer's messages: all that 191 verifiers gossip in an epoch has 2.9 MB, large ballots aside. 63 liars
 * then hold 252 MiB.
 */
export const MAX_HELD_BYTES = 4 * 1024 * 1024

interface Account {
  left: number
  /** taken by checks that have not ended */
  held: number
  /** of the messages that these checks are of */
  heldBytes: number
  refilledMs: number
  cutOff: boolean
}

export class GossipBudget {
  /** of the peers that have not their whole budget */
  readonly #accounts = new Map<string, Account>()

  /** @param now monotonic, ms */
  constructor(private readonly now: () => number) {}

  /** What the peer may still cost. */
  left(peerId: string): number {
    const account = this.#refilled(peerId)
    if (account === undefined) return BUDGET
    return account.cutOff ? 0 : account.left
  }

  /** How many bytes of the peer's messages may be checked beside those that wait. */
  room(peerId: string): number {
    return MAX_HELD_BYTES - (this.#accounts.get(peerId)?.heldBytes ?? 0)
  }

  /** @param bytes of the message that waits. @returns whether the budget suffices; if not, it takes nothing */
  take(peerId: string, cost: number, bytes = 0): boolean {
    if (this.left(peerId) < cost || this.room(peerId) < bytes) return false
    const account = this.#accounts.get(peerId) ?? newAccount(this.now())
    this.#accounts.set(peerId, account)
    account.left -= cost
    account.held += cost
    account.heldBytes += bytes
    return true
  }

  /**
   * The check that took `cost` and `bytes` has ended.
   * @param spent what of the cost is not given back
   * @returns whether the peer is now cut off, and was not before
   */
  settle(peerId: string, cost: number, spent: number, bytes = 0): boolean {
    const account = this.#accounts.get(peerId)!
    account.held -= cost
    account.heldBytes -= bytes
    account.left += cost - spent
    this.#refilled(peerId)
    if (account.cutOff || account.left + account.held >= 1) return false
    account.cutOff = true
    return true
  }

  /** Of a peer whose messages are none of this node's business any more. */
  forget(peerId: string): void {
    this.#accounts.delete(peerId)
  }

  #refilled(peerId: string): Account | undefined {
    const account = this.#accounts.get(peerId)
    if (account === undefined) return undefined
    const nowMs = this.now()
    const gained = ((nowMs - account.refilledMs) / 1000) * REFILL_PER_SECOND
    account.left = Math.min(BUDGET - account.held, account.left + gained)
    account.refilledMs = nowMs
    if (account.left < BUDGET) return account
    this.#accounts.delete(peerId)
    return undefined
  }
}

const newAccount = (nowMs: number): Account => ({
  ...{ left: BUDGET, held: 0, heldBytes: 0, refilledMs: nowMs, cutOff: false },
})
