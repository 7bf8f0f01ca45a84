/**
 * What verifiers have signed in one epoch, two different values of each slot at the most: a second one proves that the
 * verifier equivocates. Proposals are no statements: a leader may propose again.
 */
import { type Equivocation, STATEMENT_KINDS, type StatementKind } from '../../../proto/equivocation.js'
import type { Hex } from '../../../proto/hex.js'
import { type ChainFacts, verifierOf } from '../facts.js'

/** A value that a verifier signed in a slot, signature checked. */
export interface Statement {
  readonly kind: StatementKind
  /** registry index */
  readonly verifier: number
  /** the agreement round of a report; the registry index for the other kinds */
  readonly slot: number
  /** commitment, ballot root, hash of the seen list, or header hash */
  readonly value: Hex
  readonly signature: Uint8Array
}

/** Two statements of one verifier for one slot. The one with the lower value comes first. */
export type Contradiction = readonly [Statement, Statement]

/** What a statement adds. A new member must be handled in `node/witness.ts`. */
export type Heard =
  /** the first value of its slot, or a value that was heard before */
  | { readonly is: 'consistent' }
  | { readonly is: 'contradiction'; readonly pair: Contradiction }
  /** a third value proves nothing more */
  | { readonly is: 'superfluous' }

export class Statements {
  /** by slot: one statement, or two that contradict each other */
  readonly #heard = new Map<string, readonly Statement[]>()

  /** Whether a statement would be the first or the second value of its slot. */
  isNew(statement: Statement): boolean {
    return this.#known(statement).length < 2 && !this.knows(statement)
  }

  knows(statement: Statement): boolean {
    return this.#known(statement).some(({ value }) => value === statement.value)
  }

  hear(statement: Statement): Heard {
    const { value } = statement
    const known = this.#known(statement)
    if (this.knows(statement)) return { is: 'consistent' }
    if (known.length === 2) return { is: 'superfluous' }
    this.#heard.set(slotOf(statement), [...known, statement])
    const [first] = known
    if (first === undefined) return { is: 'consistent' }
    return { is: 'contradiction', pair: first.value < value ? [first, statement] : [statement, first] }
  }

  #known(statement: Statement): readonly Statement[] {
    return this.#heard.get(slotOf(statement)) ?? []
  }
}

const slotOf = ({ kind, verifier, slot }: Statement): string => `${kind} ${verifier} ${slot}`

/** @throws RangeError if the frozen set does not hold the verifier */
export function equivocationOf(facts: ChainFacts, [first, second]: Contradiction): Equivocation {
  const position = verifierOf(facts, first.verifier)?.position
  if (position === undefined)
    throw new RangeError(`verifier ${first.verifier} is not in the frozen set of era ${facts.era}`)
  return {
    kind: STATEMENT_KINDS.indexOf(first.kind),
    era: facts.era,
    epoch: facts.epoch,
    slot: first.slot,
    position,
    first: first.value,
    second: second.value,
  }
}
