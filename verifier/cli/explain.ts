import type { InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { explanationOf } from '../evidence/explanation.js'
import { checkAgainstChain, recompute } from '../evidence/recompute.js'
import { epochArgument } from '../evidence/schema/arguments.js'
import type { CheckJson } from '../evidence/schema/checks.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import { askApi, askApiIfKept } from './api-client.js'
import { argumentOf } from './argument.js'
import { askChain, chainOptions } from './chain-option.js'
import { rewardsExplanationFor } from './explain-rewards.js'
import { rewardsText } from './explanation/rewards.js'
import { explanationText } from './explanation/text.js'
import { FOUND_API_OPTION, foundApi } from './found-api.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { requireLate } from './proven-scores.js'
import { accountOf, namedAccount, PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...FOUND_API_OPTION,
  epoch: { type: 'string', default: 'latest', describe: 'Epoch of the report' },
  rewards: {
    type: 'boolean',
    default: false,
    describe: 'Explain instead what the account has earned, as a verifier or as a provider',
  },
  reports: { type: 'number', default: 10, describe: 'With --rewards: how many reports to go back' },
  ...chainOptions('the report'),
} as const

type Given = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }
/** with the API that is asked */
type Flags = Given & { readonly api: string }

export const explain: Command<Given> = {
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async given => {
    const flags = { ...given, api: await foundApi(given) }
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
      `The node at ${flags.api} answers with epoch ${answered} instead of ${epoch}. Ask another node with --api.`,
    )
  }
  const accounts = async () => evidence.facts.providers.map(({ account }) => account)
  const provider = await accountOf(who, flags.api, { accounts, where: `of a provider in epoch ${answered}` })
  const asked = await askChain(flags, async chain => {
    if (epoch === 'latest') requireLate(answered, await chain.tip(), flags.api)
    const [checks, posted, settlements] = await Promise.all([
      checkAgainstChain(evidence, chain),
      chain.posted(answered),
      chain.settlements(provider),
    ])
    return { checks, posted, settlements: settlements.map(one => ({ ...one, charged: one.charged.toString() })) }
  })
  const told = asked ?? (await askApiIfKept(flags.api, ENDPOINTS.provider, { provider }))
  const posted = asked?.posted ?? evidence.posted
  const recomputed = recompute(evidence)
  const find = () => explanationOf(provider, recomputed, posted, told?.settlements ?? [], asked?.checks ?? [])
  return providerOf(provider, find, answered)
}
