/** How a child process ended, in facts and in words. */
import { EXIT_CODE } from '../../verifier/config/errors.js'

export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** This process asked the child to end. */
  readonly wanted: boolean
  /** Why the program could not be started. */
  readonly failure?: Error
}

/** A child that ended or stayed silent instead of answering. */
export class ChildError extends Error {
  /** @param what the predicate of the sentence @param said the child's last lines on standard error */
  constructor(
    name: string,
    readonly what: string,
    said: readonly string[],
  ) {
    super(`${name} ${what}${said.join('') === '' ? '' : `: ${said.join(' | ')}`}`)
    this.name = 'ChildError'
  }
}

/** The predicate of a sentence: `ended with exit code 3`, `was ended by SIGKILL`. */
export function describeEnd({ code, signal, failure }: Pick<ChildEnd, 'code' | 'signal' | 'failure'>): string {
  if (signal) return `was ended by ${signal}`
  if (code !== null) return `ended with exit code ${code}`
  return `could not be started${failure ? ` (${failure.message})` : ''}`
}

/** Signals that somebody sends. A process that ends by another one crashed. */
const SENT: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT'] satisfies NodeJS.Signals[])

/** An end that no operator can mend, and that is a fault of the program even when the testnet asked it to end. */
export const isCrash = ({ code, signal }: Pick<ChildEnd, 'code' | 'signal'>): boolean =>
  code === EXIT_CODE.unexpected || code === EXIT_CODE['stop-late'] || (signal !== null && !SENT.has(signal))
