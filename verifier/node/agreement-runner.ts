/**
 * One epoch's agreement carried out: gives the pure state machine what was heard, and does what it says: commit, reveal,
 * list, propose, sign, aggregate. What is signed is recorded first.
 */
import {
  ballotDigest,
  commitDigest,
  commitmentOf,
  headerHash,
  proposalDigest,
  reportDigest,
  seenDigest,
} from '../../proto/digests.js'
import { epochEndMs } from '../../proto/epoch.js'
import { decodeHeader, encodeHeader } from '../../proto/header.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import {
  Ballot,
  Certificate,
  Commit,
  MAX_GOSSIP_BALLOT_BYTES,
  Partial,
  Proposal,
  SeenListMessage,
} from '../../proto/messages.js'
import type { GossipKind } from '../../proto/protocols.js'
import { encodeVote, type Vote } from '../../proto/vote.js'
import { type Action, Agreement } from '../core/agreement/agreement.js'
import { ballotSetOf } from '../core/agreement/ballot-set.js'
import type { HeldList } from '../core/agreement/heard.js'
import type { Report } from '../core/scoring/report.js'
import { StoreError } from '../store/errors.js'
import type { AcceptedReports } from './accepted-reports.js'
import type { VerifierContext } from './context.js'
import type { EpochRecord } from './epoch-facts.js'
import { signOnce } from './signing.js'
import { isAbort, until } from './waiting.js'

export interface AgreementRunnerModules {
  readonly context: VerifierContext
  readonly reports: AcceptedReports
  /** Publishes to the others and delivers to this node as well. */
  readonly broadcast: (kind: GossipKind, message: Uint8Array) => Promise<void>
  readonly onCertificate: (certificate: Certificate) => void
}

type SeenLists = HeldList<SeenListMessage>

export class AgreementRunner {
  readonly #agreement: Agreement<SeenListMessage>
  readonly #proposed = new Map<Hex, Report>()
  #ballot: { readonly votes: Uint8Array[]; readonly schedule: Uint8Array } | undefined
  #signedBallot: Ballot | undefined
  #wake = new AbortController()

  constructor(
    private readonly modules: AgreementRunnerModules,
    readonly record: EpochRecord,
  ) {
    const { epochs, params, self } = modules.context
    const { epoch, beacon, verifiers } = record.facts
    this.#agreement = new Agreement(self.index, {
      epoch,
      beacon,
      verifiers: verifiers.map(verifier => verifier.index),
      timing: {
        endMs: epochEndMs(epochs, epoch),
        commitMs: params.commitMs,
        revealMs: params.revealMs,
        listMs: params.listMs,
        roundMs: params.roundMs,
        deadlineMs: epochEndMs(epochs, epoch + 1),
      },
    })
  }

  get sentence(): string {
    return this.#agreement.sentence
  }

  get phase(): string {
    return this.#agreement.phase
  }

  /** This verifier's votes of the epoch. One that was assigned to nobody has no ballot. */
  setVotes(votes: readonly Vote[], schedule: Uint8Array): void {
    if (votes.length > 0) this.#ballot = { votes: votes.map(encodeVote), schedule }
  }

  /** Until a certificate exists or the deadline has passed. */
  async run(): Promise<void> {
    const { wall, stopping, log } = this.modules.context
    for (;;) {
      await this.#carryOut(this.#agreement.advance(wall.nowMs()))
      const next = this.#agreement.nextInstantMs()
      if (next === undefined) break
      this.#wake = new AbortController()
      await until(next, wall, AbortSignal.any([stopping, this.#wake.signal])).catch(error => {
        if (!isAbort(error) || stopping.aborted) throw error
      })
    }
    const level = this.#agreement.phase === 'certified' ? 'info' : 'warn'
    log[level]({ epoch: this.record.facts.epoch, phase: this.#agreement.phase }, this.sentence)
  }

  hearCommit(commit: Commit): void {
    this.#agreement.hearCommitment(commit.verifier, toHex(commit.commitment))
  }

  hearBallot(ballot: Ballot): void {
    const root = toHex(ballot.root)
    this.#agreement.hearBallot(ballot.verifier, root, commitmentOf(root, ballot.signature))
  }

  hearList(message: SeenListMessage): Promise<void> {
    return this.#carryOut(this.#agreement.hearList(heldList(message)))
  }

  /** @param proposal with a valid leader's signature and valid lists */
  async hearProposal(proposal: Proposal): Promise<void> {
    if (!this.#agreement.wants(proposal.round, proposal.leader)) return
    const refusal = await this.#check(proposal)
    if (refusal !== undefined) {
      this.#agreement.refuse(proposal.round, refusal)
      const { epoch, round, leader } = proposal
      this.modules.context.log.warn({ epoch, round, leader }, `refused to sign: ${refusal}`)
      return
    }
    const { network } = this.modules.context
    await this.#carryOut(this.#agreement.approve(proposal.round, headerHash(network, decodeHeader(proposal.header))))
  }

  async hearPartial(partial: Partial): Promise<void> {
    const { round, verifier, signature } = partial
    const nowMs = this.modules.context.wall.nowMs()
    await this.#carryOut(this.#agreement.hearPartial(nowMs, round, toHex(partial.headerHash), verifier, signature))
    this.#wake.abort() // there may be something to wait for that is due before the next phase
  }

  hearCertificate(certificate: Certificate): void {
    this.#agreement.hearCertificate()
    this.#wake.abort()
    this.modules.onCertificate(certificate)
  }

  async #carryOut(actions: readonly Action<SeenListMessage>[]): Promise<void> {
    for (const action of actions) {
      try {
        await this.#carryOutOne(action)
      } catch (error) {
        if (this.modules.context.stopping.aborted) throw error
        if (error instanceof StoreError) this.modules.context.fail(error) // without a record nothing may be signed
        this.modules.context.log.error(
          { epoch: this.record.facts.epoch, action: action.do, err: error },
          'could not act',
        )
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
    if (this.#ballot === undefined) return
    const { network, self, store } = this.modules.context
    const { facts } = this.record
    const { epoch } = facts
    const { votes, schedule } = this.#ballot
    const root = new MerkleTree(votes).root
    const signature = await this.#signOnce(`ballot/${epoch}`, ballotDigest(network, facts, self.index, root))
    const ballot = { epoch, verifier: self.index, root: fromHex(root), signature, schedule, votes }
    await store.putBallot(root, Ballot.encode(ballot), true)
    this.#signedBallot = ballot
    const commitment = commitmentOf(root, signature)
    const digest = commitDigest(network, facts, self.index, commitment)
    const commitSignature = await this.#signOnce(`commit/${epoch}`, digest)
    await this.modules.broadcast(
      'commit',
      Commit.encode({ epoch, verifier: self.index, commitment: fromHex(commitment), signature: commitSignature }),
    )
  }

  async #reveal(): Promise<void> {
    if (this.#signedBallot === undefined) return
    const whole = Ballot.encode(this.#signedBallot)
    const small = whole.length <= MAX_GOSSIP_BALLOT_BYTES
    await this.modules.broadcast('ballot', small ? whole : Ballot.encode({ ...this.#signedBallot, votes: [] }))
  }

  async #list(entries: Extract<Action<never>, { do: 'list' }>['entries']): Promise<void> {
    const { network, self } = this.modules.context
    const { facts } = this.record
    const signature = await this.#signOnce(`seen/${facts.epoch}`, seenDigest(network, facts, self.index, entries))
    await this.modules.broadcast(
      'seen',
      SeenListMessage.encode({
        epoch: facts.epoch,
        verifier: self.index,
        entries: entries.map(entry => ({ verifier: entry.verifier, root: fromHex(entry.root) })),
        signature,
      }),
    )
  }

  async #propose(round: number, lists: readonly SeenLists[]): Promise<void> {
    const { network, self, log } = this.modules.context
    const { facts } = this.record
    const { epoch } = facts
    const report = await this.#report(lists)
    if (typeof report === 'string') {
      this.#agreement.refuse(round, report)
      log.warn({ epoch, round }, `cannot propose: ${report}`)
      return
    }
    const hash = headerHash(network, report.header)
    const signature = await this.#signOnce(`proposal/${epoch}/${round}`, proposalDigest(network, facts, round, hash))
    const header = encodeHeader(report.header)
    const messages = lists.map(list => list.message)
    log.info({ epoch, round, lists: lists.length, ballots: report.ballotSet.length, headerHash: hash }, 'proposing')
    await this.modules.broadcast(
      'proposal',
      Proposal.encode({ epoch, round, leader: self.index, header, lists: messages, signature }),
    )
  }

  /** Recomputes what a leader proposes. Returns why it cannot be signed, or nothing. */
  async #check(proposal: Proposal): Promise<string | undefined> {
    const report = await this.#report(proposal.lists.map(heldList))
    if (typeof report === 'string') return report
    if (Buffer.compare(encodeHeader(report.header), proposal.header) === 0) return undefined
    const theirs = decodeHeader(proposal.header)
    const different = Object.entries(report.header).filter(([name, value]) => theirs[name as 'epoch'] !== value)
    return `its header differs from what follows from its ballots, in ${different.map(([name]) => name).join(', ')}`
  }

  /** The report that follows from seen lists, or why there is none. */
  async #report(lists: readonly SeenLists[]): Promise<Report | string> {
    const { reports } = this.modules
    if (reports.alarm !== undefined) return reports.alarm
    const { epoch, verifiers } = this.record.facts
    const { roots } = ballotSetOf(lists, verifiers.length)
    const report = await reports.compute(epoch, await reports.current(), roots)
    if (report === undefined) return 'a ballot that its lists name cannot be had from anybody'
    await reports.keep(report)
    this.#proposed.set(headerHash(this.modules.context.network, report.header), report)
    return report
  }

  async #sign(round: number, hash: Hex): Promise<void> {
    const { network, self } = this.modules.context
    const { facts } = this.record
    const signature = await this.#signOnce(`report/${facts.epoch}/${round}`, reportDigest(network, facts, round, hash))
    await this.modules.broadcast(
      'partial',
      Partial.encode({ epoch: facts.epoch, round, headerHash: fromHex(hash), verifier: self.index, signature }),
    )
  }

  async #aggregate(round: number, hash: Hex, signatures: ReadonlyMap<number, Uint8Array>): Promise<void> {
    const report = this.#proposed.get(hash)
    if (report === undefined) return // others hold it, and will aggregate
    const { verifiers, epoch } = this.record.facts
    const nonSigners = verifiers.flatMap((verifier, position) => (signatures.has(verifier.index) ? [] : [position]))
    const ordered = verifiers.flatMap(verifier => signatures.get(verifier.index) ?? [])
    const signature = this.modules.context.bls.verifier.aggregate(ordered)
    await this.modules.broadcast(
      'certificate',
      Certificate.encode({ epoch, round, header: encodeHeader(report.header), nonSigners, signature }),
    )
  }

  #signOnce(slot: string, digest: Hex): Promise<Uint8Array> {
    const { store, bls } = this.modules.context
    return signOnce(store, bls.signer, slot, digest)
  }
}

function heldList(message: SeenListMessage): SeenLists {
  const entries = message.entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
  return { verifier: message.verifier, entries, message }
}
