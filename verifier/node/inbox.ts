/**
 * What is heard by gossip: decoded, checked against the frozen set of its epoch, written down for those who come late,
 * and handed to that epoch's agreement. A message is rejected only for what its sender could know to be wrong.
 */
import { commitDigest, headerHash, proposalDigest, reportDigest, seenDigest } from '../../proto/digests.js'
import { epochAt } from '../../proto/epoch.js'
import { decodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import {
  Ballot,
  Certificate,
  Commit,
  GossipItem,
  MessageError,
  Partial,
  Proposal,
  SeenListMessage,
} from '../../proto/messages.js'
import { GOSSIP_KINDS, type GossipKind } from '../../proto/protocols.js'
import { isSupermajority } from '../../proto/quorum.js'
import { StoreError } from '../store/errors.js'
import type { AgreementRunner } from './agreement-runner.js'
import type { VerifierContext } from './context.js'
import { ballotFault, type PeerSync } from './peer-sync.js'
import { isAbort } from './waiting.js'

type Verdict = 'accept' | 'reject' | 'ignore'

export interface InboxModules {
  readonly context: VerifierContext
  readonly peers: PeerSync
  /** The agreement of an epoch, once its facts are known; undefined where this node takes no part in it. */
  readonly runner: (epoch: number) => Promise<AgreementRunner | undefined>
}

export class Inbox {
  constructor(private readonly modules: InboxModules) {}

  subscribe(): void {
    for (const kind of GOSSIP_KINDS) this.modules.context.gossip.subscribe(kind, bytes => this.hear(kind, bytes))
  }

  /** To the others, and to this node itself. */
  async broadcast(kind: GossipKind, bytes: Uint8Array): Promise<void> {
    await this.modules.context.gossip.publish(kind, bytes)
    await this.hear(kind, bytes)
  }

  /** What a peer heard in an epoch, as if it had been heard now. */
  async replay(epoch: number): Promise<void> {
    for (const item of await this.modules.peers.gossip(epoch)) {
      const kind = GOSSIP_KINDS.find(known => known === item.kind)
      if (kind !== undefined) await this.hear(kind, item.data)
    }
  }

  async hear(kind: GossipKind, bytes: Uint8Array): Promise<Verdict> {
    const { context } = this.modules
    try {
      const verdict = await this.#handle(kind, bytes)
      if (verdict !== 'accept') context.log.debug({ kind, verdict }, 'gossip not taken')
      return verdict
    } catch (error) {
      if (isAbort(error)) return 'ignore'
      if (error instanceof StoreError) context.fail(error)
      context.log.warn({ kind, error: (error as Error).message }, 'bad gossip')
      return error instanceof MessageError || error instanceof RangeError ? 'reject' : 'ignore'
    }
  }

  async #handle(kind: GossipKind, bytes: Uint8Array): Promise<Verdict> {
    const message = DECODE[kind](bytes)
    const { epochs, wall, store } = this.modules.context
    const now = epochAt(epochs, wall.nowMs())
    // Agreement on an epoch takes place in the next one; clocks may differ by less than an epoch.
    if (message.epoch < now - 1 || message.epoch > now + 1) return 'ignore'
    const runner = await this.modules.runner(message.epoch)
    if (runner === undefined) return 'ignore'
    const fault = this.#fault(kind, message, runner)
    if (fault !== undefined) {
      this.modules.context.log.warn({ kind, epoch: message.epoch }, `rejected: ${fault}`)
      return 'reject'
    }
    await store.putGossip(message.epoch, GossipItem.encode({ kind, data: bytes }))
    // Handled apart, so that a proposal's recomputation does not hold up its forwarding.
    this.#deliver(kind, message, runner).catch(error => {
      if (isAbort(error)) return
      if (error instanceof StoreError) this.modules.context.fail(error)
      this.modules.context.log.error({ kind, err: error }, 'could not handle')
    })
    return 'accept'
  }

  /** Why a message is wrong; undefined when it is right. */
  #fault(kind: GossipKind, message: Heard, { record: { facts } }: AgreementRunner): string | undefined {
    const { network } = this.modules.context
    const signed = (verifier: number, digest: Hex, signature: Uint8Array) =>
      this.#isSignedBy(facts.verifiers.find(v => v.index === verifier)?.blsKey, digest, signature)
    switch (kind) {
      case 'commit': {
        const { verifier, commitment, signature } = message as Commit
        return signed(verifier, commitDigest(network, facts, verifier, toHex(commitment)), signature)
      }
      case 'ballot':
        return ballotFault(this.modules.context, facts, message as Ballot)
      case 'seen':
        return this.#listFault(message as SeenListMessage, facts)
      case 'proposal': {
        const { round, leader, header, lists, signature } = message as Proposal
        const hash = headerHash(network, decodeHeader(header))
        const senders = new Set(lists.map(list => list.verifier))
        if (senders.size !== lists.length) return 'two lists of one verifier'
        if (!isSupermajority(lists.length, facts.verifiers.length)) return 'too few seen lists'
        return (
          signed(leader, proposalDigest(network, facts, round, hash), signature) ??
          lists
            .map(list => (list.epoch === facts.epoch ? this.#listFault(list, facts) : 'a list of another epoch'))
            .find(Boolean)
        )
      }
      case 'partial': {
        const { round, headerHash: hash, verifier, signature } = message as Partial
        return signed(verifier, reportDigest(network, facts, round, toHex(hash)), signature)
      }
      case 'certificate':
        return this.#certificateFault(message as Certificate, facts)
    }
  }

  #listFault(
    { verifier, entries, signature }: SeenListMessage,
    facts: AgreementRunner['record']['facts'],
  ): string | undefined {
    const { network } = this.modules.context
    const list = entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
    if (list.some((entry, i) => i > 0 && entry.verifier <= list[i - 1]!.verifier)) return 'a list out of order'
    const key = facts.verifiers.find(v => v.index === verifier)?.blsKey
    return this.#isSignedBy(key, seenDigest(network, facts, verifier, list), signature)
  }

  #certificateFault(certificate: Certificate, facts: AgreementRunner['record']['facts']): string | undefined {
    const { network, bls } = this.modules.context
    const { round, header, nonSigners, signature } = certificate
    const missing = new Set(nonSigners)
    const signers = facts.verifiers.filter((_, position) => !missing.has(position))
    if (nonSigners.some((position, i) => i > 0 && position <= nonSigners[i - 1]!)) return 'non-signers out of order'
    if (signers.length + nonSigners.length !== facts.verifiers.length) return 'non-signers that are not in the set'
    if (!isSupermajority(signers.length, facts.verifiers.length)) return 'too few signers'
    const decoded = decodeHeader(header)
    if (decoded.epoch !== facts.epoch || decoded.era !== facts.era) return 'a header of another epoch'
    const digest = reportDigest(network, facts, round, headerHash(network, decoded))
    const keys = signers.map(verifier => verifier.blsKey)
    return bls.verifier.fastAggregateVerify(keys, digest, signature) ? undefined : 'wrong aggregate signature'
  }

  #isSignedBy(blsKey: Hex | undefined, digest: Hex, signature: Uint8Array): string | undefined {
    if (blsKey === undefined) return 'not in the frozen set'
    return this.modules.context.bls.verifier.verify(blsKey, digest, signature) ? undefined : 'wrong signature'
  }

  async #deliver(kind: GossipKind, message: Heard, runner: AgreementRunner): Promise<void> {
    switch (kind) {
      case 'commit':
        return runner.hearCommit(message as Commit)
      case 'ballot':
        return this.#deliverBallot(message as Ballot, runner)
      case 'seen':
        return runner.hearList(message as SeenListMessage)
      case 'proposal':
        return runner.hearProposal(message as Proposal)
      case 'partial':
        return runner.hearPartial(message as Partial)
      case 'certificate':
        return runner.hearCertificate(message as Certificate)
    }
  }

  /** A ballot that came by root alone is fetched first: a seen list may name only what is held. */
  async #deliverBallot(ballot: Ballot, runner: AgreementRunner): Promise<void> {
    const { context, peers } = this.modules
    const root = toHex(ballot.root)
    if (ballot.votes.length > 0) await context.store.putBallot(root, Ballot.encode(ballot))
    else {
      const whole = await peers.ballot(root)
      if (whole === undefined || ballotFault(context, runner.record.facts, whole) !== undefined) return
    }
    runner.hearBallot(ballot)
  }
}

type Heard = Commit | Ballot | SeenListMessage | Proposal | Partial | Certificate

const DECODE: Record<GossipKind, (bytes: Uint8Array) => Heard> = {
  commit: Commit.decode,
  ballot: Ballot.decode,
  seen: SeenListMessage.decode,
  proposal: Proposal.decode,
  partial: Partial.decode,
  certificate: Certificate.decode,
}
