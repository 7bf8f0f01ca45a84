/**
 * Remembers which processes of other verifiers present themselves, and tells each of the others with its keys. Two such
 * processes share a peer id, so they cannot connect to each other, and gossip reaches only one of them.
 */
import { epochAt } from '../../proto/epoch.js'
import { MAX_PRESENCES, type Presence } from '../../proto/messages.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { isSignedPresence } from './presence-proof.js'

export class PresenceBook {
  /** by epoch and verifier */
  readonly #known = new Map<number, Map<number, Presence[]>>()

  constructor(
    private readonly context: Pick<VerifierContext, 'network' | 'bls' | 'epochs' | 'wall'>,
    private readonly epochFacts: Pick<EpochFacts, 'get'>,
  ) {}

  /** @returns the processes of the asker's verifier in its epoch; none if the asker proves nothing */
  async answer(presence: Presence): Promise<Presence[]> {
    const { epochs, wall } = this.context
    const { epoch, verifier } = presence
    const now = epochAt(epochs, wall.nowMs())
    if (epoch < 1 || epoch < now - 1 || epoch > now || !(await this.#isSigned(presence))) return []
    const ofEpoch = this.#known.get(epoch) ?? new Map<number, Presence[]>()
    this.#known.set(epoch, ofEpoch)
    for (const old of [...this.#known.keys()].filter(one => one < now - 1)) this.#known.delete(old)
    const kept = ofEpoch.get(verifier) ?? []
    const isNew = !kept.some(({ nonce }) => Buffer.compare(nonce, presence.nonce) === 0)
    if (isNew && kept.length < MAX_PRESENCES) ofEpoch.set(verifier, [...kept, presence])
    return ofEpoch.get(verifier) ?? []
  }

  async #isSigned(presence: Presence): Promise<boolean> {
    const { facts } = await this.epochFacts.get(presence.epoch)
    return isSignedPresence(presence, facts, this.context)
  }
}
