import type { InferredOptionTypes, Options } from 'yargs'
import { checkClaim } from '../../verifier/cli/claim.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { nodeSettings } from '../../verifier/cli/node-settings.js'
import { print } from '../../verifier/cli/output.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { isReached, type ReachLine, reachLines } from '../../verifier/node/reach-lines.js'
import { checkProvider } from './provider-node.js'
import { RUN_OPTIONS } from './run-options.js'

const { api, limit, link, offload, ...USED } = RUN_OPTIONS

const OPTIONS = {
  ...USED,
  // One file of settings serves `run` and this command, which opens no API and no relay.
  ...{ api: unused(api), limit: unused(limit), link: unused(link), offload: unused(offload) },
  claim: {
    type: 'string',
    default: '25mbps',
    describe: 'Rate that the provider is going to claim, if it is not registered',
  },
  'log-level': { ...RUN_OPTIONS['log-level'], default: 'error' as const },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const providerCheck: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const options = await nodeSettings(flags)
    const claimKbps = parseRate('claim', flags.claim)
    checkClaim(claimKbps, options.network)
    const report = await checkProvider(options, claimKbps)
    if (report === undefined) {
      throw new UserError(
        'configuration',
        'No verifier tested this provider. Verifiers test each host once a minute: wait, then try again.',
      )
    }
    const lines = reachLines(report)
    print(flags, { host: report.host, reached: isReached(lines), lines }, () => lines.map(lineText).join('\n'))
    if (isReached(lines)) return
    throw new UserError(
      'configuration',
      'Verifiers would not reach this provider. Do what the lines say, then check again.',
    )
  },
}

const lineText = ({ passed, text }: ReachLine): string =>
  `${passed === undefined ? '-' : passed ? 'PASS' : 'FAIL'}  ${text}`

/** An option that `--help` does not show. */
function unused<O extends Options>(option: O): O {
  return { ...option, hidden: true }
}
