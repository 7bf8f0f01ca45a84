/** The partial signatures in the verifiers' databases, read once the verifiers have stopped. */
import { toHex } from '../../proto/hex.js'
import { type GossipItem, Partial } from '../../proto/messages.js'
import { Store } from '../../verifier/store/store.js'
import type { ReadyNode } from '../network/events.js'

export interface SignaturesKept {
  /** distinct partial signatures of all nodes */
  readonly count: number
  /** verifiers that signed two headers for one round of one epoch */
  readonly contradictions: readonly string[]
}

export async function signaturesKept(verifiers: readonly ReadyNode[], epochs: number): Promise<SignaturesKept> {
  const signed = new Map<string, Set<string>>()
  for (const { dataDir } of verifiers) {
    const store = await Store.open(dataDir, { mode: 'existing' })
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        for (const item of await store.heardGossip(epoch)) addPartial(signed, item)
      }
    } finally {
      await store.close()
    }
  }
  const contradictions = [...signed].filter(([, headers]) => headers.size > 1).map(([slot]) => slot)
  return { count: signed.size, contradictions }
}

function addPartial(signed: Map<string, Set<string>>, { kind, data }: GossipItem): void {
  if (kind !== 'partial') return
  const { epoch, round, verifier, headerHash } = Partial.decode(data)
  const slot = `verifier ${verifier} in round ${round} of epoch ${epoch}`
  signed.set(slot, (signed.get(slot) ?? new Set()).add(toHex(headerHash)))
}
