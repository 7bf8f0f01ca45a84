/**
 * Transmission: the transactions that any one verifier may send for all: reports, settlements, refutations, the next era's set. By its
 * rank from the leader, verifier i waits i·Δ, and then sends only if the chain has none. So one transaction is the rule,
 * and a verifier that is down costs a delay.
 */
import { epochEndMs, epochStartMs, eraOf, firstEpochOf } from '../../proto/epoch.js'
import { decodeHeader, type Header } from '../../proto/header.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Certificate } from '../../proto/messages.js'
import { g2ToEip2537 } from '../bls/encoding.js'
import { rankOf } from '../core/agreement/leader.js'
import { type ChainFacts, indicesOf } from '../core/facts.js'
import type { Chain, Refutation, TxResult } from '../core/ports.js'
import type { VerifierContext } from './context.js'
import { poll, until } from './waiting.js'

/** How often the node asks the chain, or tries again. */
const POLL_MS = 300
/** Leaves in one settlement: about 1.2 million gas. */
const BATCH = 20
/** Half of the blocks whose hashes a chain knows. A note takes far fewer blocks than the other half. */
const NOTE_AFTER_BLOCKS = 4096
/** How often in an epoch the node looks how old B(e) is. */
const NOTE_CHECKS = 16

/** What a verifier's rank follows from. */
type Turn = Pick<ChainFacts, 'verifiers' | 'beacon'>

/** Evidence against the verifiers at some positions of a frozen set. */
export interface Accusation {
  readonly positions: readonly number[]
  readonly send: (chain: Chain) => Promise<TxResult>
}

/** What was posted, as long as it may be posted again. */
interface Posted {
  readonly deadlineMs: number
  readonly again: () => Promise<void>
}

export class Transmission {
  /** by epoch */
  readonly #posted = new Map<number, Posted>()

  constructor(private readonly context: VerifierContext) {}

  /** Sends a certificate, until the chain has a report of that epoch or the deadline for posting one has passed. */
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
    this.#posted.set(epoch, { deadlineMs, again: () => this.post(certificate, facts) })
  }

  /**
   * Posts again what a reorganisation removed, while the contract still takes it. The order does not matter: a report waits
   * for the one before. @param tip epoch of the last report on the chain as it stands
   */
  async restore(tip: number): Promise<void> {
    const { wall, log } = this.context
    const lost: Promise<void>[] = []
    for (const [epoch, { deadlineMs, again }] of this.#posted) {
      const isOver = wall.nowMs() >= deadlineMs
      if (!isOver && epoch <= tip) continue
      this.#posted.delete(epoch) // a report that is posted again is watched again
      if (isOver) continue
      log.warn({ epoch, tip }, 'the chain no longer has the report, posting it again')
      lost.push(again())
    }
    await Promise.all(lost)
  }

  /** On a chain with fast blocks: keeps the hash of B(e) from being forgotten while the epoch has no report. */
  async keepBlock({ epoch, blockNumber, ...facts }: ChainFacts): Promise<void> {
    const { chain, epochs, wall, stopping } = this.context
    const deadlineMs = epochEndMs(epochs, epoch + 1)
    const isNeeded = async () => {
      if (wall.nowMs() >= deadlineMs || (await chain.tip()).epoch >= epoch) return false
      return (await chain.headBlock()) - blockNumber > NOTE_AFTER_BLOCKS || undefined
    }
    const ask = () => isNeeded().catch(() => undefined)
    if (!(await poll(ask, epochs.epochMs / NOTE_CHECKS, stopping))) return
    await this.#awaitTurn(facts)
    await this.#untilDone(`block of epoch ${epoch}`, deadlineMs, async () =>
      (await chain.isNoted(blockNumber)) ? { kind: 'already' } : chain.noteBlock(blockNumber),
    )
  }

  /** Voids a wrong penalty, as long as its report is not final. */
  async refute(refutation: Refutation, facts: Turn): Promise<void> {
    const { chain, epochs, params } = this.context
    const { epoch, provider } = refutation.leaf
    await this.#awaitTurn(facts)
    const deadlineMs = epochEndMs(epochs, epoch + 1) + params.settlementSeconds * 1000
    await this.#untilDone(`refutation of the penalty of ${provider} in epoch ${epoch}`, deadlineMs, async () =>
      (await chain.isSettled(epoch, provider)) ? { kind: 'already' } : chain.refute(refutation),
    )
  }

  /** Settles every penalty of a report, once the report is final. */
  async settle(header: Header, leaves: readonly Leaf[], facts: Turn): Promise<void> {
    const { epoch } = header
    const penalised = leaves.flatMap((leaf, i) => (leaf.penaltyBps > 0 ? i : []))
    if (penalised.length === 0) return
    const { chain, stopping, params, wall } = this.context
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    const isFinal = () => chain.isFinal(epoch).catch(() => false) // a chain node that does not answer is asked again
    await poll(async () => (await isFinal()) || undefined, POLL_MS, stopping)
    await this.#awaitTurn(facts)
    const deadlineMs = wall.nowMs() + params.evidenceSeconds * 1000
    for (let from = 0; from < penalised.length; from += BATCH) {
      const batch = penalised.slice(from, from + BATCH)
      await this.#untilDone(`${batch.length} penalties of epoch ${epoch}`, deadlineMs, async () => {
        const settled = await Promise.all(batch.map(i => chain.isSettled(epoch, leaves[i]!.provider)))
        const left = batch.filter((_, place) => !settled[place])
        if (left.length === 0) return { kind: 'already' }
        const proof = tree.multiProof(left)
        return chain.settle(
          header,
          proof.order.map(i => leaves[i]!),
          proof,
        )
      })
    }
  }

  /** Brings evidence that verifiers equivocated in the epoch of `facts`, while the chain takes it. */
  async accuse({ positions, send }: Accusation, facts: ChainFacts): Promise<void> {
    const { chain } = this.context
    await this.#awaitTurn(facts)
    await this.#untilDone(`evidence of equivocations in epoch ${facts.epoch}`, this.#evidenceEndMs(facts), async () => {
      const proven = await Promise.all(positions.map(position => chain.isProven(facts.era, position)))
      return proven.every(Boolean) ? { kind: 'already' } : send(chain)
    })
  }

  /** Takes what a verifier owes for an equivocation since more verifiers of its era were accused. */
  async topUp(era: number, position: number, facts: ChainFacts): Promise<void> {
    const { chain } = this.context
    const what = `rest of the penalty of position ${position} in era ${era}`
    await this.#untilDone(what, this.#evidenceEndMs(facts), async () =>
      (await chain.owedFor(era, position)) === 0n ? { kind: 'already' } : chain.topUp(era, position),
    )
  }

  /** In the last epoch of an era, freezes the verifier set of the next era, if it differs from the present one. */
  async freezeNextEra(facts: ChainFacts): Promise<void> {
    const { chain, epochs } = this.context
    const nextEra = eraOf(epochs, facts.epoch) + 1
    const firstEpoch = firstEpochOf(epochs, nextEra)
    if (facts.epoch !== firstEpoch - 1) return
    await this.#awaitTurn(facts)
    await this.#untilDone(`set of era ${nextEra}`, epochStartMs(epochs, firstEpoch), async () => {
      return (await chain.freezeDue(nextEra)) ? chain.freeze(nextEra) : { kind: 'already' }
    })
  }

  /** The statements of an epoch are signed until the end of the next one, and evidence counts for so long after that. */
  #evidenceEndMs({ epoch }: ChainFacts): number {
    const { epochs, params } = this.context
    return epochEndMs(epochs, epoch + 1) + params.evidenceSeconds * 1000
  }

  async #awaitTurn(facts: Turn): Promise<void> {
    const { self, params, wall, stopping } = this.context
    const rank = Math.max(0, rankOf(indicesOf(facts), facts.beacon, self.index))
    await until(wall.nowMs() + rank * params.rankDelayMs, wall, stopping)
  }

  /** Tries until somebody has done it, or until the deadline. Asks a chain that does not answer again. */
  async #untilDone(what: string, deadlineMs: number, attempt: () => Promise<TxResult>): Promise<void> {
    const { wall, log, stopping } = this.context
    await poll(
      async () => {
        if (wall.nowMs() >= deadlineMs) {
          log.warn(`gave up on the ${what}: its deadline has passed`)
          return true
        }
        const result = await attempt().catch((error: Error): TxResult => ({ kind: 'rejected', reason: error.message }))
        if (result.kind === 'done') log.info({ txHash: result.txHash, gasUsed: result.gasUsed }, `sent the ${what}`)
        if (result.kind === 'rejected') log.warn({ reason: result.reason }, `the chain refused the ${what}`)
        return result.kind === 'rejected' ? undefined : true
      },
      POLL_MS,
      stopping,
    )
  }
}
