/**
 * An error that a person can act on: one line that says what is wrong and what to do, and a documented exit code. Any
 * other error that reaches the command line is a fault of the program, and ends it with code 1.
 */

/** Exit codes of `bandwitness`; 0 is success. A new code needs a line in the documentation of exit codes. */
export const EXIT_CODE = {
  unexpected: 1,
  usage: 2,
  /** a bad key file or network file, a wrong chain id, parameters that are not the network's */
  configuration: 3,
  'chain-unreachable': 4,
  'port-in-use': 5,
  /** damaged, locked, or no space left */
  store: 6,
  /** a test network ran, and the chain did not show what its profiles promise */
  'promises-not-kept': 7,
  /** a report or a transcript does not follow from the signed data */
  evidence: 8,
  /** another process uses the same keys */
  'keys-in-use': 9,
  /** `doctor` found something that keeps the node from its work */
  'not-fit': 10,
  /** `alerts --once` found something wrong with the provider */
  alert: 11,
  /** a node did not stop in time after a signal, and was ended */
  'stop-late': 12,
  /** no provider or exit suits a client, or nothing is left to pay them with */
  'nobody-suits': 13,
  /** `measure`: the provider carried less than the slashing threshold */
  'below-threshold': 20,
  /** `measure`: the provider took no session, or forwarded nothing or something else */
  'not-served': 21,
  /** `measure`: the session says nothing against the provider, and does not show that it keeps its claim */
  'not-measured': 22,
} as const

export type UserErrorCode = keyof typeof EXIT_CODE

export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: UserErrorCode
  readonly exitCode: number

  /** @param message one line. The log shows the cause */
  constructor(code: UserErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message.replace(/\s*\n\s*/g, ' '), options)
    this.code = code
    this.exitCode = EXIT_CODE[code]
  }
}
