import { UdpPortError } from '../../probe/io/errors.js'
import { RpcFault } from '../chain/rpc-fault.js'
import { EXIT_CODE, UserError, type UserErrorCode } from '../config/errors.js'
import { KeyFileError } from '../config/keys.js'
import { withoutSecrets } from '../config/secrets.js'
import { ListenError } from '../net/libp2p.js'
import { printable } from './printable.js'

/** Errors of parts that know nothing of the command line, each with the flag that sets what failed. */
const KNOWN: readonly (readonly [kind: new (...args: never[]) => Error, code: UserErrorCode, flag: string])[] = [
  [RpcFault, 'chain-unreachable', '--rpc'],
  [KeyFileError, 'configuration', '--data-dir'],
  [ListenError, 'port-in-use', '--listen'],
  [UdpPortError, 'port-in-use', '--udp-host and --udp-port'],
]

/** Tells a person what went wrong, on standard error. @returns the exit code */
export function reportError(error: unknown): number {
  if (error instanceof UserError) {
    complain(printable(error.message))
    return error.exitCode
  }
  for (const [kind, code, flag] of KNOWN) {
    if (error instanceof kind) {
      complain(`${printable(error.message)} (${flag})`)
      return EXIT_CODE[code]
    }
  }
  // A fault of the program: its author needs the stack.
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  complain(`unexpected error: ${message}\n${stack ?? ''}`)
  return EXIT_CODE.unexpected
}

const complain = (text: string): boolean => process.stderr.write(`bandwitness: ${withoutSecrets(text)}\n`)
