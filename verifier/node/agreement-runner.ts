/**
 * Carries out one epoch's agreement: tells the pure state machine the time and what this node heard, and does what the
 * machine says: commit, reveal, list, propose, sign, aggregate.
 */
import { commitmentOf, type SeenEntry } from '../../proto/digests.js'
import { encodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import {
  Ballot,
  Certificate,
  type Commit,
  MAX_GOSSIP_VOTES,
  type Partial,
  type Proposal,
  type SeenListMessage,
} from '../../proto/messages.js'
import type { GossipKind } from '../../proto/protocols.js'
import { encodeVote, type Vote } from '../../proto/vote.js'
import { aggregate } from '../bls/aggregate.js'
import { type Action, Agreement } from '../core/agreement/agreement.js'
import { agreementTiming } from '../core/agreement/phases.js'
import { indicesOf } from '../core/facts.js'
import { withAnySignal } from '../net/any-signal.js'
import type { AcceptedReports } from './accepted-reports.js'
import { inBallotOrder } from './ballot-checks.js'
import type { VerifierContext } from './context.js'
import type { EpochRecord } from './epoch-facts.js'
import { EpochSigner } from './epoch-signer.js'
import { failOnStoreError } from './failures.js'
import { Proposals, type SeenList, seenListFrom } from './proposals.js'
import type { ReportComputer } from './report-computer.js'
import { isAbort, until } from './waiting.js'

export interface AgreementRunnerModules {
  readonly context: VerifierContext
  readonly reports: AcceptedReports
  readonly computer: ReportComputer
  /** Publishes to the others and delivers to this node as well. */
  readonly broadcast: (kind: GossipKind, message: Uint8Array) => Promise<void>
  /** Whether this process may sign anything of the epoch: see sole-process.ts. */
  readonly maySign: (epoch: number) => boolean
  readonly onCertificate: (certificate: Certificate) => void
  /** This node has signed a report of the epoch. */
  readonly onSigned: () => void
}

export class AgreementRunner {
  readonly signer: EpochSigner
  readonly #agreement: Agreement<SeenListMessage>
  readonly #proposals: Proposals
  /** not yet signed; undefined for a verifier that was assigned to nobody */
  #votes: { readonly encoded: Uint8Array[]; readonly schedule: Uint8Array } | undefined
  #ballot: Ballot | undefined
  #wake = new AbortController()

  constructor(
    private readonly modules: AgreementRunnerModules,
    readonly record: EpochRecord,
  ) {
    const { context, reports, computer } = modules
    const { epochs, params, self } = context
    const { facts } = record
    const { epoch, beacon } = facts
    this.signer = new EpochSigner(context, facts)
    this.#proposals = new Proposals(context, facts, reports, computer)
    this.#agreement = new Agreement(self.index, {
      epoch,
      beacon,
      verifiers: indicesOf(facts),
      timing: agreementTiming(epochs, params, epoch),
    })
  }

  get sentence(): string {
    return this.#agreement.sentence
  }

  /** Why this verifier has no certificate. */
  get lack(): string {
    return this.#agreement.lack
  }

  get phase(): string {
    return this.#agreement.phase
  }

  /** This verifier's votes of the epoch. A verifier that was assigned to nobody has no ballot. */
  setVotes(votes: readonly Vote[], schedule: Uint8Array): void {
    if (votes.length > 0) this.#votes = { encoded: inBallotOrder(votes.map(encodeVote)), schedule }
  }

  /** Resolves once a certificate exists or the deadline has passed. @throws AbortError when the node stops */
  async run(): Promise<void> {
    const { wall, stopping, log } = this.modules.context
    for (;;) {
      await this.#carryOut(this.#agreement.advance(wall.nowMs()))
      const next = this.#agreement.nextInstantMs()
      if (next === undefined) break
      this.#wake = new AbortController()
      await withAnySignal([stopping, this.#wake.signal], signal => until(next, wall, signal)).catch(error => {
        if (!isAbort(error) || stopping.aborted) throw error
      })
    }
    const { epoch } = this.record.facts
    const { phase, equivocators } = this.#agreement
    if (equivocators.length > 0) log.warn({ epoch, verifiers: equivocators }, 'revealed two ballots and were left out')
    log[phase === 'certified' ? 'info' : 'warn']({ epoch, phase }, this.sentence)
  }

  hearCommit(commit: Commit): void {
    this.#agreement.hearCommitment(commit.verifier, toHex(commit.commitment))
  }

  hearBallot(ballot: Ballot): void {
    const root = toHex(ballot.root)
    this.#agreement.hearBallot(ballot.verifier, root, commitmentOf(root, ballot.signature))
  }

  hearList(message: SeenListMessage): Promise<void> {
    return this.#carryOut(this.#agreement.hearList(seenListFrom(message)))
  }

  /** @param proposal with a valid leader's signature and valid lists */
  async hearProposal(proposal: Proposal): Promise<void> {
    const { epoch, round, leader } = proposal
    if (!this.#agreement.wants(round, leader)) return
    const checked = await this.#proposals.check(proposal)
    if (checked.ok) return this.#carryOut(this.#agreement.approve(round, checked.hash))
    this.#agreement.refuse(round, checked.reason)
    this.modules.context.log.warn({ epoch, round, leader }, `refused to sign: ${checked.reason}`)
  }

  async hearPartial({ round, headerHash: hash, verifier, signature }: Partial): Promise<void> {
    const nowMs = this.modules.context.wall.nowMs()
    await this.#carryOut(this.#agreement.hearPartial(nowMs, round, toHex(hash), verifier, signature))
    this.#wake.abort() // the machine may have something to do before the next phase
  }

  hearCertificate(certificate: Certificate): void {
    this.#agreement.hearCertificate()
    this.#wake.abort()
    this.modules.onCertificate(certificate)
  }

  async #carryOut(actions: readonly Action<SeenListMessage>[]): Promise<void> {
    const { context } = this.modules
    for (const action of actions) {
      if (action.do !== 'aggregate' && !this.modules.maySign(this.record.facts.epoch)) continue
      try {
        await this.#carryOutOne(action)
      } catch (error) {
        if (context.stopping.aborted) throw error
        failOnStoreError(context, error) // a verifier that cannot record must not sign
        context.log.error({ epoch: this.record.facts.epoch, action: action.do, err: error }, 'could not act')
      }
    }
  }

  #carryOutOne(action: Action<SeenListMessage>): Promise<void> {
    switch (action.do) {
      case 'commit':
        return this.#commit()
      case 'reveal':
        return this.#reveal()
      case 'list':
        return this.#list(action.entries)
      case 'propose':
        return this.#propose(action.round, action.lists)
      case 'sign':
        return this.#sign(action.round, action.headerHash)
      case 'aggregate':
        return this.#aggregate(action.round, action.headerHash, action.signatures)
    }
  }

  async #commit(): Promise<void> {
    if (this.#votes === undefined) return
    const ballot = await this.signer.ballot(this.#votes.encoded, this.#votes.schedule)
    const root = toHex(ballot.root)
    await this.modules.context.store.ballots.put(ballot, ballot.votes, true)
    this.#ballot = ballot
    await this.modules.broadcast('commit', await this.signer.commit(root, ballot.signature))
  }

  /** A ballot that is too large for gossip is announced by its root alone; the others fetch the votes. */
  async #reveal(): Promise<void> {
    if (this.#ballot === undefined) return
    const { votes } = this.#ballot
    const told = { ...this.#ballot, votes: votes.length <= MAX_GOSSIP_VOTES ? votes : [] }
    await this.modules.broadcast('ballot', Ballot.encode(told))
  }

  async #list(entries: readonly SeenEntry[]): Promise<void> {
    await this.modules.broadcast('seen', await this.signer.seenList(entries))
  }

  async #propose(round: number, lists: readonly SeenList[]): Promise<void> {
    const { log } = this.modules.context
    const { epoch } = this.record.facts
    const computed = await this.#proposals.compute(lists)
    if (!computed.ok) {
      this.#agreement.refuse(round, computed.reason)
      log.warn({ epoch, round }, `cannot propose: ${computed.reason}`)
      return
    }
    const { report, hash } = computed
    const messages = lists.map(({ message }) => message)
    const proposal = await this.signer.proposal(round, encodeHeader(report.header), hash, messages)
    log.info({ epoch, round, lists: lists.length, ballots: report.ballotSet.length, headerHash: hash }, 'proposing')
    await this.modules.broadcast('proposal', proposal)
  }

  async #sign(round: number, hash: Hex): Promise<void> {
    const partial = await this.signer.partial(round, hash)
    this.modules.onSigned()
    await this.modules.broadcast('partial', partial)
  }

  async #aggregate(round: number, hash: Hex, signatures: ReadonlyMap<number, Uint8Array>): Promise<void> {
    const report = this.#proposals.get(hash)
    if (report === undefined) return // verifiers that have computed this report aggregate
    const { verifiers, epoch } = this.record.facts
    const missing = verifiers.filter(verifier => !signatures.has(verifier.index))
    const nonSigners = missing.map(({ position }) => position).sort((a, b) => a - b)
    const ordered = verifiers.flatMap(verifier => signatures.get(verifier.index) ?? [])
    const signature = aggregate(ordered)
    const header = encodeHeader(report.header)
    await this.modules.broadcast('certificate', Certificate.encode({ epoch, round, header, nonSigners, signature }))
  }
}
