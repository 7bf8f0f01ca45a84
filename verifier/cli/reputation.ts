import type { InferredOptionTypes } from 'yargs'
import { ENDPOINTS } from '../client/index.js'
import type { ReputationJson } from '../evidence/schema/providers.js'
import { throughputOf } from '../evidence/score-parts.js'
import { API_OPTION, askApiIfKept } from './api-client.js'
import { breachText, rateText, shareText, timeText, tokensText } from './figures.js'
import type { Command } from './lazily.js'
import { listProviders } from './list-providers.js'
import { print } from './output.js'
import { accountOf, listed, namedAccount, PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

type Flags = InferredOptionTypes<typeof API_OPTION> & { provider?: string | undefined; json?: unknown }

export const reputation: Command<Flags> = {
  builder: y => settings(y, API_OPTION).positional('provider', PROVIDER_ARGUMENT),
  handler: async flags => print(flags, await reputationOf(flags), reputationTable),
}

/** @throws UserError for an argument that is none, and where the verifier gives no answer of use */
export async function reputationOf({ api, provider }: Omit<Flags, 'json'>): Promise<ReputationJson> {
  if (provider === undefined) return (await listProviders(api)).map(row => ({ ...row, bond: null }))
  const account = await accountOf(namedAccount(provider), api, listed(api))
  const page = await askApiIfKept(api, ENDPOINTS.provider, { provider: account })
  const { epoch: _, parts: __, outlook: ___, settlements: ____, ...row } = providerOf(account, () => page)
  return [row]
}

export function reputationTable(rows: ReputationJson): string {
  const heading = ['PROVIDER', 'CLAIM', 'CERTIFIED', 'UPTIME', 'T', 'SCORE', 'TIER', 'BREACHES', 'STAKE', 'SLASHED']
  const table = textTable([
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
  return [table, ...rows.flatMap(exitText)].join('\n')
}

function exitText({ state, bond }: ReputationJson[number]): string[] {
  if (state !== 'exited' || bond === null) return []
  const { unbonding, releaseAt, free } = bond
  const waiting =
    releaseAt === null
      ? 'nothing unbonding'
      : `${tokensText(BigInt(unbonding))} tokens unbonding until ${timeText(releaseAt)}`
  return [`It has exited: ${waiting}, ${tokensText(BigInt(free))} free to withdraw.`]
}
