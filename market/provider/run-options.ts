import { NODE_OPTIONS } from '../../verifier/cli/node-settings.js'

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
