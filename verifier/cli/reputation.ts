import type { InferredOptionTypes } from 'yargs'
import type { EthersChain } from '../chain/ethers-chain.js'
import { ENDPOINTS } from '../client/index.js'
import { bondJson } from '../evidence/bond.js'
import type { ReputationJson } from '../evidence/schema/providers.js'
import { throughputOf } from '../evidence/score-parts.js'
import { askApiIfKept } from './api-client.js'
import { askChain, chainOptions } from './chain-option.js'
import { breachText, rateText, shareText, timeText, tokensText } from './figures.js'
import { FOUND_API_OPTION, foundApi } from './found-api.js'
import type { Command } from './lazily.js'
import { listProviders } from './list-providers.js'
import { print } from './output.js'
import { requireProven } from './proven-scores.js'
import { accountOf, listed, namedAccount, PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

const OPTIONS = { ...FOUND_API_OPTION, ...chainOptions('the scores') } as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

export const reputation: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('provider', PROVIDER_ARGUMENT),
  handler: async flags => {
    const api = await foundApi(flags)
    const told = await reputationOf({ api, provider: flags.provider })
    const proven = await askChain(flags, async chain => {
      await requireProven(told, api, chain)
      return Promise.all(told.map(row => withBond(row, chain)))
    })
    print(flags, proven ?? told, reputationTable)
  },
}

/** With its stake in the vault as the chain has it. A list shows none. */
const withBond = async (row: ReputationJson[number], chain: Pick<EthersChain, 'stake'>) =>
  row.bond === null ? row : { ...row, bond: bondJson(await chain.stake('provider', row.provider)) }

/** @throws UserError for an argument that is none, and where the verifier gives no answer of use */
export async function reputationOf({
  api,
  provider,
}: Pick<Flags, 'provider'> & { api: string }): Promise<ReputationJson> {
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
