import type { CommandModule, InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { checkAgainstChain, type EvidenceJson, recompute } from '../evidence/recompute.js'
import { API_OPTION, askApi } from './api-client.js'
import { askChain, chainOptions } from './chain-option.js'
import { explanationOf, explanationText, type SettlementJson } from './explanation.js'
import { PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  epoch: { type: 'string', default: 'latest', describe: 'whose report; the last accepted one without it' },
  ...chainOptions('ask this chain too, instead of believing the verifier'),
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

export const explain: CommandModule<object, Flags> = {
  command: 'explain <provider>',
  describe: "why a provider has its score: computed again from the verifiers' signed votes",
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async flags => {
    const { provider = '' } = flags
    if (!/^(latest|[1-9]\d{0,9})$/.test(flags.epoch)) {
      throw new UserError('usage', `--epoch ${flags.epoch}: give a number from 1, or latest.`)
    }
    const evidence = await askApi<EvidenceJson>(flags.api, `/v1/evidence/${flags.epoch}`)
    const settlements = await askApi<SettlementJson[]>(flags.api, `/v1/settlements/${provider}`)
    const checks = (await askChain(flags, chain => checkAgainstChain(evidence, chain))) ?? []
    const explanation = providerOf(
      provider,
      account => explanationOf(account, recompute(evidence), evidence.posted, settlements, checks),
      evidence.header.epoch,
    )
    process.stdout.write(`${flags.json ? JSON.stringify(explanation) : explanationText(explanation)}\n`)
    const failed = explanation.checks.filter(({ holds }) => !holds).map(({ what }) => what)
    if (failed.length === 0) return
    throw new UserError('evidence', `The evidence does not bear out the report; not so: ${failed.join('; ')}.`)
  },
}
