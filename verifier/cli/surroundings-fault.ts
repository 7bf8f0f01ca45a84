/** Faults of the machine and of the account, which arrive as errors of the system or of the chain. Pure. */
import { insufficientFunds } from '../chain/insufficient-funds.js'
import { UserError, type UserErrorCode } from '../config/errors.js'

const NO_SPACE = 'No space is left on the disk. Free some space, then try again'
const NOT_ALLOWED = 'This user may not do that. Correct the owner or the permissions, or choose another place'
const NO_SUCH_PLACE = 'This path cannot be used. Correct it'
const TOO_MANY_FILES = 'Too many files are open. Raise the limit with `ulimit -n`, or close other programs'

/** By the code of the system's error: what is wrong, and what to do. */
const OF_SYSTEM: Readonly<Record<string, readonly [UserErrorCode, string]>> = {
  ENOSPC: ['store', NO_SPACE],
  EDQUOT: ['store', NO_SPACE],
  EFBIG: ['store', NO_SPACE],
  EROFS: ['store', 'The disk is read-only. Make it writable, or choose another place'],
  EIO: ['store', 'The disk fails. Check it, then try again'],
  EACCES: ['store', NOT_ALLOWED],
  EPERM: ['store', NOT_ALLOWED],
  ENOTDIR: ['configuration', NO_SUCH_PLACE],
  EISDIR: ['configuration', NO_SUCH_PLACE],
  ELOOP: ['configuration', NO_SUCH_PLACE],
  ENAMETOOLONG: ['configuration', NO_SUCH_PLACE],
  EMFILE: ['configuration', TOO_MANY_FILES],
  ENFILE: ['configuration', TOO_MANY_FILES],
}

/** @returns what the operator can do about an error or about one of its causes; undefined for a fault of the program */
export function surroundingsFault(error: unknown): UserError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const fault = insufficientFunds(cause)
    if (fault !== undefined) return fault
    const { code, message, syscall } = cause as NodeJS.ErrnoException
    const known = syscall === undefined || code === undefined ? undefined : OF_SYSTEM[code]
    if (known !== undefined) return new UserError(known[0], `${known[1]} (${message}).`, { cause })
  }
  return undefined
}
