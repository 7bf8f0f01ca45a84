/** Watches what this node's own key signs: a statement that the signing record does not hold comes from another process. */

import { statementDigest } from '../../proto/digests.js'
import { epochAt } from '../../proto/epoch.js'
import { UserError } from '../config/errors.js'
import type { Statement } from '../core/agreement/statements.js'
import type { ChainFacts } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import { isRecordCurrent, slotOf } from './signing.js'

/** Two processes that sign with one set of keys lose the bond. */
export const keysInUse = (verifier: number): UserError =>
  new UserError(
    'keys-in-use',
    `Another process uses the keys of verifier ${verifier}. This process stops, so that nothing is signed twice. Run one process for each set of keys.`,
  )

export class OwnKey {
  /** the first epoch whose statements no process before this one can have signed unrecorded */
  readonly #from: number

  constructor(
    private readonly context: Pick<VerifierContext, 'network' | 'self' | 'store' | 'epochs' | 'wall' | 'fail'>,
  ) {
    const startedIn = epochAt(context.epochs, context.wall.nowMs())
    this.#from = isRecordCurrent(context.store, startedIn) ? startedIn - 1 : startedIn
  }

  /**
   * Stops the node for a statement that another process signed. The statements of an epoch are signed after its end. So
   * those of epochs before the start of this process may come from the process that ran before, with a record that this
   * one does not have.
   */
  readonly check = ({ kind, slot, value }: Statement, facts: ChainFacts): void => {
    const { network, store, self, fail } = this.context
    if (facts.epoch < this.#from) return
    const recorded = store.signedDigest(slotOf(kind, facts.epoch, slot))
    if (recorded !== statementDigest(kind, network, facts, slot, value)) fail(keysInUse(self.index))
  }
}
