/**
 * What any one node has to send to the chain, and each stands ready to: reports, settlements, the next era's set. By
 * rank from the leader, node i waits i·Δ and then sends only if the chain has none, so that one transaction is the rule
 * and a missing node costs a delay.
 */

import { epochEndMs, epochStartMs, eraOf, firstEpochOf } from '../../proto/epoch.js'
import { decodeHeader } from '../../proto/header.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Certificate } from '../../proto/messages.js'
import { g2ToEip2537 } from '../bls/encoding.js'
import { rankOf } from '../core/agreement/leader.js'
import type { ChainFacts } from '../core/facts.js'
import type { TxResult } from '../core/ports.js'
import type { VerifierContext } from './context.js'
import { poll, until } from './waiting.js'

const POLL_MS = 300

export class Transmission {
  constructor(private readonly context: VerifierContext) {}

  /** Brings a certificate to the chain, until the chain has a report of its epoch or takes none any more. */
  async post(certificate: Certificate, facts: ChainFacts): Promise<void> {
    const { chain, epochs } = this.context
    const header = decodeHeader(certificate.header)
    const { epoch } = header
    await this.#awaitTurn(facts)
    const deadlineMs = epochEndMs(epochs, epoch + 1)
    const signature = g2ToEip2537(certificate.signature)
    await this.#untilDone(`report of epoch ${epoch}`, deadlineMs, async () => {
      if ((await chain.tip()).epoch >= epoch) return { kind: 'already' }
      return chain.post(header, certificate.round, certificate.nonSigners, signature)
    })
  }

  /** Settles every penalty of a report once it is final. */
  async settle(epoch: number, leaves: readonly Leaf[], facts: ChainFacts): Promise<void> {
    const penalised = leaves.filter(leaf => leaf.penaltyBps > 0)
    if (penalised.length === 0) return
    const { chain, stopping, params, wall } = this.context
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    await poll(async () => ((await chain.isFinal(epoch)) ? true : undefined), POLL_MS, stopping)
    await this.#awaitTurn(facts)
    const deadlineMs = wall.nowMs() + params.evidenceSeconds * 1000
    for (const leaf of penalised) {
      await this.#untilDone(`penalty of ${leaf.provider} in epoch ${epoch}`, deadlineMs, async () => {
        if (await chain.isSettled(epoch, leaf.provider)) return { kind: 'already' }
        return chain.settle(leaf, tree.proof(leaves.indexOf(leaf)))
      })
    }
  }

  /** In the last epoch of an era, freezes the next one's set. */
  async freezeNextEra(facts: ChainFacts): Promise<void> {
    const { chain, epochs } = this.context
    const nextEra = eraOf(epochs, facts.epoch) + 1
    const firstEpoch = firstEpochOf(epochs, nextEra)
    if (facts.epoch !== firstEpoch - 1) return
    await this.#awaitTurn(facts)
    await this.#untilDone(`set of era ${nextEra}`, epochStartMs(epochs, firstEpoch), async () => {
      return (await chain.isFrozen(nextEra)) ? { kind: 'already' } : chain.freeze(nextEra)
    })
  }

  async #awaitTurn({ verifiers, beacon }: ChainFacts): Promise<void> {
    const { self, params, wall, stopping } = this.context
    const indices = verifiers.map(verifier => verifier.index)
    const rank = Math.max(0, rankOf(indices, beacon, self.index))
    await until(wall.nowMs() + rank * params.rankDelayMs, wall, stopping)
  }

  /** Tries until done by anybody, or too late. A chain that does not answer is asked again. */
  async #untilDone(what: string, deadlineMs: number, attempt: () => Promise<TxResult>): Promise<void> {
    const { wall, log, stopping } = this.context
    await poll(
      async () => {
        if (wall.nowMs() >= deadlineMs) {
          log.warn(`gave up: ${what} is too late`)
          return true
        }
        const result = await attempt().catch((error: Error): TxResult => ({ kind: 'rejected', reason: error.message }))
        if (result.kind === 'done') log.info({ txHash: result.txHash, gasUsed: result.gasUsed }, `sent: ${what}`)
        if (result.kind === 'rejected') log.warn({ reason: result.reason }, `not taken: ${what}`)
        return result.kind === 'rejected' ? undefined : true
      },
      POLL_MS,
      stopping,
    )
  }
}
