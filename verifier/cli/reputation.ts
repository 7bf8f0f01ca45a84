import type { CommandModule, InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { readStake } from '../chain/stake.js'
import { UserError } from '../config/errors.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ProviderJson, ReputationJson } from '../evidence/schema/providers.js'
import { throughputOf } from '../evidence/score-parts.js'
import { API_OPTION, askApi } from './api-client.js'
import { askChain, chainOptions } from './chain-option.js'
import { breachText, rateText, shareText, tokensText } from './figures.js'
import { leftText } from './left-stake.js'
import type { Named } from './named.js'
import { print } from './output.js'
import { ACTIVE, accountOf, namedAccount, PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

const OPTIONS = { ...API_OPTION, ...chainOptions('the stake of a provider that has left') } as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

export const reputation: CommandModule<object, Flags> = {
  command: 'reputation [provider]',
  describe: 'Show what the last report says of every provider, or of one',
  builder: y => settings(y, OPTIONS).positional('provider', PROVIDER_ARGUMENT),
  handler: async flags => print(flags, await reputationOf(flags), reputationTable),
}

/** @throws UserError for an argument that is none, and where the verifier gives no answer of use */
export async function reputationOf(flags: Omit<Flags, 'json'>): Promise<ReputationJson> {
  const { api, provider } = flags
  const who = provider === undefined ? undefined : namedAccount(provider)
  const all = await askApi(api, ENDPOINTS.providers)
  const rows = who === undefined ? all : [await theOne(who, flags, all)]
  return Promise.all(rows.map(async row => ({ ...row, slashed: (await slashedWei(api, row.provider)).toString() })))
}

async function theOne(who: Named, flags: Omit<Flags, 'json'>, all: readonly ProviderJson[]): Promise<ProviderJson> {
  const account = await accountOf(who, flags.api, { accounts: all.map(({ provider }) => provider), where: ACTIVE })
  const row = all.find(({ provider }) => provider === account)
  if (row !== undefined) return row
  await askChain(flags, chain => refuseLeft(chain, account))
  return providerOf<ProviderJson>(account, () => undefined)
}

/** @throws UserError 'usage' that tells what becomes of the stake of a provider that has left */
async function refuseLeft(chain: EthersChain, account: Hex): Promise<void> {
  const registered = await chain.provider(account)
  const stake = await readStake(chain.context, 'provider', account)
  if (registered === undefined || stake.active > 0n) return
  throw new UserError('usage', `${account} has left the network: ${leftText(stake)}`)
}

async function slashedWei(apiUrl: string, provider: string): Promise<bigint> {
  const settlements = await askApi(apiUrl, ENDPOINTS.settlements, provider)
  return settlements.reduce((sum, { charged }) => sum + BigInt(charged), 0n)
}

export function reputationTable(rows: ReputationJson): string {
  const heading = ['PROVIDER', 'CLAIM', 'CERTIFIED', 'UPTIME', 'T', 'SCORE', 'TIER', 'BREACHES', 'STAKE', 'SLASHED']
  return textTable([
    heading,
    ...rows.map(({ provider, claimKbps, leaf, stake, slashed }) => [
      provider,
      rateText(claimKbps),
      ...(leaf
        ? [
            rateText(leaf.rateKbps),
            shareText(leaf.uptimeBps),
            throughputOf(leaf).toFixed(3),
            shareText(leaf.scoreBps),
            `${leaf.tier}`,
            breachText(leaf.breachBits),
          ]
        : ['no report yet', '-', '-', '-', '-', '-']),
      tokensText(BigInt(stake)),
      tokensText(BigInt(slashed)),
    ]),
  ])
}
