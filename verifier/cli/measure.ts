import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP, isIPv6 } from 'node:net'
import { plot } from 'asciichart'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import type { Progress, SessionResult } from '../../probe/index.js'
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { hostOf } from '../net/libp2p.js'
import { measureProvider } from '../node/solo-session.js'
import { API_OPTION, askApi } from './api-client.js'
import { rateText, shareText } from './figures.js'
import { verdictOf } from './measure-verdict.js'
import { PROVIDER_ARGUMENT, providerOf } from './provider-argument.js'
import { parseRate } from './rate.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  claim: { type: 'string', describe: 'what to measure against, such as 25mbps; the registered claim without it' },
  seconds: { type: 'number', describe: 'measure for so long, 1 to 10, and read the second half; about one without it' },
  'udp-host': { type: 'string', describe: 'address by which the provider reaches this machine; found out without it' },
  'udp-port': { type: 'number', default: 0, describe: 'UDP port of this machine; 0 takes a free one' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

interface ProviderRow {
  readonly provider: Hex
  readonly claimKbps: number
  readonly peerId: string | null
  readonly multiaddrs: readonly string[]
}

/** A point of the plot. */
export interface RatePoint {
  readonly ms: number
  readonly kbps: number
}

const PLOT = { height: 8, width: 72, label: 10 }

export const measure: CommandModule<object, Flags> = {
  command: 'measure <provider>',
  describe: 'measure one provider from where you stand, as verifiers do',
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async flags => {
    const soakMs = soakMsOf(flags.seconds)
    const network = await askApi<NetworkFile>(flags.api, '/v1/network')
    const provider = await providerRow(flags)
    const claimKbps = flags.claim === undefined ? provider.claimKbps : parseRate('claim', flags.claim)
    const udpHost = flags['udp-host'] ?? (await ownAddress(provider.multiaddrs))
    const rates = new Rates(flags.json ? undefined : process.stderr)
    const { outcome } = await measureProvider({
      provider: { account: provider.provider, peerId: provider.peerId, multiaddrs: provider.multiaddrs },
      network: { chainId: network.chainId, contract: network.contracts.epochReports },
      ...{ breachBps: network.params.breachBps, claimKbps, soakMs, udpHost, udpPort: flags['udp-port'] },
      progress: progress => rates.hear(progress, performance.now()),
      log: note => rates.note(note),
    })
    rates.end()
    const verdict = verdictOf(outcome, claimKbps, (claimKbps * network.params.breachBps) / 10_000)
    const found = { provider: provider.provider, claimKbps, outcome, verdict, rates: rates.points }
    process.stdout.write(`${flags.json ? JSON.stringify(found) : measurementText(outcome, verdict, rates.points)}\n`)
  },
}

function soakMsOf(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined
  if (seconds >= 1 && seconds <= 10) return Math.round(seconds * 1000)
  throw new UserError('usage', `--seconds ${seconds}: give a number from 1 to 10.`)
}

async function providerRow({ api, provider }: Flags): Promise<ProviderRow & { readonly peerId: string }> {
  const rows = await askApi<ProviderRow[]>(api, '/v1/providers')
  const row = providerOf(provider ?? '', account => rows.find(one => one.provider === account))
  if (row.peerId === null) throw new UserError('configuration', `${provider} has not announced where it is reached.`)
  return { ...row, peerId: row.peerId }
}

/** The address that packets to the provider leave from. Nothing is sent to find it out. */
async function ownAddress(multiaddrs: readonly string[]): Promise<string> {
  const host = multiaddrs.map(hostOf).find(one => one !== undefined && isIP(one) !== 0)
  if (host === undefined) {
    throw new UserError('configuration', 'The provider announces no IP address: say yours with --udp-host.')
  }
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    socket.connect(9, host)
    await once(socket, 'connect')
    return socket.address().address
  } catch (cause) {
    throw new UserError('configuration', `There is no way to ${host} from here: say your address with --udp-host.`, {
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
    this.terminal.write(`${text}\n`)
  }

  end(): void {
    this.#show('')
  }

  #show(text: string): void {
    if (this.terminal?.isTTY) this.terminal.write(`\r\x1b[K${text}`)
  }
}

export function measurementText(
  outcome: SessionResult['outcome'],
  verdict: string,
  points: readonly RatePoint[],
): string {
  if (!('measurement' in outcome)) return verdict
  const { lossBps, jitterUs, offeredKbps, durationMs, receivedBytes, goodputKbps, rateKbps } = outcome.measurement
  const spread = Math.max(1, Math.ceil(points.length / PLOT.width))
  const series = points.filter((_, i) => i % spread === 0).map(({ kbps }) => kbps / 1000)
  const chart =
    series.length > 1
      ? `${plot(series, { height: PLOT.height, min: 0, format: mbps => mbps.toFixed(1).padStart(PLOT.label) })}\n${' '.repeat(PLOT.label)} Mbit/s, over ${((points.at(-1)?.ms ?? 0) / 1000).toFixed(1)} s\n\n`
      : ''
  const facts = [
    `read ${rateText(rateKbps)} (IP layer; payload ${rateText(goodputKbps)}) in ${(durationMs / 1000).toFixed(2)} s after the discard`,
    `offered ${rateText(offeredKbps)}, lost ${shareText(lossBps)} of it, jitter ${(jitterUs / 1000).toFixed(2)} ms, ${(receivedBytes / 1e6).toFixed(1)} MB received`,
  ]
  return `${chart}${facts.join('\n')}\n\n${verdict}`
}
