/**
 * What this node hears by gossip. The inbox decodes a message, checks it against the frozen set of its epoch, stores it
 * for nodes that come later, and hands it to the agreement of that epoch.
 */
import { epochAt } from '../../proto/epoch.js'
import { toHex } from '../../proto/hex.js'
import { type Ballot, GossipItem, MessageError } from '../../proto/messages.js'
import { GOSSIP_KINDS, type GossipKind } from '../../proto/protocols.js'
import type { ChainFacts } from '../core/facts.js'
import { decodeGossip, type GossipMessage, type Verdict } from '../net/gossip-messages.js'
import type { AgreementRunner } from './agreement-runner.js'
import type { VerifierContext } from './context.js'
import { failOnStoreError } from './failures.js'
import { gossipFault } from './gossip-checks.js'
import type { PeerSync } from './peer-sync.js'
import { SummedLog } from './summed-log.js'
import { isAbort } from './waiting.js'
import type { Witness } from './witness.js'

export interface InboxModules {
  readonly context: VerifierContext
  readonly peers: Pick<PeerSync, 'ballot' | 'gossip'>
  readonly witness: Pick<Witness, 'isNew' | 'hear'>
  /** The agreement of an epoch, once its facts are known; undefined if this node takes no part in it. */
  readonly runner: (epoch: number) => Promise<AgreementRunner | undefined>
}

/**
 * Of messages that wait for the facts of their epoch. All that 191 verifiers gossip in an epoch has 2.9 MB, large ballots
 * aside: seen lists of 191 entries 1.4 MB, a proposal with these lists as much, commitments and signatures 0.1 MB. A node
 * waits only when it has just started. What is lost then, it gets from peers by `replay`.
 */
const MAX_WAITING_BYTES = 4 * 1024 * 1024

export class Inbox {
  readonly #faults: SummedLog
  #waitingBytes = 0

  constructor(private readonly modules: InboxModules) {
    this.#faults = new SummedLog(modules.context.log)
  }

  subscribe(): void {
    for (const kind of GOSSIP_KINDS)
      this.modules.context.gossip.subscribe(kind, (bytes, peer) => this.hear(kind, bytes, peer))
  }

  /** To the others, and to this node itself. */
  async broadcast(kind: GossipKind, bytes: Uint8Array): Promise<void> {
    await this.modules.context.gossip.publish(kind, bytes)
    await this.hear(kind, bytes)
  }

  /** Takes what peers heard in an epoch, as if it came now. Skips kinds that this version does not know. */
  async replay(facts: ChainFacts): Promise<void> {
    await this.modules.peers.gossip(facts, async ({ kind, data }, peer) => {
      const known = GOSSIP_KINDS.find(one => one === kind)
      return known === undefined || (await this.hear(known, data, peer)) !== 'reject'
    })
  }

  /** Never throws. @param peer who sent it; undefined for this node itself */
  async hear(kind: GossipKind, bytes: Uint8Array, peer?: string): Promise<Verdict> {
    const { context } = this.modules
    try {
      const verdict = await this.#handle(decodeGossip(kind, bytes), bytes, peer)
      if (verdict !== 'accept') context.log.debug({ kind, verdict }, 'did not take a gossip message')
      return verdict
    } catch (error) {
      if (isAbort(error)) return 'ignore'
      failOnStoreError(context, error)
      this.#faults.warn(kind, `could not read a gossip message: ${(error as Error).message}`)
      return error instanceof MessageError || error instanceof RangeError ? 'reject' : 'ignore'
    }
  }

  async #handle(heard: GossipMessage, bytes: Uint8Array, peer: string | undefined): Promise<Verdict> {
    const { context, witness } = this.modules
    const { store, log } = context
    const { kind } = heard
    const { epoch } = heard.message
    if (!this.#isTimely(epoch)) return 'ignore'
    const runner = await this.#runnerOf(epoch, bytes.length)
    if (runner === undefined) return 'ignore'
    const { facts } = runner.record
    if (!witness.isNew(heard, facts)) return 'ignore'
    const fault = await gossipFault(context, facts, heard, peer)
    if (fault !== undefined) {
      this.#faults.warn(kind, `rejected a gossip message: ${fault}`)
      return 'reject'
    }
    // Another message may have said the same, or two others have contradicted each other, while this one was checked.
    if (!this.#isTimely(epoch) || !witness.isNew(heard, facts)) return 'ignore'
    witness.hear(heard, facts)
    await store.putGossip(epoch, GossipItem.encode({ kind, data: bytes }))
    // Not awaited: recomputing a proposal must not delay its forwarding.
    this.#deliver(heard, runner).catch(error => {
      if (isAbort(error)) return
      failOnStoreError(context, error)
      log.error({ kind, epoch, err: error }, 'could not handle a gossip message')
    })
    return 'accept'
  }

  /** The verifiers agree on an epoch after its end, and their clocks differ by less than an epoch. */
  #isTimely(epoch: number): boolean {
    const { epochs, wall } = this.modules.context
    const now = epochAt(epochs, wall.nowMs())
    return epoch >= Math.max(1, now - 1) && epoch <= now
  }

  /** Undefined as well if too much waits already: nothing is known of these messages until the epoch's facts are. */
  async #runnerOf(epoch: number, size: number): Promise<AgreementRunner | undefined> {
    if (this.#waitingBytes + size > MAX_WAITING_BYTES) return undefined
    this.#waitingBytes += size
    try {
      return await this.modules.runner(epoch)
    } finally {
      this.#waitingBytes -= size
    }
  }

  async #deliver(heard: GossipMessage, runner: AgreementRunner): Promise<void> {
    switch (heard.kind) {
      case 'commit':
        return runner.hearCommit(heard.message)
      case 'ballot':
        return this.#deliverBallot(heard.message, runner)
      case 'seen':
        return runner.hearList(heard.message)
      case 'proposal':
        return runner.hearProposal(heard.message)
      case 'partial':
        return runner.hearPartial(heard.message)
      case 'certificate':
        return runner.hearCertificate(heard.message)
    }
  }

  /** Fetches the votes of a ballot that came by its root alone: a seen list may name only ballots that this node holds. */
  async #deliverBallot(ballot: Ballot, runner: AgreementRunner): Promise<void> {
    const { peers } = this.modules
    const { verifier, votes } = ballot
    const root = toHex(ballot.root)
    if (votes.length === 0 && (await peers.ballot({ verifier, root }, runner.record.facts, [verifier])) === undefined)
      return
    runner.hearBallot(ballot)
  }
}
