import type { InferredOptionTypes } from 'yargs'
import { forwardAll, limited } from '../../probe/index.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { runSettings } from '../../verifier/cli/node-settings.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { settings } from '../../verifier/cli/settings.js'
import { RUN_OPTIONS } from './run-options.js'
import { startProvider } from './start.js'

export const providerRun: Command<InferredOptionTypes<typeof RUN_OPTIONS>> = {
  builder: y => settings(y, RUN_OPTIONS),
  handler: async flags => {
    const forwarding = flags.limit === undefined ? forwardAll : limited(parseRate('limit', flags.limit))
    const options = await runSettings(flags)
    const linkKbps = flags.link === undefined ? undefined : parseRate('link', flags.link)
    await runNode(givenUp => startProvider({ ...options, givenUp, forwarding, linkKbps, offload: flags.offload }))
  },
}
