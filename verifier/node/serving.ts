/** The sender's side: serves the sessions that the assignment gives this verifier a part in, and no others. */

import type { OpeningsVerdict } from '../../probe/chunks/openings.js'
import { START_LEAD_MS } from '../../probe/constants.js'
import type { MessageStream } from '../../probe/ports.js'
import { type Authorization, serveProbe } from '../../probe/sender/sender.js'
import { SeenSessions } from '../../probe/wire/seen-sessions.js'
import { epochEndMs, epochStartMs } from '../../proto/epoch.js'
import { toHex } from '../../proto/hex.js'
import { OpeningFault, type ProbeInvite, RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { isSoak } from '../core/assignment/schedule.js'
import { peerVerifier } from '../net/peer-keys.js'
import type { VerifierContext } from './context.js'
import { dialStream } from './dialling.js'
import type { Directory } from './directory.js'
import type { EpochFacts } from './epoch-facts.js'
import { isSessionIdOf } from './measuring.js'

/** How far a receiver's clock may be from ours. */
const CLOCK_TOLERANCE_MS = 1000

export class Serving {
  /** What receivers showed of the data that this node had sent them. */
  readonly openings: Record<OpeningsVerdict['kind'], number> = { held: 0, mismatched: 0, failed: 0, missing: 0 }
  readonly #seen = new SeenSessions()
  /** Sessions served by what the assignment calls them, so that a receiver cannot have one twice under two nonces. */
  readonly #served = new Set<string>()

  constructor(
    private readonly context: VerifierContext,
    private readonly epochFacts: EpochFacts,
    private readonly directory: Directory,
    private readonly udpHost: string,
  ) {}

  serve(stream: MessageStream, peerId: string): Promise<void> {
    const { clock, random, peerSigner } = this.context
    return serveProbe(stream, {
      authorize: invite => this.#authorize(invite, peerId),
      openProvider: async invite => {
        const announced = this.directory.provider(toHex(invite.provider))
        if (announced === undefined) throw new Error('the provider has announced no address')
        return dialStream(this.context, announced, SESSION_PROTOCOL, RelayFrame.maxBytes)
      },
      udpHost: this.udpHost,
      served: this.#seen,
      clock,
      random,
      signer: peerSigner,
      opened: verdict => this.#opened(verdict),
    })
  }

  /** Forgets the sessions of epochs past. */
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
      log.info(facts, 'a receiver did not show all of the data that it was sent')
      return
    }
    log.warn({ ...facts, reason: verdict.reason }, 'a receiver published a root for data that it did not have')
    store.putOpeningFault(verdict.epoch, verdict.sessionId, OpeningFault.encode(verdict)).catch(fail)
  }

  async #authorize(invite: ProbeInvite, peerId: string): Promise<Authorization> {
    const refuse = (reason: string): Authorization => ({ ok: false, reason })
    const { epochs, wall, params, self } = this.context
    const { epoch, receiver, slot } = invite
    const provider = toHex(invite.provider)
    const nowMs = wall.nowMs()
    const fromMs = epochStartMs(epochs, epoch) + Math.max(0, params.leadMs - START_LEAD_MS) - CLOCK_TOLERANCE_MS
    if (nowMs < fromMs || nowMs > epochEndMs(epochs, epoch)) return refuse(`epoch ${epoch} is not being measured`)
    const record = await this.epochFacts.get(epoch)
    const session = record.assignment.sessions.find(s => s.provider === provider && s.receiver === receiver)
    if (session === undefined || session.senders[slot] !== self.index) return refuse('not assigned to this sender')
    const startMs = epochStartMs(epochs, epoch) + params.leadMs + session.round * params.slotMs
    const earlyMs = session.startsWith === undefined ? START_LEAD_MS : params.offsetMs
    if (nowMs < startMs - earlyMs - CLOCK_TOLERANCE_MS || nowMs > startMs + params.offsetMs + CLOCK_TOLERANCE_MS)
      return refuse('not the time of its slot')
    if (!isSessionIdOf(this.context, record, session, invite.nonce, invite.sessionId)) return refuse('wrong session id')
    if (this.directory.verifier(receiver)?.peerId !== peerId) return refuse('not from its receiver')
    const announced = this.directory.provider(provider)
    if (announced === undefined) return refuse('the provider has announced no address')
    const key = `${epoch}/${provider}/${receiver}`
    if (this.#served.has(key)) return refuse('served already')
    this.#served.add(key)
    return {
      ok: true,
      claimKbps: session.claimKbps,
      senders: session.senders.length,
      soakMs: isSoak(record.facts.beacon, provider, params) ? params.soakMs : undefined,
      receiver: peerVerifier(peerId),
      provider: peerVerifier(announced.peerId),
    }
  }
}
