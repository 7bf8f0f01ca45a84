/** The provider that a command is about, by the address that a person gives. */
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'

export const PROVIDER_ARGUMENT = { type: 'string', describe: "the provider's address" } as const

/**
 * @param find what is known of an account, which is in lower case
 * @param epoch in which it has to be active; now, where there is none
 * @throws UserError 'usage' where nothing is
 */
export function providerOf<T>(given: string, find: (account: Hex) => T | undefined, epoch?: number): T {
  const found = find(given.toLowerCase() as Hex)
  if (found !== undefined) return found
  const isNone = epoch === undefined ? 'is no active provider' : `was no active provider in epoch ${epoch}`
  throw new UserError('usage', `${given} ${isNone}: see \`bandwitness reputation\` for those.`)
}
