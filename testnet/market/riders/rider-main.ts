/** A client that cheats at providers' cost: does what its profile says, and prints one line of what it got. */
import '../../../proto/polyfill.js'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ChannelOffice } from '../../../market/client/channel-office.js'
import { Market, type OfferingProvider } from '../../../market/client/market-view.js'
import { PayerTokens } from '../../../market/client/payer-tokens.js'
import { Purse } from '../../../market/client/purse.js'
import { systemRandom } from '../../../probe/index.js'
import { epochAt, eraOf } from '../../../proto/epoch.js'
import { priceOf, voucherDigest } from '../../../proto/voucher.js'
import { AnswerVerifiers } from '../../../verifier/chain/answers.js'
import { openLog } from '../../../verifier/cli/log.js'
import { type OwnAccount, withOwnAccount } from '../../../verifier/cli/own-account.js'
import { reportError } from '../../../verifier/cli/report-error.js'
import { type FreeloaderReport, freeload } from './freeloader.js'
import { type OverspenderReport, overspend } from './overspender.js'

/** Tokens that a freeloader's channel holds: more than its budgets cost. */
const FREELOADERS_DEPOSIT = 10n ** 18n
/** A cheat has few, and no budget holds it back. */
const MOST_CHANNELS = 10n
/** What an overspender's channel pays for. */
const OVERSPENT_BYTES = 8 << 20

const { values } = parseArgs({
  options: {
    profile: { type: 'string' },
    'data-dir': { type: 'string' },
    network: { type: 'string' },
    rpc: { type: 'string' },
    hosts: { type: 'string' },
  },
})
const flags = values as Record<'profile' | 'data-dir' | 'network' | 'rpc' | 'hosts', string>

try {
  const act: (own: OwnAccount) => Promise<FreeloaderReport | OverspenderReport> =
    flags.profile === 'freeloader' ? asFreeloader : asOverspender
  const report = await withOwnAccount({ ...flags, 'password-file': undefined }, act)
  process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exit(0)
} catch (error) {
  process.exit(reportError(error))
}

async function asFreeloader({ chain, network }: OwnAccount): Promise<FreeloaderReport> {
  const { purse, answers, providers } = await surroundings(chain)
  const provider = providers[0]!
  const clock = (await chain.clock())!
  const office = officeOf(chain, purse, provider, FREELOADERS_DEPOSIT)
  const { id } = await office.channelTo(provider.account, 'relay')
  const tokens = new PayerTokens({
    ...{ network: chain.network, clock: async () => clock, purse, random: systemRandom },
    stopping: new AbortController().signal,
  })
  return freeload({
    ...{ provider, answers: answers.of(provider.account), hosts: flags.hosts.split(',') },
    forMs: network.params.epochSeconds * 1000,
    orderTokens: async () => {
      const ordered: Uint8Array[] = []
      for (;;) {
        const more = await tokens.forLeg(provider, id)
        if (more === undefined) return ordered // the channel has had all of the era
        ordered.push(...more)
      }
    },
    era: () => eraOf(clock, epochAt(clock, Date.now())),
  })
}

async function asOverspender({ chain }: OwnAccount): Promise<OverspenderReport> {
  const { purse, answers, providers } = await surroundings(chain)
  const payeeOf = async (provider: OfferingProvider) => {
    // As many wei as pay for these bytes, rounded up.
    const deposit = priceOf(OVERSPENT_BYTES, provider.price) + 1n
    const office = officeOf(chain, purse, provider, deposit)
    const channel = await office.channelTo(provider.account, 'relay')
    return { provider, answers: answers.of(provider.account), channel }
  }
  return overspend({
    payees: [await payeeOf(providers[0]!), await payeeOf(providers[1]!)],
    host: flags.hosts.split(',')[0]!,
    signerOf: id => ({ sign: async voucher => purse.sign(id, voucherDigest(chain.network, voucher)) }),
  })
}

/** @returns the providers that run no exit */
async function surroundings(chain: OwnAccount['chain']) {
  const purse = await Purse.open(join(flags['data-dir'], 'purse'), chain.network)
  const { providers, exits } = await new Market(chain, openLog('warn')).view(new Map())
  const relays = providers.filter(({ account }) => !exits.some(exit => exit.account === account))
  return { purse, answers: new AnswerVerifiers(chain.network), providers: relays }
}

function officeOf(chain: OwnAccount['chain'], purse: Purse, { price }: OfferingProvider, deposit: bigint) {
  return new ChannelOffice({
    ...{ chain, purse, random: systemRandom, log: openLog('warn'), premiumProofOf: undefined },
    terms: { deposit, budget: MOST_CHANNELS * deposit, maxPrice: price },
  })
}
