/** The sender's side: serves the sessions that the assignment gives this verifier a part in, and no others. */

import type { MessageStream, PeerVerifier, ProviderStream } from '../../probe/ports.js'
import { serveProbe } from '../../probe/sender.js'
import { epochEndMs, epochStartMs } from '../../proto/epoch.js'
import { toHex } from '../../proto/hex.js'
import { type ProbeInvite, RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { peerVerifier } from '../net/peer-keys.js'
import { openStream } from '../net/streams.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import type { EpochBook } from './epoch-book.js'
import { isSessionIdOf } from './measuring.js'

/** How far a receiver's clock may be from ours. */
const CLOCK_TOLERANCE_MS = 1000
const OPEN_STREAM_MS = 1000

export type Authorization =
  | {
      readonly ok: true
      readonly receiverVerifier: PeerVerifier
      readonly providerVerifier: PeerVerifier
      readonly openProvider: () => Promise<ProviderStream>
    }
  | { readonly ok: false; readonly reason: string }

export class Serving {
  /** Sessions served, so that none is served twice. */
  readonly #served = new Set<string>()

  constructor(
    private readonly context: VerifierContext,
    private readonly book: EpochBook,
    private readonly directory: Directory,
  ) {}

  async serve(stream: MessageStream, peerId: string): Promise<void> {
    const { clock, random, peerSigner, log } = this.context
    const authorize = (invite: ProbeInvite) => this.#authorize(invite, peerId)
    await serveProbe(stream, { authorize, clock, random, signer: peerSigner, log })
  }

  async #authorize(invite: ProbeInvite, peerId: string): Promise<Authorization> {
    const refuse = (reason: string): Authorization => ({ ok: false, reason })
    const { epochs, wall, params, self, stopping, peer } = this.context
    const { epoch, receiver, slot } = invite
    const provider = toHex(invite.provider)
    const nowMs = wall.nowMs()
    const fromMs = epochStartMs(epochs, epoch) + params.leadMs - CLOCK_TOLERANCE_MS
    if (nowMs < fromMs || nowMs > epochEndMs(epochs, epoch)) return refuse(`epoch ${epoch} is not being measured`)
    const record = await this.book.get(epoch)
    const session = record.assignment.sessions.find(s => s.provider === provider && s.receiver === receiver)
    if (session === undefined || session.senders[slot] !== self.index) return refuse('not assigned to this sender')
    const startMs = epochStartMs(epochs, epoch) + params.leadMs + session.round * params.slotMs
    if (Math.abs(nowMs - startMs) > CLOCK_TOLERANCE_MS + params.offsetMs) return refuse('not the time of its slot')
    if (!isSessionIdOf(this.context, record, session, invite.nonce, invite.sessionId)) return refuse('wrong session id')
    if (this.directory.verifier(receiver)?.peerId !== peerId) return refuse('not from its receiver')
    const key = `${epoch}/${provider}/${receiver}`
    if (this.#served.has(key)) return refuse('served already')
    this.#served.add(key)
    const announced = this.directory.provider(provider)
    return {
      ok: true,
      receiverVerifier: peerVerifier(peerId),
      providerVerifier: announced === undefined ? async () => false : peerVerifier(announced.peerId),
      openProvider: async () => {
        if (announced === undefined) throw new Error('the provider has announced no address')
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(OPEN_STREAM_MS)])
        return openStream(peer, announced, SESSION_PROTOCOL, RelayFrame.maxBytes, signal)
      },
    }
  }

  /** Forgets the sessions of epochs past. */
  forget(beforeEpoch: number): void {
    for (const key of this.#served) if (Number(key.split('/')[0]) < beforeEpoch) this.#served.delete(key)
  }
}
