/** Why a store did not open, for a person. */
import { UserError } from '../../verifier/config/errors.js'

/** @param what is in the store, and where. @param cause what `Level.open` rejected with */
export function levelFault(what: string, cause: Error): UserError {
  const { code } = Object(cause.cause) as { readonly code?: string }
  const why =
    code === 'LEVEL_LOCKED'
      ? 'another process uses it. Stop that one first'
      : `${cause.message}. Free the disk, or restore your copy`
  return new UserError('store', `Cannot open ${what}: ${why}.`, { cause })
}
