/** The provider that `measure` measures, its address and its claim: as the chain has them, or as a node tells them. */
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import { askApi, askApiIfKept } from './api-client.js'
import { askChain } from './chain-option.js'
import type { Named } from './named.js'
import { accountIn, accountOf, listed, providerOf } from './provider-argument.js'

export interface MeasuredProvider {
  readonly network: Pick<NetworkFile, 'chainId' | 'contracts' | 'params'>
  readonly account: Hex
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  readonly claimKbps: number
}

interface Flags {
  readonly api: string
  readonly rpc?: string | undefined
  readonly network?: string | undefined
}

/** @throws UserError for what names no active provider, and for one that has announced no address */
export const measuredProvider = async (flags: Flags, who: Named): Promise<MeasuredProvider> =>
  (await askChain(flags, (chain, network) => onChain(chain, network, who))) ?? (await toldBy(flags.api, who))

type ReadChain = Pick<EthersChain, 'announcements' | 'provider' | 'stake'>

export async function onChain(chain: ReadChain, network: NetworkFile, who: Named): Promise<MeasuredProvider> {
  const announced = (await chain.announcements()).filter(({ role }) => role === 'provider')
  const accounts = announced.map(({ account }) => account)
  const account = accountIn(who, network, accounts, 'of a provider that has announced itself')
  const registered = await chain.provider(account)
  const isActive = registered !== undefined && (await chain.stake('provider', account)).active > 0n
  const { claimKbps } = providerOf(account, () => (isActive ? registered : undefined))
  const address = announced.find(one => one.account === account)
  if (address === undefined) throw noAddress(account)
  return { network, account, peerId: address.peerId, multiaddrs: address.multiaddrs, claimKbps }
}

async function toldBy(api: string, who: Named): Promise<MeasuredProvider> {
  const network = await askApi(api, ENDPOINTS.network)
  const account = await accountOf(who, api, listed(api))
  const page = await askApiIfKept(api, ENDPOINTS.provider, { provider: account })
  const { peerId, multiaddrs, claimKbps } = providerOf(account, () => (page?.state === 'exited' ? undefined : page))
  if (peerId === null) throw noAddress(account)
  return { network, account, peerId, multiaddrs, claimKbps }
}

const noAddress = (account: Hex): UserError =>
  new UserError('configuration', `${account} has announced no address. Try again once its node is up.`)
