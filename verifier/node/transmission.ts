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
import { pausesOf, Sending } from './sending.js'
import { poll, pollEverLess, until } from './waiting.js'

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

export class Transmission {
  readonly #sending: Sending

  constructor(private readonly context: VerifierContext) {
    this.#sending = new Sending(context)
  }

  /**
   * Sends a certificate, until the chain has a report of that epoch or the deadline for posting one has passed. The order of
   * two epochs does not matter: the later report waits for the earlier one.
   */
  post(certificate: Certificate, facts: ChainFacts): Promise<void> {
    const { chain, epochs } = this.context
    const header = decodeHeader(certificate.header)
    const { epoch } = header
    const signature = g2ToEip2537(certificate.signature)
    return this.#sending.untilLasting({
      ...{ what: `report of epoch ${epoch}`, deadlineMs: epochEndMs(epochs, epoch + 1), turn: this.#turnOf(facts) },
      isDone: async () => (await chain.tip()).epoch >= epoch,
      send: () => chain.post(header, certificate.round, certificate.nonSigners, signature),
    })
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
    await this.#sending.untilLasting({
      ...{ what: `block of epoch ${epoch}`, deadlineMs, turn: this.#turnOf(facts) },
      isDone: () => chain.isNoted(blockNumber),
      send: () => chain.noteBlock(blockNumber),
    })
  }

  /** Voids a wrong penalty, as long as its report is not final. */
  refute(refutation: Refutation, facts: Turn): Promise<void> {
    const { chain } = this.context
    const { epoch, provider } = refutation.leaf
    return this.#sending.untilLasting({
      what: `refutation of the penalty of ${provider} in epoch ${epoch}`,
      deadlineMs: this.#finalMs(epoch),
      turn: this.#turnOf(facts),
      isDone: () => chain.isSettled(epoch, provider),
      send: () => chain.refute(refutation),
    })
  }

  /** Settles every penalty of a report, once the report is final. */
  async settle(header: Header, leaves: readonly Leaf[], facts: Turn): Promise<void> {
    const { epoch } = header
    const penalised = leaves.flatMap((leaf, i) => (leaf.penaltyBps > 0 ? i : []))
    if (penalised.length === 0) return
    const { chain, epochs, stopping, params, wall } = this.context
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    await until(this.#finalMs(epoch), wall, stopping)
    const isFinal = () => chain.isFinal(epoch).catch(() => false) // a chain node that does not answer is asked again
    await pollEverLess(async () => (await isFinal()) || undefined, pausesOf(epochs), stopping)
    const deadlineMs = wall.nowMs() + params.evidenceSeconds * 1000
    for (let from = 0; from < penalised.length; from += BATCH) {
      const batch = penalised.slice(from, from + BATCH)
      const unsettled = async () => {
        const settled = await Promise.all(batch.map(i => chain.isSettled(epoch, leaves[i]!.provider)))
        return batch.filter((_, place) => !settled[place])
      }
      const settlementOf = (places: readonly number[]) => {
        const proof = tree.multiProof(places)
        return [header, proof.order.map(i => leaves[i]!), proof] as const
      }
      await this.#sending.untilLasting({
        ...{ what: `${batch.length} penalties of epoch ${epoch}`, deadlineMs, turn: this.#turnOf(facts) },
        isDone: async () => {
          const left = await unsettled()
          // Penalties that take nothing, since a limit of the week is reached, are worth no transaction.
          return left.length === 0 || (await chain.chargeOf(...settlementOf(left))) === 0n
        },
        send: async () => chain.settle(...settlementOf(await unsettled())),
      })
    }
  }

  /** Brings evidence that verifiers equivocated in the epoch of `facts`, while the chain takes it. */
  accuse({ positions, send }: Accusation, facts: ChainFacts): Promise<void> {
    const { chain } = this.context
    return this.#sending.untilLasting({
      what: `evidence of equivocations in epoch ${facts.epoch}`,
      deadlineMs: this.#evidenceEndMs(facts),
      turn: this.#turnOf(facts),
      isDone: async () => {
        const proven = await Promise.all(positions.map(position => chain.isProven(facts.era, position)))
        return proven.every(Boolean)
      },
      send: () => send(chain),
    })
  }

  /** Takes what a verifier owes for an equivocation since more verifiers of its era were accused. */
  collect(era: number, position: number, facts: ChainFacts): Promise<void> {
    const { chain } = this.context
    return this.#sending.untilLasting({
      what: `rest of the penalty of position ${position} in era ${era}`,
      deadlineMs: this.#evidenceEndMs(facts),
      turn: async () => {},
      isDone: async () => (await chain.owedFor(era, position)) === 0n,
      send: () => chain.collect(era, position),
    })
  }

  /** In the last epoch of an era, freezes the verifier set of the next era, if it differs from the present one. */
  async freezeNextEra(facts: ChainFacts): Promise<void> {
    const { chain, epochs } = this.context
    const nextEra = eraOf(epochs, facts.epoch) + 1
    const firstEpoch = firstEpochOf(epochs, nextEra)
    if (facts.epoch !== firstEpoch - 1) return
    await this.#sending.untilLasting({
      what: `set of era ${nextEra}`,
      deadlineMs: epochStartMs(epochs, firstEpoch),
      turn: this.#turnOf(facts),
      isDone: async () => !(await chain.freezeDue(nextEra)),
      send: () => chain.freeze(nextEra),
    })
  }

  /** The end of the settlement delay of an epoch's report, whenever the chain accepted it. */
  #finalMs(epoch: number): number {
    const { epochs, params } = this.context
    return epochEndMs(epochs, epoch + 1) + params.settlementSeconds * 1000
  }

  /** The statements of an epoch are signed until the end of the next one, and evidence counts for so long after that. */
  #evidenceEndMs({ epoch }: ChainFacts): number {
    const { epochs, params } = this.context
    return epochEndMs(epochs, epoch + 1) + params.evidenceSeconds * 1000
  }

  #turnOf(facts: Turn): () => Promise<void> {
    const { self, params, wall, stopping } = this.context
    const rank = Math.max(0, rankOf(indicesOf(facts), facts.beacon, self.index))
    return () => until(wall.nowMs() + rank * params.rankDelayMs, wall, stopping)
  }
}
