/**
 * Compares what verifiers sign. Of a verifier that contradicts itself the witness keeps the evidence and hands it on. The
 * second of two contradicting messages travels on, so that every node has the evidence. Nothing else travels twice: nobody
 * can flood the network with its own signatures, nor with variants of messages that others signed.
 */
import { headerHash } from '../../proto/digests.js'
import { encodeEquivocation } from '../../proto/equivocation.js'
import { decodeHeader } from '../../proto/header.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { Certificate, type Evidence } from '../../proto/messages.js'
import { aggregate } from '../bls/aggregate.js'
import { type Contradiction, equivocationOf, type Statement, Statements } from '../core/agreement/statements.js'
import type { ChainFacts } from '../core/facts.js'
import type { GossipMessage } from '../net/gossip-messages.js'
import type { VerifierContext } from './context.js'
import { statementsIn } from './heard-statements.js'

/** Epochs of which messages may still come. */
const KEPT_EPOCHS = 3

export interface WitnessModules {
  readonly context: Pick<VerifierContext, 'network' | 'self'>
  /** of another verifier; `name` tells evidence of one epoch apart */
  readonly onEvidence: (evidence: Evidence, name: string, facts: ChainFacts) => void
  /** hears every statement that this node's own key has signed */
  readonly onOwn: (statement: Statement, facts: ChainFacts) => void
}

interface Kept {
  readonly statements: Statements
  /** roots of the ballots that came with their votes */
  readonly voted: Set<string>
  /** by round, the hashes of the headers that the leader proposed: two at the most */
  readonly proposals: Map<number, Set<string>>
  /** by round, those with different headers: two at the most */
  readonly certificates: Map<number, Map<string, Certificate>>
}

export class Witness {
  readonly #epochs = new Map<number, Kept>()

  constructor(private readonly modules: WitnessModules) {}

  /**
   * Whether a message tells anything new, if its signatures hold. This costs no check of a signature.
   * @throws RangeError for a malformed header
   */
  isNew(heard: GossipMessage, facts: ChainFacts): boolean {
    const { statements, voted, proposals, certificates } = this.#keptOf(facts.epoch)
    const { kind, message } = heard
    if (kind === 'certificate') {
      const known = certificates.get(message.round) ?? new Map<string, Certificate>()
      const same = known.get(this.#hashOf(message))
      // One with fewer non-signers is new: whoever is missing earns nothing for its signature.
      return same === undefined ? known.size < 2 : message.nonSigners.length < same.nonSigners.length
    }
    if (kind === 'proposal') {
      const known = proposals.get(message.round) ?? new Set()
      return known.size < 2 && !known.has(this.#hashOf(message))
    }
    return statementsIn(heard).some(statement => {
      // The votes of a root that was announced alone.
      const bringsVotes = kind === 'ballot' && message.votes.length > 0 && !voted.has(statement.value)
      return statements.isNew(statement) || (bringsVotes && statements.knows(statement))
    })
  }

  /** @param heard a new message, checked */
  hear(heard: GossipMessage, facts: ChainFacts): void {
    const { statements, voted, proposals, certificates } = this.#keptOf(facts.epoch)
    const { kind, message } = heard
    if (kind === 'certificate') this.#hearCertificate(certificates, message, facts)
    if (kind === 'proposal') {
      const { round } = message
      proposals.set(round, (proposals.get(round) ?? new Set()).add(this.#hashOf(message)))
    }
    if (kind === 'ballot' && message.votes.length > 0) voted.add(toHex(message.root))
    for (const statement of statementsIn(heard)) {
      if (statement.verifier === this.modules.context.self.index) this.modules.onOwn(statement, facts)
      const result = statements.hear(statement)
      if (result.is === 'contradiction') this.#accuse(result.pair, facts)
    }
  }

  #hearCertificate(certificates: Kept['certificates'], certificate: Certificate, facts: ChainFacts): void {
    const { round } = certificate
    const known = certificates.get(round) ?? new Map<string, Certificate>()
    certificates.set(round, known)
    const hash = this.#hashOf(certificate)
    const isSecond = known.size === 1 && !known.has(hash)
    known.set(hash, certificate)
    if (!isSecond) return
    const [first, second] = [...known.values()].map(one => Certificate.encode(one)) as [Uint8Array, Uint8Array]
    this.modules.onEvidence({ certificates: { first, second } }, `certificates-${round}`, facts)
  }

  #hashOf({ header }: { readonly header: Uint8Array }): Hex {
    return headerHash(this.modules.context.network, decodeHeader(header))
  }

  #accuse(pair: Contradiction, facts: ChainFacts): void {
    const { context, onEvidence } = this.modules
    const [{ kind, verifier, slot }] = pair
    if (verifier === context.self.index) return
    const statements = encodeEquivocation(equivocationOf(facts, pair))
    const signature = aggregate(pair.map(statement => statement.signature))
    onEvidence({ contradiction: { statements, signature } }, `${kind}-${verifier}-${slot}`, facts)
  }

  #keptOf(epoch: number): Kept {
    const kept = this.#epochs.get(epoch) ?? newlyKept()
    this.#epochs.set(epoch, kept)
    this.#epochs.delete(epoch - KEPT_EPOCHS)
    return kept
  }
}

const newlyKept = (): Kept => ({
  ...{ statements: new Statements(), voted: new Set() },
  ...{ proposals: new Map(), certificates: new Map() },
})
