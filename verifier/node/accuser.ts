/** Brings evidence of equivocations to the chain: what this node found, also before its last start. */
import { decodeEquivocation } from '../../proto/equivocation.js'
import { decodeHeader } from '../../proto/header.js'
import { Certificate, Evidence } from '../../proto/messages.js'
import { g2ToEip2537 } from '../bls/encoding.js'
import type { ChainFacts } from '../core/facts.js'
import type { SignedHeader } from '../core/ports.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { inBackground } from './failures.js'
import type { Accusation, Transmission } from './transmission.js'

export class Accuser {
  /** by era, the positions of the verifiers that this node has accused: later evidence may make each of them owe more */
  readonly #accused = new Map<number, Set<number>>()

  constructor(
    private readonly context: VerifierContext,
    private readonly epochFacts: Pick<EpochFacts, 'whenKnown'>,
    private readonly transmission: Pick<Transmission, 'accuse' | 'collect'>,
  ) {}

  /** Stores the evidence first, so that a node that is stopped brings it later. */
  readonly take = (evidence: Evidence, name: string, facts: ChainFacts): void => {
    const { store, log } = this.context
    log.warn({ epoch: facts.epoch, evidence: name }, 'verifiers contradict themselves: this costs their bonds')
    const stored = store.putEvidence(facts.epoch, name, Evidence.encode(evidence))
    inBackground(
      this.context,
      stored.then(() => this.#bring(evidence, facts)),
    )
  }

  /** Brings what this node stored before it was stopped. */
  async resume(): Promise<void> {
    const stored = await this.context.store.evidence()
    // All at once: evidence of an old epoch whose facts nobody tells must not keep back the rest.
    await Promise.all(
      stored.map(async evidence => {
        const facts = await this.epochFacts.whenKnown(epochOf(evidence), 'evidence')
        await this.#bring(evidence, facts)
      }),
    )
  }

  async #bring(evidence: Evidence, facts: ChainFacts): Promise<void> {
    const accusation = accusationOf(evidence, facts)
    const { era } = facts
    const known = this.#accused.get(era) ?? new Set<number>()
    this.#accused.set(era, known)
    for (const position of accusation.positions) known.add(position)
    await this.transmission.accuse(accusation, facts)
    for (const position of known) await this.transmission.collect(era, position, facts)
  }
}

const epochOf = ({ contradiction, certificates }: Evidence): number =>
  contradiction === undefined
    ? Certificate.decode(certificates!.first).epoch
    : decodeEquivocation(contradiction.statements).epoch

function accusationOf({ contradiction, certificates }: Evidence, { verifiers }: ChainFacts): Accusation {
  if (contradiction !== undefined) {
    const evidence = decodeEquivocation(contradiction.statements)
    const signature = g2ToEip2537(contradiction.signature)
    return { positions: [evidence.position], send: chain => chain.slashEquivocation(evidence, signature) }
  }
  const [first, second] = [signedHeader(certificates!.first), signedHeader(certificates!.second)]
  const missing = new Set([...first.nonSigners, ...second.nonSigners])
  const positions = verifiers.map(({ position }) => position).filter(position => !missing.has(position))
  return { positions, send: chain => chain.slashCertificates(first, second, positions) }
}

function signedHeader(encoded: Uint8Array): SignedHeader {
  const { header, round, nonSigners, signature } = Certificate.decode(encoded)
  return { header: decodeHeader(header), round, nonSigners, signature: g2ToEip2537(signature) }
}
