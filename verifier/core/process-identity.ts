/** Who this process is to the other verifiers. A restart with the record that the process wrote is the same process. */
import type { Hex } from '../../proto/hex.js'

export interface ProcessIdentity {
  /** the epoch in which the process started, or after which it begins anew. It signs nothing of it, nor of earlier ones */
  readonly startedIn: number
  /** unix seconds. Of two processes the one with the greater `since` stops */
  readonly since: number
  readonly nonce: Hex
  /** the newest epoch in which more than two thirds of the set knew of the process; −1 before the first */
  readonly knownIn: number
  /** the newest epochs in which they did, and knew of no other process with its keys */
  readonly aloneIn: readonly number[]
}

/** Epochs whose statements may still be signed: one that is agreed on, and one that runs. */
const SIGNED_EPOCHS = 2

/** @param startedIn the network's genesis waits for nobody, so all time before it is one epoch */
export const newProcess = (startedIn: number, nowMs: number, nonce: Hex): ProcessIdentity => ({
  ...{ startedIn: Math.max(0, startedIn), since: Math.floor(nowMs / 1000), nonce },
  ...{ knownIn: -1, aloneIn: [] },
})

/**
 * Whether the others still know of the process when `epoch` begins, or it has only just started. If it was away for longer,
 * another process may have found itself alone meanwhile.
 */
export const goesOn = ({ startedIn, knownIn }: ProcessIdentity, epoch: number): boolean =>
  epoch >= startedIn && Math.max(startedIn, knownIn) >= epoch - 1

/** More than two thirds of the set know of the process in an epoch. @param isAlone whether they know of no other one */
export const known = (identity: ProcessIdentity, epoch: number, isAlone: boolean): ProcessIdentity => ({
  ...identity,
  knownIn: epoch,
  aloneIn: [...identity.aloneIn.filter(one => one !== epoch), ...(isAlone ? [epoch] : [])].slice(-SIGNED_EPOCHS),
})

/** Of two processes with one set of keys. */
export const isEarlier = (a: Pick<ProcessIdentity, 'since' | 'nonce'>, b: typeof a): boolean =>
  a.since === b.since ? a.nonce < b.nonce : a.since < b.since
