/** The provider that a command is about, by the address that a person gives. */
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { addressArgument } from '../evidence/schema/arguments.js'
import { argumentOf } from './argument.js'

export const PROVIDER_ARGUMENT = { type: 'string', describe: 'Address of the provider' } as const

const LIST = '`bandwitness reputation` lists the active providers.'

/** @throws UserError 'usage' for what is no address */
export function providerAddress(given: string | undefined): Hex {
  return argumentOf(addressArgument, given)
}

/**
 * @param find what is known of an account, which is in lower case
 * @param epoch in which the provider must be active; none for now
 * @throws UserError 'usage' where nothing is known
 */
export function providerOf<T>(given: string, find: (account: Hex) => T | undefined, epoch?: number): T {
  const found = find(given.toLowerCase() as Hex)
  if (found !== undefined) return found
  const isNone = epoch === undefined ? 'is not an active provider' : `was not an active provider in epoch ${epoch}`
  throw new UserError('usage', `${given} ${isNone}. ${LIST}`)
}
