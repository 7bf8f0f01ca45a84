/** Whether a node that the testnet did not end is started again, and when. Pure. */
import { EXIT_CODE } from '../../verifier/config/errors.js'
import type { NodeExit } from './spawn.js'

/** A start with the same command line would end in the same way. */
const FINAL: readonly (number | null)[] = [EXIT_CODE.usage, EXIT_CODE.configuration, EXIT_CODE['keys-in-use']]

const FIRST_DELAY_MS = 500
const MOST_DELAY_MS = 5000
/** Ten starts and the waits between take under a minute: what is not mended by then needs a person. */
const MOST_FAILURES = 10
/** A process that ran for so long has not failed at its start. */
const STEADY_MS = 10_000

/** @param failures in a row before this end @returns how many there are now */
export function failuresAfter(exit: Pick<NodeExit, 'signal'>, upMs: number, failures: number): number {
  // Somebody killed the node. That says nothing of whether the next process can run.
  return exit.signal === 'SIGKILL' || upMs >= STEADY_MS ? 0 : failures + 1
}

/** @param failures in a row, this end included @returns undefined if a restart is useless */
export function restartDelayMs({ code }: Pick<NodeExit, 'code'>, failures: number): number | undefined {
  if (FINAL.includes(code) || failures >= MOST_FAILURES) return undefined
  return Math.min(FIRST_DELAY_MS * 2 ** failures, MOST_DELAY_MS)
}
