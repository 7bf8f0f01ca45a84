import { NO_OFFLOAD, UdpPortError } from '../../probe/io/errors.js'
import { RpcFault } from '../chain/rpc-fault.js'
import { EXIT_CODE, UserError, type UserErrorCode } from '../config/errors.js'
import { KeyFileError } from '../config/key-file-error.js'
import { withoutSecrets } from '../config/secrets.js'
import { ListenError } from '../net/listen-error.js'
import { logPlace, openLog } from './log.js'
import { printable } from './printable.js'
import { surroundingsFault } from './surroundings-fault.js'

/** Errors of parts that know nothing of the command line, each with the flag that sets what failed. */
const KNOWN: readonly (readonly [kind: new (...args: never[]) => Error, code: UserErrorCode, flag: string])[] = [
  [RpcFault, 'chain-unreachable', '--rpc'],
  [KeyFileError, 'configuration', '--data-dir'],
  [ListenError, 'port-in-use', '--listen'],
  [UdpPortError, 'port-in-use', '--udp-host and --udp-port'],
]

/** Tells a person what went wrong: the last line on standard error is a sentence. @returns the exit code */
export function reportError(error: unknown): number {
  const fault = operatorsFault(error) ?? surroundingsFault(error)
  if (fault === undefined) logDetails(error)
  const sentence =
    fault?.message ??
    `Unexpected error: ${shortMessage(error)}. This is a fault of the program: report it, with the log (${logPlace()}).`
  process.stderr.write(`bandwitness: ${withoutSecrets(printable(sentence))}\n`)
  return fault?.exitCode ?? EXIT_CODE.unexpected
}

function operatorsFault(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error
  if (error instanceof UdpPortError && error.code === NO_OFFLOAD) return new UserError('configuration', error.message)
  for (const [kind, code, flag] of KNOWN) {
    if (error instanceof kind) return new UserError(code, `${error.message} (${flag})`)
  }
  return undefined
}

/** Its author needs the frames. The message of an ethers error holds the signed transaction, and its fields the request. */
function logDetails(error: unknown): void {
  const stack = error instanceof Error ? (error.stack?.split('\n').filter(line => /^\s+at /.test(line)) ?? []) : []
  const { name, code }: Partial<NodeJS.ErrnoException> = Object(error) // anything can be thrown
  // JSON on a terminal, too: a person reads the sentence below it.
  openLog('fatal', process.stderr.fd, false).fatal(
    { error: shortMessage(error), name, code, stack },
    'unexpected error',
  )
}

function shortMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { shortMessage = error.message } = error as Error & { readonly shortMessage?: string }
  return shortMessage.replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')
}
