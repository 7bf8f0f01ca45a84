/** This verifier as a sender: serves the sessions that the assignment gives it a part in, and no others. */
import {
  type Authorization,
  type MessageStream,
  type OpeningsVerdict,
  SeenSessions,
  serveProbe,
  type TokenSource,
} from '../../probe/index.js'
import { toHex } from '../../proto/hex.js'
import { OpeningFault, type ProbeInvite } from '../../proto/messages.js'
import { admit } from '../core/assignment/admission.js'
import { isBeingMeasured } from '../core/assignment/slots.js'
import { claimOf } from '../core/facts.js'
import { peerVerifier } from '../net/peer-keys.js'
import type { VerifierContext } from './context.js'
import { dialSession } from './dialling.js'
import type { Directory } from './directory.js'
import type { EpochFacts } from './epoch-facts.js'

export class Serving {
  /** How often receivers proved that they had the data that this node sent. */
  readonly openings: Record<OpeningsVerdict['kind'], number> = { held: 0, mismatched: 0, failed: 0, missing: 0 }
  /** invitations to send in a session, by the answer */
  readonly invitations = { accepted: 0, declined: 0 }
  /** at the IP layer, of the sessions that went on until the receiver stopped them */
  sentBytes = 0
  readonly #seen = new SeenSessions()
  /** Assigned sessions that were served, so that a receiver cannot run one twice under two nonces. */
  readonly #served = new Set<string>()

  constructor(
    private readonly context: VerifierContext,
    private readonly epochFacts: EpochFacts,
    private readonly directory: Directory,
    private readonly udpHost: string,
    private readonly tokens: TokenSource,
  ) {}

  serve(stream: MessageStream, peerId: string): Promise<void> {
    const { clock, random, peerSigner } = this.context
    return serveProbe(stream, {
      authorize: async invite => {
        const answer = await this.#authorize(invite, peerId)
        this.invitations[answer.ok ? 'accepted' : 'declined']++
        return answer
      },
      openProvider: async invite => {
        const announced = this.directory.provider(toHex(invite.provider))
        if (announced === undefined) throw new Error('the provider has announced no address')
        // Of the receiver's family, so that one socket reaches both.
        return dialSession(this.context.stopping, { ...announced, like: invite.host })
      },
      tokens: this.tokens,
      udpHost: this.udpHost,
      served: this.#seen,
      clock,
      random,
      signer: peerSigner,
      opened: verdict => this.#opened(verdict),
      sent: bytes => {
        this.sentBytes += bytes
      },
    })
  }

  /** Forgets the sessions of earlier epochs. */
  forget(beforeEpoch: number): void {
    for (const key of this.#served) if (Number(key.split('/')[0]) < beforeEpoch) this.#served.delete(key)
  }

  #opened(verdict: OpeningsVerdict): void {
    const { log, store, fail } = this.context
    this.openings[verdict.kind]++
    if (verdict.kind === 'held') return
    const { epoch, receiver, sessionId } = verdict
    const facts = { epoch, receiver, sessionId: toHex(sessionId), openings: verdict.kind }
    if (verdict.kind !== 'failed') {
      log.info(facts, 'a receiver did not open all chunks that it owed')
      return
    }
    log.warn({ ...facts, reason: verdict.reason }, 'a receiver published a root over data that it did not have')
    store.putOpeningFault(verdict.epoch, verdict.sessionId, OpeningFault.encode(verdict)).catch(fail)
  }

  async #authorize(invite: ProbeInvite, peerId: string): Promise<Authorization> {
    const refuse = (reason: string): Authorization => ({ ok: false, reason })
    const { epochs: clock, network, wall, params, self } = this.context
    const { epoch, receiver } = invite
    const nowMs = wall.nowMs() // of the arrival: reading the epoch's facts may take a while
    if (!isBeingMeasured(clock, epoch, params, nowMs)) return refuse(`epoch ${epoch} is not being measured`)
    const { facts, assignment } = await this.epochFacts.get(epoch)
    const asker = { peerId, receiverPeerId: this.directory.verifier(receiver)?.peerId }
    const admission = admit(invite, asker, { self: self.index, network, clock, params, facts, assignment, nowMs })
    if (!admission.ok) return admission
    const { session } = admission
    if (this.directory.provider(session.provider) === undefined) return refuse('the provider has announced no address')
    const key = `${epoch}/${session.round}/${session.provider}/${receiver}`
    if (this.#served.has(key)) return refuse('served already')
    this.#served.add(key)
    return {
      ok: true,
      claimKbps: session.claimKbps,
      providerClaimKbps: claimOf(facts, session.provider),
      senders: session.senders.length,
      soakMs: params.soakShareBps > 0 ? params.soakMs : undefined,
      receiver: peerVerifier(peerId),
      provider: this.context.answers.of(session.provider),
    }
  }
}
