/** The frozen sets of eras, which the chain is asked for once each. */
import type { FrozenVerifier } from '../core/facts.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { Recent } from './recent.js'

/** A set may still change until its era begins, and an era is asked for at its start. */
const SETS = { most: 64, maxAgeMs: 60_000 }

export class Sets {
  readonly #sets = new Recent<readonly FrozenVerifier[]>(SETS)

  constructor(private readonly chain: Pick<VerifierNode['chain'], 'frozenSet'>) {}

  /** Ascending by position. */
  of(era: number): Promise<readonly FrozenVerifier[]> {
    return this.#sets.get(String(era), async () =>
      [...(await this.chain.frozenSet(era))].sort((a, b) => a.position - b.position),
    )
  }
}
