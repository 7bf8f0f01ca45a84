/**
 * How the verifiers of a frozen set come to one report of an epoch: the state machine of one verifier, pure. The machine
 * is told the time and every message that the verifier heard, with its signature already checked. It answers with what
 * the verifier has to do. `phases.ts` describes each state.
 *
 *   measuring ─end─▶ committing ─▶ closing ─▶ revealing ─▶ listing ─▶ rounds: propose, check, sign ─▶ certified
 *                                                              └───── deadline ─────▶ missed
 *
 * A seen list names the ballots that a verifier holds and that were committed in time. A leader proposes the ballot set
 * that follows from the lists of more than two thirds. Each verifier recomputes the report, and signs (header, round) or
 * refuses. A new round replaces a leader that is late. Certificates of two rounds are no fault: the contract takes the
 * first.
 */
import type { SeenEntry } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import { isSupermajority } from '../../../proto/quorum.js'
import { Heard, type HeldList } from './heard.js'
import { leaderOf } from './leader.js'
import { type AgreementTiming, isBefore, type Phase, phaseEndMs, roundStartMs } from './phases.js'
import { lackOf, type Standing, sentenceOf } from './sentence.js'

export interface AgreementOptions {
  readonly epoch: number
  readonly beacon: Hex
  /** registry indices of the frozen set, ascending */
  readonly verifiers: readonly number[]
  readonly timing: AgreementTiming
}

/** What a phase begins with. */
type Statement =
  | { readonly do: 'commit' }
  | { readonly do: 'reveal' }
  | { readonly do: 'list'; readonly entries: readonly SeenEntry[] }

/** The phase in which a statement helps nobody any more: so it is not made. */
const USELESS_FROM: Record<Statement['do'], Phase> = { commit: 'revealing', reveal: 'listing', list: 'missed' }

/** What the verifier has to do now. A new member must be handled in `node/agreement-runner.ts`. */
export type Action<L> =
  | Statement
  | { readonly do: 'propose'; readonly round: number; readonly lists: readonly HeldList<L>[] }
  | { readonly do: 'sign'; readonly round: number; readonly headerHash: Hex }
  | {
      readonly do: 'aggregate'
      readonly round: number
      readonly headerHash: Hex
      readonly signatures: ReadonlyMap<number, Uint8Array>
    }

export class Agreement<L> {
  readonly #heard = new Heard<L>()
  #phase: Phase = 'measuring'
  /** −1 before the first */
  #round = -1
  #proposedRound = -1
  #signedRound = -1
  /** a right proposal of a round that has not begun: signed when it begins */
  #early: { readonly round: number; readonly headerHash: Hex } | undefined
  /** the header that more than two thirds have signed; the others have until `dueMs` to sign as well */
  #quorum: { readonly round: number; readonly headerHash: Hex; readonly dueMs: number } | undefined
  #aggregated = false
  #refusal: string | undefined

  /** @param self registry index of this verifier */
  constructor(
    private readonly self: number,
    private readonly options: AgreementOptions,
  ) {}

  get phase(): Phase {
    return this.#phase
  }

  /** Verifiers that were heard to reveal two ballots. Their ballots do not count. */
  get equivocators(): readonly number[] {
    return this.#heard.equivocators
  }

  get sentence(): string {
    return sentenceOf(this.#standing)
  }

  /** Why this verifier has no certificate. */
  get lack(): string {
    return lackOf(this.#standing)
  }

  get #standing(): Standing {
    const { epoch, verifiers } = this.options
    return {
      epoch,
      phase: this.#phase,
      n: verifiers.length,
      heard: this.#heard.counts,
      round: this.#round,
      leader: this.#leaderOf(Math.max(0, this.#round)),
      refusal: this.#refusal,
    }
  }

  /** When `advance` has something to do next; undefined once nothing is left. */
  nextInstantMs(): number | undefined {
    const phaseMs = this.#phaseEndMs()
    const quorumMs = this.#aggregated ? undefined : this.#quorum?.dueMs
    return phaseMs === undefined || quorumMs === undefined ? phaseMs : Math.min(phaseMs, quorumMs)
  }

  /** Moves through every phase that is due at `nowMs`. Of a machine that slept, several are. */
  advance(nowMs: number): Action<L>[] {
    const entered: Statement[] = []
    for (let due = this.#phaseEndMs(); due !== undefined && due <= nowMs; due = this.#phaseEndMs()) {
      entered.push(...this.#enterNext())
    }
    const inTime = entered.filter(statement => isBefore(this.#phase, USELESS_FROM[statement.do]))
    return [...inTime, ...this.#proposeIfLeader(), ...this.#signEarly(), ...this.#aggregateIfDue(nowMs)]
  }

  /** Counts until a while before the ballots are revealed. */
  hearCommitment(verifier: number, commitment: Hex): void {
    if (isBefore(this.#phase, 'closing')) this.#heard.commitment(verifier, commitment)
  }

  /** Counts until the ballots are listed, and only if its commitment was heard in time. */
  hearBallot(verifier: number, root: Hex, commitment: Hex): void {
    this.#heard.ballot(verifier, root, commitment, isBefore(this.#phase, 'listing'))
  }

  hearList(list: HeldList<L>): Action<L>[] {
    this.#heard.list(list)
    return [...this.#proposeIfLeader(), ...this.#signEarly()]
  }

  /**
   * Whether a proposal is worth recomputing: by its round's leader, and of a round that may still be signed. The next round's
   * may come a little early, since clocks differ.
   */
  wants(round: number, leader: number): boolean {
    const isOpen = round > this.#signedRound && round <= this.#round + 1 && round !== this.#early?.round
    return this.#isProposing() && leader === this.#leaderOf(round) && isOpen
  }

  /**
   * The verifier recomputed the proposal and found it right: sign, unless a certificate or a later round came first. A
   * signature of a round that has not begun waits for its begin. Otherwise the next leader could take this round from its
   * leader: a verifier signs no earlier round than before.
   */
  approve(round: number, headerHash: Hex): Action<L>[] {
    if (this.#phase === 'certified' || this.#phase === 'missed' || round <= this.#signedRound) return []
    if (round > this.#begunRound()) {
      this.#early ??= { round, headerHash }
      return []
    }
    this.#signedRound = round
    this.#refusal = undefined
    return [{ do: 'sign', round, headerHash }]
  }

  refuse(round: number, reason: string): void {
    this.#refusal = `round ${round}: ${reason}`
  }

  /**
   * A signature over (header, round). Once more than two thirds have signed, the others get a moment more: a signer
   * that is missing from the certificate costs gas, and loses its reward.
   */
  hearPartial(nowMs: number, round: number, headerHash: Hex, verifier: number, signature: Uint8Array): Action<L>[] {
    if (this.#phase === 'certified') return []
    const { size } = this.#heard.signature(round, headerHash, verifier, signature)
    if (this.#quorum === undefined && this.#isSupermajority(size)) {
      this.#quorum = { round, headerHash, dueMs: nowMs + this.options.timing.listMs }
    }
    return this.#aggregateIfDue(nowMs)
  }

  /** A valid certificate exists, whoever made it: this verifier signs nothing more in this epoch. */
  hearCertificate(): void {
    this.#phase = 'certified'
  }

  #enterNext(): Statement[] {
    switch (this.#phase) {
      case 'measuring':
        this.#phase = 'committing'
        return [{ do: 'commit' }]
      case 'committing':
        this.#phase = 'closing'
        return []
      case 'closing':
        this.#phase = 'revealing'
        return [{ do: 'reveal' }]
      case 'revealing':
        this.#phase = 'listing'
        return [{ do: 'list', entries: this.#heard.seenEntries }]
      case 'listing':
        this.#phase = 'rounds'
        this.#round = 0
        return []
      default:
        if (roundStartMs(this.options.timing, this.#round + 1) < this.options.timing.deadlineMs) this.#round++
        else this.#phase = 'missed'
        return []
    }
  }

  /** A leader proposes when its round has begun. The first leader proposes earlier if every list is in. */
  #proposeIfLeader(): Action<L>[] {
    const { lists } = this.#heard
    const round = this.#begunRound()
    if (!this.#isProposing() || round < 0 || round <= this.#proposedRound) return []
    if (this.#leaderOf(round) !== this.self || !this.#isSupermajority(lists.length)) return []
    this.#proposedRound = round
    return [{ do: 'propose', round, lists }]
  }

  #signEarly(): Action<L>[] {
    const early = this.#early
    if (early === undefined || early.round > this.#begunRound()) return []
    this.#early = undefined
    return this.approve(early.round, early.headerHash)
  }

  /** The latest round that has begun; −1 before the first. Round 0 begins as soon as every list is in. */
  #begunRound(): number {
    const isComplete = this.#heard.lists.length === this.options.verifiers.length
    return this.#phase === 'listing' && isComplete ? 0 : this.#round
  }

  #aggregateIfDue(nowMs: number): Action<L>[] {
    if (this.#quorum === undefined || this.#aggregated || this.#phase === 'certified') return []
    const { round, headerHash, dueMs } = this.#quorum
    const signatures = this.#heard.signaturesOf(round, headerHash)
    if (nowMs < dueMs && signatures.size < this.options.verifiers.length) return []
    this.#aggregated = true
    return [{ do: 'aggregate', round, headerHash, signatures: new Map(signatures) }]
  }

  #isProposing(): boolean {
    return this.#phase === 'listing' || this.#phase === 'rounds'
  }

  #leaderOf(round: number): number {
    return leaderOf(this.options.verifiers, this.options.beacon, round)
  }

  #isSupermajority(count: number): boolean {
    return isSupermajority(count, this.options.verifiers.length)
  }

  #phaseEndMs(): number | undefined {
    return phaseEndMs(this.#phase, this.#round, this.options.timing)
  }
}
