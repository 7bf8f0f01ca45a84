/** The account that a command is about: its address, a unique part of it, or its name in a testnet. */
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import { askApi } from './api-client.js'
import { listProviders } from './list-providers.js'
import { type Kind, type Named, named, theOne } from './named.js'

export const PROVIDER_ARGUMENT = {
  type: 'string',
  describe: 'Address of the provider, a unique beginning such as 0x2685, or its name in a testnet',
} as const

const ACCOUNT: Kind = {
  digits: 40,
  advice:
    'is not an address. Give 0x and 40 hexadecimal digits, the beginning of an address, or the name of a node of a testnet.',
}
const LIST = '`bandwitness reputation` lists the active providers.'

/** Call it before anybody is asked. @throws UserError 'usage' for what names no account */
export const namedAccount = (given: string | undefined): Named => named(given, ACCOUNT)

/** The accounts of which one may be meant, which are asked for only if a part is given, and in words where they are known. */
interface Known {
  readonly accounts: () => Promise<readonly Hex[]>
  readonly where: string
}

/** For a command that asks for the providers of now. */
export const listed = (api: string): Known => ({
  accounts: async () => (await listProviders(api)).map(({ provider }) => provider),
  where: 'of an active provider',
})

/**
 * @throws UserError 'usage' for a name that the network file does not hold, and for a part of no address or of several
 */
export async function accountOf(who: Named, api: string, known: Known): Promise<Hex> {
  if (who.kind === 'whole') return who.hex as Hex
  if (who.kind === 'part') return theOne(who, await known.accounts(), 'account', known.where)
  return nameIn(who, await askApi(api, ENDPOINTS.network))
}

/** As `accountOf`, of accounts that are at hand. */
export function accountIn(who: Named, network: Names, accounts: readonly Hex[], where: string): Hex {
  if (who.kind === 'whole') return who.hex as Hex
  return who.kind === 'part' ? theOne(who, accounts, 'account', where) : nameIn(who, network)
}

type Names = Pick<NetworkFile, 'name' | 'names'>

function nameIn(who: Extract<Named, { kind: 'name' }>, { name: network, names = {} }: Names): Hex {
  const account = names[who.name]
  if (account !== undefined) return account
  throw new UserError('usage', `Network "${network}" has no node that is called ${who.name}. Give its address. ${LIST}`)
}

/**
 * @param find what is known of an account
 * @param epoch in which the provider must be active; none for now
 * @throws UserError 'usage' where nothing is known
 */
export function providerOf<T>(account: Hex, find: (account: Hex) => T | undefined, epoch?: number): T {
  const found = find(account)
  if (found !== undefined) return found
  const isNone = epoch === undefined ? 'is not an active provider' : `was not an active provider in epoch ${epoch}`
  throw new UserError('usage', `${account} ${isNone}. ${LIST}`)
}
