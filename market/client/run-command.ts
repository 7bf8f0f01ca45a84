import type { InferredOptionTypes } from 'yargs'
import { MODES } from '../../probe/tunnel/index.js'
import { PREMIUM_TIER } from '../../verifier/chain/escrow.js'
import { addressOfThisMachine, parseUdpAddress } from '../../verifier/cli/addresses.js'
import { parseTokens } from '../../verifier/cli/figures.js'
import { parseHostPort, parsePort } from '../../verifier/cli/host-port.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { checkListenable } from '../../verifier/cli/listenable.js'
import { openLog } from '../../verifier/cli/log.js'
import { NODE_OPTIONS } from '../../verifier/cli/node-settings.js'
import { readOwnKeys } from '../../verifier/cli/own-keys.js'
import { PASSWORD_OPTION } from '../../verifier/cli/password.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { WILDCARDS } from '../../verifier/cli/reachable-addresses.js'
import { runNode } from '../../verifier/cli/run-node.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import { CLIENT_API } from './client-api.js'
import { CLASSES } from './market-view.js'
import { regionsFrom } from './regions.js'
import { type LaneOptions, startClient } from './start.js'

/** An exit knows no more legs of a tunnel. */
const MAX_LEGS = 8
const MAX_PERCENT = 100
const BPS_PER_PERCENT = 100
const MAX_TIER = 3
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 }
/** Of each leg and of the exit. A client that switches has paid in at more providers than it has legs. */
const DEPOSITS_EACH = 4n

export const RUN_OPTIONS = {
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: "Directory of the client's keys and channels, made by `client init`",
  },
  ...PASSWORD_OPTION,
  network: NODE_OPTIONS.network,
  rpc: NODE_OPTIONS.rpc,
  socks: { type: 'string', default: '127.0.0.1:1080', describe: 'Host and port of the SOCKS5 proxy' },
  http: { type: 'string', default: '127.0.0.1:8118', describe: 'Host and port of the HTTP proxy, which takes CONNECT' },
  legs: { type: 'number', default: 2, describe: 'How many providers carry the traffic at once, 1 to 8' },
  mode: {
    choices: MODES,
    default: 'spread' as const,
    describe: 'How the legs share the traffic: spread it, keep all but one in standby, or carry copies of all of it',
  },
  class: {
    choices: CLASSES,
    default: 'basic' as const,
    describe:
      'What legs pay for: basic, or premium, which goes first on a full link, at the premium price of providers of tier 2 or 3',
  },
  lane: {
    type: 'string',
    describe:
      'Rate to reserve at each provider, and for how long from the start, such as 10mbps@5m: it goes first on a full link (default: none)',
  },
  'max-lane-price': {
    type: 'string',
    describe: 'Most tokens for each Mbit/s and slot of a lane (default: what it costs to fill it at --max-price)',
  },
  'max-price': { type: 'string', demandOption: true, describe: 'Most tokens to pay for each GiB, such as 0.05' },
  deposit: {
    type: 'string',
    default: '5',
    describe:
      'Tokens to put into each new channel, and into one that is nearly empty; what is left comes back with `client close`',
  },
  budget: {
    type: 'string',
    describe: 'Most tokens in all channels together (default: four deposits for each leg and for the exit)',
  },
  'min-score': {
    type: 'number',
    default: 0,
    describe: "Least score of a leg's provider in the newest report, in percent",
  },
  'min-tier': { type: 'number', default: 0, describe: "Least tier of a leg's provider in the newest report, 0 to 3" },
  regions: {
    type: 'string',
    describe:
      'Country codes of providers and exits, such as DE,NL, or a file with them that is read again when it changes (default: any)',
  },
  'udp-host': NODE_OPTIONS['udp-host'],
  'udp-port': NODE_OPTIONS['udp-port'],
  'udp-announce': {
    type: 'string',
    describe: 'ADDRESS or ADDRESS:PORT at which providers reach the UDP port (default: its own)',
  },
  api: CLIENT_API,
  'log-level': NODE_OPTIONS['log-level'],
} as const

type Flags = InferredOptionTypes<typeof RUN_OPTIONS>

export const clientRun: Command<Flags> = {
  builder: y => settings(y, RUN_OPTIONS),
  handler: async flags => {
    const { host: apiHost, port: apiPort } = parseHostPort('api', flags.api)
    const [socks, http] = [parseHostPort('socks', flags.socks), parseHostPort('http', flags.http)]
    const { legs, mode } = flags
    if (!(Number.isInteger(legs) && legs >= 1 && legs <= MAX_LEGS))
      throw new UserError('usage', `--legs ${legs} is no number of legs. Give 1 to ${MAX_LEGS}.`)
    const announced = flags['udp-announce']
    const deposit = parseTokens('deposit', flags.deposit)
    const regions = regionsFrom(flags.regions)
    await regions() // a wrong list is told before anything starts
    const options = {
      ...{ dataDir: flags['data-dir'], rpcUrl: flags.rpc, apiHost, apiPort, socks, http, legs, mode },
      udpHost: addressOfThisMachine(flags['udp-host']),
      udpPort: parsePort('udp-port', flags['udp-port']),
      udpAnnounce: announced === undefined ? undefined : parseUdpAddress(announced),
      payerClass: flags.class,
      lane: laneFrom(flags),
      floors: {
        maxPrice: parseTokens('max-price', flags['max-price']),
        minScoreBps: Math.round(numberWithin('min-score', flags['min-score'], MAX_PERCENT) * BPS_PER_PERCENT),
        minTier: Math.max(
          numberWithin('min-tier', flags['min-tier'], MAX_TIER),
          flags.class === 'premium' ? PREMIUM_TIER : 0,
        ),
      },
      regions,
      deposit,
      budget: flags.budget === undefined ? defaultBudget(deposit, legs) : parseTokens('budget', flags.budget),
      logger: openLog(flags['log-level']),
      network: await loadNetworkFile(flags.network),
    }
    if (WILDCARDS.includes(options.udpHost) && options.udpAnnounce === undefined) {
      throw new UserError(
        'usage',
        `--udp-host ${options.udpHost} is no address that providers can send to. Add --udp-announce ADDRESS.`,
      )
    }
    for (const { host, port } of [{ host: apiHost, port: apiPort }, socks, http]) await checkListenable(host, port)
    const keys = await readOwnKeys(flags)
    await runNode(givenUp => startClient({ ...options, keys, givenUp }), { prepare: async () => undefined })
  },
}

/** @throws UserError 'usage' */
function laneFrom({ lane, 'max-lane-price': price }: Flags): LaneOptions | undefined {
  if (lane === undefined && price !== undefined)
    throw new UserError('usage', '--max-lane-price is of use with --lane alone. Add --lane 10mbps@5m.')
  if (lane === undefined) return undefined
  const [rate, time, ...rest] = lane.split('@')
  const match = /^(\d+)(s|m|h)$/.exec(time ?? '')
  const seconds = match ? Number(match[1]) * SECONDS[match[2]!]! : 0
  if (seconds < 1 || rest.length > 0)
    throw new UserError('usage', `--lane ${lane} is no rate and time. Give them such as 10mbps@5m.`)
  const maxPrice = price === undefined ? undefined : parseTokens('max-lane-price', price)
  return { kbps: parseRate('lane', rate!), seconds, maxPrice }
}

const defaultBudget = (deposit: bigint, legs: number): bigint => deposit * DEPOSITS_EACH * BigInt(legs + 1)

/** @throws UserError 'usage' */
function numberWithin(option: string, given: number, most: number): number {
  if (given >= 0 && given <= most) return given
  throw new UserError('usage', `--${option} ${given} is out of range. Give 0 to ${most}.`)
}
