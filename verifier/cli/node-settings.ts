/** The options that `verifier run` and `provider run` share, and the settings that follow from them. */
import type { InferredOptionTypes, Options } from 'yargs'
import type { ApiOptions } from '../api/running-node.js'
import { keysPath, readKeyFile } from '../config/key-file.js'
import { loadNetworkFile } from '../config/network-file.js'
import type { NodeOptions } from '../node/node-options.js'
import { addressOfThisMachine, announceable, bindable, parseUdpHost } from './addresses.js'
import { parseHostPort, parsePort } from './host-port.js'
import { checkListenable } from './listenable.js'
import { openLog } from './log.js'
import { openOwnKeys } from './own-keys.js'
import { PASSWORD_OPTION } from './password.js'
import { checkAddresses } from './reachable-addresses.js'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export const NODE_OPTIONS = {
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: "Directory of the node's keys and database, made by `init`",
  },
  ...PASSWORD_OPTION,
  network: { type: 'string', demandOption: true, describe: 'Network file' },
  rpc: {
    type: 'string',
    default: 'http://127.0.0.1:8545',
    describe: "JSON-RPC URL of the network's chain; several with commas: the next one is asked if one fails",
  },
  listen: {
    type: 'string',
    array: true,
    default: ['/ip4/127.0.0.1/tcp/0'],
    describe: 'Multiaddresses of this machine to listen on, such as /ip4/0.0.0.0/tcp/4001; port 0 takes any free port',
  },
  announce: {
    type: 'string',
    array: true,
    describe: 'Multiaddresses at which other nodes reach this one, host names allowed (default: those of --listen)',
  },
  'udp-host': {
    type: 'string',
    default: '127.0.0.1',
    describe: 'Address of this machine that the UDP port is bound to; 0.0.0.0 for all of IPv4, :: for IPv4 and IPv6',
  },
  'udp-announce': {
    type: 'string',
    describe: 'HOST or HOST:PORT at which other nodes reach the UDP port, host names allowed (default: its own)',
  },
  'udp-port': { type: 'number', default: 0, describe: 'UDP port; 0 takes any free port' },
  api: {
    type: 'string',
    default: '127.0.0.1:7380',
    describe: 'Host and port of the HTTP API; port 0 takes any free port',
  },
  'log-level': {
    choices: LOG_LEVELS,
    default: 'info' as const,
    describe: 'Lowest level to log, on standard error: text on a terminal, JSON lines elsewhere',
  },
} satisfies Record<string, Options>

export type NodeFlags = InferredOptionTypes<typeof NODE_OPTIONS>

export type NodeSettings = NodeOptions & ApiOptions

/** Of a node that is about to run: nothing else holds the address of its API. @throws UserError for a setting that cannot be used */
export async function runSettings(flags: NodeFlags): Promise<NodeSettings> {
  const { host, port } = parseHostPort('api', flags.api)
  await checkListenable(host, port)
  return nodeSettings(flags)
}

/** @throws UserError for a setting that cannot be used */
export async function nodeSettings(flags: NodeFlags): Promise<NodeSettings> {
  const { host, port } = parseHostPort('api', flags.api)
  const addresses = {
    listen: bindable(flags.listen),
    announce: announceable(flags.announce ?? []),
    udpHost: addressOfThisMachine(flags['udp-host']),
    udpAnnounce: flags['udp-announce'] === undefined ? undefined : parseUdpHost(flags['udp-announce']),
    udpPort: parsePort('udp-port', flags['udp-port']),
  }
  await checkAddresses(addresses)
  const logger = openLog(flags['log-level'])
  const keysFile = keysPath(flags['data-dir'])
  const keys = await readKeyFile(keysFile)
  const network = await loadNetworkFile(flags.network)
  if (keys.kind === 'plain') {
    logger.warn(
      `the keys in ${keysFile} are not encrypted: run "bandwitness keys encrypt --data-dir ${flags['data-dir']}"`,
    )
  }
  return {
    dataDir: flags['data-dir'],
    keys: await openOwnKeys(flags, keys),
    network,
    rpcUrl: flags.rpc,
    ...addresses,
    apiHost: host,
    apiPort: port,
    logger,
  }
}
