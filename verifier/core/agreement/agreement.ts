/**
 * How the verifiers of a frozen set come to one report of an epoch: the state machine of one verifier, pure. It is told
 * what was heard (signatures already checked) and what time it is, and answers with what is to be done.
 *
 *   measuring ─end─▶ committing ─▶ revealing ─▶ listing ─▶ rounds: propose, check, sign ─▶ certified
 *                                                              └───── deadline ─────▶ missed
 *
 * A seen list names the ballots that were committed in time and are held. A leader proposes the set that follows from
 * the lists of more than two thirds; each verifier recomputes the report and signs (header, round) or refuses. Rounds
 * replace a leader that is late; certificates of two rounds are no fault, the contract takes the first.
 */
import type { SeenEntry } from '../../../proto/digests.js'
import { keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { isSupermajority } from '../../../proto/quorum.js'

/** Instants and spans in milliseconds of the network's clock. */
export interface AgreementTiming {
  /** end of the measured epoch, start of its agree phase */
  readonly endMs: number
  readonly commitMs: number
  readonly revealMs: number
  /** also how long the last signatures are awaited once there are enough */
  readonly listMs: number
  readonly roundMs: number
  /** the next epoch's agree phase begins: no report of this one will be accepted any more */
  readonly deadlineMs: number
}

export interface AgreementOptions {
  readonly epoch: number
  readonly beacon: Hex
  /** registry indices of the frozen set, ascending */
  readonly verifiers: readonly number[]
  readonly timing: AgreementTiming
}

/** A verifier's signed seen list; `L` is the message that carries it, handed through untouched. */
export interface HeldList<L> {
  readonly verifier: number
  readonly entries: readonly SeenEntry[]
  readonly message: L
}

export type Action<L> =
  | { readonly do: 'commit' }
  | { readonly do: 'reveal' }
  | { readonly do: 'list'; readonly entries: readonly SeenEntry[] }
  | { readonly do: 'propose'; readonly round: number; readonly lists: readonly HeldList<L>[] }
  | { readonly do: 'sign'; readonly round: number; readonly headerHash: Hex }
  | {
      readonly do: 'aggregate'
      readonly round: number
      readonly headerHash: Hex
      readonly signatures: ReadonlyMap<number, Uint8Array>
    }

export type Phase = 'measuring' | 'committing' | 'revealing' | 'listing' | 'rounds' | 'certified' | 'missed'

/** The verifier whose turn it is in a round: drawn by the beacon, then one after the other. */
export function leaderOf(verifiers: readonly number[], beacon: Hex, round: number): number {
  // 2^256 mod n is negligible beside 2^256, so the draw needs no rejection.
  const draw = BigInt(keccakWords(['bytes32', 'uint32'], [beacon, verifiers.length]))
  const first = Number(draw % BigInt(verifiers.length))
  return verifiers[(first + round) % verifiers.length]!
}

/** A verifier's distance from the leader of round 0: the order in which nodes post, settle and freeze. */
export function rankOf(verifiers: readonly number[], beacon: Hex, verifier: number): number {
  const first = verifiers.indexOf(leaderOf(verifiers, beacon, 0))
  return (verifiers.indexOf(verifier) - first + verifiers.length) % verifiers.length
}

export class Agreement<L> {
  readonly #options: AgreementOptions
  readonly #self: number
  readonly #commitments = new Map<number, Hex>()
  readonly #ballots = new Map<number, Hex>()
  readonly #lists = new Map<number, HeldList<L>>()
  readonly #partials = new Map<string, Map<number, Uint8Array>>()
  readonly #equivocators = new Set<number>()
  #phase: Phase = 'measuring'
  #round = -1
  #proposedRound = -1
  #signedRound = -1
  /** the header that more than two thirds have signed, and until when the others' signatures are awaited */
  #quorum: { readonly round: number; readonly headerHash: Hex; readonly dueMs: number } | undefined
  #aggregated = false
  #refusal: string | undefined

  constructor(self: number, options: AgreementOptions) {
    this.#self = self
    this.#options = options
  }

  get phase(): Phase {
    return this.#phase
  }

  /** The round whose leader's turn it is; −1 before the first. */
  get round(): number {
    return this.#round
  }

  /** Verifiers that were heard to reveal two ballots. They are left out, and will be slashable. */
  get equivocators(): readonly number[] {
    return [...this.#equivocators]
  }

  /** When `advance` has something to do next; undefined once nothing is left. */
  nextInstantMs(): number | undefined {
    const phase = this.#nextPhaseMs()
    const quorum = this.#aggregated || phase === undefined ? undefined : this.#quorum?.dueMs
    return quorum === undefined || phase === undefined ? phase : Math.min(phase, quorum)
  }

  #nextPhaseMs(): number | undefined {
    const { endMs, deadlineMs } = this.#options.timing
    switch (this.#phase) {
      case 'measuring':
        return endMs
      case 'committing':
        return this.#commitEndMs
      case 'revealing':
        return this.#revealEndMs
      case 'listing':
        return this.#roundStartMs(0)
      case 'rounds':
        return Math.min(this.#roundStartMs(this.#round + 1), deadlineMs)
      default:
        return undefined
    }
  }

  /** Moves through every phase that is due at `nowMs`. */
  advance(nowMs: number): Action<L>[] {
    const actions: Action<L>[] = []
    for (let due = this.#nextPhaseMs(); due !== undefined && due <= nowMs; due = this.#nextPhaseMs()) {
      actions.push(...this.#enterNext())
    }
    actions.push(...this.#proposeIfLeader(), ...this.#aggregateIfDue(nowMs))
    return actions
  }

  /** A commitment counts while commits are awaited; the first of a verifier stands. */
  hearCommitment(verifier: number, commitment: Hex): void {
    if (this.#isBefore('revealing') && !this.#commitments.has(verifier)) this.#commitments.set(verifier, commitment)
  }

  /** A ballot counts while ballots are awaited, and only if its commitment was heard in time. */
  hearBallot(verifier: number, root: Hex, commitment: Hex): void {
    const held = this.#ballots.get(verifier)
    if (held !== undefined && held !== root) this.#equivocators.add(verifier)
    if (!this.#isBefore('listing') || held !== undefined) return
    if (this.#commitments.get(verifier) === commitment) this.#ballots.set(verifier, root)
  }

  hearList(list: HeldList<L>): Action<L>[] {
    if (!this.#lists.has(list.verifier)) this.#lists.set(list.verifier, list)
    return this.#proposeIfLeader()
  }

  /** Whether a proposal is worth recomputing: by its round's leader, and of a round that may still be signed. */
  wants(round: number, leader: number): boolean {
    return (
      (this.#phase === 'listing' || this.#phase === 'rounds') &&
      leader === leaderOf(this.#options.verifiers, this.#options.beacon, round) &&
      round > this.#signedRound &&
      round <= this.#round + 1
    )
  }

  /** The proposal was recomputed and found right: sign, unless a certificate or a later round came first. */
  approve(round: number, headerHash: Hex): Action<L>[] {
    if (this.#phase === 'certified' || this.#phase === 'missed' || round <= this.#signedRound) return []
    this.#signedRound = round
    this.#refusal = undefined
    return [{ do: 'sign', round, headerHash }]
  }

  refuse(round: number, reason: string): void {
    this.#refusal = `round ${round}: ${reason}`
  }

  /**
   * A signature over (header, round). Once more than two thirds have signed, the others are awaited for a moment: each
   * that is missing from a certificate costs gas, and its signer's reward.
   */
  hearPartial(nowMs: number, round: number, headerHash: Hex, verifier: number, signature: Uint8Array): Action<L>[] {
    if (this.#phase === 'certified') return []
    const key = keyOf(round, headerHash)
    const signatures = this.#partials.get(key) ?? new Map<number, Uint8Array>()
    this.#partials.set(key, signatures)
    signatures.set(verifier, signature)
    if (this.#quorum === undefined && isSupermajority(signatures.size, this.#options.verifiers.length)) {
      this.#quorum = { round, headerHash, dueMs: nowMs + this.#options.timing.listMs }
    }
    return this.#aggregateIfDue(nowMs)
  }

  /** A valid certificate exists, from whomever: nothing more is signed in this epoch. */
  hearCertificate(): void {
    this.#phase = 'certified'
  }

  /** One sentence on where this verifier stands, for logs and people. */
  get sentence(): string {
    const { epoch, verifiers, beacon } = this.#options
    const n = verifiers.length
    switch (this.#phase) {
      case 'measuring':
        return `epoch ${epoch} is being measured`
      case 'committing':
        return `epoch ${epoch}: commitments of ${this.#commitments.size} of ${n} verifiers heard`
      case 'revealing':
        return `epoch ${epoch}: ballots of ${this.#ballots.size} of ${n} verifiers held`
      case 'listing':
        return `epoch ${epoch}: seen lists of ${this.#lists.size} of ${n} verifiers heard`
      case 'rounds':
        return `epoch ${epoch}: round ${this.#round}, led by verifier ${leaderOf(verifiers, beacon, this.#round)}; ${this.#lack()}`
      case 'certified':
        return `epoch ${epoch} is certified`
      default:
        return `epoch ${epoch} has no report: ${this.#lack()}`
    }
  }

  get #commitEndMs(): number {
    return this.#options.timing.endMs + this.#options.timing.commitMs
  }

  get #revealEndMs(): number {
    return this.#commitEndMs + this.#options.timing.revealMs
  }

  #roundStartMs(round: number): number {
    const { listMs, roundMs } = this.#options.timing
    return this.#revealEndMs + listMs + round * roundMs
  }

  #isBefore(phase: 'revealing' | 'listing'): boolean {
    const early: Phase[] =
      phase === 'revealing' ? ['measuring', 'committing'] : ['measuring', 'committing', 'revealing']
    return early.includes(this.#phase)
  }

  #enterNext(): Action<L>[] {
    switch (this.#phase) {
      case 'measuring':
        this.#phase = 'committing'
        return [{ do: 'commit' }]
      case 'committing':
        this.#phase = 'revealing'
        return [{ do: 'reveal' }]
      case 'revealing':
        this.#phase = 'listing'
        return [{ do: 'list', entries: this.#seenEntries() }]
      case 'listing':
        this.#phase = 'rounds'
        this.#round = 0
        return []
      default:
        if (this.#roundStartMs(this.#round + 1) < this.#options.timing.deadlineMs) this.#round++
        else this.#phase = 'missed'
        return []
    }
  }

  #seenEntries(): SeenEntry[] {
    return [...this.#ballots]
      .filter(([verifier]) => !this.#equivocators.has(verifier))
      .sort(([a], [b]) => a - b)
      .map(([verifier, root]) => ({ verifier, root }))
  }

  /** A leader proposes when its round has begun, or in the first round as soon as every list is in. */
  #proposeIfLeader(): Action<L>[] {
    const { verifiers, beacon } = this.#options
    const round = this.#phase === 'listing' && this.#lists.size === verifiers.length ? 0 : this.#round
    if ((this.#phase !== 'rounds' && this.#phase !== 'listing') || round < 0 || round <= this.#proposedRound) return []
    if (leaderOf(verifiers, beacon, round) !== this.#self) return []
    if (!isSupermajority(this.#lists.size, verifiers.length)) return []
    this.#proposedRound = round
    return [{ do: 'propose', round, lists: [...this.#lists.values()].sort((a, b) => a.verifier - b.verifier) }]
  }

  #aggregateIfDue(nowMs: number): Action<L>[] {
    if (this.#quorum === undefined || this.#aggregated || this.#phase === 'certified') return []
    const { round, headerHash, dueMs } = this.#quorum
    const signatures = this.#partials.get(keyOf(round, headerHash))!
    if (nowMs < dueMs && signatures.size < this.#options.verifiers.length) return []
    this.#aggregated = true
    return [{ do: 'aggregate', round, headerHash, signatures: new Map(signatures) }]
  }

  #lack(): string {
    const n = this.#options.verifiers.length
    const needed = Math.floor((2 * n) / 3) + 1
    if (this.#lists.size < needed) return `seen lists of ${this.#lists.size} of ${n} verifiers, ${needed} are needed`
    if (this.#refusal !== undefined) return `this verifier refused ${this.#refusal}`
    const most = Math.max(0, ...[...this.#partials.values()].map(signatures => signatures.size))
    return `signatures of ${most} of ${n} verifiers, ${needed} are needed`
  }
}

const keyOf = (round: number, headerHash: Hex): string => `${round}:${headerHash}`
