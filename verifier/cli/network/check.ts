import type { InferredOptionTypes } from 'yargs'
import { type ChainOffers, chainOffers } from '../../chain/chain-offers.js'
import { openAnyChain } from '../../chain/connect.js'
import { UserError } from '../../config/errors.js'
import type { Finding } from '../../evidence/schema/finding.js'
import type { NetworkCheckJson } from '../../evidence/schema/network-commands.js'
import { findingText, worstOf } from '../finding.js'
import type { Command } from '../lazily.js'
import { print } from '../output.js'
import { settings } from '../settings.js'
import { judgeChain } from './judge-chain.js'
import { PARAMS_OPTION, RPC_OPTION, readSettings } from './options.js'

const OPTIONS = {
  rpc: RPC_OPTION,
  params: { ...PARAMS_OPTION, describe: `${PARAMS_OPTION.describe}: whether the chain suits it, too` },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const networkCheck: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const params = flags.params === undefined ? undefined : readSettings(flags.params).params
    const provider = await openAnyChain(flags.rpc)
    let offers: ChainOffers
    try {
      offers = await chainOffers(provider, params)
    } finally {
      provider.destroy()
    }
    const findings = judgeChain(offers, Date.now(), params)
    print<NetworkCheckJson>(flags, { chainId: offers.chainId, grade: worstOf(findings), findings }, found =>
      findingsText(found.findings),
    )
    refuseBad(offers.chainId, findings)
  },
}

/** @throws UserError 'configuration' with every reason why no network can run on the chain */
export function refuseBad(chainId: number, findings: readonly Finding[]): void {
  const bad = findings.filter(({ grade }) => grade === 'bad')
  if (bad.length === 0) return
  const reasons = bad.map(({ subject, found, advice }) => `${subject}: ${found}. ${advice}`)
  throw new UserError('configuration', `No network can run on chain ${chainId}. ${reasons.join(' ')}`)
}

export const findingsText = (findings: readonly Finding[]): string => findings.map(findingText).join('\n')
