/**
 * Compares what verifiers sign. Of a verifier that contradicts itself the witness keeps the evidence and hands it on. The
 * second of two contradicting messages travels on, so that every node has the evidence; a third one does not, so that
 * nobody can flood the network with its own signatures.
 */
import { headerHash } from '../../proto/digests.js'
import { encodeEquivocation } from '../../proto/equivocation.js'
import { decodeHeader } from '../../proto/header.js'
import { Certificate, type Evidence } from '../../proto/messages.js'
import { type Contradiction, equivocationOf, type Statement, Statements } from '../core/agreement/statements.js'
import type { ChainFacts } from '../core/facts.js'
import type { GossipMessage } from '../net/gossip-messages.js'
import type { VerifierContext } from './context.js'
import { statementsIn } from './heard-statements.js'

/** Epochs of which messages may still come. */
const KEPT_EPOCHS = 3

export interface WitnessModules {
  readonly context: Pick<VerifierContext, 'network' | 'bls' | 'self'>
  /** of another verifier; `name` tells evidence of one epoch apart */
  readonly onEvidence: (evidence: Evidence, name: string, facts: ChainFacts) => void
  /** hears every statement that this node's own key has signed */
  readonly onOwn: (statement: Statement, facts: ChainFacts) => void
}

interface Kept {
  readonly statements: Statements
  /** by round, those with different headers: two at the most */
  readonly certificates: Map<number, Map<string, Certificate>>
}

export class Witness {
  readonly #epochs = new Map<number, Kept>()

  constructor(private readonly modules: WitnessModules) {}

  /** @param heard checked. @returns whether the message proves nothing that the others need to hear */
  isSuperfluous(heard: GossipMessage, facts: ChainFacts): boolean {
    const kept = this.#keptOf(facts.epoch)
    if (heard.kind === 'certificate') return this.#isOneTooMany(kept, heard.message, facts)
    let superfluous = false
    for (const statement of statementsIn(heard)) {
      if (statement.verifier === this.modules.context.self.index) this.modules.onOwn(statement, facts)
      const result = kept.statements.hear(statement)
      if (result.is === 'contradiction') this.#accuse(result.pair, facts)
      superfluous ||= result.is === 'superfluous'
    }
    return superfluous && heard.kind !== 'proposal' // a leader is not to blame for the lists of others
  }

  #isOneTooMany({ certificates }: Kept, certificate: Certificate, facts: ChainFacts): boolean {
    const { round } = certificate
    const known = certificates.get(round) ?? new Map<string, Certificate>()
    certificates.set(round, known)
    const hash = headerHash(this.modules.context.network, decodeHeader(certificate.header))
    if (known.has(hash)) return false
    if (known.size === 2) return true
    known.set(hash, certificate)
    if (known.size === 2) {
      const [first, second] = [...known.values()].map(one => Certificate.encode(one)) as [Uint8Array, Uint8Array]
      this.modules.onEvidence({ certificates: { first, second } }, `certificates-${round}`, facts)
    }
    return false
  }

  #accuse(pair: Contradiction, facts: ChainFacts): void {
    const { context, onEvidence } = this.modules
    const [{ kind, verifier, slot }] = pair
    if (verifier === context.self.index) return
    const statements = encodeEquivocation(equivocationOf(facts, pair))
    const signature = context.bls.verifier.aggregate(pair.map(statement => statement.signature))
    onEvidence({ contradiction: { statements, signature } }, `${kind}-${verifier}-${slot}`, facts)
  }

  #keptOf(epoch: number): Kept {
    const kept = this.#epochs.get(epoch) ?? { statements: new Statements(), certificates: new Map() }
    this.#epochs.set(epoch, kept)
    this.#epochs.delete(epoch - KEPT_EPOCHS)
    return kept
  }
}
