/** `verifier run` for the profiles that come to their votes in another way: the same node in all else. */
import '../../proto/polyfill.js'
import { startVerifier } from '../../verifier/api/start.js'
import { MANNERS_OF_VOTING } from '../profiles/profiles.js'
import { MANNERS } from '../profiles/verifiers/manners.js'
import { asNode } from './as-node.js'

const OPTIONS = {
  profile: { choices: MANNERS_OF_VOTING, demandOption: true },
  'shared-dir': { type: 'string', demandOption: true },
} as const

await asNode(
  command => command.options(OPTIONS).parseAsync(),
  (options, flags) => startVerifier({ ...options, measure: MANNERS[flags.profile](flags['shared-dir']) }),
)
