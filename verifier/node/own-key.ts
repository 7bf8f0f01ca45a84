/** Watches what this node's own key signs: a statement that the signing record does not hold comes from another process. */

import { statementDigest } from '../../proto/digests.js'
import { UserError } from '../config/errors.js'
import type { Statement } from '../core/agreement/statements.js'
import type { ChainFacts } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import { slotOf } from './signing.js'

/** Two processes that sign with one set of keys lose the bond. */
export const keysInUse = (verifier: number): UserError =>
  new UserError(
    'keys-in-use',
    `Another process uses the keys of verifier ${verifier}. This process stops, so that nothing is signed twice. Run one process for each set of keys.`,
  )

/** See sole-process.ts. */
interface ThisProcess {
  maySign(epoch: number): boolean
  stop(): Promise<void>
}

export class OwnKey {
  constructor(
    private readonly context: Pick<VerifierContext, 'network' | 'store'>,
    private readonly process: ThisProcess,
  ) {}

  /**
   * Stops the node for a statement that another process signed, of an epoch in which this process alone may sign. Those of
   * other epochs may come from the process before, whose record this one does not have, or from one that has stopped.
   */
  readonly check = ({ kind, slot, value }: Statement, facts: ChainFacts): void => {
    const { network, store } = this.context
    if (!this.process.maySign(facts.epoch)) return
    const recorded = store.signedDigest(slotOf(kind, facts.epoch, slot))
    if (recorded !== statementDigest(kind, network, facts, slot, value)) void this.process.stop()
  }
}
