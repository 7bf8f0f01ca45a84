import type { InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { explanationOf } from '../evidence/explanation.js'
import { checkAgainstChain, recompute } from '../evidence/recompute.js'
import { epochArgument } from '../evidence/schema/arguments.js'
import type { CheckJson } from '../evidence/schema/checks.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import { API_OPTION, askApi, askApiIfKept } from './api-client.js'
import { argumentOf } from './argument.js'
import { askChain, chainOptions } from './chain-option.js'
import { rewardsExplanationFor } from './explain-rewards.js'
import { rewardsText } from './explanation/rewards.js'
import { explanationText } from './explanation/text.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { accountOf, namedAccount, PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  epoch: { type: 'string', default: 'latest', describe: 'Epoch of the report' },
  rewards: {
    type: 'boolean',
    default: false,
    describe: 'Explain instead what the account has earned, as a verifier or as a provider',
  },
  reports: { type: 'number', default: 10, describe: 'With --rewards: how many reports to go back' },
  ...chainOptions('the report'),
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

export const explain: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async flags => {
    if (flags.rewards) {
      const explanation = await rewardsExplanationFor(flags)
      print(flags, explanation, rewardsText)
      return requireAll(explanation.checks)
    }
    const explanation = await explanationFor(flags)
    print(flags, explanation, explanationText)
    requireAll(explanation.checks)
  },
}

/** @throws UserError 'evidence' */
function requireAll(checks: readonly CheckJson[]): void {
  const failed = checks.filter(({ holds }) => !holds).map(({ what }) => what)
  if (failed.length === 0) return
  throw new UserError(
    'evidence',
    `The report does not follow from its evidence. Ask another verifier. Failed checks: ${failed.join('; ')}.`,
  )
}

/** @throws UserError for an argument that is none, and for a verifier that has no such evidence or other evidence */
export async function explanationFor(flags: Omit<Flags, 'json' | 'rewards' | 'reports'>): Promise<ExplanationJson> {
  const epoch = argumentOf(epochArgument, flags.epoch, '--epoch ')
  const who = namedAccount(flags.provider)
  const evidence = await askApi(flags.api, ENDPOINTS.evidence, { epoch })
  const answered = evidence.header.epoch
  if (epoch !== 'latest' && answered !== epoch) {
    throw new UserError(
      'evidence',
      `The verifier at ${flags.api} answers with epoch ${answered} instead of ${epoch}. Ask another verifier with --api.`,
    )
  }
  const accounts = async () => evidence.facts.providers.map(({ account }) => account)
  const provider = await accountOf(who, flags.api, { accounts, where: `of a provider in epoch ${answered}` })
  const page = await askApiIfKept(flags.api, ENDPOINTS.provider, { provider })
  const checks = (await askChain(flags, chain => checkAgainstChain(evidence, chain))) ?? []
  const recomputed = recompute(evidence)
  const find = () => explanationOf(provider, recomputed, evidence.posted, page?.settlements ?? [], checks)
  return providerOf(provider, find, answered)
}
