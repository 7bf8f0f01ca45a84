import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { plot } from 'asciichart'
import type { InferredOptionTypes } from 'yargs'
import type { Progress, SessionResult } from '../../probe/index.js'
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { UserError } from '../config/errors.js'
import type { MeasureJson } from '../evidence/schema/measure.js'
import { literalHosts } from '../net/literal-addresses.js'
import { checkReachable } from '../node/own-address.js'
import { measureProvider } from '../node/solo-session.js'
import { addressOfThisMachine, parseUdpHost } from './addresses.js'
import { API_OPTION } from './api-client.js'
import { chainToAsk } from './chain-option.js'
import { delayText, rateText, shareText } from './figures.js'
import { parsePort } from './host-port.js'
import type { Command } from './lazily.js'
import { measureFault, verdictOf } from './measure-verdict.js'
import { measuredProvider } from './measured-provider.js'
import { print } from './output.js'
import { printable } from './printable.js'
import { namedAccount, PROVIDER_ARGUMENT } from './provider-argument.js'
import { parseRate } from './rate.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  claim: { type: 'string', describe: 'Rate to measure against, such as 25mbps (default: the registered claim)' },
  seconds: {
    type: 'number',
    describe: 'Length of the session in seconds, 1 to 10; its second half is read (default: about one)',
  },
  'udp-host': { type: 'string', describe: 'Address of this machine that the UDP port is bound to (default: detected)' },
  'udp-announce': {
    type: 'string',
    describe: 'HOST or HOST:PORT at which the provider reaches this machine (default: that of --udp-host)',
  },
  'udp-port': { type: 'number', default: 0, describe: 'UDP port of this machine; 0 takes any free port' },
  ...chainToAsk('that tells address and claim, instead of --api'),
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

/** A point of the plot. */
export interface RatePoint {
  readonly ms: number
  readonly kbps: number
}

const PLOT = { height: 8, width: 72, label: 10 }

export const measure: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async flags => {
    const soakMs = soakMsOf(flags.seconds)
    const udpPort = parsePort('udp-port', flags['udp-port'])
    const claim = flags.claim === undefined ? undefined : parseRate('claim', flags.claim)
    const who = namedAccount(flags.provider)
    const provider = await measuredProvider(flags, who)
    const { network, account, peerId, multiaddrs } = provider
    const claimKbps = claim ?? provider.claimKbps
    const announce = flags['udp-announce']
    const udpAnnounce = announce === undefined ? undefined : parseUdpHost(announce)
    const udpHost = addressOfThisMachine(flags['udp-host'] ?? (await ownAddress(multiaddrs)))
    checkReachable(udpHost, udpAnnounce)
    const rates = new Rates(flags.json ? undefined : process.stderr)
    const { outcome } = await measureProvider({
      provider: { account, peerId, multiaddrs },
      network: { chainId: network.chainId, contract: network.contracts.epochReports },
      ...{ breachBps: network.params.breachBps, yieldMs: network.params.yieldMs },
      ...{ claimKbps, soakMs, udpHost, udpAnnounce, udpPort },
      progress: progress => rates.hear(progress, performance.now()),
      log: note => rates.note(note),
    })
    rates.end()
    const registeredKbps = provider.claimKbps
    const thresholdKbps = (claimKbps * network.params.breachBps) / 10_000
    const verdict = verdictOf(outcome, { claimKbps, registeredKbps, thresholdKbps })
    const about = { provider: account, claimKbps, registeredKbps }
    const found: MeasureJson = { ...about, outcome, verdict, rates: rates.points }
    const figures = measurementText(outcome, rates.points)
    if (flags.json || figures !== '') print(flags, found, () => figures)
    const fault = measureFault(outcome)
    if (fault !== undefined) throw new UserError(fault, verdict)
    if (!flags.json) print(flags, verdict, text => `\n${text}`)
  },
}

function soakMsOf(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined
  if (seconds >= 1 && seconds <= 10) return Math.round(seconds * 1000)
  throw new UserError('usage', `--seconds ${seconds} is out of range. Give a number from 1 to 10.`)
}

/** The address from which packets to the provider leave. Finding it sends nothing. */
async function ownAddress(multiaddrs: readonly string[]): Promise<string> {
  const [host] = await literalHosts(multiaddrs)
  if (host === undefined) {
    throw new UserError(
      'configuration',
      'The provider announces no IP address. Pass the address of this machine with --udp-host.',
    )
  }
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    socket.connect(9, host)
    await once(socket, 'connect')
    return socket.address().address
  } catch (cause) {
    throw new UserError('configuration', `This machine has no route to ${host}. Pass its address with --udp-host.`, {
      cause,
    })
  } finally {
    socket.close()
  }
}

/** The rate from one report of progress to the next, shown on a terminal as it goes. */
class Rates {
  readonly points: RatePoint[] = []
  #first: number | undefined
  #last: { readonly ms: number; readonly datagrams: number } | undefined

  constructor(private readonly terminal: NodeJS.WriteStream | undefined) {}

  hear({ arrived, estimate, direct }: Progress, nowMs: number): void {
    if (direct) return // nothing goes through the provider any more
    const datagrams = arrived.reduce((sum, n) => sum + n, 0)
    this.#first ??= nowMs
    if (this.#last && nowMs > this.#last.ms) {
      const kbps = ((datagrams - this.#last.datagrams) * IP_DATAGRAM_BYTES * 8) / (nowMs - this.#last.ms)
      this.points.push({ ms: Math.round(nowMs - this.#first), kbps: Math.round(kbps) })
      this.#show(`${((nowMs - this.#first) / 1000).toFixed(1)} s  ${rateText(estimate.rateKbps || kbps)}`)
    }
    this.#last = { ms: nowMs, datagrams }
  }

  note(text: string): void {
    if (!this.terminal) return
    this.end()
    this.terminal.write(`${printable(text)}\n`)
  }

  end(): void {
    this.#show('')
  }

  #show(text: string): void {
    if (this.terminal?.isTTY) this.terminal.write(`\r\x1b[K${text}`)
  }
}

export function measurementText(outcome: SessionResult['outcome'], points: readonly RatePoint[]): string {
  if (!('measurement' in outcome)) return ''
  const { lossBps, jitterUs, delayUs, offeredKbps, durationMs, receivedBytes, goodputKbps, rateKbps } =
    outcome.measurement
  const spread = Math.max(1, Math.ceil(points.length / PLOT.width))
  const series = points.filter((_, i) => i % spread === 0).map(({ kbps }) => kbps / 1000)
  const chart =
    series.length > 1
      ? `${plot(series, { height: PLOT.height, min: 0, format: mbps => mbps.toFixed(1).padStart(PLOT.label) })}\n${' '.repeat(PLOT.label)} Mbit/s, over ${((points.at(-1)?.ms ?? 0) / 1000).toFixed(1)} s\n\n`
      : ''
  const facts = [
    `read ${rateText(rateKbps)} (IP layer; payload ${rateText(goodputKbps)}) in ${(durationMs / 1000).toFixed(2)} s after the discard`,
    `offered ${rateText(offeredKbps)}, loss ${shareText(lossBps)}, jitter ${(jitterUs / 1000).toFixed(2)} ms, ${(receivedBytes / 1e6).toFixed(1)} MB received`,
    `the way through the provider adds a delay of ${delayText(delayUs)}`,
  ]
  return `${chart}${facts.join('\n')}`
}
