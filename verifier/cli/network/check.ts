import type { CommandModule, InferredOptionTypes } from 'yargs'
import { type ChainOffers, chainOffers } from '../../chain/chain-offers.js'
import { openAnyChain } from '../../chain/connect.js'
import { UserError } from '../../config/errors.js'
import type { ChainFinding, NetworkCheckJson } from '../../evidence/schema/network-commands.js'
import { print } from '../output.js'
import { settings } from '../settings.js'
import { wrap } from '../wrap.js'
import { judgeChain, worstOf } from './judge-chain.js'
import { PARAMS_OPTION, RPC_OPTION, readSettings } from './options.js'

const OPTIONS = {
  rpc: RPC_OPTION,
  params: { ...PARAMS_OPTION, describe: `${PARAMS_OPTION.describe}: whether the chain suits it, too` },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const networkCheck: CommandModule<object, Flags> = {
  command: 'check',
  describe: 'Say whether a chain offers what a network needs',
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const params = flags.params === undefined ? undefined : readSettings(flags.params).params
    const provider = await openAnyChain(flags.rpc)
    let offers: ChainOffers
    try {
      offers = await chainOffers(provider)
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
export function refuseBad(chainId: number, findings: readonly ChainFinding[]): void {
  const bad = findings.filter(({ grade }) => grade === 'bad')
  if (bad.length === 0) return
  const reasons = bad.map(({ subject, found, advice }) => `${subject}: ${found}. ${advice}`)
  throw new UserError('configuration', `No network can run on chain ${chainId}. ${reasons.join(' ')}`)
}

const MARK = { good: '✓', warning: '!', bad: '✗' } as const
const SUBJECT_WIDTH = 13

/** `✗ gas limit    a block has room for …` */
export const findingsText = (findings: readonly ChainFinding[]): string =>
  findings
    .map(({ subject, grade, found, advice }) =>
      wrap(advice === null ? `${found}.` : `${found}. ${advice}`, `${MARK[grade]} ${subject.padEnd(SUBJECT_WIDTH)} `),
    )
    .join('\n')
