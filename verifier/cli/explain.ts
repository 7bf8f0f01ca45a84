import type { CommandModule, InferredOptionTypes } from 'yargs'
import type { Check } from '../../probe/recheck-party.js'
import type { Hex } from '../../proto/hex.js'
import { connectChain } from '../chain/connect.js'
import { UserError } from '../errors.js'
import { loadNetworkFile } from '../network-file.js'
import { API_OPTION, askApi } from './api-client.js'
import { checkAgainstChain, type EvidenceJson, recompute } from './evidence.js'
import { explanationOf, explanationText, type SettlementJson } from './explanation.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  epoch: { type: 'string', default: 'latest', describe: 'whose report; the last accepted one without it' },
  rpc: { type: 'string', implies: 'network', describe: 'ask this chain too, instead of believing the verifier' },
  network: { type: 'string', implies: 'rpc', describe: 'the network file, for --rpc' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

export const explain: CommandModule<object, Flags> = {
  command: 'explain <provider>',
  describe: "why a provider has its score: computed again from the verifiers' signed votes",
  builder: y =>
    settings(y, OPTIONS).positional('provider', {
      type: 'string',
      demandOption: true,
      describe: "the provider's address",
    }),
  handler: async flags => {
    const provider = (flags.provider ?? '').toLowerCase() as Hex
    if (!/^(latest|[1-9]\d{0,9})$/.test(flags.epoch)) {
      throw new UserError('usage', `--epoch ${flags.epoch}: give a number from 1, or latest.`)
    }
    const evidence = await askApi<EvidenceJson>(flags.api, `/v1/evidence/${flags.epoch}`)
    const settlements = await askApi<SettlementJson[]>(flags.api, `/v1/settlements/${provider}`)
    const checks = await chainChecks(evidence, flags)
    const explanation = explanationOf(provider, recompute(evidence), evidence.posted, settlements, checks)
    if (!explanation) {
      throw new UserError(
        'usage',
        `${flags.provider} was no active provider in epoch ${evidence.header.epoch}: see \`bandwitness reputation\`.`,
      )
    }
    process.stdout.write(`${flags.json ? JSON.stringify(explanation) : explanationText(explanation)}\n`)
    const failed = explanation.checks.filter(({ holds }) => !holds).map(({ what }) => what)
    if (failed.length === 0) return
    throw new UserError('evidence', `The evidence does not bear out the report; not so: ${failed.join('; ')}.`)
  },
}

async function chainChecks(evidence: EvidenceJson, { rpc, network }: Flags): Promise<Check[]> {
  if (rpc === undefined || network === undefined) return []
  const chain = await connectChain({ rpcUrl: rpc, network: await loadNetworkFile(network) })
  try {
    return await checkAgainstChain(evidence, chain)
  } finally {
    chain.close()
  }
}
