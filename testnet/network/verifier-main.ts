/** `verifier run` for the profiles that come to their votes in another way: the same node in all else. */
import '../../proto/polyfill.js'
import yargs from 'yargs'
import { startVerifier } from '../../verifier/api/start.js'
import { NODE_OPTIONS, nodeSettings } from '../../verifier/cli/node-settings.js'
import { reportError } from '../../verifier/cli/report-error.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { MANNERS_OF_VOTING } from '../profiles/profiles.js'
import { MANNERS } from '../profiles/verifiers/manners.js'

const OPTIONS = {
  ...NODE_OPTIONS,
  profile: { choices: MANNERS_OF_VOTING, demandOption: true },
  'shared-dir': { type: 'string', demandOption: true },
} as const

try {
  const flags = await yargs(process.argv.slice(2)).options(OPTIONS).strict().parseAsync()
  const measure = MANNERS[flags.profile](flags['shared-dir'])
  const options = await nodeSettings(flags)
  await runNode(givenUp => startVerifier({ ...options, givenUp, measure }))
  process.exit(0)
} catch (error) {
  process.exit(reportError(error))
}
