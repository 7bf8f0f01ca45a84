import type { InferredOptionTypes } from 'yargs'
import { addressOfThisMachine } from '../../verifier/cli/addresses.js'
import { parseHostPort, parsePort } from '../../verifier/cli/host-port.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { checkListenable } from '../../verifier/cli/listenable.js'
import { openLog } from '../../verifier/cli/log.js'
import { NODE_OPTIONS } from '../../verifier/cli/node-settings.js'
import { readOwnKeys } from '../../verifier/cli/own-keys.js'
import { PASSWORD_OPTION } from '../../verifier/cli/password.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { settings } from '../../verifier/cli/settings.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import { parseAllowed } from './allowed.js'
import { startExit } from './start.js'

export const RUN_OPTIONS = {
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: 'Data directory of the provider whose account runs the exit, with the keys that `exit init` made',
  },
  ...PASSWORD_OPTION,
  network: NODE_OPTIONS.network,
  rpc: NODE_OPTIONS.rpc,
  'udp-host': NODE_OPTIONS['udp-host'],
  'udp-port': {
    type: 'number',
    demandOption: true,
    describe: 'UDP port, which the offer names; 0 takes any free port',
  },
  api: {
    type: 'string',
    default: '127.0.0.1:7381',
    describe: 'Host and port of the HTTP API; port 0 takes any free port',
  },
  allow: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'CIDR:PORT that clients may reach although it is not public, such as 10.0.0.0/8:8080',
  },
  'log-level': NODE_OPTIONS['log-level'],
} as const

export const exitRun: Command<InferredOptionTypes<typeof RUN_OPTIONS>> = {
  builder: y => settings(y, RUN_OPTIONS),
  handler: async flags => {
    const { host: apiHost, port: apiPort } = parseHostPort('api', flags.api)
    const options = {
      ...{ dataDir: flags['data-dir'], rpcUrl: flags.rpc, apiHost, apiPort },
      host: addressOfThisMachine(flags['udp-host']),
      port: parsePort('udp-port', flags['udp-port']),
      allowed: flags.allow.map(parseAllowed),
      logger: openLog(flags['log-level']),
      network: await loadNetworkFile(flags.network),
    }
    await checkListenable(apiHost, apiPort)
    const keys = await readOwnKeys(flags)
    await runNode(givenUp => startExit({ ...options, keys, givenUp }), { prepare: async () => undefined })
  },
}
