import type { CommandModule, InferredOptionTypes } from 'yargs'
import { forwardAll, limited } from '../../probe/forwarding.js'
import { startProvider } from '../api/start.js'
import { NODE_OPTIONS, nodeSettings } from './node-settings.js'
import { parseRate } from './rate.js'
import { runNode } from './run-node.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...NODE_OPTIONS,
  limit: { type: 'string', describe: 'forward at most this much over all sessions, such as 10mbps' },
} as const

export const providerRun: CommandModule<object, InferredOptionTypes<typeof OPTIONS>> = {
  command: 'run',
  describe: 'run a registered provider until it is interrupted',
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const forwarding = flags.limit === undefined ? forwardAll : limited(parseRate('limit', flags.limit))
    const options = await nodeSettings(flags)
    await runNode(() => startProvider({ ...options, forwarding }))
  },
}
