/** `provider run` for the profiles that cheat or fail: the same node with another forwarding. */
import '../../proto/polyfill.js'
import yargs from 'yargs'
import { startProvider } from '../../market/provider/start.js'
import { NODE_OPTIONS, nodeSettings } from '../../verifier/cli/node-settings.js'
import { reportError } from '../../verifier/cli/report-error.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { UserError } from '../../verifier/config/errors.js'
import { PROVIDER_PROFILES } from '../profiles/profiles.js'

const OPTIONS = {
  ...NODE_OPTIONS,
  profile: { type: 'string', demandOption: true },
  seed: { type: 'string', demandOption: true },
  'claim-kbps': { type: 'number', demandOption: true },
  'shared-dir': { type: 'string', demandOption: true },
} as const

try {
  const flags = await yargs(process.argv.slice(2)).options(OPTIONS).strict().parseAsync()
  const forwarding = PROVIDER_PROFILES[flags.profile]?.forwarding?.({
    seed: flags.seed,
    claimKbps: flags['claim-kbps'],
    sharedDir: flags['shared-dir'],
  })
  if (!forwarding)
    throw new UserError('usage', `--profile ${flags.profile} has no forwarding of its own: run the ordinary provider.`)
  const options = await nodeSettings(flags)
  await runNode(givenUp => startProvider({ ...options, givenUp, forwarding }))
  process.exit(0)
} catch (error) {
  process.exit(reportError(error))
}
