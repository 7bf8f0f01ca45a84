import type { CommandModule, InferredOptionTypes } from 'yargs'
import type { LeafJson } from '../evidence/leaf-json.js'
import { API_OPTION, askApi } from './api-client.js'
import { breachText, rateText, shareText, tokensText } from './figures.js'
import { PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

interface ProviderRow {
  readonly provider: string
  readonly index: number
  readonly claimKbps: number
  readonly stake: string
  /** null before its first report */
  readonly leaf: LeafJson | null
}

type Flags = InferredOptionTypes<typeof API_OPTION> & { provider?: string | undefined; json?: unknown }

export const reputation: CommandModule<object, Flags> = {
  command: 'reputation [provider]',
  describe: 'what the last report says of every provider, or of one',
  builder: y => settings(y, API_OPTION).positional('provider', PROVIDER_ARGUMENT),
  handler: async flags => {
    const all = await askApi<ProviderRow[]>(flags.api, '/v1/providers')
    const rows =
      flags.provider === undefined
        ? all
        : [providerOf(flags.provider, account => all.find(row => row.provider === account))]
    const withSlashed = await Promise.all(
      rows.map(async row => ({ ...row, slashed: (await slashedWei(flags.api, row.provider)).toString() })),
    )
    if (flags.json) process.stdout.write(`${JSON.stringify(withSlashed)}\n`)
    else process.stdout.write(`${reputationTable(withSlashed)}\n`)
  },
}

async function slashedWei(apiUrl: string, provider: string): Promise<bigint> {
  const settlements = await askApi<{ charged: string }[]>(apiUrl, `/v1/settlements/${provider}`)
  return settlements.reduce((sum, { charged }) => sum + BigInt(charged), 0n)
}

export function reputationTable(rows: readonly (ProviderRow & { readonly slashed: string })[]): string {
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
            (leaf.throughputQ32 / 2 ** 32).toFixed(3),
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
