/** `verifier run` for the profiles whose nodes deviate: the same node in all else. */
import '../../proto/polyfill.js'
import { startVerifier } from '../../verifier/api/start.js'
import { DEVIANTS } from '../profiles/profiles.js'
import { DEVIATIONS } from '../profiles/verifiers/deviations.js'
import { asNode } from './as-node.js'

const OPTIONS = {
  profile: { choices: DEVIANTS, demandOption: true },
  'shared-dir': { type: 'string', demandOption: true },
} as const

await asNode(
  command => command.options(OPTIONS).parseAsync(),
  (options, flags) => startVerifier({ ...options, measure: DEVIATIONS[flags.profile](options, flags['shared-dir']) }),
)
