/** The options that `verifier run` and `provider run` share, and the settings that follow from them. */
import { join } from 'node:path'
import pino from 'pino'
import type { InferredOptionTypes, Options } from 'yargs'
import type { ApiOptions } from '../api/running-node.js'
import { loadKeys } from '../config/keys.js'
import { loadNetworkFile } from '../config/network-file.js'
import type { NodeOptions } from '../node/node-options.js'
import { parseHostPort } from './host-port.js'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export const NODE_OPTIONS = {
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: "Directory of the node's keys and database, made by `init`",
  },
  network: { type: 'string', demandOption: true, describe: 'Network file' },
  rpc: { type: 'string', default: 'http://127.0.0.1:8545', describe: "JSON-RPC URL of the network's chain" },
  listen: {
    type: 'string',
    array: true,
    default: ['/ip4/127.0.0.1/tcp/0'],
    describe: 'Multiaddresses that other nodes connect to; port 0 takes any free port',
  },
  'udp-host': { type: 'string', default: '127.0.0.1', describe: 'Address at which other nodes reach the UDP port' },
  'udp-port': { type: 'number', default: 0, describe: 'UDP port; 0 takes any free port' },
  api: {
    type: 'string',
    default: '127.0.0.1:7380',
    describe: 'Host and port of the HTTP API; port 0 takes any free port',
  },
  'log-level': {
    choices: LOG_LEVELS,
    default: 'info' as const,
    describe: 'Lowest level to log; the log is JSON lines on standard error',
  },
} satisfies Record<string, Options>

export type NodeFlags = InferredOptionTypes<typeof NODE_OPTIONS>

export type NodeSettings = NodeOptions & ApiOptions

export const keysPath = (dataDir: string): string => join(dataDir, 'keys.json')

/** @throws UserError for a setting that cannot be used */
export async function nodeSettings(flags: NodeFlags): Promise<NodeSettings> {
  const { host, port } = parseHostPort('api', flags.api)
  return {
    dataDir: flags['data-dir'],
    keys: await loadKeys(keysPath(flags['data-dir'])),
    network: await loadNetworkFile(flags.network),
    rpcUrl: flags.rpc,
    listen: flags.listen,
    udpHost: flags['udp-host'],
    udpPort: flags['udp-port'],
    apiHost: host,
    apiPort: port,
    logger: pino({ level: flags['log-level'] }, pino.destination({ dest: 2, sync: true })),
  }
}
