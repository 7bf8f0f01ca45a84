import type { CommandModule, InferredOptionTypes } from 'yargs'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ReputationJson } from '../evidence/schema/providers.js'
import { throughputOf } from '../evidence/score-parts.js'
import { API_OPTION, askApi } from './api-client.js'
import { breachText, rateText, shareText, tokensText } from './figures.js'
import { print } from './output.js'
import { PROVIDER_ARGUMENT, providerAddress, providerOf } from './provider-argument.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

type Flags = InferredOptionTypes<typeof API_OPTION> & { provider?: string | undefined; json?: unknown }

export const reputation: CommandModule<object, Flags> = {
  command: 'reputation [provider]',
  describe: 'Show what the last report says of every provider, or of one',
  builder: y => settings(y, API_OPTION).positional('provider', PROVIDER_ARGUMENT),
  handler: async flags => print(flags, await reputationOf(flags), reputationTable),
}

/** @throws UserError for an argument that is none, and where the verifier gives no answer of use */
export async function reputationOf({ api, provider }: Omit<Flags, 'json'>): Promise<ReputationJson> {
  const wanted = provider === undefined ? undefined : providerAddress(provider)
  const all = await askApi(api, ENDPOINTS.providers)
  const rows = wanted === undefined ? all : [providerOf(wanted, account => all.find(row => row.provider === account))]
  return Promise.all(rows.map(async row => ({ ...row, slashed: (await slashedWei(api, row.provider)).toString() })))
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
