import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import type { Chain, PostedReport } from '../core/ports.js'
import { type Explainable, explanationOf } from '../evidence/explanation.js'
import { checkAgainstChain, recompute } from '../evidence/recompute.js'
import { checkProviderAgainstChain, recomputeProvider } from '../evidence/recompute-provider.js'
import { epochArgument } from '../evidence/schema/arguments.js'
import type { CheckJson } from '../evidence/schema/checks.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ExplanationJson } from '../evidence/schema/explanation.js'
import { askApi, askApiIfKept, askApiIfKnown } from './api-client.js'
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
  'whole-epoch': {
    type: 'boolean',
    default: false,
    describe: 'Compute the report of all providers again, from all votes of the epoch',
  },
  rewards: {
    type: 'boolean',
    default: false,
    describe: 'Explain instead what the account has earned, as a verifier or as a provider',
  },
  reports: { type: 'number', default: 10, describe: 'With --rewards: how many reports to go back' },
  ...chainOptions('the report'),
} as const

type Options = InferredOptionTypes<typeof OPTIONS>
type Given = Omit<Options, 'whole-epoch' | 'wholeEpoch'> & {
  provider?: string | undefined
  json?: unknown
  'whole-epoch'?: boolean
}
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
  const provider = await accountOf(namedAccount(flags.provider), flags.api, leavesIn(flags.api, epoch))
  const evidence = await evidenceFor(flags, epoch, provider)
  const { posted: served } = evidence
  const answered = served.header.epoch
  if (epoch !== 'latest' && answered !== epoch) {
    throw new UserError(
      'evidence',
      `The node at ${flags.api} answers with epoch ${answered} instead of ${epoch}. Ask another node with --api.`,
    )
  }
  const asked = await askChain(flags, async chain => {
    if (epoch === 'latest') requireLate(answered, await chain.tip(), flags.api)
    const [checks, posted, settlements] = await Promise.all([
      evidence.checkAgainst(chain),
      chain.posted(answered),
      chain.settlements(provider),
    ])
    return { checks, posted, settlements: settlements.map(one => ({ ...one, charged: one.charged.toString() })) }
  })
  const told = asked ?? (await askApiIfKept(flags.api, ENDPOINTS.provider, { provider }))
  const posted = asked?.posted ?? served
  const recomputed = await evidence.recompute()
  const find = () => explanationOf(provider, recomputed, posted, told?.settlements ?? [], asked?.checks ?? [])
  return providerOf(provider, find, answered)
}

interface ServedEvidence {
  readonly posted: PostedReport
  checkAgainst(chain: Chain): Promise<CheckJson[]>
  recompute(): Promise<Explainable>
}

/** Of the provider alone, unless all of the epoch is asked for. @throws UserError 'usage' for a provider without a leaf */
async function evidenceFor(
  flags: Pick<Flags, 'api' | 'whole-epoch'>,
  epoch: number | 'latest',
  provider: Hex,
): Promise<ServedEvidence> {
  if (flags['whole-epoch']) {
    const whole = await askApi(flags.api, ENDPOINTS.evidence, { epoch })
    return {
      ...{ posted: whole.posted, checkAgainst: chain => checkAgainstChain(whole, chain) },
      recompute: async () => recompute(whole),
    }
  }
  const one = await askApiIfKnown(flags.api, ENDPOINTS.providerEvidence, { epoch, provider })
  if (one === undefined)
    return providerOf<ServedEvidence>(provider, () => undefined, epoch === 'latest' ? undefined : epoch)
  if (one.provider !== provider)
    throw new UserError('evidence', `The node at ${flags.api} answers with another provider. Ask another with --api.`)
  return {
    ...{ posted: one.posted, checkAgainst: chain => checkProviderAgainstChain(one, chain) },
    recompute: () => recomputeProvider(one),
  }
}

/** For a part of an address: the providers with a leaf. */
const leavesIn = (api: string, epoch: number | 'latest') => ({
  accounts: async () => (await askApi(api, ENDPOINTS.leaves, { epoch })).leaves.map(({ provider }) => provider),
  where: epoch === 'latest' ? 'of a provider in the last report' : `of a provider in epoch ${epoch}`,
})
