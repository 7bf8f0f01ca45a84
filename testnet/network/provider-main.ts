/** `provider run` for the profiles that cheat or fail: the same node with another forwarding. */
import '../../proto/polyfill.js'
import { startProvider } from '../../market/provider/start.js'
import { UserError } from '../../verifier/config/errors.js'
import { PROVIDER_PROFILES } from '../profiles/profiles.js'
import { asNode } from './as-node.js'

const OPTIONS = {
  profile: { type: 'string', demandOption: true },
  seed: { type: 'string', demandOption: true },
  'claim-kbps': { type: 'number', demandOption: true },
  'shared-dir': { type: 'string', demandOption: true },
} as const

await asNode(
  command => command.options(OPTIONS).parseAsync(),
  async (options, flags) => {
    const forwarding = PROVIDER_PROFILES[flags.profile]?.forwarding?.({
      seed: flags.seed,
      claimKbps: flags['claim-kbps'],
      sharedDir: flags['shared-dir'],
    })
    if (!forwarding)
      throw new UserError(
        'usage',
        `--profile ${flags.profile} has no forwarding of its own: run the ordinary provider.`,
      )
    return startProvider({ ...options, forwarding })
  },
)
