import type { InferredOptionTypes } from 'yargs'
import { forwardAll, limited } from '../../probe/index.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { NODE_OPTIONS, nodeSettings } from '../../verifier/cli/node-settings.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { settings } from '../../verifier/cli/settings.js'
import { startProvider } from './start.js'

/** The settings of a provider that runs. */
export const RUN_OPTIONS = {
  ...NODE_OPTIONS,
  limit: {
    type: 'string',
    describe: 'Limit on what the relay forwards over all sessions, such as 10mbps (default: none)',
  },
  link: {
    type: 'string',
    describe:
      'Rate of the link behind the relay, such as 100mbps. When it is full, probes get the claim first, and then payers, premium before basic (default: unknown, and no order)',
  },
  offload: {
    type: 'boolean',
    default: false,
    describe:
      'Let the kernel join and cut the datagrams of the relay (UDP_GRO, UDP_SEGMENT): about half the processor time, for a provider of 1 Gbit/s or more. Needs Linux 5.0',
  },
} as const

export const providerRun: Command<InferredOptionTypes<typeof RUN_OPTIONS>> = {
  builder: y => settings(y, RUN_OPTIONS),
  handler: async flags => {
    const forwarding = flags.limit === undefined ? forwardAll : limited(parseRate('limit', flags.limit))
    const options = await nodeSettings(flags)
    const linkKbps = flags.link === undefined ? undefined : parseRate('link', flags.link)
    await runNode(givenUp => startProvider({ ...options, givenUp, forwarding, linkKbps, offload: flags.offload }))
  },
}
